import type { CandleEvent } from "../../detectors/event.ts";
import { type Price, decimal, fromFloat } from "../../kernel/decimal.ts";
import { DeskError } from "../../kernel/errors.ts";
import { STORMS, type StormName } from "../../venues/paper/storms.ts";
import { replay } from "../run.ts";

/** What the backtest's account lives through. */
export interface BacktestMarket {
  readonly name: string;
  /** Books, volatility and funding; prices too where there is no recording. */
  readonly storm: StormName;
  /**
   * Bitcoin's prices since the moment asked for before, up to `ms`: the lowest and the highest as they came, then the last, so
   * that no step passes over the price at which an account is lost; null where the storm has its own.
   */
  pricesUpTo(ms: number): readonly (Price | null)[];
  readonly lastsMs: number;
  readonly stepMs: number;
  /** How long a second of the day lasts here: storms play a day in five minutes. */
  readonly secondMs: number;
}

const STEP_MS = 250;
const LONGEST_STEP_MS = 3_600_000;
/** More steps say nothing more about a response, and take minutes. */
const MOST_STEPS = 10_000;
const DAY_SECONDS = 86_400;
const TICK = decimal("0.1");

/** One of the simulated days. */
export function stormMarket(storm: StormName): BacktestMarket {
  const lastsMs = STORMS[storm].legs.at(-1)?.untilMs ?? 0;
  return {
    name: `storm ${storm}`,
    storm,
    pricesUpTo: () => [null],
    lastsMs,
    stepMs: STEP_MS,
    secondMs: lastsMs / DAY_SECONDS,
  };
}

/**
 * A recorded market: its first instrument of bitcoin, or its first at all, moves the simulated exchange's price by the same
 * shares; books, fees and fills are the simulated exchange's.
 * @throws DeskError RECORDING_UNREADABLE; INPUT_INVALID where it holds fewer than two prices
 */
export async function recordedMarket(
  recordings: readonly string[],
  format: string | undefined,
): Promise<BacktestMarket> {
  const series = new Map<string, { base: string; at: number[]; price: number[] }>();
  const options = { detectors: [], ...(format === undefined ? {} : { format }) };
  const note = (name: string, base: string, at: number, price: number): void => {
    if (!(price > 0)) return;
    const own = series.get(name) ?? { base, at: [], price: [] };
    series.set(name, own);
    if (at < (own.at.at(-1) ?? Number.NEGATIVE_INFINITY) + STEP_MS) return;
    own.at.push(at);
    own.price.push(price);
  };
  const lines = replay(recordings, {
    ...options,
    onEvent: (event) => {
      const { market, at } = event;
      const name = `${market.venue} ${market.instrument}`;
      if (event.kind === "trade") note(name, market.base, at, event.price);
      else if (event.kind === "quote") note(name, market.base, at, (event.bid + event.ask) / 2);
      else if (event.kind === "candle") for (const [when, price] of within(event)) note(name, market.base, when, price);
    },
  });
  for await (const line of lines) if (line.type === "summary") break;
  const all = [...series.entries()];
  const [name, chosen] = all.find(([, one]) => one.base === "BTC") ?? all[0] ?? [];
  const [first, last] = [chosen?.at[0], chosen?.at.at(-1)];
  if (name === undefined || chosen === undefined || first === undefined || last === undefined || last <= first)
    throw new DeskError(
      "INPUT_INVALID",
      `${recordings.join(", ")} holds fewer than two prices; give trades, quotes or candles`,
    );
  const lastsMs = last - first;
  const gap = Math.max(lastsMs / chosen.at.length, lastsMs / MOST_STEPS, STEP_MS);
  let at = 0;
  return {
    name,
    storm: "calm",
    lastsMs,
    secondMs: 1_000,
    stepMs: Math.min(LONGEST_STEP_MS, Math.round(gap)),
    pricesUpTo(ms) {
      // Another life begins anew.
      if (first + ms < (chosen.at[at] ?? 0)) at = 0;
      let [low, high] = [at, at];
      for (let begun = false; (chosen.at[at + 1] ?? Number.POSITIVE_INFINITY) <= first + ms; begun = true) {
        at += 1;
        if (!begun || (chosen.price[at] ?? 0) < (chosen.price[low] ?? 0)) low = at;
        if (!begun || (chosen.price[at] ?? 0) > (chosen.price[high] ?? 0)) high = at;
      }
      return [...new Set([Math.min(low, high), Math.max(low, high), at])].map((index) =>
        fromFloat((STORMS.calm.btcUsd * (chosen.price[index] ?? 0)) / (chosen.price[0] ?? 1), TICK, "half-even"),
      );
    },
  };
}

/** A candle's prices at moments within it: it opens, turns against its own direction first, then goes to its other end and closes. */
function within({
  at,
  intervalMs,
  open,
  high,
  low,
  close,
}: CandleEvent): readonly (readonly [at: number, price: number])[] {
  const [second, third] = close < open ? [high, low] : [low, high];
  return [open, second, third, close].map((price, index) => [at - (intervalMs * (3 - index)) / 4, price]);
}
