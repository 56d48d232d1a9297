import type { Account } from "../kernel/account.ts";
import { type Json, canonical, sha256 } from "../kernel/canonical.ts";
import type { Consent, Sealed } from "../kernel/consent.ts";
import { type Decimal, compare, decimal, greater, less, sum } from "../kernel/decimal.ts";
import type { OrderRequest } from "../kernel/order.ts";
import { meetsAll } from "../policy/people/quorum.ts";
import type { Seal } from "../kernel/seal.ts";
import { approvalShape, claimShape, planShape, proposedShape, voteShape } from "./shapes.ts";
import type { z } from "zod";
import { enforcesReduceOnly } from "../venues/capabilities.ts";

/**
 * Why an order is not sent. `forged`: what was shown cannot come from an honest desk, so nothing of that desk is believed
 * until a person has looked; `refused`: it may, but not now or not by the signer's own rules.
 */
export interface Refusal {
  readonly kind: "forged" | "refused";
  readonly why: string;
}

/** What the signer itself knows. */
export interface Known {
  readonly accounts: ReadonlyMap<string, Account>;
  readonly seal: Seal;
  readonly unapprovedUsd: Decimal<"usd">;
}

/** What the plan says of an order that may be sent. */
export interface Examined {
  readonly refusal: null;
  /** At the plan's reference price. */
  readonly usd: Decimal<"usd">;
  /** When the plan is over. */
  readonly until: string;
}

type PlanRead = z.infer<typeof planShape>;

const forged = (why: string): Refusal => ({ kind: "forged", why });
const refused = (why: string): Refusal => ({ kind: "refused", why });

function readPlan(bytes: string): PlanRead | null {
  try {
    const value = JSON.parse(bytes) as Json;
    return canonical(value) === bytes ? planShape.parse(value) : null;
  } catch {
    return null;
  }
}

const equal = (a: string, b: string): boolean => compare(decimal(a), decimal(b)) === 0;

/** The plan's leg of this order, where every field is the plan's. */
function legOf(plan: PlanRead, order: OrderRequest): PlanRead["orders"][number] | undefined {
  const leg = plan.orders.find((one) => one.clientOrderId === order.clientOrderId);
  const same =
    leg !== undefined &&
    leg.account === order.account &&
    leg.symbol === order.symbol &&
    leg.side === order.side &&
    leg.timeInForce === order.timeInForce &&
    leg.reduceOnly === order.reduceOnly &&
    equal(leg.quantity, order.quantity) &&
    equal(leg.limitPrice, order.limitPrice);
  return same ? leg : undefined;
}

const personOf = (actor: string): string | null => (actor.startsWith("person:") ? actor.slice("person:".length) : null);

/** Whether people consented as they were asked; where nobody was asked, whether the plan is one that runs without. */
function peopleObjection(
  plan: PlanRead,
  consent: Consent,
  approvedBy: readonly string[],
  unapprovedUsd: Decimal<"usd">,
): Refusal | null {
  if (consent.approval === null) {
    if (approvedBy.length > 0) return forged("the claim names people who were never asked");
    const worth = sum(plan.orders.map((one) => decimal<"usd">(one.notionalUsd)));
    const reduces = plan.orders.every((one) => one.reduceOnly && enforcesReduceOnly(plan.venue, one.symbol));
    if (reduces || !greater(worth, unapprovedUsd)) return null;
    return refused(
      `nobody approved a plan of ${worth} USD that may add risk; without people the signer sends up to ${unapprovedUsd}`,
    );
  }
  const asked = approvalShape.safeParse(consent.approval.facts);
  const votes = consent.votes.map((one) => voteShape.safeParse(one.facts));
  if (!asked.success || votes.some((one) => !one.success)) return forged("the approval cannot be read");
  const { quorums, needed, stepUp, requestedBy } = asked.data;
  const cast = votes.flatMap((one) => (one.success ? [one.data] : []));
  if (cast.some((one) => one.decision === "deny")) return forged("a person denied the plan");
  const excluded = [personOf(requestedBy), personOf(plan.requestedBy)];
  const voices = approvedBy.flatMap((id) => {
    const vote = cast.find((one) => one.person === id && (one.stepUp || !stepUp));
    return vote === undefined || excluded.includes(id) ? [] : [{ id, roles: vote.roles }];
  });
  const distinct = new Set(voices.map((one) => one.id)).size;
  return distinct === approvedBy.length && distinct >= needed && meetsAll(quorums, voices)
    ? null
    : forged("the people who are named did not all approve, or do not make the quorum that was asked for");
}

/** Whether every part speaks of the plan of this hash under the desk's seal. */
function sealsHold(consent: Consent, hash: string, seal: Seal): boolean {
  const holds = (purpose: string, part: Sealed): boolean => seal.holds(purpose, part.facts, part.seal);
  return (
    holds("plan", consent.proposed) &&
    consent.proposed.facts["hash"] === hash &&
    holds("claim", consent.claim) &&
    consent.claim.facts["hash"] === hash &&
    (consent.approval === null ||
      (holds("approval", consent.approval) && consent.approval.facts["planHash"] === hash)) &&
    consent.votes.every((vote) => holds("vote", vote) && vote.facts["planHash"] === hash)
  );
}

/** What stands in the plan that the order and the signer's accounts do not bear out. */
function planObjection(order: OrderRequest, plan: PlanRead, account: Account): Refusal | null {
  if (plan.account !== order.account || plan.venue !== account.venue || plan.environment !== account.environment)
    return refused(
      `the plan is for ${plan.account} at ${plan.venue} (${plan.environment}), the signer holds ${account.id} at ${account.venue} (${account.environment})`,
    );
  const collar = plan.collars.find((one) => one.symbol === order.symbol);
  const price = decimal(order.limitPrice);
  return collar === undefined || less(price, decimal(collar.low)) || greater(price, decimal(collar.high))
    ? forged("the order's price lies outside its plan's collar")
    : null;
}

/**
 * Judges one order by what was shown for it alone: the plan's bytes and hash, every seal, the order leg for leg, account and
 * venue, the price collar, the time, and whether people consented as they were asked. Freezes, counters and replays are the
 * gate's.
 */
export function examine(
  order: OrderRequest,
  consent: Consent,
  known: Known,
  now: Date,
): Examined | { readonly refusal: Refusal } {
  const account = known.accounts.get(order.account);
  if (account === undefined) return { refusal: refused(`the signer has no account ${order.account}`) };
  const hash = sha256(consent.plan);
  const plan = readPlan(consent.plan);
  if (plan === null) return { refusal: forged("the plan's bytes are not those of a plan") };
  if (!sealsHold(consent, hash, known.seal))
    return { refusal: forged("the plan, its approval or its claim was changed, or another desk's key sealed it") };
  const proposed = proposedShape.safeParse(consent.proposed.facts);
  const claim = claimShape.safeParse(consent.claim.facts);
  if (!proposed.success || !claim.success) return { refusal: forged("the plan's proposal or claim cannot be read") };
  const leg = legOf(plan, order);
  if (leg === undefined) return { refusal: forged("the order is not one that the plan names") };
  const until = plan.expiresAt < proposed.data.expiresAt ? plan.expiresAt : proposed.data.expiresAt;
  const refusal =
    planObjection(order, plan, account) ??
    peopleObjection(plan, consent, claim.data.approvedBy, known.unapprovedUsd) ??
    (new Date(until) <= now ? refused(`the plan could be sent until ${until}`) : null);
  return refusal === null ? { refusal, usd: decimal<"usd">(leg.notionalUsd), until } : { refusal };
}
