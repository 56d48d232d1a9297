import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Alert } from "../../../src/kernel/alert.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { decimal } from "../../../src/kernel/decimal.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import type { Plan } from "../../../src/kernel/plan.ts";
import { haltEverything } from "../../../src/policy/freeze/halt.ts";
import { readMarker, removeMarker } from "../../../src/policy/freeze/halt-marker.ts";
import { watchSigner } from "../../../src/desk/signer.ts";
import { type Signer, openSigner } from "../../../src/signer/open.ts";
import { readFreeze } from "../../../src/signer/freeze.ts";
import type { Venue } from "../../../src/venues/venue.ts";
import { binanceusdm } from "../../fakes/exchanges/binanceusdm.ts";
import { type FakeExchange, openFake } from "../../fakes/exchanges/core.ts";
import { order } from "../../policy/make.ts";
import { MAIN, SEAL_KEY, consentFor, mainPlan, requestOf } from "../../signer/consents.ts";

const PROGRAM = path.join(import.meta.dirname, "signer.mjs");
const BTC = "BTC/USDT:USDT";
const DESK = `
accounts:
  main: { venue: binanceusdm, environment: live, key: MAIN }
`;

let fake: FakeExchange;
let home: string;
let signer: Signer;
let venue: Venue;
const alerts: Alert[] = [];

const environmentOf = (folder: string, url: string): Record<string, string> => ({
  PATH: process.env["PATH"] ?? "",
  BREAKWATER_HOME: folder,
  BREAKWATER_DESK: path.join(folder, "desk.yaml"),
  BREAKWATER_LOG: "silent",
  BREAKWATER_SEAL_KEY: SEAL_KEY,
  MAIN_API_KEY: "planted-key",
  MAIN_API_SECRET: "planted-secret",
  FAKE_VENUE: url,
});
const socketOf = (folder: string): string => path.join(folder, "signer", "signer.sock");

/** The signer's present process. */
const pidOf = (): number => Number(readFileSync(path.join(home, "pid"), "utf8"));

beforeAll(async () => {
  fake = await openFake(binanceusdm);
  home = mkdtempSync(path.join(tmpdir(), "bw-signer-"));
  writeFileSync(path.join(home, "desk.yaml"), DESK);
  signer = await openSigner({
    socket: socketOf(home),
    child: { command: [process.execPath, PROGRAM], environment: environmentOf(home, fake.url) },
    hungMs: 5_000,
    clock: systemClock,
    log: silentLog,
  });
  watchSigner(signer, async (alert) => void alerts.push(alert), systemClock, silentLog);
  venue = signer.venueOf(MAIN);
});
afterEach(() => {
  fake.reset();
  alerts.length = 0;
});
afterAll(async () => {
  await signer.close();
  await fake.close();
  rmSync(home, { recursive: true, force: true });
});

let serial = 0;
/** A plan of this moment that people approved: sell two contracts, reduce-only. */
function approved(over: Partial<Record<string, unknown>> = {}): { readonly plan: Plan; readonly id: string } {
  serial += 1;
  const id = `bw-${process.pid}-${serial}`;
  const now = Date.now();
  const orders = [
    order({
      account: MAIN.id,
      clientOrderId: id,
      quantity: "2",
      limitPrice: "59400",
      notionalUsd: "120000",
      ...over,
    }),
  ];
  const plan = mainPlan({
    orders,
    collars: [{ symbol: BTC, reference: "60000", low: "59400", high: "60600" }],
    createdAt: new Date(now).toISOString(),
    expiresAt: new Date(now + 600_000).toISOString(),
  });
  return { plan, id };
}

/** Everything that the alerts said so far. */
const told = (): readonly string[] => alerts.map((one) => `${one.kind} ${one.status}`);

describe("the signer's process, over its socket,", () => {
  test("reads the account, its orders and the market, and tells figures and times as the venue's port does", async () => {
    const state = await venue.reader.account(MAIN.id);
    expect(state).toMatchObject({ account: "main", venue: "binanceusdm", equityUsd: "200000" });
    expect(state.at).toBeInstanceOf(Date);
    // A rank that the venue does not tell stays untold on the way; it is no zero.
    expect(state.positions[0]).toMatchObject({ adlRankRatio: "0.75" });
    fake.state().tellsRank = false;
    expect((await venue.reader.account(MAIN.id)).positions[0]).not.toHaveProperty("adlRankRatio");
    const listed = await venue.reader.instruments();
    expect(listed.get(BTC)).toMatchObject({ base: "BTC", contractSize: "1" });
    expect((await venue.reader.book(BTC, 5)).bids[0]).toEqual(["59990", "5"]);
    fake.state().key.endsAt = Date.parse("2026-12-10T08:00:00Z");
    expect(await venue.reader.keyRights?.(MAIN.id)).toEqual({
      withdraws: false,
      addressBound: true,
      rights: ["enableFutures", "enableReading"],
      addresses: null,
      expiresAt: new Date("2026-12-10T08:00:00Z"),
      others: null,
    });
    expect(await venue.reader.accessLog?.(MAIN.id, 0)).toBeNull();
    expect(await venue.reader.orderByClientId(MAIN.id, BTC, "nobody")).toBeNull();
    expect(await venue.reader.fills(MAIN.id, new Date(Date.now() - 60_000))).toEqual([]);
  });

  test("sends an order with its consent, once, and nothing without one or with a forged one", async () => {
    const { plan, id } = approved();
    const request = requestOf(plan);
    expect(await venue.trader.place(request)).toMatchObject({
      outcome: "rejected",
      reason: expect.stringContaining("no consent was shown"),
    });
    expect(await venue.trader.place(request, consentFor(plan))).toMatchObject({
      outcome: "accepted",
      order: { clientOrderId: id, filledQuantity: "2", state: "filled" },
    });
    expect(await venue.trader.place(request, consentFor(plan))).toMatchObject({
      outcome: "rejected",
      reason: expect.stringContaining("was sent before"),
    });
    expect([fake.placingRequests(), fake.taken(id)]).toEqual([1, 1]);

    const other = approved();
    const consent = consentFor(other.plan);
    expect(await venue.trader.place({ ...requestOf(other.plan), quantity: decimal("9") }, consent)).toMatchObject({
      outcome: "rejected",
      reason: expect.stringContaining("not one that the plan names"),
    });
    expect(fake.placingRequests()).toBe(1);
    // Whoever forges once is not believed again before a person has looked; cancelling goes on.
    expect(await venue.trader.place(requestOf(other.plan), consent)).toMatchObject({
      outcome: "rejected",
      reason: expect.stringContaining("frozen by signer"),
    });
    await expect.poll(told, { timeout: 60_000 }).toContain("signer.frozen firing");
    expect(told()).toContain("signer.refused firing");
    rmSync(path.join(home, "signer", "frozen.json"));
    await expect.poll(told, { timeout: 60_000 }).toContain("signer.frozen resolved");
    expect(await venue.trader.place(requestOf(other.plan), consent)).toMatchObject({ outcome: "accepted" });
  });

  test("cancels without any consent", async () => {
    const resting = fake.state().submit({
      clientOrderId: "by-hand",
      side: "buy",
      quantity: 1,
      price: 50_000,
      tif: "GTC",
      reduceOnly: false,
    });
    const [open] = await venue.reader.openOrders(MAIN.id);
    expect(open?.venueOrderId).toBe(typeof resting === "string" ? resting : resting.id);
    expect(await venue.trader.cancel(MAIN.id, BTC, open?.venueOrderId ?? "")).toBe("accepted");
    expect(await venue.trader.cancel(MAIN.id, BTC, open?.venueOrderId ?? "")).toBe("gone");
  });

  test("tells what an account's stream says, and follows it again after its own death", async () => {
    let changes = 0;
    const gone: string[] = [];
    const leave = await venue.reader.watchAccount?.(MAIN.id, {
      onChange: () => void (changes += 1),
      onAlert: () => undefined,
      onGone: (why) => void gone.push(why),
    });
    const fill = {
      e: "ORDER_TRADE_UPDATE",
      E: Date.now(),
      T: Date.now(),
      o: { s: "BTCUSDT", c: "x", X: "NEW", x: "NEW" },
    };
    await expect.poll(() => fake.streams.open(), { timeout: 60_000 }).toBeGreaterThan(0);
    await expect.poll(() => (fake.streams.push(fill), changes), { timeout: 60_000, interval: 200 }).toBeGreaterThan(0);
    process.kill(pidOf(), "SIGKILL");
    await expect.poll(() => gone.length, { timeout: 60_000 }).toBeGreaterThan(0);
    changes = 0;
    await expect.poll(() => (fake.streams.push(fill), changes), { timeout: 60_000, interval: 200 }).toBeGreaterThan(0);
    await leave?.();
  });

  test("takes nothing but its own closed list: no method, field or garbage makes it do more, and it stays up", async () => {
    const say = (text: string): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect(socketOf(home), () => socket.write(`${text}\n`));
        socket.once("data", (data) => (socket.destroy(), resolve(data.toString())));
        socket.once("close", () => resolve("cut off"));
        socket.once("error", () => resolve("cut off"));
      });
    for (const request of [
      { id: 1, method: "withdraw", account: "main", amount: "1" },
      { id: 1, method: "call", name: "sapiPostCapitalWithdrawApply", params: {} },
      { id: 1, method: "sign", path: "/fapi/v1/order", body: "" },
      { id: 1, method: "cancel", account: "main", symbol: BTC, venueOrderId: "1", url: "https://attacker.example" },
      { id: 1, method: "place", order: { ...requestOf(approved().plan), hidden: true }, consent: null },
      { id: -1, method: "ping" },
      [],
      null,
    ])
      expect(await say(JSON.stringify(request))).toMatch(/INPUT_INVALID/);
    expect(await say("GET / HTTP/1.1")).toBe("cut off");
    expect(await say('{"id":1,"method":"account","account":"nobody"}')).toMatch(/UNKNOWN_ACCOUNT/);
    expect(await say(`{"id":1,"method":"${"x".repeat(5_000_000)}"}`)).toBe("cut off");
    expect([fake.placingRequests(), await venue.reader.openOrders(MAIN.id)]).toEqual([0, []]);
  });

  test("listens for its owner alone, and nobody can take its place", async () => {
    expect(statSync(socketOf(home)).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(socketOf(home))).mode & 0o777).toBe(0o700);
    await expect(
      openSigner({
        socket: socketOf(home),
        child: { command: [process.execPath, PROGRAM], environment: environmentOf(home, fake.url) },
        clock: systemClock,
        log: silentLog,
      }),
    ).rejects.toMatchObject({ code: "SIGNER_UNAVAILABLE", message: expect.stringMatching(/another signer listens/) });
  });
});

describe("when the signer dies", () => {
  test("in the middle of sending, the order is unknown, found by its id by the next life, and never sent twice", async () => {
    await expect.poll(() => signer.health().state, { timeout: 60_000 }).toBe("up");
    alerts.length = 0;
    const { plan, id } = approved();
    fake.fail("place", "accept-then-hang");
    const placing = venue.trader.place(requestOf(plan), consentFor(plan));
    await expect.poll(() => fake.placingRequests(), { timeout: 60_000 }).toBe(1);
    const dead = pidOf();
    process.kill(dead, "SIGKILL");
    expect(await placing).toMatchObject({ outcome: "unknown", reason: expect.stringContaining("does not answer") });
    await expect.poll(told, { timeout: 60_000 }).toEqual(["signer.down firing", "signer.down resolved"]);
    expect(pidOf()).not.toBe(dead);
    expect(await venue.reader.orderByClientId(MAIN.id, BTC, id)).toMatchObject({ clientOrderId: id, state: "filled" });
    expect(await venue.trader.place(requestOf(plan), consentFor(plan))).toMatchObject({
      outcome: "rejected",
      reason: expect.stringContaining("was sent before"),
    });
    expect(fake.taken(id)).toBe(1);
  });

  test("by hanging, it is told of, ended and started again", async () => {
    const dead = pidOf();
    await expect.poll(() => signer.health().state, { timeout: 60_000 }).toBe("up");
    alerts.length = 0;
    process.kill(dead, "SIGSTOP");
    await expect.poll(() => signer.health().state, { timeout: 60_000 }).toBe("down");
    await expect.poll(() => signer.health().state, { timeout: 60_000 }).toBe("up");
    expect(pidOf()).not.toBe(dead);
    expect(told()).toEqual(["signer.down firing", "signer.down resolved"]);
  });

  test("for good, nothing is sent and the kill switch says what to do", async () => {
    const nobody = await openSigner({
      socket: path.join(home, "nobody.sock"),
      child: null,
      clock: systemClock,
      log: silentLog,
    });
    const { plan, id } = approved();
    const there = nobody.venueOf(MAIN);
    const [placed, halted] = await Promise.all([
      there.trader.place(requestOf(plan), consentFor(plan)),
      haltEverything(
        {
          database: null,
          home,
          accounts: [MAIN],
          venueOf: async () => there,
          clock: systemClock,
          log: silentLog,
        },
        "person:ana",
        "drill",
      ),
    ]);
    expect(placed).toMatchObject({ outcome: "rejected", reason: expect.stringContaining("not sent: the signer does") });
    expect(halted.text).toMatch(/main: the signer does not answer .*look at the venue/);
    expect(fake.taken(id)).toBe(0);
    await nobody.close();
    // The switch's marker holds the signer too, until it is taken away.
    expect(await venue.trader.place(requestOf(plan), consentFor(plan))).toMatchObject({
      outcome: "rejected",
      reason: expect.stringContaining("the kill switch was pulled"),
    });
    removeMarker(home, readMarker(home) ?? { id: "" });
    expect(readFreeze(path.join(home, "signer"))).toBeNull();
  });
});
