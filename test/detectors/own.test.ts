import { describe, expect, test } from "vitest";
import { accessEvents } from "../../src/detectors/access-events.ts";
import { adlRisk } from "../../src/detectors/adl-risk.ts";
import { toAlert } from "../../src/detectors/alert.ts";
import { concentration } from "../../src/detectors/concentration.ts";
import { fatFinger } from "../../src/detectors/fat-finger.ts";
import { ownHours } from "../../src/detectors/own-hours.ts";
import { ownOrderRate } from "../../src/detectors/own-order-rate.ts";
import { ownOrderSize } from "../../src/detectors/own-order-size.ts";
import { ownSymbol } from "../../src/detectors/own-symbol.ts";
import { repeatedRejects } from "../../src/detectors/repeated-rejects.ts";
import { selfCrossing } from "../../src/detectors/self-crossing.ts";
import { sizeOf } from "../../src/detectors/sizes.ts";
import { fingerprintOf } from "../../src/intake/fingerprint.ts";
import { stage } from "./_stage.ts";

const HOUR_MS = 3_600_000;

test("an account that sends a hundred orders in ten seconds is noticed", () => {
  const one = stage(ownOrderRate);
  for (let i = 0; i < 500; i += 1) one.order(i * 5000);
  expect(one.hits).toEqual([]);
  for (let i = 0; i < 100; i += 1) one.order(2_500_000 + i * 50);
  expect(one.firing().length).toBeGreaterThanOrEqual(1);
});

test("an order twenty times the usual size is noticed, a double one is not", () => {
  const one = stage(ownOrderSize);
  for (let i = 0; i < 50; i += 1) one.order(i * 1000, { size: 1 + (i % 5) * 0.1 });
  one.order(60_000, { size: 2.4 });
  expect(one.hits).toEqual([]);
  one.order(61_000, { size: 24 });
  expect(one.firing()[0]!.evidence["timesUsual"]).toBeGreaterThan(15);
});

test("an account that trades larger from now on is noticed, and then known", () => {
  const one = stage(ownOrderSize);
  for (let i = 0; i < 50; i += 1) one.order(i * 60_000, { size: 1 + (i % 5) * 0.1 });
  for (let i = 0; i < 100; i += 1) one.order(4_000_000 + i * 60_000, { size: 10 + (i % 5) });
  expect(one.firing().length).toBeGreaterThanOrEqual(1);
  expect(one.firing().length).toBeLessThanOrEqual(20);
  one.order(12_000_000, { size: 300 });
  expect(one.firing().at(-1)!.evidence["size"]).toBe(300);
});

test("orders at three in the morning are noticed where all others came in the afternoon", () => {
  const one = stage(ownHours);
  const dayBegins = Math.ceil(1_700_000_000_000 / 86_400_000) * 86_400_000 - 1_700_000_000_000;
  for (let i = 0; i < 300; i += 1) one.order(dayBegins + Math.floor(i / 10) * 24 * HOUR_MS + (13 + (i % 4)) * HOUR_MS);
  expect(one.hits).toEqual([]);
  one.order(dayBegins + 31 * 24 * HOUR_MS + 3 * HOUR_MS);
  expect(one.firing()).toHaveLength(1);
});

test("a first order in a new instrument is noticed once the account is known", () => {
  const one = stage(ownSymbol);
  for (let i = 0; i < 60; i += 1) one.order(i, { market: i % 2 === 0 ? "okx BTC-USDT-SWAP" : "okx ETH-USDT-SWAP" });
  expect(one.hits).toEqual([]);
  one.order(61, { market: "okx PEPE-USDT-SWAP" });
  one.order(62, { market: "okx PEPE-USDT-SWAP" });
  expect(one.firing()).toHaveLength(1);
});

describe("an order that looks mistyped", () => {
  test.each([
    ["a buy ten per cent above the market", { price: 110, taker: 1 }, 1],
    ["a sale at a tenth of the price", { price: 10, taker: -1 }, 1],
    ["a large order one per cent through the market", { price: 101.2, taker: 1, size: 50 }, 1],
    ["a buy at the ask", { price: 100.1, taker: 1 }, 0],
    ["a resting order far away", { price: 80, taker: 1, size: 50 }, 0],
  ])("%s", (_, fields, found) => {
    const one = stage(fatFinger);
    one.quote(0, 100, 100.1);
    one.order(1000, fields);
    expect(one.firing()).toHaveLength(found);
  });

  test("an order ten times the book at Deribit is one, though its contracts are of ten dollars", () => {
    const one = stage(fatFinger);
    const market = "deribit BTC-PERPETUAL";
    one.take({ kind: "quote", at: 0, market, bid: 100, ask: 100.1, bidSize: 1000, askSize: 1000 });
    // A thousand contracts, as own flow tells them.
    one.order(1000, { market, price: 101, size: sizeOf("deribit", 1000, 10) });
    expect(one.firing()[0]!.evidence).toMatchObject({ timesBestSize: 10 });
  });

  test.each([
    ["an order without a price, as a stop at market", { price: Number.NaN, size: 50 }],
    ["an order whose size is not known, a little through the market", { price: 101.2, size: Number.NaN }],
  ])("%s is not judged by it", (_, fields) => {
    const one = stage(fatFinger);
    one.quote(0, 100, 100.1);
    one.order(1000, fields);
    expect(one.hits).toEqual([]);
  });

  test("an order whose size is not known is judged by its price", () => {
    const one = stage(fatFinger);
    one.quote(0, 100, 100.1);
    one.order(1000, { price: 110, size: Number.NaN });
    expect(one.firing()).toHaveLength(1);
  });

  test("is not judged by a quote of long after it, as where an account could not be read for a while", () => {
    const one = stage(fatFinger);
    one.quote(300_000, 80, 80.1);
    one.order(1000, { price: 100 });
    expect(one.hits).toEqual([]);
  });

  test("is not judged by an old quote", () => {
    const one = stage(fatFinger);
    one.quote(0, 100, 100.1);
    one.order(60_000, { price: 120 });
    expect(one.hits).toEqual([]);
  });
});

test("rejections are told when they repeat, and not when they are a small part", () => {
  const few = stage(repeatedRejects);
  for (let i = 0; i < 100; i += 1) few.order(i * 100, { state: i % 20 === 0 ? "rejected" : "placed" });
  expect(few.hits).toEqual([]);
  const many = stage(repeatedRejects);
  for (let i = 0; i < 12; i += 1) many.order(i * 1000, { state: i % 2 === 0 ? "placed" : "rejected" });
  expect(many.firing()).toHaveLength(1);
});

test("two of our accounts that trade with each other are named", () => {
  const one = stage(selfCrossing);
  one.order(0, { state: "filled", account: "a", taker: 1, price: 100 });
  one.order(100, { state: "filled", account: "b", taker: -1, price: 100.5 });
  expect(one.hits).toEqual([]);
  one.order(200, { state: "filled", account: "b", taker: -1, price: 100 });
  expect(one.firing()[0]!.evidence).toMatchObject({ account: "b", otherAccount: "a" });
});

test("a crossing of a week later is told anew", () => {
  const one = stage(selfCrossing);
  for (const at of [0, 7 * 24 * HOUR_MS]) {
    one.order(at, { state: "filled", account: "a", taker: 1, price: 100 });
    one.order(at + 200, { state: "filled", account: "b", taker: -1, price: 100 });
  }
  expect(one.firing()).toHaveLength(2);
});

describe("what an account does in several instruments begins and ends under the account's name", () => {
  const names = (one: ReturnType<typeof stage>) =>
    one.hits.map(({ status, venue, instrument }) => [status, venue, instrument]);

  test("too many orders", () => {
    const one = stage(ownOrderRate);
    for (let i = 0; i < 100; i += 1) one.order(i * 50, { market: "okx BTC-USDT-SWAP" });
    for (let i = 0; i < 3; i += 1) one.order(60_000 + i * 20_000, { market: "okx ETH-USDT-SWAP" });
    expect(names(one).at(0)).toEqual(["firing", "okx", "*"]);
    expect(names(one).at(-1)).toEqual(["resolved", "okx", "*"]);
  });

  test("orders that a venue refuses", () => {
    const one = stage(repeatedRejects);
    for (let i = 0; i < 12; i += 1)
      one.order(i * 1000, { market: "okx BTC-USDT-SWAP", state: i % 2 === 0 ? "placed" : "rejected" });
    for (let i = 0; i < 4; i += 1) one.order(120_000 + i * 20_000, { market: "okx ETH-USDT-SWAP" });
    expect(names(one).at(0)).toEqual(["firing", "okx", "*"]);
    expect(names(one).at(-1)).toEqual(["resolved", "okx", "*"]);
  });
});

describe("access to an account", () => {
  const access = (one: ReturnType<typeof stage>, at: number, action: string, known = true) =>
    one.take({
      kind: "access",
      at,
      account: "main",
      action,
      actor: "ana",
      origin: "203.0.113.7",
      known,
      detail: "",
      entry: at,
    });

  test("a login from a known place is nothing, a new API key is high", () => {
    const one = stage(accessEvents);
    access(one, 0, "login");
    expect(one.hits).toEqual([]);
    access(one, 1, "key-created");
    expect(one.firing()[0]!.severity).toBe("high");
  });

  test("an address added soon after an unknown login is critical", () => {
    const one = stage(accessEvents);
    access(one, 0, "login", false);
    access(one, 60_000, "address-added", false);
    expect(one.firing().map((hit) => hit.severity)).toEqual(["medium", "critical"]);
  });

  test("an address added soon after a stranger whom only an earlier start saw is critical; long after, it is not", () => {
    const one = stage(accessEvents);
    const added = {
      kind: "access",
      account: "main",
      action: "address-added",
      actor: "ana",
      origin: "",
      known: false,
    } as const;
    one.take({ ...added, at: 120_000, strangerAt: 1_700_000_060_000 });
    one.take({ ...added, at: 4 * HOUR_MS, strangerAt: 1_700_000_060_000 });
    expect(one.firing().map((hit) => hit.severity)).toEqual(["critical", "high"]);
    expect(one.firing()[0]!.evidence).toMatchObject({ afterUnknownLoginMs: 60_000 });
  });

  test("a refused login says something where it came from nowhere known, and makes nothing after it worse", () => {
    const one = stage(accessEvents);
    access(one, 0, "login-refused");
    expect(one.hits).toEqual([]);
    access(one, 1, "login-refused", false);
    access(one, 2, "key-addresses", false);
    expect(one.firing().map((hit) => hit.severity)).toEqual(["medium", "high"]);
  });

  test("an event of an old recording, without words and number, is told without them", () => {
    const one = stage(accessEvents);
    one.take({ kind: "access", at: 0, account: "main", action: "key-created", actor: "ana", origin: "", known: true });
    expect(one.firing()[0]).toMatchObject({ title: "main: API key created" });
    expect(one.firing()[0]!.evidence).not.toHaveProperty("entry");
  });
});

describe("positions", () => {
  const position = (one: ReturnType<typeof stage>, at: number, fields: Record<string, unknown>) =>
    one.take({
      kind: "position",
      at,
      account: "main",
      quantity: 1,
      notionalUsd: 1000,
      equityUsd: 10_000,
      adlRankRatio: Number.NaN,
      ...fields,
    });

  test("near the front of the deleveraging queue are told, sooner while liquidations go on", () => {
    const one = stage(adlRisk);
    position(one, 0, { adlRankRatio: 0.6 });
    expect(one.hits).toEqual([]);
    one.take({ kind: "liquidation", at: 1, price: 1, size: 1, taker: 1 });
    position(one, 2, { adlRankRatio: 0.6 });
    expect(one.firing()).toHaveLength(1);
    position(one, 3, { adlRankRatio: 0.2 });
    expect(one.hits.at(-1)!.status).toBe("resolved");
  });

  test("an alert stands while the rank is not told, and is over once a low one is or the position is gone", () => {
    const one = stage(adlRisk);
    position(one, 0, { adlRankRatio: 1 });
    position(one, 1, {});
    expect(one.hits).toHaveLength(1);
    position(one, 2, { adlRankRatio: 0.2 });
    expect(one.hits.at(-1)!.status).toBe("resolved");
    position(one, 3, { adlRankRatio: 1 });
    position(one, 4, {});
    position(one, 5, { quantity: 0 });
    expect(one.hits.map((hit) => hit.status)).toEqual(["firing", "resolved", "firing", "resolved"]);
  });

  test("of two accounts in one instrument are two conditions: the end of one ends no other", () => {
    const one = stage(adlRisk);
    position(one, 0, { account: "a", adlRankRatio: 1 });
    position(one, 0, { account: "b", adlRankRatio: 1 });
    position(one, 1, { account: "a", adlRankRatio: 0.2 });
    const [first, second, over] = one.hits.map(toAlert);
    expect([first?.labels["account"], second?.labels["account"], over?.labels["account"]]).toEqual(["a", "b", "a"]);
    expect([first, second, over].map((alert) => alert && fingerprintOf(alert))).toEqual([
      fingerprintOf(over!),
      fingerprintOf(second!),
      fingerprintOf(over!),
    ]);
    expect(fingerprintOf(over!)).not.toBe(fingerprintOf(second!));
    expect(first?.deliveryId).not.toBe(second?.deliveryId);
  });

  test.each([
    ["Bybit's or OKX's five lights of five", 1, 1],
    ["four lights of five", 0.8, 1],
    ["Binance's third quantile of four", 0.75, 0],
    ["a rank that the venue does not tell", Number.NaN, 0],
  ])("with %s: rank %d, %d alerts in calm times", (_, adlRankRatio, alerts) => {
    const one = stage(adlRisk);
    position(one, 0, { adlRankRatio });
    expect(one.firing()).toHaveLength(alerts);
  });

  test("worth four times the equity in one coin are concentrated", () => {
    const one = stage(concentration);
    position(one, 0, { notionalUsd: 20_000 });
    expect(one.hits).toEqual([]);
    position(one, 1, { notionalUsd: -25_000, market: "okx BTC-USDT-SWAP" });
    expect(one.firing()).toHaveLength(1);
    expect(one.firing()[0]!.evidence["timesEquity"]).toBe(4.5);
  });

  test("are told of the coin, whichever instrument begins it and whichever ends it", () => {
    const one = stage(concentration);
    position(one, 0, { notionalUsd: 45_000, market: "okx BTC-USDT-SWAP" });
    position(one, 1, { notionalUsd: 0, quantity: 0, market: "okx BTC-USDT-SWAP" });
    position(one, 2, { notionalUsd: 45_000, market: "okx BTC-USD-SWAP" });
    expect(one.hits.map(({ status, venue, instrument }) => [status, venue, instrument])).toEqual([
      ["firing", "okx", "BTC"],
      ["resolved", "okx", "BTC"],
      ["firing", "okx", "BTC"],
    ]);
  });

  test("in one coin are not concentrated because another was closed", () => {
    const one = stage(concentration);
    position(one, 0, { notionalUsd: 12_000 });
    position(one, 1, { notionalUsd: 12_000, market: "okx ETH-USDT-SWAP" });
    position(one, 2, { quantity: 0, notionalUsd: 0, market: "okx ETH-USDT-SWAP" });
    position(one, 3, { notionalUsd: 12_000 });
    expect(one.hits).toEqual([]);
  });

  test("whose size is not known stay concentrated by their value", () => {
    const one = stage(concentration);
    one.take({ kind: "ticker", at: 0, last: 1, openInterest: 1000, impliedVolatility: Number.NaN });
    position(one, 0, { notionalUsd: 45_000 });
    position(one, 1, { notionalUsd: 45_000, quantity: Number.NaN });
    expect(one.hits.map((hit) => hit.status)).toEqual(["firing"]);
  });

  test("that make up a tenth of all open interest are concentrated", () => {
    const one = stage(concentration);
    one.take({ kind: "ticker", at: 0, last: 1, openInterest: 1000, impliedVolatility: Number.NaN });
    position(one, 1, { quantity: -100 });
    expect(one.firing()[0]).toMatchObject({
      instrument: "BTC/USDT:USDT",
      title: "main holds 10 % of the open interest of BTC/USDT:USDT",
    });
  });

  test("stay a large part of one instrument while others of the coin are looked at", () => {
    const one = stage(concentration);
    one.take({ kind: "ticker", at: 0, last: 1, openInterest: 1000, impliedVolatility: Number.NaN });
    for (let at = 1; at < 10; at += 2) {
      position(one, at, { quantity: -100 });
      position(one, at + 1, { quantity: 1, market: "binanceusdm BTCUSDC" });
    }
    expect(one.hits.map(({ status }) => status)).toEqual(["firing"]);
  });
});
