import { decimal, grouped, isDecimal } from "../../kernel/decimal.ts";
import { clip, oneLine } from "../text.ts";
import { PALETTE } from "./chart.ts";

/** The font that is shipped; no other is there when a picture is drawn. */
export const FONT = "DejaVu Sans";
/** How texts on axes look. */
export const axisText = { fontFamily: FONT, fontSize: 15, color: PALETTE.text };
/** Lines behind the figures. */
export const splitLine = { lineStyle: { color: PALETTE.grid } };

/** The axis beside figures, with its unit above; `ends` are fixed values or taken from the data. */
export const sideAxis = <Ends extends object>(unit: string, ends: Ends) => ({
  type: "value",
  ...ends,
  name: label(unit, 20),
  nameTextStyle: { ...axisText, align: "left" },
  axisLabel: { ...axisText, showMinLabel: false, showMaxLabel: false },
  splitLine,
});

/** The axis below figures, with its name in the middle. */
export const footAxis = <Rest extends object>(name: string, rest: Rest) => ({
  type: "value",
  name: label(name, 60),
  nameLocation: "middle",
  nameGap: 32,
  nameTextStyle: axisText,
  axisLabel: axisText,
  axisLine: { onZero: false, lineStyle: { color: PALETTE.text } },
  splitLine: { show: false },
  ...rest,
});

/** Text of one line that fits. */
export const label = (text: string, max: number): string => clip(oneLine(text), max);

/** A decimal with its thousands apart; other text as it is. */
export const amount = (value: string): string => (isDecimal(value) ? grouped(decimal(value)) : label(value, 20));

/** A figure in six characters: "-1.2M", "340k", "0.5". */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 999_500) return `${trimmed(value / 1e6, size >= 9.95e6 ? 0 : 1)}M`;
  if (size >= 999.5) return `${trimmed(value / 1e3, size >= 9_950 ? 0 : 1)}k`;
  return trimmed(value, size >= 9.95 ? 0 : size >= 0.0995 ? 1 : 2);
}

const trimmed = (value: number, digits: number): string => String(Number(value.toFixed(digits)) + 0);

/** A label of a limit or a place. */
export const markLabel = (formatter: string, position: string, color: string) => ({
  formatter,
  position,
  color,
  fontFamily: FONT,
  fontSize: 15,
  // It may stand over an area of any colour.
  backgroundColor: "#ffffffd9",
  // Texts are wider than ECharts measures them.
  padding: [2, 18, 2, 4],
});

/** Limits drawn across. */
export const limitLines = (limits: readonly { readonly label: string; readonly value: string }[]) =>
  limits.map((limit) => ({
    yAxis: Number(limit.value),
    lineStyle: { color: PALETTE.limit, width: 2, type: "dashed" },
    label: markLabel(`${label(limit.label, 24)} ${amount(limit.value)}`, "insideStartTop", PALETTE.limit),
  }));

/** The axis' ends: the figures with a tenth of room on both sides. */
export function extent(values: readonly number[]): { readonly low: number; readonly high: number } {
  const finite = values.filter(Number.isFinite);
  const low = finite.length === 0 ? 0 : Math.min(...finite);
  const high = finite.length === 0 ? 1 : Math.max(...finite);
  const room = (high - low || Math.abs(high) || 1) / 10;
  return { low: low - room, high: high + room };
}
