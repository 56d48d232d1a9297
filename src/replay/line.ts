import type { Severity } from "../kernel/alert.ts";
import type { Chart, Evidence } from "../detectors/finding.ts";

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

/** What a playbook would have planned. */
export interface PlanLine {
  readonly type: "plan";
  readonly at: number;
  readonly [name: string]: unknown;
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
  readonly labels: number;
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
}

export type ReplayLine = HitLine | ClearLine | PlanLine | SummaryLine;
