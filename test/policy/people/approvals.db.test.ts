import { eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { accountStates, approvals, plans } from "../../../src/db/schema.ts";
import type { AccountState } from "../../../src/kernel/account.ts";
import type { Plan } from "../../../src/kernel/plan.ts";
import { verifyLedger } from "../../../src/ledger/verify.ts";
import { answerOf, closeOfRun, expireDue } from "../../../src/policy/people/approvals.ts";
import { withdrawPointless } from "../../../src/policy/plans/pointless.ts";
import { approvalFacts, planFacts } from "../../../src/policy/rows.ts";
import { syncGrants } from "../../../src/policy/people/grants.ts";
import { freeze } from "../../../src/policy/freeze/trading-state.ts";
import { votedText } from "../../../src/policy/people/voted.ts";
import { withDatabase } from "../../with-database.ts";
import { beginRun, DESK_PEOPLE, type TestDesk, freshPlan, SEAL, testDesk } from "../control.ts";
import { BTC, order } from "../make.ts";

const database = withDatabase();
let desk: TestDesk;
beforeAll(async () => {
  desk = testDesk(database());
  await desk.publish();
});

const large = () =>
  freshPlan({
    orders: [order({ clientOrderId: `bw-large-${Math.random()}`, quantity: "24", notionalUsd: "1200000" })],
  });
const planState = async (hash: string) =>
  (await database().db.select().from(plans).where(eq(plans.hash, hash)))[0]?.state;
/** What the venue says of paper-a. */
const stateOf = (over: { positions: readonly { symbol: string; quantity: string }[]; at: Date }) =>
  ({ account: "paper-a", equityUsd: "684", openOrders: [], ...over }) as unknown as AccountState;
const later = (plan: Plan, seconds = 1): Date => new Date(Date.parse(plan.createdAt) + seconds * 1_000);
const rewind = (hash: string, text: string) =>
  database().sql.unsafe(`update breakwater.approvals set ${text} where plan_hash = '${hash}'`);

describe("approving", () => {
  test("a hedge is approved by one person, claimed once, and never again", async () => {
    const { hash, plan } = await desk.ask();
    expect(await desk.claim(hash, plan)).toMatchObject({ claimed: false, code: "POLICY_DENIED" });
    expect(await desk.vote(hash, "ana")).toMatchObject({ outcome: "recorded", state: "approved", approvedBy: ["ana"] });
    expect(desk.woken).toContain(hash);
    expect(await desk.claim(hash, plan)).toMatchObject({ claimed: true, approvedBy: ["ana"] });
    expect(await desk.claim(hash, plan)).toMatchObject({ claimed: false, code: "PLAN_SPENT" });
    expect(await planState(hash)).toBe("claimed");
  });

  test("a large hedge needs two persons with risk among them, each with a step-up", async () => {
    const { hash, plan } = await desk.ask(large());
    expect(await desk.vote(hash, "ana")).toMatchObject({ outcome: "step-up-needed" });
    expect(await desk.vote(hash, "ana", "approve", { stepUp: true })).toMatchObject({ state: "pending", needed: 2 });
    expect(await desk.vote(hash, "cy", "approve", { stepUp: true })).toMatchObject({ state: "pending" });
    expect(await desk.claim(hash, plan)).toMatchObject({ claimed: false });
    expect(await desk.vote(hash, "bo", "approve", { stepUp: true })).toMatchObject({ state: "approved" });
    expect(await desk.claim(hash, plan)).toMatchObject({ claimed: true, approvedBy: ["ana", "bo", "cy"] });
  });

  test("one person on three surfaces counts once", async () => {
    const { hash } = await desk.ask(large());
    const from = (surface: string) => desk.vote(hash, "bo", "approve", { stepUp: true, surface });
    expect(await from("slack")).toMatchObject({ outcome: "recorded", state: "pending" });
    expect(await from("discord")).toMatchObject({ outcome: "already-voted" });
    expect(await from("console")).toMatchObject({ outcome: "already-voted" });
  });

  test("one denial ends it, also by somebody who approved before", async () => {
    const { hash, plan } = await desk.ask(large());
    await desk.vote(hash, "bo", "approve", { stepUp: true });
    expect(await desk.vote(hash, "bo", "deny")).toMatchObject({ outcome: "recorded", state: "denied" });
    expect(await desk.vote(hash, "ana", "approve", { stepUp: true })).toMatchObject({
      outcome: "already-decided",
      state: "denied",
      by: "bo",
    });
    expect(await desk.claim(hash, plan)).toMatchObject({ claimed: false });
    expect(await desk.within((tx) => answerOf(tx, hash, desk.wake))).toMatchObject({ state: "denied", by: "bo" });
  });
});

describe("abuses", () => {
  test("nobody approves what they asked for, directly or through a run", async () => {
    const own = await desk.ask(freshPlan({ requestedBy: "person:ana", run: null }));
    expect(await desk.vote(own.hash, "ana")).toMatchObject({
      outcome: "not-allowed",
      why: expect.stringContaining("yourself"),
    });
    await desk.within((tx) => beginRun(tx, { id: "run-ana", requestedBy: "person:ana" }));
    const through = await desk.ask(freshPlan({ run: "run-ana" }));
    expect(await desk.vote(through.hash, "ana")).toMatchObject({ outcome: "not-allowed" });
    expect(await desk.vote(through.hash, "cy")).toMatchObject({ state: "approved" });
  });

  test.each([
    ["a viewer", "di"],
    ["somebody the desk does not know", "eve"],
    ["a bot's name", "U0BOT"],
    ["a name that only looks the same", "аna"],
    ["nobody", ""],
  ])("%s has no say", async (_, person) => {
    const { hash } = await desk.ask();
    expect(await desk.vote(hash, person)).toMatchObject({ outcome: "not-allowed" });
    expect(await desk.vote(hash, person, "deny")).toMatchObject({ outcome: "not-allowed" });
  });

  test("an approval covers one plan: an edited one is another plan", async () => {
    const { hash, plan } = await desk.ask();
    await desk.vote(hash, "ana");
    const edited = { ...plan, orders: [order({ clientOrderId: plan.orders[0]?.clientOrderId, quantity: "2" })] };
    expect(await desk.claim(hash, edited)).toMatchObject({ claimed: false, code: "PLAN_CHANGED" });
    expect(await desk.claim("f".repeat(64), plan)).toMatchObject({ claimed: false, code: "PLAN_CHANGED" });
  });

  test("a plan nobody proposed has no question to vote on", async () =>
    expect(await desk.vote("0".repeat(64), "ana")).toEqual({ outcome: "unknown" }));

  test("an approval dies with the role behind it, and a new grant does not revive it", async () => {
    const { hash, plan } = await desk.ask();
    await desk.vote(hash, "cy");
    await desk.within((tx) => syncGrants(tx, desk.control.seal, { ...DESK_PEOPLE, cy: { roles: [] } }, "system"));
    expect(await desk.claim(hash, plan)).toMatchObject({
      claimed: false,
      why: expect.stringContaining("role was lost"),
    });
    await desk.within((tx) => syncGrants(tx, desk.control.seal, DESK_PEOPLE, "system"));
    expect(await desk.claim(hash, plan)).toMatchObject({ claimed: false });
  });

  test("a role granted after the plan was proposed has no say in it", async () => {
    const withFay = { ...DESK_PEOPLE, fay: { name: "Fay", roles: ["risk" as const] } };
    await desk.publish({ people: withFay });
    await desk.within((tx) => syncGrants(tx, desk.control.seal, DESK_PEOPLE, "system"));
    const { hash } = await desk.ask();
    await desk.within((tx) => syncGrants(tx, desk.control.seal, withFay, "system"));
    expect(await desk.vote(hash, "fay")).toMatchObject({ outcome: "not-allowed" });
    await database().db.execute(sql`select pg_sleep(0.005)`);
    expect(await desk.vote((await desk.ask()).hash, "fay")).toMatchObject({ state: "approved" });
    await desk.publish();
  });

  test("a freeze that comes after the approval stops the plan", async () => {
    const { hash, plan } = await desk.ask();
    await desk.vote(hash, "ana");
    await desk.within((tx) =>
      freeze(tx, { scope: "account:paper-a", state: "halted", by: "person:bo", reason: "odd fills", planHash: null }),
    );
    expect(await desk.claim(hash, plan)).toMatchObject({ claimed: false, code: "FROZEN" });
    await database().sql`delete from breakwater.trading_states`;
    expect(await desk.claim(hash, plan)).toMatchObject({
      claimed: false,
      code: "FROZEN",
      why: expect.stringContaining("by hand"),
    });
    await desk.within(async (tx) =>
      freeze(tx, { scope: "account:paper-a", state: "reducing", by: "person:bo", reason: "calmer", planHash: null }),
    );
    expect(await desk.claim(hash, plan)).toMatchObject({ claimed: true });
  });

  test("rules that change after the approval void it", async () => {
    const { hash, plan } = await desk.ask();
    const waiting = await desk.ask();
    await desk.vote(hash, "ana");
    await desk.publish({ people: { ...DESK_PEOPLE, gus: { name: "Gus", roles: ["viewer"] } } });
    expect(await desk.claim(hash, plan)).toMatchObject({
      claimed: false,
      why: expect.stringContaining("rules changed"),
    });
    expect(await desk.vote(waiting.hash, "ana")).toMatchObject({
      outcome: "not-allowed",
      why: expect.stringContaining("rules changed"),
    });
    await desk.publish();
  });
});

describe("time", () => {
  test("an answer that comes too late is no answer, and the question closes itself", async () => {
    const { hash, plan } = await desk.ask();
    await rewind(hash, "expires_at = now() - interval '1 second'");
    expect(await desk.vote(hash, "ana")).toMatchObject({ outcome: "expired" });
    expect(await planState(hash)).toBe("expired");
    expect(await desk.claim(hash, plan)).toMatchObject({ claimed: false });
  });

  test("a plan that grew old is not sent, though people approved it", async () => {
    const { hash, plan } = await desk.ask();
    await desk.vote(hash, "ana");
    const [row] = await database().db.select().from(plans).where(eq(plans.hash, hash));
    if (!row) throw new Error("no plan");
    const old = { ...row, expiresAt: new Date(Date.now() - 1_000) };
    const seal = SEAL.of("plan", planFacts(old));
    await database().db.update(plans).set({ expiresAt: old.expiresAt, seal }).where(eq(plans.hash, hash));
    expect(await desk.claim(hash, plan)).toMatchObject({ claimed: false, code: "PLAN_EXPIRED" });
  });

  test("an approval that grew old is not sent, though the plan itself still could be", async () => {
    const { hash, plan } = await desk.ask();
    await desk.vote(hash, "ana");
    const [row] = await database().db.select().from(approvals).where(eq(approvals.planHash, hash));
    if (!row) throw new Error("no approval");
    const old = { ...row, expiresAt: new Date(Date.now() - 1_000) };
    const seal = SEAL.of("approval", approvalFacts(old));
    await database().db.update(approvals).set({ expiresAt: old.expiresAt, seal }).where(eq(approvals.planHash, hash));
    expect(await desk.claim(hash, plan)).toMatchObject({
      claimed: false,
      code: "PLAN_EXPIRED",
      why: expect.stringContaining("approval is too old"),
    });
  });

  test("who asks how a question stands after its time closes it, and wakes the run that waits", async () => {
    const { hash } = await desk.ask();
    await rewind(hash, "expires_at = now() - interval '1 second'");
    expect(await desk.within((tx) => answerOf(tx, hash, desk.wake))).toMatchObject({ state: "expired", why: null });
    expect(desk.woken).toContain(hash);
    expect(await planState(hash)).toBe("expired");
  });

  test("a question that is asked again by a repeated step keeps its end and is told once", async () => {
    const { hash, plan } = await desk.ask(freshPlan(), 600_000);
    const [row] = await database().db.select().from(approvals).where(eq(approvals.planHash, hash));
    await desk.ask(plan, 60_000);
    expect(await database().db.select().from(approvals).where(eq(approvals.planHash, hash))).toEqual([row]);
    const told = await database()
      .sql`select 1 from breakwater.ledger where object = ${hash} and type = 'approval.opened'`;
    expect(told).toHaveLength(1);
  });

  test.each([
    ["a quarter of an hour fast", 900_000],
    ["a quarter of an hour slow", -900_000],
  ])("a planner whose clock is %s cannot make a plan live longer", async (_, skew) => {
    const now = Date.now() + skew;
    const { hash } = await desk.ask(
      freshPlan({ createdAt: new Date(now).toISOString(), expiresAt: new Date(now + 86_400_000).toISOString() }),
    );
    const [row] = await database().sql<{ left: number }[]>`
      select extract(epoch from expires_at - now())::float8 as left from breakwater.plans where hash = ${hash}`;
    expect(row?.left).toBeLessThanOrEqual(900);
    const [open] = await database().db.select().from(approvals).where(eq(approvals.planHash, hash));
    expect(open?.expiresAt.getTime()).toBeLessThanOrEqual(Date.now() + 900_500);
  });

  test("a plan whose own time is over by the database's clock is refused, whatever the planner's clock said", async () => {
    const gone = Date.now() - 1_000;
    const late = freshPlan({ action: "reduce", expiresAt: new Date(gone).toISOString() });
    await desk.propose(late);
    const { planHash } = await import("../../../src/kernel/plan.ts");
    expect(await desk.claim(planHash(late), late)).toMatchObject({ claimed: false, code: "PLAN_EXPIRED" });
  });

  test("a run that was stopped takes its question with it: whoever votes reads why, and nothing is sent", async () => {
    await desk.within((tx) => beginRun(tx, { id: "run-stopped" }));
    const { hash, plan } = await desk.ask(freshPlan({ run: "run-stopped" }));
    const other = await desk.ask();
    await desk.within((tx) => closeOfRun(tx, "run-stopped", "ana stopped the run that asked"));
    const said = await desk.vote(hash, "bo");
    expect(said).toMatchObject({ outcome: "expired", why: "ana stopped the run that asked" });
    expect(votedText(said, "approve", hash)).toEqual({
      ok: false,
      text: expect.stringMatching(
        /^The question was closed at \d\d:\d\d:\d\d UTC: ana stopped the run that asked\. Nothing was sent\.$/,
      ),
    });
    expect(await planState(hash)).toBe("expired");
    expect(await desk.claim(hash, plan)).toMatchObject({ claimed: false, code: "PLAN_EXPIRED" });
    expect(await desk.within((tx) => closeOfRun(tx, "run-stopped", "a second time"))).toEqual([]);
    expect(await desk.vote(other.hash, "bo")).toMatchObject({ outcome: "recorded", state: "approved" });
  });

  test.each([
    ["was liquidated", [], "paper-a holds no BTC/USDT:USDT any more"],
    ["turned over", [{ symbol: BTC, quantity: "-3" }], "paper-a's position in BTC/USDT:USDT turned over"],
  ])(
    "a plan whose position %s is withdrawn: its run hears at once, and whoever presses reads why",
    async (_, positions, why) => {
      const { hash, plan } = await desk.ask();
      const other = await desk.ask(freshPlan({ account: "paper-b", orders: [order({ account: "paper-b" })] }));
      await withdrawPointless(database(), stateOf({ positions, at: later(plan) }), desk.wake);
      expect(desk.woken).toContain(hash);
      expect(await desk.within((tx) => answerOf(tx, hash, desk.wake))).toMatchObject({ state: "expired", why });
      const said = await desk.vote(hash, "ana");
      expect(votedText(said, "approve", hash).text).toContain(`: ${why}. Nothing was sent.`);
      expect(await desk.claim(hash, plan)).toMatchObject({ claimed: false, code: "PLAN_EXPIRED" });
      expect(await desk.vote(other.hash, "ana")).toMatchObject({ outcome: "recorded" });
    },
  );

  test.each([
    ["still stands, however much smaller", [{ symbol: BTC, quantity: "0.1" }], 1],
    ["was read before the plan was made", [], -1],
  ])("a plan whose position %s goes on waiting", async (_, positions, seconds) => {
    const { hash, plan } = await desk.ask();
    await withdrawPointless(database(), stateOf({ positions, at: later(plan, seconds) }), desk.wake);
    expect(await desk.vote(hash, "ana")).toMatchObject({ outcome: "recorded", state: "approved" });
  });

  test("a plan that was approved as its position was liquidated is not sent", async () => {
    const { hash, plan } = await desk.ask();
    await desk.vote(hash, "ana");
    const state = stateOf({ positions: [], at: later(plan) });
    await database().db.insert(accountStates).values({ account: "paper-a", state, at: state.at });
    expect(await desk.claim(hash, plan)).toMatchObject({
      claimed: false,
      code: "NOTHING_TO_DO",
      why: "paper-a holds no BTC/USDT:USDT any more",
    });
    await database().db.delete(accountStates);
  });

  test("a hedge by another contract than the one held is withdrawn once what it answers was liquidated", async () => {
    const hedging = freshPlan({
      account: "paper-b",
      orders: [order({ account: "paper-b", clientOrderId: `bw-hedge-${Math.random()}`, reduceOnly: false })],
      hedged: { asset: "BTC", held: "1", before: "1", after: "0" },
    });
    const { hash, plan } = await desk.ask(hedging);
    const state = { ...stateOf({ positions: [], at: later(plan) }), account: "paper-b", balances: [] };
    await withdrawPointless(database(), state, desk.wake);
    expect(desk.woken).toContain(hash);
    expect(await desk.within((tx) => answerOf(tx, hash, desk.wake))).toMatchObject({
      state: "expired",
      why: "paper-b holds no BTC any more",
    });
  });

  test("a sweep closes what is due and wakes who waits", async () => {
    const { hash } = await desk.ask();
    await rewind(hash, "expires_at = now() - interval '1 second'");
    const due = await desk.within((tx) => expireDue(tx, desk.wake));
    expect(due).toContain(hash);
    expect(desk.woken).toContain(hash);
    expect(await desk.within((tx) => expireDue(tx, desk.wake))).toEqual([]);
  });
});

test("the ledger tells of what was altered by hand in these tests, and of nothing else", async () => {
  const report = await verifyLedger(database().sql);
  expect(report.firstBad).toBeNull();
  expect(new Set(report.findings.map((one) => one.why))).toEqual(
    new Set([
      "it was approved without the voices that it needed",
      "the question is not the one that was asked",
      "the plan and the entry of its proposal do not say the same",
    ]),
  );
});
