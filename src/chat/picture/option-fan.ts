import { type FanChart, PALETTE } from "./chart.ts";
import { FONT, extent, footAxis, label, limitLines, sideAxis } from "./shapes.ts";

const BANDS_MAX = 3;
/** The widest band is the palest. */
const SHADES = [0.18, 0.3, 0.42];

/** Bands as areas between their lower and upper lines, the middle as a line, limits across. */
export function fan(chart: FanChart): Record<string, unknown> {
  const hours = chart.hours.map(Number);
  const bands = chart.bands.slice(0, BANDS_MAX);
  const [widest] = bands;
  const limits = chart.limits.map(({ value }) => Number(value));
  const side = extent([...[...(widest?.low ?? []), ...(widest?.high ?? []), ...chart.middle].map(Number), ...limits]);
  const over = (values: readonly number[]) => values.map((value, at) => [hours[at], value]);
  const color = PALETTE.series[0];
  return {
    grid: { left: 100, right: 90, top: 118, bottom: 64 },
    xAxis: footAxis("hours from now", { min: 0, max: hours.at(-1) ?? 1, interval: (hours.at(-1) ?? 1) / 4 }),
    yAxis: sideAxis(chart.unit, { min: side.low, max: side.high }),
    series: [
      ...bands.flatMap((band, at) => {
        const low = band.low.map(Number);
        const edge = {
          type: "line",
          stack: `band ${at}`,
          stackStrategy: "all",
          showSymbol: false,
          lineStyle: { width: 0 },
        };
        return [
          { ...edge, data: over(low) },
          {
            ...edge,
            name: label(band.name, 10),
            itemStyle: { color },
            areaStyle: { color, opacity: SHADES[at] },
            endLabel: { show: true, formatter: "{a}", fontFamily: FONT, fontSize: 15, color: PALETTE.text },
            data: over(band.high.map((high, step) => Number(high) - (low[step] ?? 0))),
          },
        ];
      }),
      {
        type: "line",
        showSymbol: false,
        lineStyle: { width: 3, color },
        data: over(chart.middle.map(Number)),
        markLine: { symbol: "none", silent: true, data: limitLines(chart.limits) },
      },
    ],
  };
}
