import type { Severity } from "../kernel/alert.ts";
import type { Change } from "../kernel/plan.ts";

/** What a person may press. Opening the console is a link, not an action. */
export const CARD_ACTIONS = [
  "acknowledge",
  "take",
  "approve",
  "deny",
  "run",
  "silence",
  "escalate",
  "resolve",
  // What people say of the detector that raised it.
  "true",
  "false",
  "useful",
] as const;
export type CardAction = (typeof CARD_ACTIONS)[number];

/** One button: its token names incident, version and action, and is checked again when it comes back. */
export interface Button {
  readonly action: CardAction;
  readonly label: string;
  readonly style: "primary" | "danger" | "quiet";
  /** `incident:version:action[:subject]`, at most 64 characters of [A-Za-z0-9:_-]. */
  readonly token: string;
  /** Asked before a dangerous press. */
  readonly confirm?: string;
}

/** One order of the plan, every cell as it is shown. */
export interface OrderRow {
  readonly venue: string;
  readonly account: string;
  readonly instrument: string;
  readonly side: "buy" | "sell";
  readonly quantity: string;
  readonly limitPrice: string;
  readonly notionalUsd: string;
  readonly reduceOnly: boolean;
  /** What became of it, once sent: "working", "filled 3 of 5 at 61,200.5", "unknown". */
  readonly state?: string;
}

/** The plan as it is decided upon, rendered from the hashed bytes. */
export interface PlanView {
  readonly hash: string;
  readonly words: string;
  readonly state: "proposed" | "approved" | "denied" | "expired" | "claimed" | "applied" | "failed";
  readonly reason: string;
  readonly orders: readonly OrderRow[];
  readonly cancels: number;
  readonly changes: readonly Change[];
  readonly collars: readonly string[];
  readonly remains: string;
  readonly notionalUsd: string;
  readonly expiresAt: string;
}

/** Who has to consent, and who did. */
export interface VotesView {
  readonly needed: number;
  readonly roles: readonly string[];
  readonly given: readonly {
    readonly person: string;
    readonly decision: "approve" | "deny";
    readonly surface: string;
    readonly at: string;
  }[];
  readonly expiresAt: string;
}

/** One line of what the playbook does. */
export interface StepView {
  readonly name: string;
  readonly state: "running" | "waiting" | "done" | "failed" | "skipped";
  readonly note?: string;
  readonly at: string;
}

/**
 * An incident as plain data. Texts are plain text: each renderer escapes for itself, shortens texts before it drops
 * sections, and never drops severity or buttons. All times are ISO, UTC.
 */
export interface Card {
  readonly incident: string;
  /** Grows with every change; an older version never replaces a newer one. */
  readonly version: number;
  readonly severity: Severity;
  readonly status: "open" | "acknowledged" | "resolved";
  readonly environment: "paper" | "live";
  readonly title: string;
  /** What happened and why, at most two lines. */
  readonly lines: readonly string[];
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  readonly owner: string | null;
  readonly playbook: string | null;
  readonly steps: readonly StepView[];
  readonly plan: PlanView | null;
  readonly votes: VotesView | null;
  /** After a decision: one sentence instead of buttons, who, what, when, on which surface. */
  readonly decision: string | null;
  readonly buttons: readonly Button[];
  readonly openedAt: string;
  readonly asOf: string;
  /** Path of the incident's page in the console, "/incidents/INC-7". */
  readonly path: string;
}
