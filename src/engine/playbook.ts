import type { z } from "zod";
import type { AccountState } from "../kernel/account.ts";
import type { Severity, TrustClass } from "../kernel/alert.ts";
import type { ActionName } from "../kernel/plan.ts";
import type { ActionRequest } from "../kernel/request.ts";

/** The declarative part of a playbook: what it answers, what it takes, what it may ask for. */
export interface PlaybookHead<Input> {
  /** The file's name, such as "margin-breach". */
  readonly name: string;
  /** Raised with every change of the steps: running runs stay on the version they began with. */
  readonly version: number;
  /** One line for cards and menus. */
  readonly title: string;
  /** Alerts that start it; absent for playbooks that only people start. */
  readonly on?: { readonly kind: string; readonly severity?: Severity };
  /** Taken from the alert's labels and values by name, or from a command's arguments. */
  readonly input: z.ZodType<Input>;
  /** Every action the steps may plan; anything else is refused before the policy is asked. */
  readonly needs: readonly ActionName[];
}

/** A plan as the policy judged it. */
export interface Proposal {
  readonly hash: string;
  /** Four words of the hash. */
  readonly words: string;
  readonly decision: "deny" | "hold" | "quorum" | "allow";
  readonly reasons: readonly string[];
  readonly orders: number;
  readonly cancels: number;
  readonly notionalUsd: string;
  readonly summary: string;
}

/** How people answered. Every case must be handled: a timeout is not a refusal. */
export type Answer =
  | { readonly outcome: "approved"; readonly by: readonly string[] }
  | { readonly outcome: "refused"; readonly by: string; readonly reason: string }
  | { readonly outcome: "timed-out" }
  /** Nobody can approve it any more: what it would reduce is gone, or the rules changed. */
  | { readonly outcome: "withdrawn"; readonly why: string }
  | { readonly outcome: "not-needed" };

/** What became of an applied plan. */
export interface Applied {
  readonly outcome: "done" | "partial" | "refused";
  /** One sentence: "2 of 2 orders filled", "the market left the price collar". */
  readonly summary: string;
  readonly filled: number;
  readonly orders: number;
  readonly unknown: number;
  /** Volume-weighted distance from the reference price, in basis points; positive is worse than the reference. Null without fills. */
  readonly slippageBps: string | null;
}

/**
 * The durable verbs. A step's name is plain English, unique in the playbook, and its key in the database, on the card and in
 * the ledger. Steps follow each other: one that begins while another is under way ends the run with PLAYBOOK_INVALID.
 */
export interface Step {
  /** Runs `work` once; after a crash its recorded result is used. May run again after a crash in its middle, so it must not send orders. */
  <T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Computes exactly what would be done and lets the policy judge it; null where there is nothing to do. */
  plan(name: string, request: ActionRequest): Promise<Proposal | null>;
  /**
   * Asks people to approve the exact plan within a time such as "5m". `otherwise` says what it means where nobody decided in
   * time, or the plan was withdrawn before: "stop" ends the run, "continue" leaves it to the playbook.
   */
  approve(
    name: string,
    proposal: Proposal,
    ask: { readonly within: string; readonly otherwise: "stop" | "continue" },
  ): Promise<Answer>;
  /** Claims the plan (policy, approvals, freezes, limits and collar are checked again), sends it once and follows it to its end. */
  apply(name: string, proposal: Proposal): Promise<Applied>;
  /** Closes the incident with the whole story: what happened, who decided, how long it took, what it cost. */
  close(name: string, outcome: string): Promise<string>;
  /** Says that the account is out of danger, for the timeline and its durations. */
  safe(name: string, text: string): Promise<void>;
  /** Waits; survives restarts. */
  sleep(name: string, duration: string): Promise<void>;
}

/** Everything a playbook's body is given. */
export interface PlaybookContext<Input> {
  readonly input: Input;
  readonly incident: { readonly id: string; readonly severity: Severity; readonly trust: TrustClass };
  readonly step: Step;
  /** Reads an account from its venue, now; only inside a step. */
  readonly account: (id: string) => Promise<AccountState>;
  /** Ids of every account of the desk, for alerts about a market that name none. */
  readonly accounts: readonly string[];
}

/** A playbook: its steps in order, returning one sentence that closes the story. */
export interface Playbook<Input = unknown> {
  readonly head: PlaybookHead<Input>;
  readonly body: (context: PlaybookContext<Input>) => Promise<string>;
  /** Runs after somebody cancelled the run, as durable as the body. */
  readonly cancelled?: (context: PlaybookContext<Input>) => Promise<string>;
}

/**
 * Defines a playbook; the default export of a file in `playbooks/`.
 * @example
 * export default playbook(
 *   { name: "quiet-account", version: 1, title: "Cancel what rests", input: z.object({ account: z.string() }), needs: ["cancel"] },
 *   async ({ input, step }) => {
 *     const plan = await step.plan("see what rests", { action: "cancel", account: input.account });
 *     return plan ? (await step.apply("cancel it", plan)).summary : "nothing rested";
 *   },
 * );
 */
export function playbook<Input>(
  head: PlaybookHead<Input>,
  body: (context: PlaybookContext<Input>) => Promise<string>,
  cancelled?: (context: PlaybookContext<Input>) => Promise<string>,
): Playbook<Input> {
  return { head, body, ...(cancelled ? { cancelled } : {}) };
}

/** A playbook whose input type is forgotten: the registry checks inputs by the head's schema. */
export type AnyPlaybook = Playbook<never>;

/** The workflow's name in the engine: old versions stay registered under theirs until no run needs them. */
export const workflowName = (name: string, version: number): string => `${name}@${version}`;
