import { beforeAll, describe, expect, test } from "vitest";
import { eq } from "drizzle-orm";
import { incidents, orders } from "../../../src/db/schema.ts";
import { openIncident } from "../../../src/incidents/lifecycle.ts";
import { verifyLedger } from "../../../src/ledger/verify.ts";
import { proposePlan } from "../../../src/policy/plans/propose.ts";
import { recordRefusedTouch } from "../../../src/policy/people/step-up.ts";
import {
  effectiveState,
  freeze,
  remindDue,
  statesNow,
  tradingStateRows,
  unfreeze,
  unprovenStates,
} from "../../../src/policy/freeze/trading-state.ts";
import { usageOf } from "../../../src/policy/judging/usage.ts";
import { withDatabase } from "../../with-database.ts";
import { SEAL, type TestDesk, beginRun, freshPlan, testDesk } from "../control.ts";
import { order } from "../make.ts";

const database = withDatabase();
let desk: TestDesk;
beforeAll(async () => {
  desk = testDesk(database());
  await desk.publish();
});
const set = (scope: string, state: "reducing" | "halted", reason = "test") =>
  desk.within((tx) => freeze(tx, { scope, state, by: "person:bo", reason, planHash: null }));
const states = () => desk.within((tx) => statesNow(tx));

describe("freezes", () => {
  test("the strictest of the scopes that touch an account holds", async () => {
    await set("venue:paper", "reducing");
    await set("account:paper-a", "halted");
    const now = await states();
    expect(effectiveState(now, ["firm", "venue:paper", "account:paper-a"])).toBe("halted");
    expect(effectiveState(now, ["firm", "venue:paper", "account:paper-b"])).toBe("reducing");
    expect(effectiveState(now, ["firm", "venue:okx"])).toBe("active");
    expect(effectiveState({ firm: "odd" as "halted" }, ["firm"])).toBe("halted");
  });

  test("a freeze never makes a scope milder; only a lifting does", async () => {
    expect(await set("account:paper-a", "reducing", "a second one")).toBe("halted");
    expect((await states())["account:paper-a"]).toBe("halted");
    await desk.within((tx) =>
      unfreeze(tx, { scope: "account:paper-a", state: "active", by: "person:bo", reason: "over", planHash: "x" }),
    );
    expect((await states())["account:paper-a"]).toBeUndefined();
  });

  test.each(["", "account:", "account:a b", "world", "account", "venue:paper;drop"])(
    "%j is no scope, or a harmless name",
    async (scope) => {
      if (scope === "venue:paper;drop") expect(await set(scope, "halted")).toBe("halted");
      else await expect(set(scope, "halted")).rejects.toThrow("is no scope");
    },
  );

  test("the freeze of a plan is set by its claim, in the same transaction", async () => {
    const plan = freshPlan({
      action: "freeze",
      orders: [],
      collars: [],
      trading: { scope: "account:paper-c", state: "halted" },
    });
    const { hash, outcome } = await desk.propose(plan);
    expect(outcome).toBe("allow");
    expect(await desk.claim(hash, plan)).toMatchObject({ claimed: true });
    expect((await tradingStateRows(database().db)).find((row) => row.scope === "account:paper-c")).toMatchObject({
      state: "halted",
      setBy: "playbook:margin-breach@1",
    });
  });

  test("lifting it needs two persons with risk among them", async () => {
    const plan = freshPlan({
      action: "unfreeze",
      requestedBy: "person:ed",
      run: null,
      orders: [],
      collars: [],
      trading: { scope: "account:paper-c", state: "active" },
    });
    const { hash } = await desk.ask(plan);
    expect(await desk.claim(hash, plan)).toMatchObject({ claimed: false });
    await desk.vote(hash, "ana");
    await desk.vote(hash, "cy");
    expect((await desk.claim(hash, plan)).claimed).toBe(false);
    await desk.vote(hash, "bo");
    expect(await desk.claim(hash, plan)).toMatchObject({ claimed: true });
    expect((await states())["account:paper-c"]).toBeUndefined();
  });

  test("who agreed to lift one freeze did not agree to lift the next", async () => {
    await set("account:paper-d", "reducing", "a detector was unsure");
    const lifting = freshPlan({
      action: "unfreeze",
      requestedBy: "person:ed",
      run: null,
      orders: [],
      collars: [],
      trading: { scope: "account:paper-d", state: "active" },
    });
    const { hash } = await desk.ask(lifting);
    await desk.vote(hash, "ana");
    await desk.vote(hash, "bo");
    await set("account:paper-d", "halted", "somebody is inside");
    expect(await desk.claim(hash, lifting)).toMatchObject({
      claimed: false,
      code: "FROZEN",
      why: expect.stringContaining("somebody is inside"),
    });
    expect((await states())["account:paper-d"]).toBe("halted");
  });

  test("the freeze of a person stops the playbooks that the person began", async () => {
    const asked = async () => (await desk.propose(freshPlan({ run: "run-of-cy" }))).outcome;
    await desk.within((tx) => beginRun(tx, { id: "run-of-cy", requestedBy: "person:cy" }));
    expect(await asked()).toBe("quorum");
    await set("person:cy", "halted");
    expect(await asked()).toBe("deny");
    expect((await desk.propose()).outcome).toBe("quorum");
  });

  test("a freeze that stands for hours is brought back to mind, once each time", async () => {
    await set("instrument:BTC/USDT:USDT", "reducing");
    expect(await desk.within((tx) => remindDue(tx))).toEqual([]);
    await database()
      .sql`update breakwater.trading_states set remind_at = now() - interval '1 minute' where scope = 'instrument:BTC/USDT:USDT'`;
    expect((await desk.within((tx) => remindDue(tx))).map((row) => row.scope)).toEqual(["instrument:BTC/USDT:USDT"]);
    expect(await desk.within((tx) => remindDue(tx))).toEqual([]);
    expect(await desk.within((tx) => unprovenStates(tx))).toEqual([]);
  });
});

describe("what was spent", () => {
  let serial = 0;
  async function spend(
    state: string,
    over: { ago?: string; filled?: string; account?: string; symbol?: string } = {},
  ): Promise<void> {
    serial += 1;
    const account = over.account ?? "paper-u";
    const plan = freshPlan({
      account,
      orders: [order({ account, clientOrderId: `bw-u-${serial}`, symbol: over.symbol ?? "ETH/USDT:USDT" })],
    });
    const { hash } = await desk.propose(plan);
    await database().sql.unsafe(
      `insert into breakwater.orders (client_order_id, plan_hash, leg, venue, account, symbol, side, quantity, limit_price, time_in_force, reduce_only, notional_usd, reference_price, state, filled_quantity, intended_at)
       values ('bw-u-${serial}', '${hash}', 0, 'paper', '${account}', '${over.symbol ?? "ETH/USDT:USDT"}', 'sell', 10, 100, 'IOC', true, 1000, 100, '${state}', ${over.filled ?? "0"}, now() - interval '${over.ago ?? "1 second"}')`,
    );
  }
  const used = async (key = "account:paper-u") => (await desk.within((tx) => usageOf(tx, [key])))[key];

  test("intended, working, unknown and filled orders count whole, in their windows", async () => {
    expect(await used()).toMatchObject({ "24h": { notionalUsd: "0", orders: "0", messages: "0" } });
    for (const state of ["intent", "working", "unknown", "filled"]) await spend(state);
    await spend("unknown", { ago: "30 minutes" });
    await spend("filled", { ago: "5 hours" });
    await spend("filled", { ago: "30 hours" });
    expect(await used()).toEqual({
      "1m": { notionalUsd: "4000", orders: "4", messages: "4" },
      "1h": { notionalUsd: "5000", orders: "5", messages: "5" },
      "24h": { notionalUsd: "6000", orders: "6", messages: "6" },
    });
  });

  test("an order that ended early counts with what it filled, a refused one only as a message", async () => {
    await spend("cancelled", { account: "paper-v", filled: "4" });
    await spend("expired", { account: "paper-v", filled: "0" });
    await spend("rejected", { account: "paper-v" });
    await spend("not_placed", { account: "paper-v" });
    expect((await used("account:paper-v"))?.["1h"]).toEqual({ notionalUsd: "400", orders: "4", messages: "4" });
  });

  test("each order counts under firm, venue, account, instrument and who asked", async () => {
    await spend("filled", { account: "paper-w", symbol: "SOL/USDT:USDT" });
    expect((await used("instrument:SOL/USDT:USDT"))?.["1m"].notionalUsd).toBe("1000");
    const [firm, venue, playbook] = [
      await used("firm"),
      await used("venue:paper"),
      await used("playbook:margin-breach"),
    ];
    expect(firm).toEqual(venue);
    expect(firm).toEqual(playbook);
    expect(await used("person:ana")).toMatchObject({ "24h": { orders: "0" } });
  });

  test("what a person's playbooks send counts under the person too, and under the incident's source however old its alert", async () => {
    await desk.within(async (tx) => {
      const by = { actor: "source:desk-sender", surface: "test" };
      const incident = await openIncident(tx, SEAL, by, { kind: "test", severity: "high", title: "x" });
      await tx.update(incidents).set({ source: "desk-sender" }).where(eq(incidents.id, incident));
      await beginRun(tx, { id: "run-of-gus", incidentId: incident, requestedBy: "person:gus" });
      const one = freshPlan({ run: "run-of-gus", incident, orders: [order({ clientOrderId: "bw-gus" })] });
      const { hash } = await proposePlan(tx, desk.control, one, {});
      await tx.insert(orders).values({
        ...order({ clientOrderId: "bw-gus" }),
        planHash: hash,
        leg: 0,
        incidentId: incident,
        runId: "run-of-gus",
        venue: "paper",
        referencePrice: "50000",
      });
    });
    expect((await used("person:gus"))?.["1h"]).toEqual({ notionalUsd: "50000", orders: "1", messages: "1" });
    expect((await used("source:desk-sender"))?.["24h"]).toEqual({ notionalUsd: "50000", orders: "1", messages: "1" });
  });

  test("an amount in the database that is no number denies instead of passing a limit", async () => {
    await database().sql`update breakwater.orders set notional_usd = 'NaN' where account = 'paper-w'`;
    expect(await desk.propose(freshPlan({ action: "reduce" }))).toMatchObject({ outcome: "deny" });
    await database().sql`update breakwater.orders set notional_usd = 1000 where account = 'paper-w'`;
  });
});

test("a refused touch of a passkey is on record", async () => {
  await desk.within((tx) => recordRefusedTouch(tx, "ana", "a".repeat(64), "the passkey's answer does not fit"));
  const [row] = await database().sql<
    { actor: string }[]
  >`select actor from breakwater.ledger where type = 'vote.refused' and object = ${"a".repeat(64)}`;
  expect(row?.actor).toBe("person:ana");
  expect((await verifyLedger(database().sql, { chainOnly: true })).ok).toBe(true);
});
