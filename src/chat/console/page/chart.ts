import type UPlot from "uplot";
import { AXIS, css } from "./axis.ts";
import { all } from "./clock.ts";

// The library is a plain script of ours beside this module; only its types are imported.
declare const uPlot: typeof UPlot;

interface Point {
  readonly at: string;
  readonly marginRatio: string | null;
  readonly markPrice: string | null;
}

interface Series {
  readonly points: readonly Point[];
  readonly thresholds: readonly { readonly label: string; readonly ratio: string }[];
}

const WINDOW_MS = 3_600_000;
const MOST_POINTS = 7_200;
const charts = new Map<HTMLElement, Chart>();

interface Chart {
  readonly account: string;
  grow(): Promise<void>;
  redraw(): void;
  close(): void;
}

const number = (text: string | null): number | null => (text === null ? null : Number(text));
const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`;

async function load(account: string, since: string): Promise<Series | null> {
  const response = await fetch(
    `/api/accounts/${encodeURIComponent(account)}/series?since=${encodeURIComponent(since)}`,
  );
  return response.ok ? ((await response.json()) as Series) : null;
}

/** Text that stays readable over a line: the ground's colour around it. */
function named(ctx: CanvasRenderingContext2D, text: string, x: number, y: number): void {
  ctx.save();
  ctx.setLineDash([]);
  ctx.lineJoin = "round";
  ctx.lineWidth = 4 * devicePixelRatio;
  ctx.strokeStyle = css("--ground");
  ctx.strokeText(text, x, y);
  ctx.fillText(text, x, y);
  ctx.restore();
}

/** Thresholds and the incident's moment, drawn and labelled over the lines. */
function marks(thresholds: Series["thresholds"], fromMs: number | null): (plot: UPlot) => void {
  return (plot) => {
    const { ctx, bbox } = plot;
    const scale = devicePixelRatio;
    ctx.save();
    ctx.font = `${11 * scale}px system-ui, sans-serif`;
    ctx.lineWidth = scale;
    const heightOf = (line: Series["thresholds"][number]): number =>
      Math.round(plot.valToPos(Number(line.ratio), "ratio", true)) + 0.5;
    const heights = thresholds.map(heightOf);
    thresholds.forEach((line, index) => {
      const y = heights[index] ?? 0;
      if (y < bbox.top || y > bbox.top + bbox.height) return;
      ctx.strokeStyle = css(index === 0 ? "--medium" : "--critical");
      ctx.fillStyle = ctx.strokeStyle;
      ctx.setLineDash(index === 0 ? [4 * scale, 4 * scale] : []);
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
      // A line that has another close above it is named below itself, so that the names do not cross.
      const crowded = heights.some((other) => other < y && y - other < 15 * scale);
      ctx.textBaseline = crowded ? "top" : "bottom";
      named(ctx, `${line.label} ${percent(Number(line.ratio))}`, bbox.left + 4 * scale, y + (crowded ? 2 : -2) * scale);
    });
    if (fromMs !== null) {
      const x = Math.round(plot.valToPos(fromMs / 1_000, "x", true)) + 0.5;
      if (x >= bbox.left && x <= bbox.left + bbox.width) {
        ctx.strokeStyle = css("--quiet");
        ctx.fillStyle = ctx.strokeStyle;
        ctx.setLineDash([2 * scale, 3 * scale]);
        ctx.beginPath();
        ctx.moveTo(x, bbox.top);
        ctx.lineTo(x, bbox.top + bbox.height);
        ctx.stroke();
        ctx.textBaseline = "bottom";
        const right = x > bbox.left + bbox.width * 0.7;
        ctx.textAlign = right ? "right" : "left";
        ctx.fillText("incident opened", x + (right ? -4 : 4) * scale, bbox.top + bbox.height - 3 * scale);
      }
    }
    ctx.restore();
  };
}

/** Names of the lines, beside them; a legend would have to be looked up. */
function names(labels: readonly { readonly text: string; readonly scale: string; readonly colour: string }[]) {
  return (plot: UPlot): void => {
    const { ctx } = plot;
    ctx.save();
    ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textAlign = "left";
    ctx.textBaseline = "bottom";
    labels.forEach((label, index) => {
      const values = plot.data[index + 1] ?? [];
      // Each at a place of its own, so that crossing lines do not cross their names.
      const at = Math.floor(values.length * (0.28 + 0.34 * index));
      const [x, y] = [plot.data[0][at], values[at]];
      if (x === undefined || y === undefined || y === null) return;
      ctx.fillStyle = css(label.colour);
      const above = plot.valToPos(y, label.scale, true) - 4 * devicePixelRatio;
      named(ctx, label.text, plot.valToPos(x, "x", true), above);
    });
    ctx.restore();
  };
}

/** The chart's conclusion in its title. */
function conclusion(account: string, series: Series, points: readonly Point[]): string {
  const known = points.flatMap((point) => (point.marginRatio === null ? [] : [Number(point.marginRatio)]));
  const now = known.at(-1);
  if (now === undefined) return `Margin ratio of ${account}: unknown`;
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const limit = series.thresholds.at(-1);
  const bound = limit ? `, ${limit.label} ${percent(Number(limit.ratio))}` : "";
  if (high - low < 0.005) return `Margin ratio of ${account} stands at ${percent(now)}${bound}`;
  if (high - now < (high - low) / 4) return `Margin ratio of ${account} rose to ${percent(now)}${bound}`;
  return `Margin ratio of ${account} fell to ${percent(now)} from ${percent(high)}${bound}`;
}

async function draw(place: HTMLElement): Promise<Chart | null> {
  const account = place.dataset["chart"] ?? "";
  const canvas = place.querySelector<HTMLElement>("[data-chart-canvas]");
  const title = place.querySelector<HTMLElement>("[data-chart-title]");
  const from = place.dataset["from"] ? Date.parse(place.dataset["from"]) : null;
  const since = new Date(
    Math.min(from === null ? Infinity : from - WINDOW_MS / 6, new Date().getTime() - WINDOW_MS / 2),
  );
  const series = await load(account, since.toISOString());
  if (!canvas || !title || !series || !place.isConnected) return null;
  place.classList.toggle("no-figures", series.points.length === 0);
  if (series.points.length === 0) {
    title.textContent = `Margin ratio of ${account}: no figures yet`;
    return null;
  }
  const priced = series.points.some((point) => point.markPrice !== null);
  let points = [...series.points];
  const data = (): UPlot.AlignedData => [
    points.map((point) => Date.parse(point.at) / 1_000),
    points.map((point) => number(point.marginRatio)),
    points.map((point) => number(point.markPrice)),
  ];
  const say = (): void => {
    title.textContent = conclusion(account, series, points);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", title.textContent);
  };
  const size = (): { width: number; height: number } => ({
    width: Math.max(200, canvas.clientWidth),
    height: Math.max(150, Math.min(240, canvas.clientWidth * 0.35)),
  });
  const top = Math.max(1, ...series.thresholds.map((line) => Number(line.ratio))) * 1.02;
  const plot = new uPlot(
    {
      ...size(),
      tzDate: (seconds: number) => uPlot.tzDate(new Date(seconds * 1_000), "Etc/UTC"),
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false } },
      scales: {
        ratio: { range: (_plot, low, high) => [Math.max(0, Math.min(low ?? 0, 0.5) - 0.05), Math.max(top, high ?? 0)] },
        price: {},
      },
      axes: [
        {
          ...AXIS,
          space: 70,
          values: (_plot, ticks, _axis, _space, step) =>
            ticks.map((tick) => new Date(tick * 1_000).toISOString().slice(11, step < 60 ? 19 : 16)),
        },
        {
          ...AXIS,
          scale: "ratio",
          size: 48,
          values: (_plot, ticks) => ticks.map((tick) => `${Math.round(tick * 100)} %`),
        },
        {
          ...AXIS,
          scale: "price",
          show: priced,
          side: 1,
          size: 64,
          grid: { show: false },
          values: (_plot, ticks) => ticks.map((tick) => tick.toLocaleString("en-US")),
        },
      ],
      series: [
        {},
        { label: "Margin ratio", scale: "ratio", stroke: () => css("--accent"), width: 2, points: { show: false } },
        {
          label: "Mark price",
          scale: "price",
          stroke: () => css("--price"),
          width: 1,
          dash: [2, 2],
          points: { show: false },
        },
      ],
      hooks: {
        draw: [
          marks(series.thresholds, from),
          names([
            { text: "margin ratio", scale: "ratio", colour: "--accent" },
            { text: "mark price", scale: "price", colour: "--price" },
          ]),
        ],
      },
    },
    data(),
    canvas,
  );
  say();
  const watcher = new ResizeObserver(() => plot.setSize(size()));
  watcher.observe(canvas);
  return {
    account,
    async grow() {
      const last = points.at(-1)?.at ?? since.toISOString();
      const more = await load(account, last);
      const fresh = (more?.points ?? []).filter((point) => point.at > last);
      if (fresh.length === 0) return;
      points = [...points, ...fresh].slice(-MOST_POINTS);
      plot.setData(data());
      say();
    },
    redraw: () => plot.redraw(),
    close() {
      watcher.disconnect();
      plot.destroy();
    },
  };
}

/** Draws every chart of the page that is not drawn yet, and forgets those that left it. */
export async function drawCharts(): Promise<void> {
  for (const [place, chart] of charts) {
    if (place.isConnected) continue;
    chart.close();
    charts.delete(place);
  }
  for (const place of all("[data-chart]")) {
    if (charts.has(place) || place.dataset["drawing"]) continue;
    place.dataset["drawing"] = "yes";
    const chart = await draw(place);
    delete place.dataset["drawing"];
    if (chart) charts.set(place, chart);
  }
}

/** Lengthens the charts of accounts that moved. */
export async function growCharts(accounts: readonly string[]): Promise<void> {
  await drawCharts();
  for (const chart of charts.values()) if (accounts.includes(chart.account)) await chart.grow();
}

/** Draws all anew, in the colours of the theme that was just chosen. */
export function recolourCharts(): void {
  for (const chart of charts.values()) chart.redraw();
}
