import type { Account } from "../../src/kernel/account.ts";
import { type Json, canonical } from "../../src/kernel/canonical.ts";
import type { Consent, Sealed } from "../../src/kernel/consent.ts";
import type { OrderRequest } from "../../src/kernel/order.ts";
import { type Plan, planHash } from "../../src/kernel/plan.ts";
import { Secret } from "../../src/kernel/secret.ts";
import { type Seal, openSeal } from "../../src/kernel/seal.ts";
import { order, plan } from "../policy/make.ts";

export const SEAL_KEY = "0123456789abcdef0123456789abcdef";
export const SEAL = openSeal(new Secret(SEAL_KEY));
export const NOW = new Date("2026-03-02T12:05:00.000Z");
export const MAIN: Account = { id: "main", venue: "binanceusdm", environment: "live" };

/** A vote as its row is sealed. */
export interface Ballot {
  readonly person: string;
  readonly decision?: "approve" | "deny";
  readonly roles?: readonly string[];
  readonly stepUp?: boolean;
}

/** Two people of whom one is of risk, as the default rules ask for what is large. */
export const TWO = { people: 2, roles: ["risk"], from: ["trader", "risk"] };
export const ONE = { people: 1, roles: [], from: ["trader", "risk"] };

/** A plan of the main account at Binance: sell one contract at 60,000, reduce-only. */
export const mainPlan = (over: Partial<Plan> = {}, leg: Partial<Record<string, unknown>> = {}): Plan =>
  plan({
    environment: MAIN.environment,
    venue: MAIN.venue,
    account: MAIN.id,
    orders: [order({ account: MAIN.id, ...leg })],
    ...over,
  });

/** The order of a plan, as the desk asks for it. */
export function requestOf(one: Plan, at = 0): OrderRequest {
  const { notionalUsd: _, ...request } = one.orders[at] as Plan["orders"][number];
  return request;
}

/** What a desk would show for a plan that these people approved. */
export function consentFor(
  one: Plan,
  how: {
    readonly votes?: readonly Ballot[];
    readonly quorum?: typeof TWO;
    readonly stepUp?: boolean;
    readonly approvedBy?: readonly string[];
    readonly asked?: boolean;
    readonly seal?: Seal;
    readonly expiresAt?: string;
  } = {},
): Consent {
  const { votes = [{ person: "ana" }], quorum = ONE, stepUp = false, asked = true, seal = SEAL } = how;
  const hash = planHash(one);
  const sealed = (purpose: string, facts: { readonly [key: string]: Json }): Sealed => ({
    facts,
    seal: seal.of(purpose, facts),
  });
  const approvedBy = how.approvedBy ?? (asked ? votes.map((vote) => vote.person) : []);
  return {
    plan: canonical(one as unknown as Json),
    proposed: sealed("plan", {
      hash,
      requestedBy: one.requestedBy,
      incidentId: one.incident,
      runId: one.run,
      createdAt: one.createdAt,
      expiresAt: how.expiresAt ?? one.expiresAt,
    }),
    approval: asked
      ? sealed("approval", {
          planHash: hash,
          subject: "plan",
          requestedBy: one.requestedBy,
          runId: one.run,
          quorums: [{ rule: "hedge", ...quorum, stepUp, withinMs: 900_000 }],
          needed: quorum.people,
          roles: [...quorum.roles],
          stepUp,
          policyVersion: "1",
          openedAt: one.createdAt,
          expiresAt: one.expiresAt,
        })
      : null,
    votes: votes.map(({ person, decision = "approve", roles = ["trader"], stepUp: touched = false }) =>
      sealed("vote", {
        planHash: hash,
        person,
        decision,
        roles,
        surface: "console",
        stepUp: touched,
        reason: null,
        at: one.createdAt,
      }),
    ),
    claim: sealed("claim", { hash, claimedAt: NOW.toISOString(), approvedBy }),
  };
}
