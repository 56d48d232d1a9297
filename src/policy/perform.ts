import type { Tx } from "../db/client.ts";
import type { CarriedOut } from "../actions/orders/carry-out.ts";
import type { Plan } from "../kernel/plan.ts";
import type { ActionRequest, RequestContext } from "../kernel/request.ts";
import type { Quote } from "./facts.ts";

/** Current prices by symbol, from every source that gave one. */
export type Prices = Readonly<Record<string, readonly Quote[]>>;

/** A plan that was judged. */
export interface Judged {
  readonly hash: string;
  readonly words: string;
  readonly decision: "deny" | "hold" | "quorum" | "allow";
  readonly reasons: readonly string[];
  readonly orders: number;
  readonly cancels: number;
  readonly notionalUsd: string;
  readonly summary: string;
}

/** What people said, once they have. */
export type Said =
  | { readonly outcome: "approved"; readonly by: readonly string[] }
  | { readonly outcome: "refused"; readonly by: string; readonly reason: string }
  | { readonly outcome: "timed-out" };

/** One person's vote. */
export interface Ballot {
  readonly person: { readonly id: string; readonly surface: string };
  /** At least 8 characters of the hash, or its four words. */
  readonly plan: string;
  readonly decision: "approve" | "deny";
  readonly reason: string | null;
  readonly wake: (tx: Tx, run: string, messageId: string) => Promise<void>;
}

/** The only door to actions: everything that is planned, judged, decided and sent passes here. */
export interface Door {
  /** Computes what would be done; null where there is nothing to do. Reads only. */
  draft(request: ActionRequest, context: RequestContext): Promise<Plan | null>;
  /** Stores the plan's bytes and the policy's judgement of them. */
  propose(tx: Tx, plan: Plan): Promise<Judged>;
  /** Puts the question to people, for at most `withinMs`. */
  open(tx: Tx, hash: string, withinMs: number): Promise<{ readonly expiresAt: Date }>;
  /** What people decided by now; null while the question is open. Closes it once its time is over. */
  answer(tx: Tx, hash: string): Promise<Said | null>;
  vote(ballot: Ballot): Promise<{ ok: boolean; text: string }>;
  /** Today's prices of everything the plan would trade. */
  prices(hash: string): Promise<Prices>;
  /** Checks everything again and writes the order intents; the plan can be claimed once. */
  claim(
    tx: Tx,
    hash: string,
    prices: Prices,
  ): Promise<{ readonly claimed: true } | { readonly claimed: false; readonly why: string }>;
  /** Sends a claimed plan once and follows it to its end; safe to call again after a crash. */
  carryOut(hash: string): Promise<CarriedOut>;
  /** Writes the plan's end. */
  ended(tx: Tx, hash: string, result: CarriedOut): Promise<void>;
}
