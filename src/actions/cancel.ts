import type { Plan } from "../kernel/plan.ts";
import type { ActionRequest, RequestContext } from "../kernel/request.ts";
import { type Desk, readerOf } from "./desk.ts";
import { assemble } from "./orders/draft.ts";

/** Plans the cancelling of an account's resting orders; null where none rests. Never raises risk. */
export async function planCancel(
  desk: Desk,
  request: Extract<ActionRequest, { action: "cancel" }>,
  context: RequestContext,
): Promise<Plan | null> {
  const { account, reader } = await readerOf(desk, request.account);
  const resting = await reader.openOrders(account.id);
  const wanted = resting.filter((order) => request.symbols === undefined || request.symbols.includes(order.symbol));
  if (wanted.length === 0) return null;
  return assemble(
    desk,
    account,
    {
      action: "cancel",
      effect: "reduce",
      reason: `cancel ${wanted.length} resting ${wanted.length === 1 ? "order" : "orders"} of ${account.id} (${context.reason})`,
      legs: [],
      cancels: wanted.map((order) => ({ symbol: order.symbol, venueOrderId: order.venueOrderId })),
      trading: null,
      changes: [
        { label: "Resting orders", before: String(resting.length), after: String(resting.length - wanted.length) },
      ],
      remains: "Positions stay as they are.",
    },
    context,
  );
}
