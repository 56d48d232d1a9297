import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readAccountStream } from "../../../src/venues/accountstream/read.ts";
import type { StreamReading, StreamVenue } from "../../../src/venues/accountstream/reading.ts";
import { sharedData } from "../../shared-data.ts";

const CONTEXT = { account: "desk-1", receivedAt: new Date("2026-11-22T10:00:00Z") };
const read = (venue: StreamVenue, raw: unknown): readonly StreamReading[] => readAccountStream(venue, raw, CONTEXT);
/** A reading in a few words, for tables. */
const short = (one: StreamReading): string => {
  if (one.kind === "alert") return `alert ${one.alert.kind}`;
  if (one.kind === "state") return `state ${one.change.what}`;
  return one.kind;
};

const binanceOrder = (change: object) => ({
  e: "ORDER_TRADE_UPDATE",
  E: 1,
  T: 1_700_000_000_000,
  o: {
    s: "ETHUSDT",
    c: "mine-1",
    S: "SELL",
    q: "2",
    p: "3000",
    x: "TRADE",
    X: "FILLED",
    i: 7,
    z: "2",
    t: 9,
    ...change,
  },
});
const bybitOrder = (change: object) => ({
  topic: "order",
  creationTime: 1_700_000_000_000,
  data: [
    {
      symbol: "ETHUSDT",
      orderId: "b1",
      orderLinkId: "mine-1",
      side: "Sell",
      qty: "2",
      cumExecQty: "1",
      orderStatus: "PartiallyFilled",
      ...change,
    },
  ],
});
const okxOrder = (change: object) => ({
  arg: { channel: "orders", instType: "SWAP" },
  data: [
    {
      instId: "ETH-USDT-SWAP",
      ordId: "9",
      clOrdId: "mine1",
      side: "sell",
      sz: "2",
      accFillSz: "",
      state: "live",
      uTime: "1700000000000",
      category: "normal",
      ...change,
    },
  ],
});
const deribitOrder = {
  order_id: "D1",
  label: "mine",
  instrument_name: "ETH-PERPETUAL",
  direction: "sell",
  amount: 20,
  filled_amount: 0,
  order_state: "open",
  last_update_timestamp: 1_700_000_000_000,
};
const subscribed = (channel: string, data: unknown) => ({
  jsonrpc: "2.0",
  method: "subscription",
  params: { channel, data },
});

const CASES: readonly (readonly [what: string, venue: StreamVenue, message: unknown, readings: readonly string[]])[] = [
  ["an own order's fill", "binanceusdm", binanceOrder({}), ["state orders"]],
  [
    "a liquidation order",
    "binanceusdm",
    binanceOrder({ c: "autoclose-1", x: "CALCULATED", X: "NEW" }),
    ["alert account.liquidation", "state orders"],
  ],
  [
    "a takeover by the insurance fund",
    "binanceusdm",
    binanceOrder({ c: "autoclose-1", x: "CALCULATED", X: "NEW_INSURANCE" }),
    ["alert account.liquidation", "state orders"],
  ],
  [
    "an auto-deleveraging",
    "binanceusdm",
    binanceOrder({ c: "adl_autoclose", x: "CALCULATED", X: "NEW_ADL" }),
    ["alert account.deleveraging", "state orders"],
  ],
  ["a delivery, which is no liquidation", "binanceusdm", binanceOrder({ c: "delivery_autoclose-1" }), ["state orders"]],
  ["the end of the listen key", "binanceusdm", { e: "listenKeyExpired", E: 1 }, ["alert stream.expired"]],
  [
    "a margin call on two positions",
    "binanceusdm",
    {
      e: "MARGIN_CALL",
      E: 1,
      cw: "3",
      p: ["BTCUSDT", "ETHUSDT"].map((s) => ({ s, ps: "LONG", pa: "1", mp: "9", up: "-1", mm: "2" })),
    },
    ["alert margin.call", "alert margin.call"],
  ],
  [
    "a deposit",
    "binanceusdm",
    { e: "ACCOUNT_UPDATE", E: 1, T: 1, a: { m: "DEPOSIT", B: [{ a: "USDT", wb: "5", cw: "5" }] } },
    ["state balances"],
  ],
  ["an event of another age", "binanceusdm", { e: "SOMETHING_NEW", E: 1 }, ["refused"]],
  ["a quantity that is no number", "binanceusdm", binanceOrder({ q: "NaN" }), ["refused"]],
  ["a fill of a part", "bybit", bybitOrder({}), ["state orders"]],
  [
    "a liquidation order",
    "bybit",
    bybitOrder({ createType: "CreateByLiq" }),
    ["alert account.liquidation", "state orders"],
  ],
  [
    "an auto-deleveraging order",
    "bybit",
    bybitOrder({ createType: "CreateByAdl_PassThrough" }),
    ["alert account.deleveraging", "state orders"],
  ],
  ["a state nobody knows", "bybit", bybitOrder({ orderStatus: "Dreaming" }), ["refused"]],
  [
    "a position under liquidation",
    "bybit",
    {
      topic: "position.linear",
      creationTime: 1,
      data: [{ symbol: "BTCUSDT", side: "Sell", size: "2", entryPrice: "9", positionStatus: "Liq" }],
    },
    ["alert account.liquidation", "state positions"],
  ],
  [
    "a refused login",
    "bybit",
    { op: "auth", success: false, retCode: 10_003, retMsg: "Invalid apikey" },
    ["alert stream.auth-failed"],
  ],
  ["a heartbeat", "bybit", { op: "pong", args: ["1"] }, ["control"]],
  ["a working order", "okx", okxOrder({}), ["state orders"]],
  ["a list without orders", "okx", { arg: { channel: "orders", instType: "ANY" }, data: [] }, ["control"]],
  ["a list without wallets", "bybit", { topic: "wallet", creationTime: 1_700_000_000_000, data: [] }, ["control"]],
  [
    "a partial liquidation",
    "okx",
    okxOrder({ category: "partial_liquidation" }),
    ["alert account.liquidation", "state orders"],
  ],
  ["an auto-deleveraging", "okx", okxOrder({ category: "adl" }), ["alert account.deleveraging", "state orders"]],
  [
    "a warning of liquidation",
    "okx",
    { arg: { channel: "liquidation-warning" }, data: [{ instId: "BTC-USDT-SWAP", pos: "-3", uTime: "1" }] },
    ["alert margin.call"],
  ],
  [
    "an account with margin",
    "okx",
    { arg: { channel: "account" }, data: [{ uTime: "1", adjEq: "100", mmr: "20", details: [] }] },
    ["state margin", "state balances"],
  ],
  ["a refused login", "okx", { event: "error", code: "60009", msg: "Login failed." }, ["alert stream.auth-failed"]],
  ["a wrong subscription", "okx", { event: "error", code: "60012", msg: "Illegal request" }, ["alert stream.refused"]],
  ["an order", "deribit", subscribed("user.orders.any.any.raw", deribitOrder), ["state orders"]],
  [
    "a liquidation order",
    "deribit",
    subscribed("user.orders.any.any.raw", { ...deribitOrder, is_liquidation: true }),
    ["alert account.liquidation", "state orders"],
  ],
  [
    "a portfolio",
    "deribit",
    subscribed("user.portfolio.btc", { currency: "BTC", equity: 1.5, maintenance_margin: 0.2, balance: 1.4 }),
    ["state margin", "state balances"],
  ],
  [
    "a trade of which the other side was liquidated",
    "deribit",
    subscribed("user.trades.any.any.raw", [
      {
        instrument_name: "BTC-PERPETUAL",
        order_id: "1",
        trade_id: "t",
        direction: "buy",
        amount: 10,
        price: 9,
        timestamp: 1,
        liquidity: "M",
        liquidation: "T",
      },
    ]),
    ["state fills"],
  ],
  [
    "a trade of our own liquidation",
    "deribit",
    subscribed("user.trades.any.any.raw", [
      {
        instrument_name: "BTC-PERPETUAL",
        order_id: "1",
        trade_id: "t",
        direction: "sell",
        amount: 10,
        price: 9,
        timestamp: 1,
        liquidity: "T",
        liquidation: "T",
      },
    ]),
    ["alert account.liquidation", "state fills"],
  ],
  [
    "a refused key",
    "deribit",
    { jsonrpc: "2.0", id: 1, error: { code: 13_004, message: "invalid_credentials" } },
    ["alert stream.auth-failed"],
  ],
  ["another's stream", "deribit", subscribed("ticker.BTC-PERPETUAL.100ms", {}), ["refused"]],
];

describe("messages of account streams", () => {
  test.each(CASES)("%s (%s) is read rightly", (_, venue, message, readings) => {
    expect(read(venue, message).map(short)).toEqual(readings);
  });

  test("an alert names the account, the venue and the instrument, and carries figures as decimals", () => {
    const [one] = read("binanceusdm", {
      e: "MARGIN_CALL",
      E: 1_587_727_187_525,
      cw: "3.16",
      p: [{ s: "ETHUSDT", ps: "LONG", pa: "1.327", mp: "187.17127", up: "-1.166074", mm: "1.614445" }],
    });
    expect(one).toMatchObject({
      kind: "alert",
      alert: {
        source: "account-stream:binanceusdm",
        trust: "internal",
        severity: "critical",
        title: "binanceusdm called for margin on ETHUSDT in desk-1",
        labels: { account: "desk-1", venue: "binanceusdm", instrument: "ETHUSDT" },
        values: { quantity: "1.327", maintenanceMarginUsd: "1.614445" },
        at: new Date(1_587_727_187_525),
      },
    });
  });

  test("the caller's symbols are used where it has them", () => {
    const [one] = readAccountStream("bybit", bybitOrder({}), { ...CONTEXT, symbolOf: () => "ETH/USDT:USDT" });
    expect(one).toMatchObject({
      change: { orders: [{ symbol: "ETH/USDT:USDT", quantity: "2", filledQuantity: "1" }] },
    });
  });

  test("a short position is negative, whatever way the venue writes it", () => {
    const bybit = read("bybit", {
      topic: "position",
      creationTime: 1,
      data: [{ symbol: "BTCUSDT", side: "Sell", size: "2", entryPrice: "9" }],
    });
    const okx = read("okx", {
      arg: { channel: "positions" },
      data: [{ instId: "BTC-USDT-SWAP", posSide: "short", pos: "2", avgPx: "9" }],
    });
    for (const one of [...bybit, ...okx])
      expect(one).toMatchObject({ change: { positions: [{ quantity: "-2", entryPrice: "9" }] } });
  });

  test("anything may come in: it is read or refused, never thrown at the caller", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("binanceusdm", "bybit", "okx", "deribit"),
        fc.anything(),
        fc.constantFrom(...CASES),
        fc.anything(),
        (venue, anything, [, , message], broken) => {
          expect(read(venue, anything).length).toBeGreaterThan(0);
          const entries = Object.entries(message as object);
          const damaged = Object.fromEntries(
            entries.map(([key, value], at) => [key, at === entries.length - 1 ? broken : (value as unknown)]),
          );
          expect(read(venue, damaged).length).toBeGreaterThan(0);
        },
      ),
    );
  });
});

const ALERTS: Readonly<Record<string, readonly string[]>> = {
  "binance/user_data_json__margin_call.json": ["margin.call"],
  "binance/user_data_json__listen_key_expired.json": ["stream.expired"],
  "binance/user_data_json__order_update_adl.json": ["account.deleveraging"],
  "binance/user_data_json__order_update_calculated.json": ["account.liquidation"],
  "binance/user_data_json__order_update_calculated_pending.json": ["account.liquidation"],
  "binance/user_data_json__order_update_insurance.json": ["account.liquidation"],
  "bybit/ws_auth_failure.json": ["stream.auth-failed"],
  "bybit/ws_subscription_failure.json": ["stream.refused"],
  "okx/ws_orders_liquidation.json": ["account.liquidation"],
  "deribit/ws_error.json": ["stream.refused"],
};

const folder = sharedData("exchange-private-payloads");
describe.skipIf(!folder)(
  "the recorded messages of four venues (shared data exchange-private-payloads, left out where absent)",
  () => {
    const files = (folder ? ["binance", "bybit", "okx", "deribit"] : []).flatMap((venue) =>
      readdirSync(path.join(folder ?? "", venue))
        .filter((name) => name.endsWith(".json"))
        .map((name) => `${venue}/${name}`),
    );

    test.each(files)("%s becomes an alert, a state or a clear refusal", (file) => {
      const venue = file.startsWith("binance/") ? "binanceusdm" : (file.split("/")[0] as StreamVenue);
      const readings = read(venue, JSON.parse(readFileSync(path.join(folder ?? "", file), "utf8")));
      expect(readings.flatMap((one) => (one.kind === "alert" ? [one.alert.kind] : []))).toEqual(ALERTS[file] ?? []);
      const isPrivate = /user_data|ws_account_(?!position_with)|ws_auth|ws_order(_|s)(?!book)|subscri/.test(file);
      if (isPrivate) expect(readings.map((one) => one.kind)).not.toContain("refused");
      for (const one of readings) if (one.kind === "refused") expect(one.reason).toMatch(/\w+ .*\w+/);
    });
  },
);
