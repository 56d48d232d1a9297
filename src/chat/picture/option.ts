import { decimal, grouped, isDecimal } from "../../kernel/decimal.ts";
import { clip, oneLine } from "../text.ts";
import { type Chart, PALETTE } from "./chart.ts";

const FONT = "DejaVu Sans";
const SERIES_MAX = 3;
const BARS_MAX = 12;
/** The width of a title's line before it is broken, in the chart's logical pixels. */
const TITLE_WIDTH = 760;

const label = (text: string, max: number): string => clip(oneLine(text), max);

const title = (chart: Chart) => ({
  text: label(chart.title, 160),
  left: 20,
  top: 14,
  textStyle: {
    fontFamily: FONT,
    fontSize: 22,
    fontWeight: "bold",
    color: PALETTE.text,
    width: TITLE_WIDTH,
    overflow: "break",
  },
});

const axisText = { fontFamily: FONT, fontSize: 15, color: PALETTE.text };
const splitLine = { lineStyle: { color: PALETTE.grid } };

/** A chart as the options of ECharts: direct labels instead of a legend, the axis from the data, no animation. */
export function optionOf(chart: Chart): Record<string, unknown> {
  const base = { animation: false, useUTC: true, backgroundColor: "#ffffff", title: title(chart) };
  return chart.kind === "lines" ? { ...base, ...lines(chart) } : { ...base, ...bars(chart) };
}

function lines(chart: Chart & { kind: "lines" }): Record<string, unknown> {
  return {
    grid: { left: 84, right: 150, top: 118, bottom: 40 },
    xAxis: {
      type: "time",
      name: "UTC",
      nameTextStyle: axisText,
      axisLabel: { ...axisText, hideOverlap: true },
      axisLine: { lineStyle: { color: PALETTE.text } },
    },
    yAxis: {
      type: "value",
      scale: true,
      name: label(chart.unit, 20),
      nameTextStyle: { ...axisText, align: "left" },
      axisLabel: { ...axisText, showMinLabel: false, showMaxLabel: false },
      splitLine,
      // A limit outside of the data still has to be seen, with room around it.
      min: (data: Extent) => extent(chart, data).low,
      max: (data: Extent) => extent(chart, data).high,
    },
    series: chart.series.slice(0, SERIES_MAX).map((series, at) => ({
      type: "line",
      name: label(series.name, 16),
      showSymbol: false,
      lineStyle: { width: 3, color: PALETTE.series[at] },
      itemStyle: { color: PALETTE.series[at] },
      endLabel: { show: true, formatter: "{a}", fontFamily: FONT, fontSize: 15, color: PALETTE.series[at] },
      labelLayout: { moveOverlap: "shiftY" },
      data: series.points.map((point) => [point.at, Number(point.value)]),
      ...(at === 0 ? { markLine: marks(chart) } : {}),
    })),
  };
}

interface Extent {
  readonly min: number;
  readonly max: number;
}

/** The axis' ends: data and limits with a tenth of room on both sides. */
function extent(chart: Chart & { kind: "lines" }, data: Extent): { readonly low: number; readonly high: number } {
  const values = [data.min, data.max, ...limits(chart)].filter(Number.isFinite);
  const low = values.length === 0 ? 0 : Math.min(...values);
  const high = values.length === 0 ? 1 : Math.max(...values);
  const room = (high - low || Math.abs(high) || 1) / 10;
  return { low: low - room, high: high + room };
}

const limits = (chart: Chart & { kind: "lines" }): number[] => chart.limits.map((limit) => Number(limit.value));

const marks = (chart: Chart & { kind: "lines" }) => ({
  symbol: "none",
  silent: true,
  data: [
    ...chart.limits.map((limit) => ({
      yAxis: Number(limit.value),
      lineStyle: { color: PALETTE.limit, width: 2, type: "dashed" },
      label: markLabel(`${label(limit.label, 24)} ${limit.value}`, "insideStartTop", PALETTE.limit),
    })),
    ...chart.moments.map((moment) => ({
      xAxis: moment.at,
      lineStyle: { color: PALETTE.text, width: 2, type: "dotted" },
      label: markLabel(label(moment.label, 24), "end", PALETTE.text),
    })),
  ],
});

const markLabel = (formatter: string, position: string, color: string) => ({
  formatter,
  position,
  color,
  fontFamily: FONT,
  fontSize: 15,
});

function bars(chart: Chart & { kind: "bars" }): Record<string, unknown> {
  const shown = chart.bars.slice(0, BARS_MAX);
  return {
    grid: { left: 150, right: 130, top: 84, bottom: 64 },
    xAxis: {
      type: "value",
      name: label(chart.unit, 20),
      nameLocation: "middle",
      nameGap: 28,
      nameTextStyle: axisText,
      axisLabel: { ...axisText, hideOverlap: true },
      splitLine,
    },
    yAxis: { type: "category", inverse: true, data: shown.map((bar) => label(bar.label, 18)), axisLabel: axisText },
    series: [
      {
        type: "bar",
        itemStyle: { color: PALETTE.series[0] },
        label: {
          show: true,
          // Right of the bar's right end: a negative bar ends at zero, away from the names.
          position: "right",
          ...axisText,
          formatter: ({ dataIndex }: { dataIndex: number }) => amount(shown[dataIndex]?.value ?? ""),
        },
        data: shown.map((bar) => Number(bar.value)),
      },
    ],
  };
}

/** A decimal with its thousands apart; other text as it is. */
const amount = (value: string): string => (isDecimal(value) ? grouped(decimal(value)) : label(value, 20));
