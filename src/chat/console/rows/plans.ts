/** A plan that waits, or waited, for people. */
export interface ApprovalRow {
  readonly planHash: string;
  readonly words: string;
  readonly incident: string | null;
  readonly title: string;
  readonly action: string;
  readonly account: string;
  readonly notionalUsd: string;
  readonly requestedBy: string;
  readonly needed: number;
  readonly given: number;
  readonly roles: readonly string[];
  readonly state: "pending" | "approved" | "denied" | "expired";
  /** The viewer's role may decide it, and this person has neither asked for it nor voted. */
  readonly mine: boolean;
  readonly openedAt: string;
  readonly expiresAt: string;
}

/** One order of ours. */
export interface OrderLine {
  readonly clientOrderId: string;
  readonly incident: string | null;
  readonly venue: string;
  readonly account: string;
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly quantity: string;
  readonly filledQuantity: string;
  readonly limitPrice: string;
  readonly averagePrice: string | null;
  readonly notionalUsd: string;
  readonly reduceOnly: boolean;
  readonly state: string;
  readonly reason: string | null;
  readonly at: string;
}
