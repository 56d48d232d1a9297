import type { Ratio } from "./decimal.ts";

/** What is asked of the desk; the plan that answers it says exactly what would be sent. */
export type ActionRequest =
  /** Cancels an account's resting orders, all of them or those of some symbols. */
  | { readonly action: "cancel"; readonly account: string; readonly symbols?: readonly string[] }
  /** Reduces positions, largest contribution to margin first, until maintenance margin / equity is at most `toRatio`. */
  | { readonly action: "reduce"; readonly account: string; readonly toRatio: Ratio }
  /** Brings `share` (0..1) of the account's delta in `asset`, and of its short gamma and vega, to zero at least cost. */
  | { readonly action: "hedge"; readonly account: string; readonly asset: string; readonly share: Ratio }
  /** Limits trading in a scope: "firm", "venue:paper", "account:paper-a". */
  | { readonly action: "freeze"; readonly scope: string; readonly state: "reducing" | "halted" }
  /** Lets a scope trade again. */
  | { readonly action: "unfreeze"; readonly scope: string }
  /** Declares what became of a sent order without a known end which no look-up finds. */
  | {
      readonly action: "settle";
      /** Client order id. */
      readonly order: string;
      readonly outcome: "not-sent" | "filled";
      /** Contracts that were filled; all of them where left out. */
      readonly quantity?: string;
      /** Average price of the fills; not known where left out. */
      readonly price?: string;
      readonly reason: string;
    };

/** Who asks, in what connection. */
export interface RequestContext {
  /** "person:ana" or "playbook:margin-breach@1". */
  readonly requestedBy: string;
  readonly incident: string | null;
  readonly run: string | null;
  readonly reason: string;
}
