import type { DepthEvent, MarketEvent } from "../../src/detectors/event.ts";
import type { Hit } from "../../src/detectors/finding.ts";
import { detectorsNamed } from "../../src/detectors/load.ts";
import { createWatch } from "../../src/detectors/watch.ts";
import { setLevel, sizeAt } from "../../src/quant/book/book.ts";
import type { Book } from "../../src/quant/book/shape.ts";
import { replay } from "../../src/replay/run.ts";

/** One kind of generated spoof. */
export interface SpoofKind {
  /** Size over the mean sum of the ten best levels of a side. */
  readonly times: number;
  readonly lifeMs: number;
  readonly cycles: number;
}

/** A series of large orders of one side, placed and pulled again and again. */
interface Episode {
  readonly from: number;
  readonly side: 0 | 1;
  cycle: number;
  nextAt: number;
  tick: number;
  size: number;
  to: number;
}

/** A small seeded generator. */
export function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function touch(book: Book): number {
  let total = 0;
  for (const side of [0, 1] as const) {
    const best = side === 0 ? book.bestBid : book.bestAsk;
    for (let i = 0, left = 10; i < 400 && left > 0; i += 1) {
      const size = sizeAt(book, side, side === 0 ? best - i : best + i);
      if (size > 0) left -= 1;
      total += size;
    }
  }
  return total / 2;
}

/** What an injection run found. */
export interface SpoofResult {
  readonly episodes: number;
  readonly detected: number;
  /** Hits outside every episode. */
  readonly others: number;
}

/**
 * Plays a recording with spoofs put into its real book. The first episode begins after `afterMs` of the recording; each
 * spoof stands 0.5 to 2 bps behind the best price and is pulled early if the price reaches it, as a spoofer would.
 */
export async function runSpoofs(file: string, kind: SpoofKind, seed: number, afterMs: number): Promise<SpoofResult> {
  const next = random(seed);
  const hits: Hit[] = [];
  const watch = createWatch({ detectors: detectorsNamed(["spoofing"]), onHit: (hit) => hits.push(hit) });
  const done: Episode[] = [];
  let episode: Episode | undefined;
  let startedAt = Number.NaN;
  let beginAt = Number.NaN;
  const one = { ticks: new Int32Array(1), sizes: new Float64Array(1), before: new Float64Array(1) };

  function synthetic(event: DepthEvent, side: 0 | 1, tick: number, change: number): void {
    const { book } = event;
    const before = sizeAt(book, side, tick);
    const size = Math.max(0, before + change);
    setLevel(book, side, tick, size);
    one.ticks[0] = tick;
    one.sizes[0] = size;
    one.before[0] = before;
    watch.take({ ...event, ...one, snapshot: false, count: 1, bidCount: side === 0 ? 1 : 0 });
  }

  function stage(event: DepthEvent): void {
    if (Number.isNaN(startedAt)) {
      startedAt = event.at;
      beginAt = startedAt + afterMs + next() * 30_000;
    }
    if (episode === undefined) {
      if (event.at < beginAt) return;
      episode = {
        from: event.at,
        side: next() < 0.5 ? 0 : 1,
        cycle: 0,
        nextAt: event.at,
        tick: -1,
        size: 0,
        to: Number.NaN,
      };
    }
    const { book } = event;
    const best = episode.side === 0 ? book.bestBid : book.bestAsk;
    const reached = episode.tick >= 0 && (episode.side === 0 ? best <= episode.tick : best >= episode.tick);
    if (episode.tick >= 0 && (event.at >= episode.nextAt || reached)) {
      const { side, tick, size } = episode;
      episode.tick = -1;
      synthetic(event, side, tick, -size);
      episode.cycle += 1;
      episode.nextAt = event.at + 500 + next() * 2500;
      if (episode.cycle >= kind.cycles) {
        episode.to = event.at + 1000;
        done.push(episode);
        episode = undefined;
        beginAt = event.at + 70_000 + next() * 20_000;
      }
      return;
    }
    if (episode.tick < 0 && event.at >= episode.nextAt) {
      const away = Math.max(1, Math.round(best * (0.5 + 1.5 * next()) * 1e-4));
      episode.tick = episode.side === 0 ? best - away : best + away;
      episode.size = touch(book) * kind.times * (0.9 + 0.2 * next());
      episode.nextAt = event.at + kind.lifeMs * (0.8 + 0.4 * next());
      synthetic(event, episode.side, episode.tick, episode.size);
    }
  }

  function onEvent(event: MarketEvent): void {
    if (event.kind === "depth" && !event.snapshot && episode !== undefined && episode.tick >= 0) {
      // The venue's own updates of that level come on top of the spoof.
      const from = episode.side === 0 ? 0 : event.bidCount;
      const to = episode.side === 0 ? event.bidCount : event.count;
      for (let i = from; i < to; i += 1) {
        if (event.ticks[i] !== episode.tick) continue;
        event.sizes[i]! += episode.size;
        setLevel(event.book, episode.side, episode.tick, event.sizes[i]!);
      }
    }
    watch.take(event);
    if (event.kind === "depth" && !event.snapshot) stage(event);
  }

  for await (const line of replay([file], { detectors: [], onEvent })) if (line.type === "summary") break;
  const firing = hits.filter((hit) => hit.status === "firing");
  const inside = (hit: Hit, e: Episode): boolean => hit.at >= e.from && hit.at <= e.to;
  return {
    episodes: done.length,
    detected: done.filter((e) =>
      firing.some((hit) => inside(hit, e) && hit.evidence["side"] === (e.side === 0 ? "bid" : "ask")),
    ).length,
    others: firing.filter((hit) => !done.some((e) => inside(hit, e))).length,
  };
}
