import type { Severity } from "../../../kernel/alert.ts";

/** One setting of a detector. */
export interface DetectorParam {
  readonly name: string;
  readonly value: number;
  readonly usual: number;
  readonly unit: string;
  readonly about: string;
}

/** One thing a detector said. */
export interface DetectorHit {
  readonly at: string;
  readonly status: "firing" | "resolved";
  readonly severity: Severity;
  readonly venue: string;
  readonly instrument: string;
  readonly title: string;
  /** 0..1; null where it was not told. */
  readonly score: number | null;
  readonly incident: string | null;
}

/** What a person said of an incident the detector raised. */
export interface DetectorLabelRow {
  readonly incident: string;
  readonly title: string;
  readonly label: string;
  readonly person: string;
  readonly at: string;
}

/** A detector that is installed, with what it lately saw. */
export interface DetectorRow {
  readonly name: string;
  readonly title: string;
  readonly stream: string;
  readonly params: string;
  readonly hits: number;
  readonly lastHitAt: string | null;
  /** Incidents of it that people judged: how many, how many were real, and how many of those were good to know. */
  readonly judged: { readonly all: number; readonly right: number; readonly useful: number };
}

/** Everything about one detector. */
export interface DetectorDetail extends DetectorRow {
  readonly alert: string;
  readonly scope: string;
  readonly source: string;
  readonly settings: readonly DetectorParam[];
  /** The newest, newest first. */
  readonly recent: readonly DetectorHit[];
  /** Score and severity of every hit of the last week, oldest first. */
  readonly scores: readonly { readonly at: string; readonly score: number }[];
  readonly labels: readonly DetectorLabelRow[];
}
