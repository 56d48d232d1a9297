import { planCancel } from "../../actions/cancel.ts";
import type { Desk } from "../../actions/desk.ts";
import { planTradingState } from "../../actions/freeze.ts";
import { planHedge } from "../../actions/hedge.ts";
import { planReduce } from "../../actions/reduce.ts";
import { type OrderOf, planSettlement } from "../../actions/settle.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { ActionRequest, RequestContext } from "../../kernel/request.ts";

/** What plans are drafted on: accounts, venues, the clock, collar, solver, and the orders that were sent. */
export type DraftDesk = Desk & { readonly orderOf: OrderOf };

/**
 * Computes exactly what would be done, by live desks and backtests alike; null where there is nothing to do. Reads only.
 * @throws DeskError of the action, such as ACCOUNT_STALE or UNKNOWN_ACCOUNT
 */
export async function draftPlan(
  desk: DraftDesk,
  request: ActionRequest,
  context: RequestContext,
): Promise<Plan | null> {
  switch (request.action) {
    case "cancel":
      return planCancel(desk, request, context);
    case "reduce":
      return planReduce(desk, request, context);
    case "hedge":
      return planHedge(desk, request, context);
    case "freeze":
    case "unfreeze":
      return planTradingState(desk, request, context);
    case "settle":
      return planSettlement(desk, request, context);
  }
}
