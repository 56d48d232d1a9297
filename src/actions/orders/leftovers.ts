import { and, inArray, notInArray } from "drizzle-orm";
import { orders, plans } from "../../db/schema.ts";
import { messageOf } from "../../kernel/errors.ts";
import { TERMINAL } from "../../kernel/order.ts";
import { type CarryOutContext, lookUp } from "./carry-out.ts";

/**
 * Looks once more for every order whose plan ended before the order did: a venue that was silent for as long as the plan
 * was followed may answer later. Nothing is sent; what a venue does not prove stays as it is.
 */
export async function settleLeftovers(context: Pick<CarryOutContext, "desk" | "database" | "log">): Promise<void> {
  const { db } = context.database;
  const ended = db
    .select({ hash: plans.hash })
    .from(plans)
    .where(inArray(plans.state, ["applied", "failed"]));
  const rows = await db
    .select()
    .from(orders)
    .where(and(notInArray(orders.state, [...TERMINAL, "intent"]), inArray(orders.planHash, ended)));
  for (const row of rows) {
    try {
      await lookUp(context, await context.desk.venueOf(row.account), row);
    } catch (error) {
      context.log.warn({ clientOrderId: row.clientOrderId, err: messageOf(error) }, "order not looked up");
    }
  }
}
