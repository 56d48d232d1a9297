import { and, eq, inArray } from "drizzle-orm";
import type { Tx } from "../db/client.ts";
import { alerts, approvals, incidents, orders, plans, votes } from "../db/schema.ts";
import {
  type Decimal,
  type Price,
  type Quantity,
  ZERO,
  add,
  decimal,
  div,
  grouped,
  isZero,
  mul,
  places,
  sub,
} from "../kernel/decimal.ts";
import { spanOf } from "../kernel/duration.ts";
import { type DurationName, durationsOf } from "./durations.ts";

const TOLD: readonly DurationName[] = ["time to card", "time to decide", "time to safe"];

/** Cost of the fills against the prices the plans were made at, in USD and basis points of what was traded; null without fills. */
function slippage(rows: readonly (typeof orders.$inferSelect)[]): string | null {
  let cost: Decimal = ZERO;
  let traded: Decimal = ZERO;
  for (const row of rows) {
    if (row.averagePrice === null || isZero(row.filledQuantity as Quantity)) continue;
    const reference = row.referencePrice as Price;
    const worse =
      row.side === "buy" ? sub(row.averagePrice as Price, reference) : sub(reference, row.averagePrice as Price);
    const share = div(row.filledQuantity as Quantity, row.quantity as Quantity, 12, "half-even");
    const value = mul(row.notionalUsd as Decimal, share);
    traded = add(traded, value);
    cost = add(cost, mul(value, div(worse, reference, 12, "half-even")));
  }
  if (isZero(traded)) return null;
  const bps = places(div(mul(cost, decimal("10000")), traded, 6, "half-even"), 1, "half-even");
  return `traded ${grouped(traded, 0)} USD, slippage ${bps} bps (${grouped(cost, 0)} USD)`;
}

/** The incident's story in one paragraph: what happened, who decided, how long it took, what it cost. */
export async function summaryOf(
  tx: Tx,
  id: string,
  outcome: string,
  nameOf: (person: string) => string,
): Promise<string> {
  const [incident] = await tx.select().from(incidents).where(eq(incidents.id, id));
  // How bad it first was: the incident's own title has followed its condition since.
  const [first] = await tx
    .select({ title: alerts.title })
    .from(alerts)
    .where(and(eq(alerts.incidentId, id), eq(alerts.severity, incident?.severity ?? "info")))
    .orderBy(alerts.id)
    .limit(1);
  const hashes = (await tx.select({ hash: plans.hash }).from(plans).where(eq(plans.incidentId, id))).map(
    (one) => one.hash,
  );
  const cast =
    hashes.length === 0 ? [] : await tx.select().from(votes).where(inArray(votes.planHash, hashes)).orderBy(votes.at);
  const asked =
    hashes.length === 0
      ? []
      : await tx
          .select({ hash: approvals.planHash })
          .from(approvals)
          .where(inArray(approvals.planHash, hashes))
          .limit(1);
  const sent = await tx.select().from(orders).where(eq(orders.incidentId, id));
  const durations = await durationsOf(tx, id);
  const decided = cast
    .map((one) => `${nameOf(one.person)} ${one.decision === "approve" ? "approved" : "denied"} on ${one.surface}`)
    .join(", ");
  const times = TOLD.flatMap((name) =>
    durations[name] === undefined ? [] : [`${name} ${spanOf(durations[name])}`],
  ).join(", ");
  return (
    [
      first?.title ?? incident?.title,
      outcome,
      decided || (asked.length === 0 ? "nobody had to decide" : "nobody decided"),
      times,
      slippage(sent),
    ]
      .filter(Boolean)
      .join(". ") + "."
  );
}
