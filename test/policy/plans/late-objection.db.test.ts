import { expect, test } from "vitest";
import type { Plan, PlannedOrder } from "../../../src/kernel/plan.ts";
import { lateObjection } from "../../../src/policy/plans/late-objection.ts";
import { freeze } from "../../../src/policy/freeze/trading-state.ts";
import { withDatabase } from "../../with-database.ts";
import { BTC, order, plan } from "../make.ts";

const database = withDatabase();
const SOON = new Date(Date.now() + 900_000);

interface Case {
  readonly marker?: "halted" | "reducing";
  readonly order?: Partial<PlannedOrder>;
  readonly plan?: Partial<Plan>;
  readonly expiresAt?: Date;
  readonly frozen?: readonly [scope: string, state: "reducing" | "halted"];
}

let serial = 0;
/** Asks about the one order of a plan whose account no other case knows. */
async function objectionTo({ marker, order: own = {}, plan: over = {}, expiresAt = SOON, frozen }: Case) {
  const account = `late-${(serial += 1)}`;
  const leg = order({ account, clientOrderId: `bw-${account}`, ...own });
  const [scope, state] = frozen ?? [];
  if (scope !== undefined && state !== undefined)
    await database().db.transaction((tx) =>
      freeze(tx, { scope: scope.replace("mine", account), state, by: "person:bo", reason: "odd", planHash: null }),
    );
  const said = await lateObjection(database().db, { halted: () => marker ?? null }, leg, {
    plan: plan({ account, run: null, orders: [leg], ...over }),
    expiresAt,
  });
  return said?.replace(account, "mine") ?? null;
}

const INCREASES = { reduceOnly: false } as const;
const KILLED = "the kill switch was pulled before the order was sent";

test.each<[string, Case, string | null]>([
  ["nothing stands in its way", {}, null],
  ["nothing stands in its way, though it increases", { order: INCREASES }, null],
  ["everything is halted", { marker: "halted" }, KILLED],
  ["only reductions may leave, and it is one", { marker: "reducing" }, null],
  ["only reductions may leave, and it is none", { marker: "reducing", order: INCREASES }, KILLED],
  [
    "only reductions may leave, and its venue does not hold it to that",
    { marker: "reducing", plan: { venue: "deribit" }, order: { symbol: "BTC-27NOV26-50000-C" } },
    KILLED,
  ],
  [
    "its account is frozen",
    { frozen: ["account:mine", "halted"] },
    "account:mine became halted before the order was sent",
  ],
  ["its account may only reduce, and it does", { frozen: ["account:mine", "reducing"] }, null],
  [
    "its account may only reduce, and it does not",
    { frozen: ["account:mine", "reducing"], order: INCREASES },
    "account:mine became reducing before the order was sent",
  ],
  [
    "its instrument is frozen",
    { frozen: ["instrument:LATE/USDT:USDT", "halted"], order: { symbol: "LATE/USDT:USDT" } },
    "instrument:LATE/USDT:USDT became halted before the order was sent",
  ],
  ["another instrument is frozen", { frozen: ["instrument:OTHER/USDT:USDT", "halted"] }, null],
  [
    "the person who asked is frozen",
    { frozen: ["person:late", "halted"], plan: { requestedBy: "person:late" } },
    "person:late became halted before the order was sent",
  ],
])("%s", async (_name, one, said) => expect(await objectionTo(one)).toBe(said));

test("its plan's time is over by the database's clock", async () =>
  expect(await objectionTo({ expiresAt: new Date("2026-03-02T12:15:00.000Z") })).toBe(
    "the plan could be sent until 2026-03-02T12:15:00.000Z",
  ));

test("of a plan with several orders only the one that is about to leave counts", async () => {
  const [reducing, opening] = [
    order({ account: "late-legs", clientOrderId: "bw-reducing" }),
    order({ account: "late-legs", clientOrderId: "bw-opening", reduceOnly: false, symbol: `${BTC}-261225` }),
  ];
  const both = { plan: plan({ account: "late-legs", run: null, orders: [reducing, opening] }), expiresAt: SOON };
  const ask = (leg: PlannedOrder) => lateObjection(database().db, { halted: () => "reducing" }, leg, both);
  expect([await ask(reducing), await ask(opening)]).toEqual([null, KILLED]);
});
