import type { Severity } from "../../../kernel/alert.ts";

/** One instrument at one venue, as the desk sees it now. Prices are text as they are shown; null where none was heard. */
export interface MarketRow {
  readonly venue: string;
  readonly instrument: string;
  readonly bid: string | null;
  readonly ask: string | null;
  readonly last: string | null;
  readonly spreadBps: number | null;
  /** Mark price against the index. */
  readonly basisBps: number | null;
  /** What longs pay shorts, and for how many hours. */
  readonly funding: { readonly bps: number; readonly hours: number } | null;
  readonly heardAt: string;
  /** Silent for longer than its own habit explains. */
  readonly stale: boolean;
  /** Since the start. */
  readonly gaps: number;
  readonly crossed: number;
  readonly checksumsFailed: number;
  /** What a detector last said of it within a day. */
  readonly hit: {
    readonly detector: string;
    readonly severity: Severity;
    readonly at: string;
    readonly incident: string | null;
  } | null;
}
