import type { Plan, PlannedOrder } from "../../src/kernel/plan.ts";
import { decimal, sum } from "../../src/kernel/decimal.ts";
import type { Facts, Spent } from "../../src/policy/judging/facts.ts";
import { type Policy, WINDOWS, policySchema } from "../../src/policy/rules/schema.ts";

export const BTC = "BTC/USDT:USDT";
export const NOON = new Date("2026-03-02T12:00:00.000Z");

/** A reduce-only sell of one contract at 50,000, unless told otherwise. */
export const order = (over: Partial<Record<keyof PlannedOrder, unknown>> = {}): PlannedOrder =>
  ({
    account: "paper-a",
    symbol: BTC,
    side: "sell",
    quantity: "1",
    limitPrice: "50000",
    timeInForce: "IOC",
    reduceOnly: true,
    clientOrderId: "bw-1",
    notionalUsd: "50000",
    ...over,
  }) as PlannedOrder;

/** A hedge of paper-a asked for by the margin-breach playbook, unless told otherwise. */
export function plan(over: Partial<Plan> = {}): Plan {
  const orders = over.orders ?? [order()];
  return {
    format: 1,
    action: "hedge",
    effect: "reduce",
    environment: "paper",
    venue: "paper",
    account: "paper-a",
    requestedBy: "playbook:margin-breach@1",
    incident: "INC-1",
    run: "run-1",
    reason: "the margin ratio passed 0.8",
    orders,
    cancels: [],
    trading: null,
    collars: [...new Set(orders.map((one) => one.symbol))].map((symbol) => ({
      symbol,
      reference: "50000",
      low: "49500",
      high: "50500",
    })),
    changes: [],
    notionalUsd: sum(orders.map((one) => decimal(one.notionalUsd))),
    remains: "nothing",
    createdAt: "2026-03-02T12:00:00.000Z",
    expiresAt: "2026-03-02T12:15:00.000Z",
    ...over,
  };
}

const NOTHING: Spent = { notionalUsd: "0", orders: "0", messages: "0" };

/** The same amount spent in every window of every dimension. */
export const spent = (over: Partial<Spent> = {}): Facts["usage"] =>
  Object.fromEntries(
    [
      "firm",
      "account:paper-a",
      "venue:paper",
      `instrument:${BTC}`,
      "playbook:margin-breach",
      "person:ana",
      "source:account-monitor",
    ].map((key) => [key, Object.fromEntries(WINDOWS.map((window) => [window, { ...NOTHING, ...over }]))]),
  ) as Facts["usage"];

export const PEOPLE: Facts["approvers"] = [
  { id: "ana", roles: ["trader"] },
  { id: "bo", roles: ["risk"] },
  { id: "cy", roles: ["trader", "risk"] },
  { id: "di", roles: ["viewer"] },
];

/** Facts of a quiet day. */
export const facts = (over: Partial<Facts> = {}): Facts => ({
  plan: plan(),
  requester: { kind: "playbook", id: "margin-breach", person: null, roles: [], onCall: null },
  excluded: [],
  proven: true,
  trust: "internal",
  source: "account-monitor",
  severity: "critical",
  at: NOON,
  ageMs: 0,
  states: {},
  usage: spent(),
  figures: { leverage: "2", openOrders: "1", lossUsd: "0" },
  quotes: {
    [BTC]: [
      { source: "paper:book", price: "50000", at: NOON },
      { source: "paper:index", price: "50010", at: NOON },
    ],
  },
  deadManArmed: { is: true, why: "" },
  reconcilerHealthy: { is: true, why: "" },
  approvers: PEOPLE,
  switchedOff: false,
  breakGlass: false,
  ...over,
});

/** A policy of the given rules and nothing else. */
export const policyOf = (rules: readonly unknown[], hard: readonly unknown[] = []): Policy =>
  policySchema.parse({ rules, hard });
