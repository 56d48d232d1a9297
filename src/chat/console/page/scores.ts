import type UPlot from "uplot";
import { AXIS, css } from "./axis.ts";
import { all } from "./clock.ts";

// The library is a plain script of ours beside this module; only its types are imported.
declare const uPlot: typeof UPlot;

const LINES = [
  { score: 0.5, label: "medium", colour: "--medium" },
  { score: 0.65, label: "high", colour: "--high" },
  { score: 0.8, label: "critical", colour: "--critical" },
] as const;
const DAY_AND_A_HALF_S = 129_600;
const plots: UPlot[] = [];

/** "15:04", or "11-26 15:04" where several days are shown; UTC, as everywhere. */
const moments = (_: UPlot, splits: readonly number[]): string[] => {
  const long = (splits.at(-1) ?? 0) - (splits[0] ?? 0) > DAY_AND_A_HALF_S;
  return splits.map((second) =>
    new Date(second * 1_000)
      .toISOString()
      .slice(long ? 5 : 11, 16)
      .replace("T", " "),
  );
};

/** The scores from which it speaks, louder and loudest. */
function lines(plot: UPlot): void {
  const { ctx, bbox } = plot;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.font = `${11 * scale}px system-ui, sans-serif`;
  ctx.lineWidth = scale;
  ctx.textBaseline = "bottom";
  ctx.textAlign = "left";
  for (const line of LINES) {
    const y = Math.round(plot.valToPos(line.score, "y", true)) + 0.5;
    ctx.strokeStyle = css(line.colour);
    ctx.fillStyle = ctx.strokeStyle;
    ctx.setLineDash([4 * scale, 4 * scale]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.fillText(line.label, bbox.left + 4 * scale, y - 2 * scale);
  }
  ctx.restore();
}

function draw(canvas: HTMLElement): void {
  const points = JSON.parse(canvas.dataset["scores"] ?? "[]") as (readonly [number, number])[];
  const size = (): { width: number; height: number } => ({
    width: Math.max(200, canvas.clientWidth),
    height: Math.max(150, Math.min(220, canvas.clientWidth * 0.3)),
  });
  const [first, last] = [points.at(0)?.[0] ?? 0, points.at(-1)?.[0] ?? 0];
  // A single hit stands in the middle of an hour instead of at the edge of nothing.
  const pad = Math.max(60_000, (last - first) * 0.03, last === first ? 1_800_000 : 0);
  const plot = new uPlot(
    {
      ...size(),
      legend: { show: false },
      cursor: { y: false },
      scales: {
        x: { range: [(first - pad) / 1_000, (last + pad) / 1_000] },
        y: { range: [0.4, 1.02] },
      },
      axes: [
        { ...AXIS, space: 90, values: moments },
        { ...AXIS, size: 40, values: (_, values) => values.map((value) => value.toFixed(1)) },
      ],
      series: [
        {},
        {
          label: "Score",
          stroke: () => css("--accent"),
          fill: () => css("--accent"),
          width: 1,
          // Hits are moments: a line between them would tell of scores that nobody measured.
          paths: () => null,
          points: { show: true, size: 7, fill: css("--accent") },
        },
      ],
      hooks: { draw: [lines] },
    },
    [points.map(([at]) => at / 1_000), points.map(([, score]) => score)],
    canvas,
  );
  const highest = Math.max(...points.map(([, score]) => score));
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${points.length} hits, the highest score ${highest.toFixed(2)}`);
  new ResizeObserver(() => plot.setSize(size())).observe(canvas);
  plots.push(plot);
}

/** Draws the scores of a detector's page. */
export function drawScores(): void {
  for (const canvas of all("[data-scores]")) draw(canvas);
}

/** Draws them anew, in the colours of the theme that was just chosen. */
export function recolourScores(): void {
  for (const plot of plots) plot.redraw();
}
