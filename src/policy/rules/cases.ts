import { z } from "zod";
import { SEVERITIES } from "../../kernel/alert.ts";
import type { Account } from "../../kernel/account.ts";
import { type Decimal, decimal, div, isDecimal, sum } from "../../kernel/decimal.ts";
import { ACTIONS, type Plan } from "../../kernel/plan.ts";
import { type Facts, type Known, type Spent, requesterOf } from "../judging/facts.ts";
import { type Decision, judge } from "../judging/judge.ts";
import { type PolicyDocument, ROLES, WINDOWS } from "./schema.ts";

const amount = z
  .string()
  .refine((text) => isDecimal(text) && !text.startsWith("-"), "write a plain decimal in quotes, such as '250000'");
const positive = amount.refine((text) => /[1-9]/.test(text), "write more than 0");

const order = z.strictObject({
  symbol: z.string().min(1),
  side: z.enum(["buy", "sell"]).default("sell"),
  notionalUsd: positive,
  quantity: positive.default("1"),
  reduceOnly: z.boolean().default(false),
});

const spent = z.strictObject({
  notionalUsd: amount.default("0"),
  orders: amount.default("0"),
  messages: amount.default("0"),
});

const oneCase = z.strictObject({
  name: z.string().min(1).max(200).describe("What is expected, as a sentence"),
  by: z.string().regex(/^\S+:\S+$/, "write person:ana, playbook:margin-breach or schedule:digest"),
  action: z.enum(ACTIONS),
  account: z.string().describe("An account of the desk"),
  orders: z.array(order).default([]),
  cancels: z.int().min(0).default(0).describe("How many orders are cancelled"),
  scope: z.string().optional().describe("What a freeze or an unfreeze is about, such as account:okx-1"),
  trust: z.enum(["internal", "signed", "unsigned"]).default("internal"),
  source: z.string().nullable().default(null),
  severity: z.enum(SEVERITIES).nullable().default(null),
  at: z.iso.datetime({ offset: true }).default("2026-01-07T12:00:00Z").describe("When; a Wednesday noon if left out"),
  given: z
    .strictObject({
      onCall: z.boolean().optional(),
      deadManArmed: z.boolean().optional(),
      reconcilerHealthy: z.boolean().optional(),
      leverage: amount.optional(),
      openOrders: amount.optional(),
      lossUsd: amount.optional(),
      spent: z.record(z.string(), spent).default({}).describe("In every window, by firm, account:okx-1, person:ana, …"),
      states: z.record(z.string(), z.enum(["active", "reducing", "halted"])).default({}),
    })
    .prefault({})
    .describe("What is known beside the plan; a fact that is left out is not known"),
  expect: z.enum(["allow", "deny", "hold", "quorum"]),
  people: z.int().min(1).max(9).optional().describe("How many must approve"),
  roles: z.array(z.enum(ROLES)).optional().describe("Roles that must be among them"),
  stepUp: z.boolean().optional(),
});

/** Decisions that are expected of a desk's rules. */
export const casesSchema = z.strictObject({ cases: z.array(oneCase).min(1) });

/** One of them. */
export type PolicyCase = z.infer<typeof oneCase>;

/** What came of a case: what of the decision is otherwise than expected, nothing where it passed. */
export interface CaseResult {
  readonly name: string;
  readonly wrong: readonly string[];
  /** Why the rules decided so. */
  readonly reasons: readonly string[];
}

const told = (is: boolean | undefined): Known => ({ is: is ?? null, why: "" });
const HOUR_MS = 3_600_000;

function planOf(one: PolicyCase, account: Account): Plan {
  const orders = one.orders.map((line, leg) => ({
    account: account.id,
    symbol: line.symbol,
    side: line.side,
    quantity: decimal<"quantity">(line.quantity),
    limitPrice: div<"price">(decimal(line.notionalUsd), decimal(line.quantity), 12, "up"),
    timeInForce: "IOC" as const,
    reduceOnly: line.reduceOnly,
    clientOrderId: `case-${leg}`,
    notionalUsd: line.notionalUsd,
  }));
  const at = new Date(one.at);
  const trades = one.action === "freeze" || one.action === "unfreeze";
  return {
    format: 1,
    action: one.action,
    effect: "neutral",
    environment: account.environment,
    venue: account.venue,
    account: account.id,
    requestedBy: one.by,
    incident: null,
    run: null,
    reason: one.name,
    orders,
    cancels: Array.from({ length: one.cancels }, (_, at_) => ({ symbol: "any", venueOrderId: String(at_) })),
    trading: trades
      ? { scope: one.scope ?? `account:${account.id}`, state: one.action === "freeze" ? "halted" : "active" }
      : null,
    ...(one.action === "settle"
      ? { settlement: { clientOrderId: "case", state: "not_placed", filledQuantity: "0", averagePrice: null } }
      : {}),
    collars: orders.map(({ symbol, limitPrice }) => ({
      symbol,
      reference: limitPrice,
      low: limitPrice,
      high: limitPrice,
    })),
    changes: [],
    notionalUsd: sum(orders.map((line) => line.notionalUsd as Decimal)),
    remains: "",
    createdAt: at.toISOString(),
    expiresAt: new Date(at.getTime() + HOUR_MS).toISOString(),
  };
}

function factsOf(one: PolicyCase, plan: Plan, document: PolicyDocument): Facts {
  const { given } = one;
  const asker = requesterOf(one.by, {
    person: null,
    roles: document.people[one.by.replace("person:", "")]?.roles ?? [],
    onCall: given.onCall ?? null,
  });
  const keys = [
    "firm",
    `account:${plan.account}`,
    `venue:${plan.venue}`,
    ...plan.orders.map((line) => `instrument:${line.symbol}`),
    `${asker.kind}:${asker.id}`,
    ...(one.source === null ? [] : [`source:${one.source}`]),
  ];
  const none: Spent = { notionalUsd: "0", orders: "0", messages: "0" };
  const at = new Date(one.at);
  return {
    plan,
    requester: asker,
    excluded: asker.kind === "person" ? [asker.id] : [],
    proven: true,
    trust: one.trust,
    source: one.source,
    severity: one.severity,
    at,
    ageMs: 0,
    states: given.states,
    usage: Object.fromEntries(
      keys.map((key) => [key, Object.fromEntries(WINDOWS.map((window) => [window, given.spent[key] ?? none]))]),
    ) as Facts["usage"],
    figures: {
      leverage: given.leverage ?? null,
      openOrders: given.openOrders ?? null,
      lossUsd: given.lossUsd ?? null,
    },
    quotes: Object.fromEntries(
      plan.orders.map((line) => [
        line.symbol,
        ["book", "index"].map((source) => ({ source, price: line.limitPrice as string, at })),
      ]),
    ),
    deadManArmed: told(given.deadManArmed),
    reconcilerHealthy: told(given.reconcilerHealthy),
    approvers: Object.entries(document.people).map(([id, { roles }]) => ({ id, roles })),
    switchedOff: asker.kind === "playbook" && (document.playbooksOff ?? []).includes(asker.id),
    breakGlass: false,
  };
}

const words = (list: readonly string[]): string => [...list].toSorted().join(" and ") || "none";

function differences(one: PolicyCase, decision: Decision): readonly string[] {
  const expected: readonly [what: string, wanted: string | undefined, is: string][] = [
    ["the decision", one.expect, decision.outcome],
    ["the number of people", one.people?.toString(), String(decision.needed)],
    ["the roles among them", one.roles && words(one.roles), words(decision.roles)],
    ["the step-up", one.stepUp?.toString(), String(decision.stepUp)],
  ];
  return expected.flatMap(([what, wanted, is]) =>
    wanted === undefined || wanted === is ? [] : [`${what} was ${is}, expected was ${wanted}`],
  );
}

/** Judges a case by a document's rules, on nothing but what the case says. */
export function runCase(document: PolicyDocument, accounts: ReadonlyMap<string, Account>, one: PolicyCase): CaseResult {
  const account = accounts.get(one.account);
  if (account === undefined) return { name: one.name, wrong: [`this desk has no account ${one.account}`], reasons: [] };
  const decision = judge(document.policy, factsOf(one, planOf(one, account), document));
  return { name: one.name, wrong: differences(one, decision), reasons: decision.reasons };
}
