import type { Alert, Stop } from "../kernel/alert.ts";
import type { Json } from "../kernel/canonical.ts";
import type { IncidentOrigin } from "../kernel/origin.ts";
import type { Seal } from "../kernel/seal.ts";
import type { Tx } from "../db/client.ts";
import type { Head } from "../ledger/append.ts";
import type { Matcher } from "../db/schema.ts";
import type { IntakeSettings } from "./settings.ts";

/** What was last said about a condition, while an unresolved incident remembers it. */
export interface Condition {
  readonly fingerprint: string;
  readonly alertId: number;
  readonly incidentId: string;
  readonly status: Alert["status"];
  readonly severity: Alert["severity"];
  readonly title: string;
  readonly values: Readonly<Record<string, string>>;
}

/** One alert on its way; the stages fill it in. */
export interface Passing {
  /** 0 until its number is drawn. */
  id: number;
  alert: Alert;
  /** How long it waited for this transaction, in milliseconds. */
  readonly waitedMs: number;
  /** Same condition, same fingerprint. Empty until the stage `fingerprint`. */
  fingerprint: string;
  /** Alerts with the same key belong to one incident. */
  key: string;
  /** What was last said about the condition before this batch; null where nothing is remembered. */
  before: Condition | null;
  /** The earlier alert of the same batch that this one repeats. */
  repeats: Passing | null;
  stop: Stop | null;
  stoppedBy: string | null;
  incidentId: string | null;
}

/** An alert at the start of the path. */
export const setOut = (alert: Alert, waitedMs: number): Passing => ({
  id: 0,
  alert,
  waitedMs,
  fingerprint: "",
  key: "",
  before: null,
  repeats: null,
  stop: null,
  stoppedBy: null,
  incidentId: null,
});

/** Ends an alert's way. `by` is the silence, the incident or the alert that stopped it. */
export function halt(passing: Passing, stop: Stop, by: string | null, incidentId: string | null = null): void {
  passing.stop = stop;
  passing.stoppedBy = by;
  passing.incidentId = incidentId;
}

/** A run of a playbook that answers an alert. */
export interface Match {
  readonly playbook: string;
  readonly version: number;
  readonly input: Readonly<Record<string, Json>>;
}

/** An incident that this batch opened or changed, as it stands after it. */
export interface Touched extends IncidentOrigin {
  readonly labels: Readonly<Record<string, string>>;
  readonly version: number;
  readonly opened: boolean;
  /** The severity it had before, where this batch raised it. */
  readonly raisedFrom: Alert["severity"] | null;
  /** Its new seal; null where the old one still holds, or never did. */
  readonly seal: string | null;
}

/** A line for an incident's timeline. */
export interface Line {
  readonly incident: string;
  readonly type: "incident.opened" | "alert.joined" | "severity.raised" | "alert.resolved";
  readonly actor: string;
  readonly text: string;
  readonly data: Readonly<Record<string, Json>>;
}

/** Asks for the cards of incidents that a batch opened, in its transaction, so that none is lost. */
export type Placing = (tx: Tx, opened: readonly Touched[]) => Promise<void>;

/** A silence that stands now. */
export interface Silence {
  readonly id: string;
  readonly matchers: readonly Matcher[];
}

/** What the stages of one batch share. */
export interface Around {
  readonly tx: Tx;
  readonly settings: IntakeSettings;
  readonly seal: Seal;
  /** Where the ledger ends and what the time is, read under the desk's lock. */
  readonly head: Head;
  /** Every alert of the batch in the order of arrival, also those that were stopped. */
  readonly batch: readonly Passing[];
  readonly silences: readonly Silence[];
  /** What was last said about the batch's conditions, by fingerprint, as far as an unresolved incident remembers it. */
  readonly conditions: ReadonlyMap<string, Condition>;
  readonly touched: Map<string, Touched>;
  readonly lines: Line[];
}

/** A first look at alerts, by the desk's settings and the time. */
export type Arrival = (
  passing: readonly Passing[],
  by: { readonly settings: IntakeSettings; readonly now: Date },
) => void;

/**
 * One stage of the path: looks at all alerts of the batch that came this far, at once, and halts those that go no
 * further. Whatever it asks the database it asks for the whole batch.
 */
export type Stage = (passing: readonly Passing[], around: Around) => Promise<void> | void;
