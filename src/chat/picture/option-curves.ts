import { type CurvesChart, PALETTE } from "./chart.ts";
import { FONT, axisText, extent, footAxis, label, markLabel, sideAxis } from "./shapes.ts";

const CURVES_MAX = 3;

type Point = readonly [string, string];
const numbers = (points: readonly Point[]) => points.map(([across, value]) => [Number(across), Number(value)]);

/** Dots and curves in one colour each, named at the curve's end. */
export function curves(chart: CurvesChart): Record<string, unknown> {
  const shown = chart.curves.slice(0, CURVES_MAX);
  const points = shown.flatMap(({ dots, line }) => [...dots, ...line]);
  const side = extent(points.map(([, value]) => Number(value)));
  const across = points.map(([at]) => Number(at)).filter(Number.isFinite);
  return {
    grid: { left: 84, right: 120, top: 118, bottom: 64 },
    xAxis: footAxis(chart.across, {
      min: across.length === 0 ? 0 : Math.min(...across),
      max: across.length === 0 ? 1 : Math.max(...across),
      axisLabel: { ...axisText, hideOverlap: true, showMinLabel: false, showMaxLabel: false },
    }),
    yAxis: sideAxis(chart.unit, { min: side.low, max: side.high }),
    series: shown.flatMap((curve, at) => {
      const color = PALETTE.series[at];
      const line = {
        type: "line",
        name: label(curve.name, 12),
        showSymbol: false,
        lineStyle: { width: 3, color },
        itemStyle: { color },
        endLabel: { show: true, formatter: "{a}", fontFamily: FONT, fontSize: 15, color },
        labelLayout: { moveOverlap: "shiftY" },
        data: numbers(curve.line),
        ...(at === 0 ? { markLine: { symbol: "none", silent: true, data: chart.places.map(placeLine) } } : {}),
      };
      const dots = {
        type: "line",
        name: label(curve.name, 12),
        symbol: "circle",
        symbolSize: 10,
        lineStyle: { width: 0 },
        itemStyle: { color },
        // Without a curve the dots carry the name themselves.
        endLabel: { show: curve.line.length === 0, formatter: "{a}", fontFamily: FONT, fontSize: 15, color },
        data: numbers(curve.dots),
      };
      return [line, dots];
    }),
  };
}

const placeLine = (place: { readonly label: string; readonly across: string }) => ({
  xAxis: Number(place.across),
  lineStyle: { color: PALETTE.text, width: 2, type: "dotted" },
  label: markLabel(label(place.label, 24), "end", PALETTE.text),
});
