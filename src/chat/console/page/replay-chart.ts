import type UPlot from "uplot";
import { AXIS, css } from "./axis.ts";

// The library is a plain script of ours beside this module; only its types are imported.
declare const uPlot: typeof UPlot;

/** A market of a replayed recording: intervals as columns, and books at moments. */
export interface Market {
  readonly name: string;
  readonly at: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly last: readonly number[];
  readonly books: readonly {
    readonly at: number;
    readonly bids: readonly (readonly [number, number])[];
    readonly asks: readonly (readonly [number, number])[];
  }[];
}

/** A moment that is marked in the chart: a hit by its severity, or a plan. */
export interface Mark {
  readonly at: number;
  readonly kind: "critical" | "high" | "medium" | "low" | "info" | "plan";
}

/** The chart of one market. */
export interface PriceChart {
  show(market: Market, marks: readonly Mark[]): void;
  /** Moves the line of the present moment, ms. */
  move(at: number): void;
  redraw(): void;
}

const DAY_S = 86_400;

/** Index of the last column at or before a moment; the first one where there is none. */
export function before(times: readonly { readonly at: number }[] | readonly number[], at: number): number {
  let [low, high] = [0, times.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const time = times[middle];
    if ((typeof time === "number" ? time : (time?.at ?? 0)) <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** A triangle for a hit, a diamond for a plan: told apart without colour. */
function shape(ctx: CanvasRenderingContext2D, kind: Mark["kind"], x: number, y: number, size: number): void {
  ctx.beginPath();
  if (kind === "plan") {
    ctx.moveTo(x, y - size);
    ctx.lineTo(x + size, y);
    ctx.lineTo(x, y + size);
    ctx.lineTo(x - size, y);
  } else {
    ctx.moveTo(x, y + size * 0.4);
    ctx.lineTo(x - size, y - size * 1.4);
    ctx.lineTo(x + size, y - size * 1.4);
  }
  ctx.closePath();
  ctx.fill();
  ctx.stroke();
}

/** Draws prices into `place`; a press into the chart tells its moment. */
export function openPriceChart(place: HTMLElement, onPress: (at: number) => void): PriceChart {
  let market: Market | null = null;
  let marks: readonly Mark[] = [];
  let now = 0;
  const overlay = (plot: UPlot): void => {
    if (!market) return;
    const { ctx, bbox } = plot;
    const scale = devicePixelRatio;
    ctx.save();
    ctx.lineWidth = scale;
    for (const one of marks) {
      const x = plot.valToPos(one.at / 1_000, "x", true);
      const y = plot.valToPos(market.high[before(market.at, one.at)] ?? 0, "y", true) - 4 * scale;
      ctx.fillStyle = css(one.kind === "plan" ? "--good" : `--${one.kind}`);
      ctx.strokeStyle = css("--ground");
      shape(ctx, one.kind, x, one.kind === "plan" ? bbox.top + bbox.height - 8 * scale : y, 5 * scale);
    }
    const x = Math.round(plot.valToPos(now / 1_000, "x", true)) + 0.5;
    ctx.strokeStyle = css("--text");
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.restore();
  };
  const size = (): { width: number; height: number } => ({
    width: Math.max(200, place.clientWidth),
    height: Math.max(180, Math.min(320, place.clientWidth * 0.4)),
  });
  const line = (stroke: string, width: number) => ({ stroke: () => css(stroke), width, points: { show: false } });
  const plot = new uPlot(
    {
      ...size(),
      tzDate: (seconds: number) => uPlot.tzDate(new Date(seconds * 1_000), "Etc/UTC"),
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
      padding: [14, 28, 0, 0],
      axes: [
        {
          ...AXIS,
          space: 80,
          size: 30,
          values: (plotted, ticks, _axis, _space, step) => {
            const days = (plotted.scales["x"]?.max ?? 0) - (plotted.scales["x"]?.min ?? 0) > DAY_S;
            return ticks.map((tick) => {
              const iso = new Date(tick * 1_000).toISOString();
              if (days) return step >= DAY_S ? iso.slice(0, 10) : `${iso.slice(5, 10)} ${iso.slice(11, 16)}`;
              return iso.slice(11, step < 60 ? 19 : 16);
            });
          },
        },
        {
          ...AXIS,
          size: 72,
          values: (_plot, ticks) => ticks.map((tick) => tick.toLocaleString("en-US", { maximumSignificantDigits: 8 })),
        },
      ],
      series: [{}, line("--line", 1), line("--line", 1), line("--accent", 1.5)],
      bands: [{ series: [2, 1], fill: () => css("--select") }],
      hooks: {
        draw: [overlay],
        ready: [
          (ready) =>
            ready.over.addEventListener("click", (event) =>
              onPress(ready.posToVal(event.clientX - ready.over.getBoundingClientRect().left, "x") * 1_000),
            ),
        ],
      },
    },
    [[], [], [], []],
    place,
  );
  new ResizeObserver(() => plot.setSize(size())).observe(place);
  return {
    show(next, marked) {
      [market, marks] = [next, marked];
      plot.setData([next.at.map((at) => at / 1_000), [...next.low], [...next.high], [...next.last]]);
    },
    move(at) {
      now = at;
      plot.redraw(false, false);
    },
    redraw: () => plot.redraw(false, false),
  };
}
