import type { AnyPlaybook, PlaybookContext, Proposal, Step } from "../engine/playbook.ts";
import type { AccountState } from "../kernel/account.ts";
import { type Decimal, grouped } from "../kernel/decimal.ts";
import { messageOf } from "../kernel/errors.ts";
import { type Plan, fingerprintWords, planHash } from "../kernel/plan.ts";
import type { ActionRequest, RequestContext } from "../kernel/request.ts";

/** Ends the body where it would have to know what people or the market answer. */
class DryEnd extends Error {}

/** The lines that show a plan's exact orders. */
const draftLines = (plan: Plan): string[] => [
  `${plan.reason} (${plan.orders.length} orders, ${plan.cancels.length} cancels, ${grouped(plan.notionalUsd as Decimal, 0)} USD)`,
  ...plan.orders.map(
    (one) =>
      `  ${one.side} ${one.quantity} ${one.symbol} at ${one.side === "buy" ? "most" : "least"} ${one.limitPrice}${one.reduceOnly ? ", reduce-only" : ""}`,
  ),
  ...plan.changes.map((one) => `  ${one.label}: ${one.before} → ${one.after}`),
];

/**
 * Runs a playbook's body with real reads and plans but nothing written, asked or sent: each step says what it would do.
 * It goes on as if everything were approved and carried out, up to the first check whose answer depends on that.
 */
export async function dryRun(options: {
  readonly playbook: AnyPlaybook;
  readonly input: Record<string, unknown>;
  readonly draft: (request: ActionRequest, context: RequestContext) => Promise<Plan | null>;
  readonly account: (id: string) => Promise<AccountState>;
  readonly accounts: readonly string[];
}): Promise<string[]> {
  const { playbook } = options;
  const lines: string[] = [];
  let applied = false;
  const bare = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    if (applied) {
      lines.push(`${name}: depends on the fills; the dry run ends here`);
      throw new DryEnd();
    }
    return work();
  };
  const step: Step = Object.assign(bare, {
    async plan(name: string, request: ActionRequest): Promise<Proposal | null> {
      const by = {
        requestedBy: `playbook:${playbook.head.name}@${playbook.head.version}`,
        incident: null,
        run: null,
        reason: playbook.head.title,
      };
      const plan = await options.draft(request, by);
      lines.push(
        `${name}: ${plan ? "" : "nothing to do"}`,
        ...(plan ? draftLines(plan).map((line) => `  ${line}`) : []),
      );
      if (!plan) return null;
      const hash = planHash(plan);
      return {
        hash,
        words: fingerprintWords(hash),
        decision: "quorum",
        reasons: [],
        orders: plan.orders.length,
        cancels: plan.cancels.length,
        notionalUsd: plan.notionalUsd,
        summary: plan.reason,
      };
    },
    async approve(name: string) {
      lines.push(`${name}: would ask people`);
      return { outcome: "approved" as const, by: [] };
    },
    async apply(name: string, proposal: Proposal) {
      applied = proposal.orders > 0;
      lines.push(`${name}: would send ${proposal.orders} orders and ${proposal.cancels} cancels`);
      return {
        outcome: "done" as const,
        summary: "not sent",
        filled: proposal.orders,
        orders: proposal.orders,
        unknown: 0,
        slippageBps: null,
      };
    },
    async close(name: string, outcome: string) {
      lines.push(`${name}: ${outcome}`);
      return outcome;
    },
    async safe(name: string) {
      lines.push(name);
    },
    async sleep(name: string, duration: string) {
      lines.push(`${name}: would wait ${duration}`);
    },
  });
  const context = {
    input: playbook.head.input.parse(options.input),
    incident: { id: "dry run", severity: "info", trust: "internal" },
    step,
    account: options.account,
    accounts: options.accounts,
  } as PlaybookContext<never>;
  try {
    lines.push(`ends with: ${await playbook.body(context)}`);
  } catch (error) {
    if (!(error instanceof DryEnd)) lines.push(`stops: ${messageOf(error)}`);
  }
  return lines;
}
