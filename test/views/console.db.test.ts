import { eq, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import type { Viewer } from "../../src/chat/console/viewer.ts";
import { approvals, plans, sessions, votes } from "../../src/db/schema.ts";
import { buildCard, buildCards } from "../../src/incidents/card.ts";
import { listAccounts, listFreezes, pointsOf } from "../../src/views/accounts.ts";
import { listAlerts } from "../../src/views/activity.ts";
import { listApprovals } from "../../src/views/approvals.ts";
import { findViewer } from "../../src/views/console-backend.ts";
import { listIncidents } from "../../src/views/incidents.ts";
import { endSession, issueSignIn, redeemSignIn, viewerOf } from "../../src/views/sessions.ts";
import { seedAccount, seedAlerts, seedFreeze, seedIncident, seedOrders, seedPlan } from "../e2e/console-seed.ts";
import { withDatabase } from "../with-database.ts";

const database = withDatabase();
const inMs = (ms: number): Date => new Date(Date.now() + ms);
const ana: Viewer = { person: "ana", name: "Ana", roles: ["risk"], mayAct: true };
const find = (person: string): Viewer | null => (person === "ana" ? ana : null);
const plain = (person: string): string => person;

describe("sessions", () => {
  test("a token opens one session, also when two browsers race for it", async () => {
    const { db } = database();
    const token = await issueSignIn(db, "ana");
    const opened = await Promise.all([redeemSignIn(db, token, find), redeemSignIn(db, token, find)]);
    const [session] = opened.filter((one) => one !== null);
    expect(opened.filter((one) => one === null)).toHaveLength(1);
    expect(await viewerOf(db, session?.cookie ?? "", find)).toEqual(ana);
    await endSession(db, session?.cookie ?? "");
    expect(await viewerOf(db, session?.cookie ?? "", find)).toBeNull();
  });

  test("a token is no cookie, a cookie is no token, and neither is stored", async () => {
    const { db } = database();
    const token = await issueSignIn(db, "ana");
    expect(await viewerOf(db, token, find)).toBeNull();
    const session = await redeemSignIn(db, token, find);
    expect(await redeemSignIn(db, session?.cookie ?? "", find)).toBeNull();
    const stored = await db.select().from(sessions);
    expect(JSON.stringify(stored)).not.toContain(session?.cookie);
  });

  test("an expired token, an ended session and a person whom the desk no longer names get nothing", async () => {
    const { db } = database();
    const late = await issueSignIn(db, "ana");
    await db.update(sessions).set({ expiresAt: sql`now() - interval '1 second'` });
    expect(await redeemSignIn(db, late, find)).toBeNull();
    expect(await redeemSignIn(db, await issueSignIn(db, "stranger"), find)).toBeNull();
    const session = await redeemSignIn(db, await issueSignIn(db, "ana"), find);
    await db.update(sessions).set({ expiresAt: sql`now() - interval '1 second'` });
    expect(await viewerOf(db, session?.cookie ?? "", find)).toBeNull();
  });
});

describe("who may act", () => {
  test.each([
    [[], false],
    [["viewer"], false],
    [["viewer", "requester"], false],
    [["viewer", "trader"], true],
    [["compliance"], true],
    [["policy-admin"], true],
  ] as const)("with the roles %j the console shows buttons: %s", (roles, mayAct) => {
    expect(findViewer(() => [{ id: "ana", name: "Ana", roles }])("ana")).toMatchObject({ roles, mayAct });
  });
});

describe("the incident list", () => {
  test("is sorted by severity, then by decisions due, then by age, and filtered by words that mean themselves", async () => {
    const { db } = database();
    const at = inMs(-60_000);
    await seedIncident(db, { id: "INC-11", severity: "high", title: "100% of feed_1 is stale", openedAt: at });
    await seedIncident(db, { id: "INC-12", severity: "critical", title: "Younger", openedAt: inMs(0) });
    await seedIncident(db, {
      id: "INC-13",
      severity: "critical",
      title: "Decision due",
      openedAt: at,
      labels: { account: "acct-x" },
    });
    await seedIncident(db, { id: "INC-14", severity: "critical", title: "Over", openedAt: at, status: "resolved" });
    await seedPlan(db, "INC-13", { expiresAt: inMs(60_000) });
    const ids = async (filter: Parameters<typeof listIncidents>[1]): Promise<readonly string[]> =>
      (await listIncidents(db, filter)).map((row) => row.incident);
    expect(await ids({})).toEqual(["INC-13", "INC-12", "INC-11"]);
    expect(await ids({ status: "all" })).toEqual(["INC-13", "INC-12", "INC-11", "INC-14"]);
    expect(await ids({ text: "acct-x critical" })).toEqual(["INC-13"]);
    expect(await ids({ text: "%" })).toEqual(["INC-11"]);
    expect(await ids({ text: "feed_1" })).toEqual(["INC-11"]);
    expect(await ids({ text: "feedx1" })).toEqual([]);
    expect(await ids({ text: `' or 1=1 --` })).toEqual([]);
  });
});

describe("the card", () => {
  test("of a waiting plan carries exact orders, votes and tokens that name its version and hash", async () => {
    const { db } = database();
    await seedIncident(db, {
      id: "INC-21",
      severity: "critical",
      title: "Margin",
      openedAt: inMs(-1_000),
      values: { marginRatio: "0.831" },
    });
    const hash = await seedPlan(db, "INC-21", { expiresAt: inMs(60_000), needed: 2 });
    await db
      .insert(votes)
      .values({ planHash: hash, person: "ana", decision: "approve", roles: ["risk"], surface: "slack" });
    const card = await buildCard(db, "INC-21", { nameOf: () => "Ana Ruiz" });
    expect(card.buttons.map((button) => button.token)).toEqual([
      `INC-21:1:approve:${hash.slice(0, 16)}`,
      `INC-21:1:deny:${hash.slice(0, 16)}`,
      "INC-21:1:acknowledge",
      "INC-21:1:take",
    ]);
    expect(card.buttons[0]?.label).toBe("Approve (2 of 2)");
    expect(card.plan?.orders[0]).toMatchObject({ quantity: "12.5", limitPrice: "49,000.5", reduceOnly: true });
    expect(card.votes?.given).toMatchObject([{ person: "Ana Ruiz", decision: "approve", surface: "slack" }]);
    expect(card.facts).toContainEqual({ label: "Margin ratio", value: "83.1 %" });
    expect(card.decision).toBeNull();
  });

  test("of a plan whose time is over offers no decision, also before anybody marked it", async () => {
    const { db } = database();
    await seedIncident(db, { id: "INC-22", severity: "critical", title: "Margin", openedAt: inMs(-1_000) });
    await seedPlan(db, "INC-22", { expiresAt: inMs(-1) });
    const card = await buildCard(db, "INC-22");
    expect(card.plan?.state).toBe("expired");
    expect(card.buttons.map((button) => button.action)).not.toContain("approve");
    expect(card.decision).toMatch(/^Nobody decided in time/);
  });

  test("of a question that was closed before its time says so, and not that nobody decided", async () => {
    const { db } = database();
    await seedIncident(db, { id: "INC-26", severity: "critical", title: "Margin", openedAt: inMs(-1_000) });
    const hash = await seedPlan(db, "INC-26", { expiresAt: inMs(60_000) });
    await db
      .update(approvals)
      .set({ state: "expired", decidedAt: inMs(0) })
      .where(eq(approvals.planHash, hash));
    await db.update(plans).set({ state: "expired" }).where(eq(plans.hash, hash));
    const card = await buildCard(db, "INC-26");
    expect(card.decision).toMatch(/^The question was closed at \d\d:\d\d:\d\d UTC/);
    expect(card.buttons.map((button) => button.action)).not.toContain("approve");
  });

  test("after the decision says who, where and what became of each order", async () => {
    const { db } = database();
    await seedIncident(db, { id: "INC-23", severity: "critical", title: "Margin", openedAt: inMs(-1_000) });
    const hash = await seedPlan(db, "INC-23", { expiresAt: inMs(60_000) });
    await db.update(approvals).set({ state: "approved" }).where(eq(approvals.planHash, hash));
    await db.update(plans).set({ state: "applied" }).where(eq(plans.hash, hash));
    await db
      .insert(votes)
      .values({ planHash: hash, person: "ana", decision: "approve", roles: ["risk"], surface: "console" });
    await seedOrders(db, hash, "INC-23");
    const card = await buildCard(db, "INC-23");
    expect(card.decision).toMatch(/^Approved by ana on console at \d\d:\d\d:\d\d UTC\.$/);
    expect(card.plan?.orders.map((order) => order.state)).toEqual([
      "filled 12.5 at 49,180.2",
      "unknown, being looked up",
    ]);
    expect(card.buttons.map((button) => button.action)).not.toContain("approve");
  });

  test("of a resolved incident has no buttons; unknown incidents are left out or said", async () => {
    const { db } = database();
    await seedIncident(db, {
      id: "INC-24",
      severity: "low",
      title: "Over",
      openedAt: inMs(0),
      status: "resolved",
      outcome: "account is safer",
    });
    const cards = await buildCards(db, ["INC-24", "INC-404"]);
    expect([...cards.keys()]).toEqual(["INC-24"]);
    expect(cards.get("INC-24")).toMatchObject({ buttons: [], decision: "Resolved: account is safer." });
    await expect(buildCard(db, "INC-404")).rejects.toMatchObject({ code: "UNKNOWN_INCIDENT" });
  });
});

describe("approvals", () => {
  test("are mine where my role fits, I did not ask and have not voted", async () => {
    const { db } = database();
    await seedIncident(db, { id: "INC-31", severity: "high", title: "x", openedAt: inMs(0) });
    const hash = await seedPlan(db, "INC-31", { expiresAt: inMs(60_000), account: "paper-z" });
    const mine = async (viewer: Viewer): Promise<boolean | undefined> =>
      (await listApprovals(db, viewer, "pending", plain)).find((row) => row.planHash === hash)?.mine;
    expect(await mine(ana)).toBe(true);
    expect(await mine({ ...ana, roles: ["trader"] })).toBe(false);
    expect(await mine({ ...ana, mayAct: false })).toBe(false);
    // A quorum that demands risk may let traders count beside it.
    const quorums = [{ people: 2, roles: ["risk"], from: ["risk", "trader"] }];
    await db.update(approvals).set({ quorums }).where(eq(approvals.planHash, hash));
    expect(await mine({ ...ana, roles: ["trader"] })).toBe(true);
    expect(await mine({ ...ana, roles: ["compliance"] })).toBe(false);
    await db.update(approvals).set({ requestedBy: "person:ana" }).where(eq(approvals.planHash, hash));
    expect(await mine(ana)).toBe(false);
    await db.update(approvals).set({ requestedBy: "person:bo" }).where(eq(approvals.planHash, hash));
    await db
      .insert(votes)
      .values({ planHash: hash, person: "ana", decision: "approve", roles: ["risk"], surface: "slack" });
    expect(await mine(ana)).toBe(false);
    await db
      .update(approvals)
      .set({ expiresAt: inMs(-1) })
      .where(eq(approvals.planHash, hash));
    expect(await mine(ana)).toBeUndefined();
  });
});

describe("alerts", () => {
  test("say what became of them, newest first, by the same word as the ledger", async () => {
    const { db } = database();
    await seedAlerts(db, "INC-41", inMs(0));
    expect((await listAlerts(db, 2)).map((row) => [row.incident, row.stop, row.stoppedBy])).toEqual([
      [null, "duplicate", "alert 1"],
      ["INC-41", null, null],
    ]);
  });
});

describe("accounts", () => {
  test("carry the strictest freeze of desk, venue and account, and what is unknown stays null", async () => {
    const { db } = database();
    await seedAccount(db, "paper-a", "0.831", inMs(0));
    await seedFreeze(db, "venue:paper", "reducing", "feed is late");
    await seedFreeze(db, "account:paper-a", "halted", "odd fills");
    const named = [{ id: "paper-b", venue: "paper", environment: "paper" as const }];
    const deadMan = (account: string) => (account === "paper-a" ? "armed, 1 min" : null);
    const rows = await listAccounts(db, { accounts: named, deadMan }, await listFreezes(db, plain));
    expect(rows.map((row) => [row.account, row.trading, row.marginRatio])).toEqual([
      ["paper-b", "reducing", null],
      ["paper-a", "halted", "0.831"],
    ]);
    expect(rows.map((row) => row.deadMan)).toEqual([null, "armed, 1 min"]);
    expect(rows[1]?.nearest).toMatchObject({ symbol: "BTC/USDT:USDT", distanceRatio: "0.032", price: "47674" });
  });

  test("charts give points after a moment, oldest first", async () => {
    const { db } = database();
    await seedAccount(db, "paper-c", "0.5", inMs(0), 20);
    const points = await pointsOf(db, "paper-c", inMs(-60_000));
    expect(points).toHaveLength(7);
    expect(points.map((point) => point.at)).toEqual(points.map((point) => point.at).sort());
  });
});
