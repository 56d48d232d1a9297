import { type Json, digest } from "./canonical.ts";
import type { Environment } from "./account.ts";
import type { OrderRequest } from "./order.ts";
import { WORDS } from "./words.ts";

/** What the desk can do; withdrawing, moving funds out and creating keys do not exist. */
export const ACTIONS = ["cancel", "reduce", "hedge", "freeze", "unfreeze", "settle"] as const;
export type ActionName = (typeof ACTIONS)[number];

/** Whether risk grows. `neutral` changes a state or cancels. */
export type Effect = "reduce" | "increase" | "neutral";

/** The prices between which a plan's orders may be sent. */
export interface Collar {
  readonly symbol: string;
  readonly reference: string;
  readonly low: string;
  readonly high: string;
}

/** One figure before and, as computed, after. */
export interface Change {
  readonly label: string;
  readonly before: string;
  readonly after: string;
}

/** What people declare of a sent order that its venue does not tell of. */
export interface Settlement {
  readonly clientOrderId: string;
  /** `cancelled` where a part of it was filled. */
  readonly state: "not_placed" | "filled" | "cancelled";
  /** Contracts. */
  readonly filledQuantity: string;
  /** Null where nobody knows, or nothing was filled. */
  readonly averagePrice: string | null;
}

/** What a hedge answers, in coins: sent once that is gone, it would be a bet of its own. */
export interface Hedged {
  readonly asset: string;
  /** By the venue's figures when it was planned, with which later ones are compared. */
  readonly held: string;
  /** Delta by the desk's own figures, before and after. */
  readonly before: string;
  readonly after: string;
}

/** What a settlement says of its order, for people. */
export const settledWords = ({ state, filledQuantity }: Pick<Settlement, "state" | "filledQuantity">): string =>
  state === "not_placed" ? "not placed" : `filled with ${filledQuantity} contracts`;

/**
 * Exactly what would be done. All decimals and times are text, so that the canonical JSON (RFC 8785) of this object is
 * the same everywhere; its SHA-256 is the plan's identity, and approval covers nothing else.
 */
export interface Plan {
  readonly format: 1;
  readonly action: ActionName;
  readonly effect: Effect;
  readonly environment: Environment;
  readonly venue: string;
  readonly account: string;
  /** "person:ana", "playbook:margin-breach@1", "schedule:digest". */
  readonly requestedBy: string;
  readonly incident: string | null;
  readonly run: string | null;
  /** Why, in one sentence. */
  readonly reason: string;
  readonly orders: readonly PlannedOrder[];
  /** Venue order ids to cancel, with their symbols. */
  readonly cancels: readonly { readonly symbol: string; readonly venueOrderId: string }[];
  /** For freeze and unfreeze: the scope and the state it gets. */
  readonly trading: { readonly scope: string; readonly state: "active" | "reducing" | "halted" } | null;
  /** For settle alone; absent in every other plan. */
  readonly settlement?: Settlement;
  /** For hedge alone; absent in every other plan. */
  readonly hedged?: Hedged;
  readonly collars: readonly Collar[];
  readonly changes: readonly Change[];
  /** Sum of the orders' notionals, each at the dearer of its limit and its reference price: what limits count. */
  readonly notionalUsd: string;
  /** What stays open afterwards, in one sentence. */
  readonly remains: string;
  readonly createdAt: string;
  readonly expiresAt: string;
}

/** An order as it stands in a plan: all of it text. */
export type PlannedOrder = OrderRequest & { readonly notionalUsd: string };

/** SHA-256 of the plan's canonical JSON. */
export const planHash = (plan: Plan): string => digest(plan as unknown as Json);

/** Four words of the hash that people compare across surfaces; 32 bits, a check against slips, not against forgers. */
export const fingerprintWords = (hash: string): string =>
  [0, 2, 4, 6].map((at) => WORDS[Number.parseInt(hash.slice(at, at + 2), 16)]).join(" ");
