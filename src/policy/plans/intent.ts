import { and, desc, eq, like } from "drizzle-orm";
import type { Db, Tx } from "../../db/client.ts";
import { ledger, orders, plans } from "../../db/schema.ts";
import { compare, decimal } from "../../kernel/decimal.ts";
import { type Plan, planHash } from "../../kernel/plan.ts";
import { appendMany } from "../../ledger/append.ts";
import type { Control } from "../judging/gather.ts";
import { planFacts } from "../rows.ts";
import type { Tier } from "../rules/tiers.ts";

/** What a claim's seal covers; it stands in the claim's ledger entry. */
export const claimFacts = (hash: string, claimedAt: string, approvedBy: readonly string[]) => ({
  hash,
  claimedAt,
  approvedBy,
});

/** A claim as its ledger entry tells it. */
export interface ClaimEntry {
  readonly tier?: Tier;
  readonly claimedAt?: string;
  readonly approvedBy?: string[];
  readonly seal?: string;
}

/** What the ledger says of a plan's last claim; null where it was never claimed. */
export async function claimOf(db: Pick<Db, "select">, hash: string): Promise<ClaimEntry | null> {
  const [entry] = await db
    .select({ body: ledger.body })
    .from(ledger)
    // In the words of the index over control entries, which is how Postgres finds it among a million others.
    .where(and(eq(ledger.object, hash), like(ledger.type, "plan.%"), eq(ledger.type, "plan.claimed")))
    .orderBy(desc(ledger.seq))
    .limit(1);
  return entry === undefined ? null : (JSON.parse(entry.body) as ClaimEntry);
}

/** How dangerous a claimed plan was judged to be at its claim; T4 where the claim does not say; null where there is none. */
export async function claimedTier(db: Pick<Db, "select">, hash: string): Promise<{ readonly tier: Tier } | null> {
  const claim = await claimOf(db, hash);
  return claim === null ? null : { tier: claim.tier ?? "T4" };
}

type OrderRow = typeof orders.$inferSelect;

const same = (a: string, b: string): boolean => compare(decimal(a), decimal(b)) === 0;

/**
 * The sender's last look, a moment before an order leaves: the row must be, leg for leg, what the claimed plan says, the
 * plan's bytes those of its hash, and the claim sealed by this desk. Whoever writes rows into the database sends nothing.
 * Answers why the order must not be sent; null where it may.
 */
export async function intentObjection(
  db: Pick<Db, "select">,
  control: Pick<Control, "seal">,
  row: OrderRow,
): Promise<string | null> {
  const [plan] = await db.select().from(plans).where(eq(plans.hash, row.planHash));
  if (
    plan === undefined ||
    planHash(plan.plan) !== row.planHash ||
    !control.seal.holds("plan", planFacts(plan), plan.seal)
  )
    return "its plan was changed in the database by hand";
  const leg = plan.plan.orders[row.leg];
  const matches =
    leg !== undefined &&
    leg.clientOrderId === row.clientOrderId &&
    leg.account === row.account &&
    plan.plan.venue === row.venue &&
    leg.symbol === row.symbol &&
    leg.side === row.side &&
    leg.timeInForce === row.timeInForce &&
    leg.reduceOnly === row.reduceOnly &&
    same(leg.quantity, row.quantity) &&
    same(leg.limitPrice, row.limitPrice);
  if (!matches) return "the order is not the one that the plan names";
  const claim = await claimOf(db, row.planHash);
  const sealed =
    claim !== null &&
    control.seal.holds(
      "claim",
      claimFacts(row.planHash, claim.claimedAt ?? "", claim.approvedBy ?? []),
      claim.seal ?? "",
    );
  return sealed && plan.state === "claimed" ? null : "its plan was never claimed by this desk";
}

/** Writes one intent row and ledger entry per order, in the claim's transaction: nothing is sent that does not stand here. */
export async function intend(tx: Tx, hash: string, plan: Plan): Promise<void> {
  if (plan.orders.length === 0) return;
  await tx.insert(orders).values(
    plan.orders.map((order, leg) => ({
      clientOrderId: order.clientOrderId,
      planHash: hash,
      leg,
      incidentId: plan.incident,
      runId: plan.run,
      venue: plan.venue,
      account: order.account,
      symbol: order.symbol,
      side: order.side,
      quantity: order.quantity,
      limitPrice: order.limitPrice,
      timeInForce: order.timeInForce,
      reduceOnly: order.reduceOnly,
      notionalUsd: order.notionalUsd,
      referencePrice: plan.collars.find((collar) => collar.symbol === order.symbol)?.reference ?? order.limitPrice,
    })),
  );
  await appendMany(
    tx,
    plan.orders.map((order) => ({
      actor: plan.requestedBy,
      type: "order.intended" as const,
      object: order.clientOrderId,
      body: { plan: hash, ...order },
    })),
  );
}
