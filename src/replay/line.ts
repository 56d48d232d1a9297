import type { Severity } from "../kernel/alert.ts";
import type { ActionName, PlannedOrder } from "../kernel/plan.ts";
import type { Chart, Evidence } from "../detectors/finding.ts";
import type { Outcome } from "../policy/judging/judge.ts";
import type { Role } from "../policy/rules/schema.ts";

/** A detector began to speak. */
export interface HitLine {
  readonly type: "hit";
  readonly detector: string;
  /** Venue's time, ms. */
  readonly at: number;
  readonly venue: string;
  readonly instrument: string;
  readonly severity: Severity;
  readonly score: number;
  readonly title: string;
  readonly evidence: Evidence;
  readonly chart?: Chart;
}

/** A condition ended. */
export interface ClearLine {
  readonly type: "clear";
  readonly detector: string;
  readonly at: number;
  readonly venue: string;
  readonly instrument: string;
  readonly title: string;
}

/** A plan's content, as a line tells it. Figures are decimal strings. */
export interface PlanTold {
  readonly hash: string;
  readonly words: string;
  readonly action: ActionName;
  readonly account: string;
  readonly orders: readonly Pick<
    PlannedOrder,
    "symbol" | "side" | "quantity" | "limitPrice" | "reduceOnly" | "notionalUsd"
  >[];
  readonly cancels: number;
  readonly notionalUsd: string;
  /** What stays open afterwards. */
  readonly remains: string;
}

/** What the desk's rules would have said of a plan. */
export interface PolicyTold {
  readonly outcome: Outcome;
  /** How many persons would have been asked; 0 where none. */
  readonly people: number;
  /** Roles that must be among them. */
  readonly roles: readonly Role[];
  readonly stepUp: boolean;
  /** How long it would still have had to wait. */
  readonly holdMs: number;
  /** The rules that decided, as "rule: why". */
  readonly reasons: readonly string[];
}

/** Which run of which playbook speaks. */
interface RunTold {
  /** Our time in the recording, ms. */
  readonly at: number;
  readonly run: string;
  readonly playbook: string;
  readonly version: number;
  readonly incident: string;
}

/** What a playbook would have planned. */
export interface PlanLine extends RunTold {
  readonly type: "plan";
  /** What it answers. */
  readonly alert: { readonly kind: string; readonly severity: Severity; readonly title: string };
  readonly step: string;
  /** Null where there was nothing to do. */
  readonly plan: PlanTold | null;
  /** Null where there was nothing to judge. */
  readonly policy: PolicyTold | null;
}

/** How a playbook's run ended. */
export interface RunLine extends RunTold {
  readonly type: "run";
  readonly outcome: string;
}

/** A book at the end; prices are decimal strings, `bids` and `asks` count levels. */
export interface BookLine {
  readonly venue: string;
  readonly bid: string | null;
  readonly ask: string | null;
  readonly bids: number;
  readonly asks: number;
  readonly sequence: number;
}

/** How hits compare with labels. Rates are 0..1; null where there is nothing to compare. */
export interface LabelScore {
  /** Labels that the recordings cover, each event once. */
  readonly labels: number;
  /** Labels of other times and instruments. */
  readonly outside: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  /** Part of the labelled events that were detected. */
  readonly detected: number | null;
  /** Median time from label to first hit; negative where the hit came first. */
  readonly delayMs: number | null;
  readonly falsePerDay: number | null;
}

/** The last line of a replay. */
export interface SummaryLine {
  readonly type: "summary";
  /** Messages or rows read. */
  readonly events: number;
  readonly levelUpdates: number;
  readonly gaps: number;
  /** What the run took. */
  readonly seconds: number;
  /** What was replayed, by the recordings' clock. */
  readonly recordedSeconds: number;
  readonly crossed: number;
  readonly checksumsVerified: number;
  readonly checksumsFailed: number;
  readonly malformed: number;
  readonly hits: Readonly<Record<string, number>>;
  readonly books: Readonly<Record<string, BookLine>>;
  readonly labels?: LabelScore;
  /** Where playbooks were asked for. */
  readonly playbooks?: {
    /** Plans with something to do, by playbook. */
    readonly plans: Readonly<Record<string, number>>;
    readonly runs: number;
    /** Runs that still waited where the recording ended. */
    readonly unfinished: number;
    /** The recorded market that moved the account on paper; null where no price of bitcoin was recorded. */
    readonly market: string | null;
  };
}

export type ReplayLine = HitLine | ClearLine | PlanLine | RunLine | SummaryLine;
