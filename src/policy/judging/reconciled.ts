import { and, eq, inArray, notInArray, or } from "drizzle-orm";
import type { Tx } from "../../db/client.ts";
import { accountStates, orders } from "../../db/schema.ts";
import type { AccountState } from "../../kernel/account.ts";
import { TERMINAL } from "../../kernel/order.ts";
import { CAPABILITIES, type VenueName } from "../../venues/capabilities.ts";
import { isOurs } from "../../venues/client-order-id.ts";
import type { Known } from "./facts.ts";

/** An order ended at the venue a moment before its row says so, and the reading began before it was stored. */
const SLACK_MS = 10_000;

/** The account as its monitor read it last. */
export interface Reading {
  readonly state: Pick<AccountState, "venue" | "openOrders">;
  readonly receivedAt: Date;
}

/** Of an order's row, what is compared with the venue's open orders. */
export type Recorded = Pick<typeof orders.$inferSelect, "clientOrderId" | "state" | "sentAt" | "endedAt">;

const yes: Known = { is: true, why: "" };
const no = (why: string): Known => ({ is: false, why });

/**
 * Whether what the desk recorded of an account's orders and what the venue shows are one: figures no older than
 * `staleAfterMs`, no order with an unknown outcome, and no order that one of the two holds open and the other does not.
 * Not known where the account was never read, or was read in the future of the database's clock.
 */
export function compareOrders(
  reading: Reading | undefined,
  rows: readonly Recorded[],
  at: Date,
  staleAfterMs: number,
): Known {
  if (reading === undefined) return { is: null, why: "the account was never read" };
  const ageMs = at.getTime() - reading.receivedAt.getTime();
  if (ageMs < -SLACK_MS)
    return { is: null, why: `its figures are ${-ageMs} ms ahead of the database's clock; compare the clocks` };
  if (ageMs > staleAfterMs) return no(`its figures are ${Math.round(ageMs / 1_000)} s old`);
  const unknown = rows.find((row) => row.state === "unknown");
  if (unknown) return no(`the outcome of order ${unknown.clientOrderId} is unknown`);

  const recorded = new Map(rows.map((row) => [row.clientOrderId, row]));
  const open = new Set(reading.state.openOrders.map((order) => order.clientOrderId));
  for (const id of open) {
    const row = recorded.get(id);
    if (row === undefined && isOurs(id))
      return no(`order ${id} is open at the venue and bears an id that no plan gave`);
    const endedAt = row?.endedAt?.getTime() ?? Number.POSITIVE_INFINITY;
    if (row && TERMINAL.has(row.state) && endedAt + SLACK_MS < reading.receivedAt.getTime())
      return no(`order ${id} is ${row.state} in the desk's rows and open at the venue`);
  }
  const { lookUpHorizonMs } = CAPABILITIES[reading.state.venue as VenueName];
  const lost = rows.find(
    (row) =>
      row.state === "working" &&
      !open.has(row.clientOrderId) &&
      (row.sentAt?.getTime() ?? 0) + lookUpHorizonMs < reading.receivedAt.getTime(),
  );
  return lost ? no(`order ${lost.clientOrderId} is working in the desk's rows and not open at the venue`) : yes;
}

/** Compares an account's newest reading with its orders, by the database's clock. */
export async function reconciled(tx: Tx, account: string, at: Date, staleAfterMs: number): Promise<Known> {
  const [reading] = await tx.select().from(accountStates).where(eq(accountStates.account, account));
  const open = (reading?.state.openOrders ?? []).map((order) => order.clientOrderId);
  const rows = await tx
    .select()
    .from(orders)
    .where(
      and(
        eq(orders.account, account),
        or(notInArray(orders.state, [...TERMINAL, "intent"]), inArray(orders.clientOrderId, open)),
      ),
    );
  return compareOrders(reading, rows, at, staleAfterMs);
}
