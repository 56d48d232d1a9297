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
  /** Of an option, which has no basis and no funding; null for anything else. */
  readonly option: {
    readonly mark: string | null;
    readonly volatilityPercent: number | null;
    readonly openInterest: string | null;
    readonly underlying: string | null;
  } | null;
  /** Null where nothing of it was ever heard. */
  readonly heardAt: string | null;
  /** Why it was never heard, as far as its venue or the line to it says. */
  readonly trouble: string | null;
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
