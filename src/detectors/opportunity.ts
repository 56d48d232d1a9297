import type { ArbitrageLeg, Opportunity } from "../quant/hedge/arbitrage.ts";
import type { MarketEvent } from "./event.ts";
import { type Evidence, type Finding, NOTHING, firing, resolved, scoreOf } from "./finding.ts";
import { type Gate, createGate, pass } from "./gate.ts";

/** One place where an arbitrage may stand open. */
export interface Chance {
  readonly gate: Gate;
  /** Since when it has been open, our clock, ms; NaN where it is not. */
  openAt: number;
}

/** Shut, never told. */
export const createChance = (): Chance => ({ gate: createGate(), openAt: Number.NaN });

/** What an opportunity must be to be told. */
export interface ChanceLimits {
  /** Left after all fees, of the notional. */
  readonly edgeBps: number;
  /** How long it must stay open. */
  readonly openMs: number;
}

const ORDINALS = ["first", "second", "third"] as const;

const significant = (value: number): string => String(Number(value.toPrecision(6)));

const legWords = ({ side, quantity, symbol, price, venue }: ArbitrageLeg): string =>
  `${side} ${significant(quantity)} ${symbol} at ${significant(price)} on ${venue}`;

/** The orders of an opportunity in words, one to a leg: a plan to look at, which nothing here can send. */
function planOf(opportunity: Opportunity): Evidence {
  return Object.fromEntries(opportunity.legs.map((one, at) => [`${ORDINALS[at] ?? "next"}Leg`, legWords(one)]));
}

/** Tells an arbitrage once it has stood open for long enough, and its end; `best` is undefined where there is none. */
export function tell(
  chance: Chance,
  event: MarketEvent,
  best: Opportunity | undefined,
  limits: ChanceLimits,
  name: string,
): readonly Finding[] {
  if (best === undefined || best.netBps < limits.edgeBps) chance.openAt = Number.NaN;
  else if (Number.isNaN(chance.openAt)) chance.openAt = event.receivedAt;
  if (!chance.gate.on && !(event.receivedAt - chance.openAt >= limits.openMs)) return NOTHING;
  const score = scoreOf(best?.netBps ?? 0, limits.edgeBps);
  const verdict = pass(chance.gate, score, event.at, { release: 0.5, holdMs: 3000, quietMs: 10_000 });
  if (verdict === "resolve") return [resolved(event, `${name} is closed`)];
  if (verdict === "silent" || best === undefined) return NOTHING;
  return [
    firing(event, score, `${name}: ${best.netBps.toFixed(1)} bps after fees`, {
      netBps: best.netBps,
      grossBps: best.grossBps,
      profit: best.profit,
      ...(best.yearlyRatio === undefined ? {} : { yearlyRatio: best.yearlyRatio }),
      openMs: event.receivedAt - chance.openAt,
      ...planOf(best),
      why: best.words,
    }),
  ];
}
