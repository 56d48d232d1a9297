import type { Chart } from "../../picture/chart.ts";

/** Charts of the desk, of one account or of one coin's volatility, as they were last read. */
export interface RiskPart {
  /** "desk", "account-paper-a", "asset-BTC"; unique, names it in addresses. */
  readonly key: string;
  readonly title: string;
  /** When it was read; null where it never could be. */
  readonly at: string | null;
  readonly charts: readonly Chart[];
  /** What was left out, and why the newest figures are missing where they are; a sentence each. */
  readonly notes: readonly string[];
}

/** What the Risk page draws. */
export interface RiskView {
  /** No newer figures are there before this many ms. */
  readonly everyMs: number;
  readonly parts: readonly RiskPart[];
}
