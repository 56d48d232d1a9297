import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Quantity, ZERO, add, decimal, greater, less, neg, sum } from "../../../src/kernel/decimal.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import type { OrderRequest } from "../../../src/kernel/order.ts";
import type { PaperMarketEvent } from "../../../src/venues/paper/events.ts";
import { type PaperExchange, openPaper } from "../../../src/venues/paper/exchange.ts";
import { instrumentOf, optionsListed } from "../../../src/venues/paper/listing.ts";
import { maintenance } from "../../../src/venues/paper/margin.ts";
import { known } from "../../../src/venues/paper/market.ts";
import { STORMS } from "../../../src/venues/paper/storms.ts";
import { manualClock } from "./manual-clock.ts";

const SYMBOL = "BTC/USDT:USDT";

async function desk(balances: Record<string, string> = { USDT: "1000000" }, held: string | null = null) {
  const clock = manualClock();
  const exchange = await openPaper({ clock, log: silentLog, seed: 1, storm: "calm" });
  exchange.pin("BTC", "60000");
  exchange.pin("ETH", "3000");
  await exchange.seedAccounts([
    {
      account: "desk-1",
      balances,
      positions: held === null ? [] : [{ symbol: SYMBOL, quantity: held, entryPrice: "60000" }],
      orders: [],
    },
  ]);
  const step = async (ms = 250): Promise<void> => {
    clock.move(ms);
    await exchange.tick();
  };
  return { exchange, clock, step, ...exchange.venue() };
}

const order = (clientOrderId: string, change: Partial<OrderRequest> = {}): OrderRequest => ({
  account: "desk-1",
  symbol: SYMBOL,
  side: "buy",
  quantity: decimal("1"),
  limitPrice: decimal("55000"),
  timeInForce: "GTC",
  reduceOnly: false,
  clientOrderId,
  ...change,
});
const account = (exchange: PaperExchange) => exchange.venue().reader.account("desk-1");

describe("matching", () => {
  test("a resting order trades at its own price once the market comes to it, at the maker's fee", async () => {
    const { exchange, step, trader, reader } = await desk();
    await trader.place(order("rests", { limitPrice: decimal("59000") }));
    exchange.pin("BTC", "58900");
    await step();
    const found = await reader.orderByClientId("desk-1", SYMBOL, "rests");
    expect(found).toMatchObject({ state: "filled", averagePrice: "59000", feeUsd: "11.8" });
  });

  test("an order that comes between two ticks is taken at its own moment, not at the last tick's", async () => {
    const { exchange, clock, trader } = await desk();
    clock.move(120);
    await trader.place(order("between"));
    expect(exchange.journal().accepted.get("between")).toMatchObject([{ at: clock.now().toISOString() }]);
  });

  test("a large resting order is filled piece by piece", async () => {
    const { exchange, step, trader, reader } = await desk();
    await trader.place(order("large", { limitPrice: decimal("59000"), quantity: decimal("40") }));
    exchange.thin("0.02");
    exchange.pin("BTC", "58950");
    await step();
    const [one] = await reader.openOrders("desk-1");
    expect(one && greater(one.filledQuantity, ZERO) && less(one.filledQuantity, decimal("40"))).toBe(true);
    for (let more = 0; more < 400; more += 1) await step(1000);
    expect((await reader.orderByClientId("desk-1", SYMBOL, "large"))?.state).toBe("filled");
  });

  test("two accounts trade with each other at the resting price", async () => {
    const { exchange, trader, reader } = await desk();
    await exchange.seedAccounts([{ account: "desk-2", balances: { USDT: "1000000" }, positions: [], orders: [] }]);
    await trader.place({ ...order("maker", { side: "sell", limitPrice: decimal("60000.1") }), account: "desk-2" });
    await trader.place(order("taker", { limitPrice: decimal("60000.1"), timeInForce: "IOC" }));
    expect((await reader.orderByClientId("desk-2", SYMBOL, "maker"))?.averagePrice).toBe("60000.1");
    expect((await reader.account("desk-2")).positions[0]?.quantity).toBe("-1");
    expect((await account(exchange)).positions[0]?.quantity).toBe("1");
  });

  test.each([
    [
      "post-only that would trade",
      { timeInForce: "PO", limitPrice: decimal("61000") },
      "post-only order would trade at once",
    ],
    ["off the tick", { limitPrice: decimal("55000.05") }, "price 55000.05 is not a multiple of the tick 0.1"],
    ["off the lot", { quantity: decimal("0.0005") }, "quantity 0.0005 is not a multiple of the lot 0.001"],
    ["more than the account carries", { quantity: decimal("500") }, "insufficient margin"],
    [
      "a client order id with a space",
      { clientOrderId: "a b" },
      "client order id must be 1 to 32 letters, digits, - or _",
    ],
    [
      "reduce-only without a position",
      { reduceOnly: true, side: "sell" },
      "reduce-only order would not reduce a position",
    ],
    ["spot without the coins", { symbol: "ETH/USDT", side: "sell" }, "insufficient margin"],
  ] as const)("refuses %s", async (_, change, reason) => {
    const { trader } = await desk();
    expect(await trader.place(order("refused", change as Partial<OrderRequest>))).toEqual({
      outcome: "rejected",
      reason,
    });
  });

  test("fill-or-kill trades all or nothing", async () => {
    const { exchange, trader, reader } = await desk();
    exchange.thin("0.0005");
    await trader.place(order("kill", { limitPrice: decimal("60600"), timeInForce: "FOK" }));
    expect(await reader.orderByClientId("desk-1", SYMBOL, "kill")).toMatchObject({
      state: "expired",
      filledQuantity: "0",
    });
  });

  test("a reduce-only order never turns the position, and one left with nothing to reduce is cancelled", async () => {
    const { exchange, trader, reader } = await desk({ USDT: "1000000" }, "1");
    await trader.place(order("resting", { side: "sell", limitPrice: decimal("66000"), reduceOnly: true }));
    await trader.place(
      order("more", {
        side: "sell",
        quantity: decimal("3"),
        limitPrice: decimal("59000"),
        timeInForce: "IOC",
        reduceOnly: true,
      }),
    );
    expect((await account(exchange)).positions).toEqual([]);
    expect(await reader.orderByClientId("desk-1", SYMBOL, "more")).toMatchObject({
      state: "cancelled",
      filledQuantity: "1",
    });
    expect((await reader.orderByClientId("desk-1", SYMBOL, "resting"))?.state).toBe("cancelled");
  });
});

describe("accounts", () => {
  test("coins held are positions in the spot market, so the deltas add up to the exposure", async () => {
    const { exchange } = await desk({ USDT: "100000", BTC: "2" }, "-2");
    const state = await account(exchange);
    expect(state.equityUsd).toBe("220000");
    expect(sum(state.positions.map((one) => one.delta))).toBe("0");
  });

  test("an inverse position gains and settles in coins", async () => {
    const { exchange, trader } = await desk({ BTC: "1" });
    await trader.place(
      order("inverse", {
        symbol: "BTC/USD:BTC",
        side: "sell",
        quantity: decimal("600"),
        limitPrice: decimal("59000"),
        timeInForce: "IOC",
      }),
    );
    const state = await account(exchange);
    const position = state.positions.find((one) => one.symbol === "BTC/USD:BTC");
    expect(Number(position?.delta)).toBeCloseTo(-1, 2);
    expect(Number(state.balances.find((one) => one.asset === "BTC")?.total)).toBeLessThan(1);
    exchange.pin("BTC", "50000");
    expect(Number((await account(exchange)).equityUsd)).toBeCloseTo(60_000, -3);
  });

  test("maintenance margin grows by slices, without a jump between them", () => {
    const one = known(SYMBOL);
    const at = (quantity: string) => maintenance(one, decimal(quantity), decimal("1000"), decimal("1000"));
    expect([at("250"), at("-1000"), at("5000"), at("6000")]).toEqual(["5000", "42500", "442500", "642500"]);
  });

  test("at the liquidation price it reports, the account is lost", async () => {
    const { exchange, step } = await desk({ USDT: "60000" }, "10");
    const price = (await account(exchange)).positions[0]?.liquidationPrice;
    expect(price).not.toBeNull();
    exchange.pin("BTC", add(price ?? ZERO, decimal("60")));
    await step();
    expect(exchange.journal().deeds.filter((deed) => deed.deed === "liquidating")).toHaveLength(0);
    exchange.pin("BTC", add(price ?? ZERO, decimal("-60")));
    await step();
    expect(exchange.journal().deeds.filter((deed) => deed.deed === "liquidating")).toHaveLength(1);
  });

  test("a liquidation cancels the account's orders and closes it piece by piece", async () => {
    const { exchange, step, trader, reader } = await desk({ USDT: "60000" }, "10");
    await trader.place(order("resting", { side: "sell", limitPrice: decimal("70000") }));
    exchange.pin("BTC", "55900");
    for (let tick = 0; tick < 60; tick += 1) await step();
    expect((await reader.orderByClientId("desk-1", SYMBOL, "resting"))?.reason).toBe("liquidation");
    const state = await account(exchange);
    expect(less(state.positions[0]?.quantity ?? ZERO, decimal("10"))).toBe(true);
    expect(exchange.journal().accepted.size).toBe(1);
  });

  test("a negative funding rate makes shorts pay longs", async () => {
    const clock = manualClock();
    const storm = await openPaper({ clock, log: silentLog, seed: 1, storm: "2020-03-12", speed: 1000 });
    await storm.seedAccounts([
      {
        account: "long",
        balances: { USDT: "99999999" },
        positions: [{ symbol: SYMBOL, quantity: "10", entryPrice: "7935" }],
        orders: [],
      },
      {
        account: "short",
        balances: { USDT: "99999999" },
        positions: [{ symbol: SYMBOL, quantity: "-10", entryPrice: "7935" }],
        orders: [],
      },
    ]);
    clock.move(70);
    await storm.tick();
    const paid = storm.journal().deeds.filter((deed) => deed.deed === "paid");
    expect(paid).toHaveLength(2);
    expect(paid[0]).toMatchObject({ account: "long", why: "funding" });
    expect(Number(paid[0]?.amount)).toBeGreaterThan(0);
    expect(Number(paid[1]?.amount)).toBeCloseTo(-Number(paid[0]?.amount), 6);
  });

  test("an option expires at its intrinsic value and leaves the account", async () => {
    const { exchange, clock, step, trader } = await desk();
    const call = optionsListed(STORMS.calm, clock.now()).find(
      (one) => one.optionKind === "call" && one.base === "BTC" && Number(one.strike) < 55_000,
    );
    if (!call?.expiryAt) throw new Error("no such call");
    expect(instrumentOf(call.symbol)).toEqual(call);
    await trader.place(order("call", { symbol: call.symbol, limitPrice: decimal("40000"), timeInForce: "IOC" }));
    expect((await account(exchange)).positions[0]).toMatchObject({ symbol: call.symbol, quantity: "1" });
    clock.move(call.expiryAt.getTime() - clock.now().getTime());
    await step();
    expect((await account(exchange)).positions).toEqual([]);
  });
});

describe("streams", () => {
  test("each tick tells tops, marks, funding and trades", async () => {
    const { exchange, step } = await desk();
    const heard: PaperMarketEvent[] = [];
    const stop = exchange.onMarket((event) => heard.push(event));
    await step();
    stop();
    await step();
    expect(new Set(heard.map((one) => one.kind))).toEqual(new Set(["top", "mark", "funding", "trade"]));
    expect(heard.filter((one) => one.kind === "top")).toHaveLength(5);
  });

  test("the watcher of an account hears of its orders and not of others'", async () => {
    const { exchange, trader, reader } = await desk();
    await exchange.seedAccounts([{ account: "desk-2", balances: { USDT: "1" }, positions: [], orders: [] }]);
    let [own, other, gone] = [0, 0, ""];
    const onAlert = () => {};
    const stop = await reader.watchAccount?.("desk-1", {
      onChange: () => (own += 1),
      onAlert,
      onGone: (why) => (gone = why),
    });
    await reader.watchAccount?.("desk-2", { onChange: () => (other += 1), onAlert, onGone: () => {} });
    await trader.place(order("one"));
    expect([own > 0, other]).toEqual([true, 0]);
    await exchange.close();
    expect(gone).toBe("the paper exchange was closed");
    await stop?.();
  });
});

test("whatever is sent, positions are the sum of fills and equity is cash plus profit less fees", async () => {
  const orders = fc.array(
    fc.record({
      side: fc.constantFrom("buy" as const, "sell" as const),
      size: fc.integer({ min: 1, max: 900 }),
      offset: fc.integer({ min: -300, max: 300 }),
      tif: fc.constantFrom("GTC" as const, "IOC" as const, "FOK" as const, "PO" as const),
      reduceOnly: fc.boolean(),
      move: fc.integer({ min: 59_000, max: 61_000 }),
    }),
    { minLength: 1, maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(orders, async (list) => {
      const { exchange, step, trader, reader } = await desk({ USDT: "5000000" });
      for (const [number, { side, size, offset, tif, reduceOnly, move }] of list.entries()) {
        exchange.pin("BTC", String(move));
        await step();
        await trader.place(
          order(`o-${number}`, {
            side,
            quantity: decimal(`${size}`),
            limitPrice: decimal(String(60_000 + offset)),
            timeInForce: tif,
            reduceOnly,
            ...(size % 3 === 0 ? { quantity: decimal("0.5") } : {}),
          }),
        );
      }
      const fills = await reader.fills("desk-1", new Date(0));
      const state = await account(exchange);
      const signedFills = fills.map((one): Quantity => (one.side === "buy" ? one.quantity : neg(one.quantity)));
      expect(state.positions[0]?.quantity ?? "0").toBe(sum(signedFills));
      const mark = Number(state.positions[0]?.markPrice ?? 0);
      const profit = fills.reduce(
        (total, one) =>
          total +
          (one.side === "buy" ? 1 : -1) * Number(one.quantity) * (mark - Number(one.price)) -
          Number(one.feeUsd),
        0,
      );
      if (state.positions.length > 0) expect(Number(state.equityUsd)).toBeCloseTo(5_000_000 + profit, 0);
      await exchange.close();
    }),
    { numRuns: 40 },
  );
});

describe("the dead-man switch", () => {
  test("cancels what rests once it was not armed anew in time, and only then, and only that account's", async () => {
    const { exchange, clock, step, trader, reader } = await desk();
    await exchange.seedAccounts([{ account: "desk-2", balances: { USDT: "1000000" }, positions: [], orders: [] }]);
    await trader.place(order("guarded"));
    await trader.place(order("free", { account: "desk-2" }));
    await trader.armDeadMan("desk-1", 60_000, []);
    await step(40_000);
    await trader.armDeadMan("desk-1", 60_000, []);
    await step(59_999);
    expect(await reader.openOrders("desk-1")).toHaveLength(1);
    await step(1);
    expect(await reader.openOrders("desk-1")).toEqual([]);
    expect(await reader.openOrders("desk-2")).toHaveLength(1);
    expect(exchange.journal().cancels.map((one) => one.cause)).toEqual(["dead-man"]);
    // It fired once; what is placed afterwards rests.
    await trader.place(order("later"));
    clock.move(60_000);
    await exchange.tick();
    expect(await reader.openOrders("desk-1")).toHaveLength(1);
  });

  test("outlives the process that armed it", async () => {
    const journalPath = path.join(mkdtempSync(path.join(tmpdir(), "bw-paper-")), "paper.jsonl");
    const clock = manualClock();
    const open = () => openPaper({ clock, log: silentLog, seed: 1, storm: "calm", journalPath });
    const before = await open();
    await before.seedAccounts([{ account: "desk-1", balances: { USDT: "1000000" }, positions: [], orders: [] }]);
    await before.venue().trader.place(order("left behind"));
    await before.venue().trader.armDeadMan("desk-1", 60_000, []);
    clock.move(61_000);
    const after = await open();
    await after.tick();
    expect(await after.venue().reader.openOrders("desk-1")).toEqual([]);
    await Promise.all([before.close(), after.close()]);
  });
});
