import type { Severity } from "../kernel/alert.ts";
import type { Market, MarketEvent } from "./event.ts";

/** Numbers and words that show why a detector spoke. */
export type Evidence = Readonly<Record<string, number | string | boolean>>;

/** A small chart for the card: values over time (ms). */
export interface Chart {
  readonly title: string;
  readonly at: readonly number[];
  readonly value: readonly number[];
}

/** What a step function found. */
export interface Finding {
  /** A condition began to hold or grew worse, or ceased. */
  readonly status: "firing" | "resolved";
  /** Venue's time, ms. */
  readonly at: number;
  readonly market: Market;
  /** 0..1; half is the point where the detector begins to speak. */
  readonly score: number;
  readonly severity: Severity;
  /** One plain sentence. */
  readonly title: string;
  readonly evidence: Evidence;
  readonly chart?: Chart;
}

/** A finding with its detector's name: what a run hands out. */
export interface Hit extends Omit<Finding, "market"> {
  readonly detector: string;
  readonly alert: string;
  readonly venue: string;
  readonly instrument: string;
}

/** What a step returns when it found nothing; one list for all, so that nothing is allocated. */
export const NOTHING: readonly Finding[] = Object.freeze([]);

/**
 * Maps a measure to 0..1: half at its limit, two thirds at twice, four fifths at four times the limit. What could not be
 * measured, NaN, is 0: it is no reason to speak.
 */
export const scoreOf = (measure: number, limit: number): number =>
  measure > 0 ? (measure === Number.POSITIVE_INFINITY ? 1 : measure / (measure + limit)) : 0;

/** The severity of a score: medium from 0.5, high from 0.65 (1.86 × the limit), critical from 0.8 (4 ×). */
export function severityOf(score: number): Severity {
  if (score >= 0.8) return "critical";
  if (score >= 0.65) return "high";
  return score >= 0.5 ? "medium" : "low";
}

/**
 * The event as told of what was judged, where that is no single instrument: a coin, a loop of markets, a venue's options,
 * an account. By it a condition begins and ends under one name, whichever instrument's event tells.
 */
export const judged = (event: MarketEvent, instrument: string, venue = event.market.venue): MarketEvent => ({
  ...event,
  market: { ...event.market, venue, instrument },
});

/** A firing finding of this event. */
export const firing = (
  event: MarketEvent,
  score: number,
  title: string,
  evidence: Evidence,
  chart?: Chart,
): Finding => ({
  status: "firing",
  at: event.at,
  market: event.market,
  score: rounded(score),
  severity: severityOf(score),
  title,
  evidence: tidy(evidence),
  ...(chart ? { chart } : {}),
});

/** The end of a condition. */
export const resolved = (event: MarketEvent, title: string, evidence: Evidence = {}): Finding => ({
  status: "resolved",
  at: event.at,
  market: event.market,
  score: 0,
  severity: "info",
  title,
  evidence: tidy(evidence),
});

/** Six significant digits: more would be noise in a card, and would make equal decisions look different. */
const rounded = (value: number): number => (Number.isFinite(value) ? Number(value.toPrecision(6)) : value);

function tidy(evidence: Evidence): Evidence {
  const out: Record<string, number | string | boolean> = {};
  for (const [name, value] of Object.entries(evidence)) {
    // JSON has no word for them, and a figure that could not be computed is no evidence.
    if (typeof value === "number" && !Number.isFinite(value)) continue;
    // Prices, sizes and ratios; times and counts are whole and stay exact.
    out[name] = typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(8)) : value;
  }
  return out;
}
