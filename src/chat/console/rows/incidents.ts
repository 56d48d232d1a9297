import type { Severity } from "../../../kernel/alert.ts";
import type { Card } from "../../card.ts";

/** One line of the incident list. */
export interface IncidentRow {
  readonly incident: string;
  readonly severity: Severity;
  readonly status: Card["status"];
  readonly title: string;
  readonly account: string | null;
  readonly owner: string | null;
  readonly outcome: string | null;
  readonly alertCount: number;
  readonly version: number;
  /** A plan of this incident waits for people. */
  readonly deciding: boolean;
  readonly openedAt: string;
}

/** Which incidents a list shows; all of it optional. */
export interface IncidentFilter {
  readonly status?: "unresolved" | "resolved" | "all";
  /** Words that must occur in number, title, kind or labels. */
  readonly text?: string;
  /** At most this many, 500 where left out. */
  readonly limit?: number;
}

/** One line of an incident's timeline. */
export interface TimelineRow {
  readonly id: number;
  readonly at: string;
  readonly actor: string;
  readonly type: string;
  readonly text: string;
  /** Number of the ledger entry that proves it, where the event names one. */
  readonly ledger: number | null;
}

/** One measured duration of an incident: "time to card", 12. */
export interface DurationRow {
  readonly label: string;
  readonly ms: number;
}

/** What the incident page shows beside the card. */
export interface IncidentDetail {
  readonly card: Card;
  readonly timeline: readonly TimelineRow[];
  readonly durations: readonly DurationRow[];
  readonly account: string | null;
}

/** One alert as it came, and what became of it. */
export interface AlertRow {
  readonly id: number;
  readonly at: string;
  readonly source: string;
  readonly trust: string;
  readonly kind: string;
  readonly status: "firing" | "resolved";
  readonly severity: Severity;
  readonly title: string;
  /** The incident it reached; null where it was stopped. */
  readonly incident: string | null;
  /** Why it went no further, the same word as in the ledger and in metrics, and what stopped it. */
  readonly stop: string | null;
  readonly stoppedBy: string | null;
}
