/** One entry of the ledger. */
interface LedgerRow {
  readonly seq: number;
  readonly at: string;
  readonly actor: string;
  readonly type: string;
  readonly object: string;
  readonly body: string;
  readonly hash: string;
}

/** Entries below a number, newest first, and where the next page begins. */
export interface LedgerPage {
  readonly entries: readonly LedgerRow[];
  readonly size: number;
  readonly next: number | null;
}

/** What verifying said, in one sentence. */
export interface LedgerVerdict {
  readonly ok: boolean;
  readonly text: string;
  readonly firstBad: number | null;
}
