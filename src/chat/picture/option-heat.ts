import { type HeatChart, PALETTE } from "./chart.ts";
import { FONT, axisText, label, short } from "./shapes.ts";

const MOST = 12;
/** From this share of the largest figure a gain is so dark that its text is light; losses never are. */
const DARK_SHARE = 0.75;

/** A heat map whose colours are even about zero, with every figure written into its cell. */
export function heat(chart: HeatChart): Record<string, unknown> {
  const [columns, rows] = [chart.across.labels.slice(0, MOST), chart.down.labels.slice(0, MOST)];
  const cells = rows.flatMap((_, row) =>
    columns.flatMap((__, column) => {
      const value = Number(chart.values[row]?.[column] ?? Number.NaN);
      return Number.isFinite(value) ? [{ row, column, value }] : [];
    }),
  );
  const most = Math.max(1e-9, ...cells.map(({ value }) => Math.abs(value)));
  const axis = (labels: readonly string[], name: string, gap: number) => ({
    type: "category",
    data: labels.map((one) => label(one, 8)),
    name: label(name, 40),
    nameLocation: "middle",
    nameGap: gap,
    nameTextStyle: axisText,
    axisLabel: { ...axisText, interval: 0 },
    axisTick: { show: false },
    axisLine: { show: false },
  });
  return {
    grid: { left: 110, right: 28, top: 96, bottom: 72 },
    xAxis: axis(columns, `${chart.across.name}; cells in ${chart.unit}`, 34),
    yAxis: { ...axis(rows, chart.down.name, 76), inverse: true },
    visualMap: {
      show: false,
      min: -most,
      max: most,
      inRange: { color: [PALETTE.loss, PALETTE.even, PALETTE.gain] },
    },
    series: [
      {
        type: "heatmap",
        itemStyle: { borderColor: "#ffffff", borderWidth: 2 },
        label: { show: true, fontFamily: FONT, fontSize: 15, formatter: cellText },
        data: cells.map(({ row, column, value }) => ({
          value: [column, row, value],
          label: { color: value > DARK_SHARE * most ? "#ffffff" : PALETTE.text },
        })),
      },
    ],
  };
}

const cellText = ({ value }: { value: readonly [number, number, number] }): string => short(value[2]);
