import { type BarsChart, type Chart, type LinesChart, PALETTE } from "./chart.ts";
import { curves } from "./option-curves.ts";
import { fan } from "./option-fan.ts";
import { heat } from "./option-heat.ts";
import { FONT, amount, axisText, extent, label, limitLines, markLabel, short, sideAxis, splitLine } from "./shapes.ts";

const SERIES_MAX = 3;
const BARS_MAX = 12;
/** The width of a title's line before it is broken, as ECharts measures it: the shipped bold face is a fifth wider. */
const TITLE_WIDTH = 570;

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

/** A chart as the options of ECharts: direct labels instead of a legend, the axis from the data, no animation. */
export function optionOf(chart: Chart): Record<string, unknown> {
  const base = { animation: false, useUTC: true, backgroundColor: "#ffffff", title: title(chart) };
  switch (chart.kind) {
    case "lines":
      return { ...base, ...lines(chart) };
    case "bars":
      return { ...base, ...bars(chart) };
    case "heat":
      return { ...base, ...heat(chart) };
    case "curves":
      return { ...base, ...curves(chart) };
    case "fan":
      return { ...base, ...fan(chart) };
  }
}

function lines(chart: LinesChart): Record<string, unknown> {
  // A limit outside of the data still has to be seen, with room around it.
  const limits = chart.limits.map((limit) => Number(limit.value));
  const ends = (data: { min: number; max: number }) => extent([data.min, data.max, ...limits]);
  return {
    grid: { left: 84, right: 150, top: 118, bottom: 40 },
    xAxis: {
      type: "time",
      name: "UTC",
      nameTextStyle: axisText,
      axisLabel: { ...axisText, hideOverlap: true },
      axisLine: { lineStyle: { color: PALETTE.text } },
    },
    yAxis: sideAxis(chart.unit, {
      scale: true,
      min: (data: { min: number; max: number }) => ends(data).low,
      max: (data: { min: number; max: number }) => ends(data).high,
    }),
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

const marks = (chart: LinesChart) => ({
  symbol: "none",
  silent: true,
  data: [
    ...limitLines(chart.limits),
    ...chart.moments.map((moment) => ({
      xAxis: moment.at,
      lineStyle: { color: PALETTE.text, width: 2, type: "dotted" },
      label: markLabel(label(moment.label, 24), "end", PALETTE.text),
    })),
  ],
});

function bars(chart: BarsChart): Record<string, unknown> {
  const shown = chart.bars.slice(0, BARS_MAX);
  return {
    grid: { left: 150, right: 130, top: 84, bottom: 64 },
    xAxis: {
      type: "value",
      name: label(chart.unit, 20),
      nameLocation: "middle",
      nameGap: 28,
      nameTextStyle: axisText,
      axisLabel: { ...axisText, hideOverlap: true, formatter: short },
      splitNumber: 4,
      splitLine,
    },
    yAxis: { type: "category", inverse: true, data: shown.map((bar) => label(bar.label, 18)), axisLabel: axisText },
    series: [
      {
        type: "bar",
        barMaxWidth: 72,
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
