import type { Decimal } from "./decimal.ts";

/** From loudest to quietest. */
export const SEVERITIES = ["critical", "high", "medium", "low", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];

/**
 * How far a source is believed. `internal`: our own monitors and detectors. `signed`: verified over the raw bytes.
 * `unsigned`: may page and open incidents, never lets anything execute without people.
 */
export type TrustClass = "internal" | "signed" | "unsigned";

/** What a source says: a condition began to hold (`firing`) or ceased (`resolved`). */
export interface Alert {
  /** Name of the source: "alertmanager", "tradingview", "account-monitor", "detector:spoofing". */
  readonly source: string;
  readonly trust: TrustClass;
  /** What it is about, dotted: "margin.ratio", "feed.stale", "order.rejected", "alertmanager.HighLatency". */
  readonly kind: string;
  readonly status: "firing" | "resolved";
  readonly severity: Severity;
  /** One plain sentence for the card's title. */
  readonly title: string;
  readonly summary?: string;
  /** Identity: account, venue, instrument and the like. Selectors only, never amounts to be sent. */
  readonly labels: Readonly<Record<string, string>>;
  /** Measurements, as decimal strings. */
  readonly values: Readonly<Record<string, Decimal>>;
  /** When it happened, by the source's clock. */
  readonly at: Date;
  /** The source's own id of this delivery, where it has one: makes redelivery harmless. */
  readonly deliveryId?: string;
}

/** Why an alert went no further; the ledger, the console and metrics show the same word. */
export const STOPS = ["duplicate", "silenced", "inhibited", "resolved"] as const;
export type Stop = (typeof STOPS)[number];
