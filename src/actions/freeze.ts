import type { Account } from "../kernel/account.ts";
import { DeskError } from "../kernel/errors.ts";
import type { Plan } from "../kernel/plan.ts";
import type { ActionRequest, RequestContext } from "../kernel/request.ts";
import type { Desk } from "./desk.ts";
import { assemble } from "./orders/draft.ts";

/**
 * The account a scope stands for in the plan. A wider scope names one of its accounts, a live one where it has any, so that no
 * rule for paper speaks about it.
 */
function anchor(desk: Desk, scope: string): Account {
  const [kind, name] = scope.split(":");
  const all = [...desk.accounts.values()].toSorted(
    (a, b) => Number(b.environment === "live") - Number(a.environment === "live"),
  );
  const found =
    kind === "account"
      ? desk.accounts.get(name ?? "")
      : kind === "venue"
        ? all.find((one) => one.venue === name)
        : all[0];
  if (!found)
    throw new DeskError(
      "UNKNOWN_ACCOUNT",
      `there is no ${scope} on this desk; known accounts are ${[...desk.accounts.keys()].join(", ")}`,
    );
  return found;
}

/** Plans the change of a trading state; the claim writes it, so that freezing and policy share one transaction. */
export function planTradingState(
  desk: Desk,
  request: Extract<ActionRequest, { action: "freeze" | "unfreeze" }>,
  context: RequestContext,
): Plan {
  const state = request.action === "freeze" ? request.state : "active";
  return assemble(
    desk,
    anchor(desk, request.scope),
    {
      action: request.action,
      effect: request.action === "freeze" ? "reduce" : "increase",
      reason: context.reason,
      legs: [],
      cancels: [],
      trading: { scope: request.scope, state },
      changes: [
        {
          label: `Trading in ${request.scope}`,
          before: request.action === "freeze" ? "as it is" : "limited",
          after: state,
        },
      ],
      remains:
        state === "active"
          ? "Every other limit stays in force."
          : "Resting orders stay until they are cancelled; positions stay.",
    },
    context,
  );
}
