import { beforeAll, expect, test } from "vitest";
import { tradingStates } from "../../../src/db/schema.ts";
import { verifyLedger } from "../../../src/ledger/verify.ts";
import { remindOfFreezes } from "../../../src/desk/watch/freeze-reminders.ts";
import type { Alert } from "../../../src/kernel/alert.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { defaultPolicy } from "../../../src/policy/rules/default-policy.ts";
import { unfreeze } from "../../../src/policy/freeze/trading-state.ts";
import { withDatabase } from "../../with-database.ts";
import { type TestDesk, beginRun, freshPlan, testDesk } from "../control.ts";
import { order } from "../make.ts";

const database = withDatabase();
let desk: TestDesk;
beforeAll(async () => {
  desk = testDesk(database());
  await desk.publish({
    policy: {
      ...defaultPolicy(),
      throttle: { runs: 3, window: "1h" },
      attention: { approvalsPerHour: 4 },
    },
  });
});

let serial = 0;
/** A small reduction that needs nobody, planned by a run of its own or by the given one. */
async function reduce(run = `run-throttle-${(serial += 1)}`, playbook = "margin-breach") {
  await desk.within((tx) => beginRun(tx, { id: run, playbook }));
  const plan = freshPlan({
    requestedBy: `playbook:${playbook}@1`,
    run,
    action: "reduce",
    orders: [order({ clientOrderId: `bw-throttle-${(serial += 1)}`, quantity: "0.1", notionalUsd: "5000" })],
  });
  const { hash, outcome } = await desk.propose(plan);
  return { outcome, claim: await desk.claim(hash, plan) };
}

test("a playbook that an alert storm trips again and again trades in three runs, and is then off until people looked", async () => {
  for (let run = 0; run < 3; run += 1) expect((await reduce()).claim).toMatchObject({ claimed: true });
  // The same run goes on: it is one execution, however many plans it has.
  expect((await reduce("run-throttle-1")).claim).toMatchObject({ claimed: true });
  expect((await reduce()).claim).toMatchObject({
    claimed: false,
    code: "FROZEN",
    why: expect.stringContaining("traded in 3 runs within 1h and is switched off"),
  });
  expect(await database().db.select().from(tradingStates)).toMatchObject([
    { scope: "playbook:margin-breach", state: "halted", setBy: "service:throttle" },
  ]);
  for (let alert = 0; alert < 20; alert += 1) expect(await reduce()).toMatchObject({ outcome: "deny" });
  // Another playbook is another count.
  expect((await reduce(undefined, "delta-drift")).claim).toMatchObject({ claimed: true });
});

test("once people let it trade again it begins to count anew", async () => {
  const again = { scope: "playbook:margin-breach", state: "active" as const, by: "person:ana", reason: "feed mended" };
  await desk.within((tx) => unfreeze(tx, { ...again, planHash: "0".repeat(64) }));
  for (let run = 0; run < 3; run += 1) expect((await reduce()).claim).toMatchObject({ claimed: true });
  expect((await reduce()).claim).toMatchObject({ claimed: false, code: "FROZEN" });
});

test("who approved four plans within the hour is sent to rest, may still deny, and others approve", async () => {
  const ask = async () => (await desk.ask(freshPlan({ requestedBy: "playbook:delta-drift@1" }))).hash;
  for (let card = 0; card < 4; card += 1)
    expect(await desk.vote(await ask(), "ana")).toMatchObject({ outcome: "recorded" });
  const fifth = await ask();
  expect(await desk.vote(fifth, "ana")).toMatchObject({
    outcome: "not-allowed",
    why: expect.stringContaining("you approved 4 plans within the hour"),
  });
  expect(await desk.vote(fifth, "bo")).toMatchObject({ outcome: "recorded", state: "approved" });
  expect(await desk.vote(await ask(), "ana", "deny")).toMatchObject({ outcome: "recorded", state: "denied" });
});

test("a freeze that has stood for hours is told, once for each reminder", async () => {
  const told: Alert[] = [];
  const remind = () => remindOfFreezes(database(), async (alert) => void told.push(alert), systemClock);
  await remind();
  expect(told).toEqual([]);
  // The reminder's time is part of what the ledger says, so it is moved by the verb and not in the row.
  await database()
    .sql`update breakwater.trading_states set remind_at = now() - interval '1 minute' where state <> 'active'`;
  await remind();
  await remind();
  expect(told.map((one) => [one.kind, one.labels["scope"]])).toEqual([["freeze.standing", "playbook:margin-breach"]]);
  expect(told[0]?.summary).toContain("Set by service:throttle");
});

test("all of it verifies", async () =>
  expect(await verifyLedger(database().sql)).toMatchObject({ ok: true, findings: [] }));
