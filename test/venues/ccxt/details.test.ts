import { describe, expect, test } from "vitest";
import { decimal } from "../../../src/kernel/decimal.ts";
import type { OrderRequest } from "../../../src/kernel/order.ts";
import type { Link } from "../../../src/venues/ccxt/link.ts";
import { okx as okxDialect } from "../../../src/venues/ccxt/okx.ts";
import { VENUE_HOSTS } from "../../../src/venues/hosts.ts";
import type { VenueRig } from "../../contract/venue.ts";
import { type FakeVenue, Refused } from "../../fakes/exchanges/core.ts";
import { binanceusdm } from "../../fakes/exchanges/binanceusdm.ts";
import { bybit } from "../../fakes/exchanges/bybit.ts";
import { deribit } from "../../fakes/exchanges/deribit.ts";
import { hyperliquid } from "../../fakes/exchanges/hyperliquid.ts";
import { krakenfutures } from "../../fakes/exchanges/krakenfutures.ts";
import { okx } from "../../fakes/exchanges/okx.ts";
import { manualClock } from "../paper/manual-clock.ts";
import { hexId, plainId, rigs, wordId } from "./rig.ts";
import { listed, stubLink } from "./stub-link.ts";

const order = (on: VenueRig, clientOrderId: string, change: Partial<OrderRequest> = {}): OrderRequest => ({
  account: on.account,
  symbol: on.symbol,
  side: "buy",
  quantity: on.quantity,
  limitPrice: on.restingBuy,
  timeInForce: "GTC",
  reduceOnly: false,
  clientOrderId,
  ...change,
});

describe("Binance", () => {
  const open = rigs("binanceusdm", binanceusdm, "BTC/USDT:USDT", wordId);

  test("an account in hedge mode is read, but nothing is sent to it", async () => {
    const on = await open();
    on.fake.state().hedged = true;
    const said = await on.venue.trader.place(order(on, "hedge"));
    expect(said).toMatchObject({ outcome: "rejected", reason: expect.stringContaining("hedge mode") as string });
    expect(on.placingRequests()).toBe(0);
  });
});

describe("Binance's orders that wait for a price", () => {
  const waiting = new Map<number, object>();
  const asked: string[] = [];
  let silent = false;
  const stop = (algoId: number, change: object = {}) =>
    waiting.set(algoId, {
      algoId,
      clientAlgoId: `stop-${algoId}`,
      algoType: "CONDITIONAL",
      orderType: "STOP_MARKET",
      symbol: "BTCUSDT",
      side: "BUY",
      positionSide: "BOTH",
      timeInForce: "GTC",
      quantity: "0.5",
      algoStatus: "NEW",
      triggerPrice: "70000",
      price: "0",
      reduceOnly: false,
      closePosition: false,
      createTime: 1,
      updateTime: 2,
      ...change,
    });
  const open = rigs(
    "binanceusdm",
    {
      ...binanceusdm,
      routes: {
        ...binanceusdm.routes,
        "GET /fapi/v1/openAlgoOrders": {
          kind: "read",
          answer: () => {
            asked.push("list");
            if (silent) throw binanceusdm.unavailable;
            return [...waiting.values()];
          },
        },
        "DELETE /fapi/v1/algoOrder": {
          kind: "cancel",
          answer(params) {
            if (!waiting.delete(Number(params["algoId"])))
              throw new Refused(400, { code: -2011, msg: "Unknown order sent." });
            return { algoId: params["algoId"], code: "200", msg: "success" };
          },
        },
      },
    },
    "BTC/USDT:USDT",
    wordId,
  );

  test("are open orders like all others: the kill switch sees them, and cancels them", async () => {
    const on = await open();
    stop(7);
    stop(8, { quantity: "0", closePosition: true, side: "SELL", orderType: "TAKE_PROFIT", price: "71000" });
    await on.venue.trader.place(order(on, "beside"));
    const resting = await on.venue.reader.openOrders(on.account);
    expect(
      resting.map(({ venueOrderId, side, quantity, reduceOnly, limitPrice }) => [
        venueOrderId,
        side,
        quantity,
        reduceOnly,
        limitPrice,
      ]),
    ).toEqual([
      [expect.stringMatching(/^\d+$/), "buy", "2", false, "50000"],
      ["algo-7", "buy", "0.5", false, null],
      ["algo-8", "sell", "0", true, "71000"],
    ]);
    for (const one of resting)
      expect(await on.venue.trader.cancel(on.account, one.symbol, one.venueOrderId)).toBe("accepted");
    expect(await on.venue.reader.openOrders(on.account)).toEqual([]);
    expect(await on.venue.trader.cancel(on.account, on.symbol, "algo-7")).toBe("gone");
  });

  test("hold up nobody where the venue does not tell of them: what is known to rest is cancelled first, and then it is said", async () => {
    const on = await open();
    await on.venue.trader.place(order(on, "known"));
    silent = true;
    const [known, ...more] = await on.venue.reader.openOrders(on.account);
    expect([known?.clientOrderId, more]).toEqual(["known", []]);
    await on.venue.trader.cancel(on.account, on.symbol, known?.venueOrderId ?? "");
    await expect(on.venue.reader.openOrders(on.account)).rejects.toMatchObject({ code: "VENUE_UNAVAILABLE" });
    silent = false;
    expect(await on.venue.reader.openOrders(on.account)).toEqual([]);
  });

  test("are not asked for at each reading of the account: the question weighs as much as all others together", async () => {
    const on = await open();
    asked.length = 0;
    await on.venue.reader.account(on.account);
    expect(asked).toEqual([]);
  });
});

describe("an instrument listed after we looked", () => {
  const exchangeInfo = binanceusdm.routes["GET /fapi/v1/exchangeInfo"];
  let listings = 0;
  const growing: FakeVenue = {
    ...binanceusdm,
    routes: {
      ...binanceusdm.routes,
      "GET /fapi/v1/exchangeInfo": {
        kind: "public",
        answer(params, state) {
          listings += 1;
          if (!exchangeInfo || typeof exchangeInfo === "function") throw new Error("no listing to change");
          const all = exchangeInfo.answer(params, state) as { symbols: { symbol: string }[] };
          return { ...all, symbols: all.symbols.filter((one) => listings > 1 || one.symbol !== "BTCUSDT") };
        },
      },
    },
  };
  const clock = manualClock(new Date());
  const open = rigs("binanceusdm", growing, "ETH/USDT:USDT", wordId, "live", clock);

  test("is refused at first and found once the listing is a minute old", async () => {
    const on = await open();
    await expect(on.venue.reader.account(on.account)).rejects.toMatchObject({ code: "VENUE_ANSWER_INVALID" });
    clock.move(60_000);
    const state = await on.venue.reader.account(on.account);
    expect(state.positions[0]?.symbol).toBe("BTC/USDT:USDT");
    expect(listings).toBe(2);
  });
});

describe("Deribit", () => {
  const open = rigs("deribit", deribit, "BTC/USD:BTC", wordId);

  test("sizes are contracts at the desk and USD on the wire", async () => {
    const on = await open();
    await on.venue.trader.place(order(on, "units"));
    expect(on.fake.state().orders[0]?.quantity).toBe(2);
    const found = await on.venue.reader.orderByClientId(on.account, on.symbol, "units");
    expect(found?.quantity).toBe("2");
    const { positions } = await on.venue.reader.account(on.account);
    expect(positions[0]).toMatchObject({ quantity: "10", notionalUsd: "100" });
    expect((await on.venue.reader.book(on.symbol, 1)).bids).toEqual([["59990", "5"]]);
    const instrument = (await on.venue.reader.instruments()).get(on.symbol);
    expect(instrument).toMatchObject({ inverse: true, contractSize: "10", lotSize: "1" });
  });

  test("an option settled in coins is priced in the coin", async () => {
    const on = await open();
    const option = (await on.venue.reader.instruments()).get("BTC/USD:BTC-261225-60000-P");
    expect(option).toMatchObject({
      kind: "option",
      quote: "BTC",
      strike: "60000",
      optionKind: "put",
      inverse: false,
      lotSize: "0.1",
    });
  });

  test("spreads and strategies are no instruments of their own: none is taken for a perpetual, and the rest is listed", async () => {
    const on = await open();
    const listed = [...(await on.venue.reader.instruments()).values()];
    expect(listed.filter((one) => one.kind === "perpetual").map((one) => one.symbol)).toEqual(["BTC/USD:BTC"]);
    expect(listed.every((one) => one.symbol.includes("/"))).toBe(true);
  });

  describe("with orders of its spot market and of a spread beside ours", () => {
    const openOrders = deribit.routes["GET /api/v2/private/get_open_orders"];
    const besides = ["BTC_USDC", "BTC-FS-25DEC26_PERP"].map((name, at) => ({
      order_id: `S-${at}`,
      label: "",
      instrument_name: name,
      direction: "buy",
      order_type: "limit",
      order_state: "open",
      price: 50_000,
      amount: 0.5,
      filled_amount: 0,
      average_price: 0,
      time_in_force: "good_til_cancelled",
      reduce_only: false,
      creation_timestamp: 1,
      last_update_timestamp: 1,
    }));
    const mixed = rigs(
      "deribit",
      {
        ...deribit,
        routes: {
          ...deribit.routes,
          "GET /api/v2/private/get_open_orders": {
            kind: "read",
            answer(params, state) {
              if (!openOrders || typeof openOrders === "function") throw new Error("no orders to add to");
              const { result } = openOrders.answer(params, state) as { result: readonly unknown[] };
              return { jsonrpc: "2.0", result: [...result, ...besides] };
            },
          },
        },
      },
      "BTC/USD:BTC",
      wordId,
    );

    test("the account is read all the same, the spot order with it", async () => {
      const on = await mixed();
      await on.venue.trader.place(order(on, "beside"));
      const { openOrders: resting } = await on.venue.reader.account(on.account);
      expect(resting.map(({ symbol, quantity }) => [symbol, quantity])).toEqual([
        ["BTC/USD:BTC", "2"],
        ["BTC/USDC", "0.5"],
      ]);
    });
  });

  test("a label that stands on two orders is reported, not chosen from", async () => {
    const on = await open();
    await on.venue.trader.place(order(on, "twice"));
    await on.venue.trader.place(order(on, "twice", { limitPrice: decimal("50001") }));
    await expect(on.venue.reader.orderByClientId(on.account, on.symbol, "twice")).rejects.toMatchObject({
      code: "VENUE_ANSWER_INVALID",
    });
  });
});

describe("Hyperliquid", () => {
  const open = rigs("hyperliquid", hyperliquid, "BTC/USDC:USDC", hexId);

  test("nothing but the order is signed: no builder's fee, no referrer", async () => {
    const on = await open();
    await on.venue.reader.account(on.account);
    expect((await on.venue.trader.place(order(on, hexId("plain")))).outcome).toBe("accepted");
    expect(on.placingRequests()).toBe(1);
    expect(on.fake.strangers).toEqual([]);
  });

  test.each([
    ["buy", "60123.7", 60_123],
    ["sell", "59876.2", 59_877],
  ] as const)(
    "a limit to %s at %s, finer than the venue's five digits, goes to its inside: never beyond what was approved",
    async (side, limitPrice, sent) => {
      const on = await open();
      await on.venue.trader.place(
        order(on, hexId(`digits ${limitPrice}`), { side, limitPrice: decimal(limitPrice), timeInForce: "IOC" }),
      );
      expect(on.fake.state().orders[0]?.price).toBe(sent);
    },
  );

  test("what an order filled at once stands in the answer, and the rest is gone: nothing has to be looked up", async () => {
    const on = await open();
    on.thin?.();
    const said = await on.venue.trader.place(
      order(on, hexId("part"), { limitPrice: on.crossingBuy, timeInForce: "IOC" }),
    );
    expect(said).toMatchObject({
      outcome: "accepted",
      order: { state: "cancelled", quantity: "2", filledQuantity: "1", averagePrice: "60010" },
    });
  });

  test("fill-or-kill, which it does not have, is refused before sending", async () => {
    const on = await open();
    expect(await on.venue.trader.place(order(on, hexId("fok"), { timeInForce: "FOK" }))).toMatchObject({
      outcome: "rejected",
    });
    expect(on.placingRequests()).toBe(0);
  });
});

describe("OKX", () => {
  const open = rigs("okx", okx, "BTC/USDT:USDT", plainId);
  const one = listed("BTC-USDT-SWAP");
  const held = (mgnMode: string, pos: string) => ({ instType: "SWAP", instId: one.id, posSide: "net", mgnMode, pos });
  const ordered: OrderRequest = {
    account: "desk-1",
    symbol: one.instrument.symbol,
    side: "sell",
    quantity: decimal("2"),
    limitPrice: decimal("59000"),
    timeInForce: "IOC",
    reduceOnly: true,
    clientOrderId: "deskokx",
  };
  /** Sends the order to an account that holds this; answers with the margin mode it was sent in. */
  const sentIn = async (positions: readonly unknown[] | Error, change: Partial<OrderRequest> = {}) => {
    const sent: unknown[] = [];
    const link = stubLink({ privateGetAccountPositions: { data: positions } });
    const asked: Link = {
      ...link,
      call: async (method, params = {}) => {
        if (method === "privateGetAccountPositions" && positions instanceof Error) throw positions;
        if (method !== "privatePostTradeOrder") return link.call(method, params);
        sent.push(params["tdMode"]);
        return { data: [{ ordId: "1", clOrdId: params["clOrdId"] }] };
      },
    };
    const wanted = { ...ordered, ...change };
    await okxDialect.place(asked, one, wanted, await okxDialect.marginMode?.(asked, one, wanted));
    return sent;
  };

  test.each([
    [
      "an isolated position is closed as isolated: sent as cross it would be refused",
      [held("isolated", "5")],
      "isolated",
    ],
    ["a cross one as cross", [held("cross", "5")], "cross"],
    [
      "of both, the one that the order is against and fits into",
      [held("cross", "1"), held("isolated", "5")],
      "isolated",
    ],
    ["one on the order's own side is none to close", [held("isolated", "-5"), held("cross", "5")], "cross"],
    ["where none is held the venue refuses it", [], "cross"],
  ])("%s", async (_name, positions, mode) => {
    expect(await sentIn(positions)).toEqual([mode]);
  });

  test("an order that opens is cross, and nothing is asked", async () => {
    expect(await sentIn(new Error("not asked for here"), { reduceOnly: false })).toEqual(["cross"]);
  });

  test("where the margin mode is not told nothing is sent, and that is a clear no", async () => {
    const on = await open();
    on.fail("read", "unavailable");
    const said = await on.venue.trader.place(order(on, plainId("told"), { side: "sell", reduceOnly: true }));
    expect(said).toMatchObject({ outcome: "rejected", reason: expect.stringContaining("not sent") as string });
    expect(on.placingRequests()).toBe(0);
  });
});

describe("Kraken Futures", () => {
  const open = rigs("krakenfutures", krakenfutures, "BTC/USD:USD", wordId);

  test("fills beyond the first hundred are walked back to", async () => {
    const on = await open();
    const { fills, orders } = on.fake.state();
    await on.venue.trader.place(order(on, "many", { limitPrice: on.crossingBuy, timeInForce: "IOC" }));
    const [first] = orders;
    if (!first) throw new Error("the order was not taken");
    const start = Date.now() - 500_000;
    fills.length = 0;
    for (let number = 0; number < 250; number += 1)
      fills.push({ order: first, quantity: 1, price: 60_000, at: start + number * 1000 });
    expect(await on.venue.reader.fills(on.account, new Date(start))).toHaveLength(250);
    expect(await on.venue.reader.fills(on.account, new Date(start + 100_000))).toHaveLength(150);
  });
});

describe("environments", () => {
  const all = [
    ["binanceusdm", binanceusdm, "BTC/USDT:USDT", wordId],
    ["bybit", bybit, "BTC/USDT:USDT", wordId],
    ["okx", okx, "BTC/USDT:USDT", plainId],
    ["deribit", deribit, "BTC/USD:BTC", wordId],
    ["krakenfutures", krakenfutures, "BTC/USD:USD", wordId],
    ["hyperliquid", hyperliquid, "BTC/USDC:USDC", hexId],
  ] as const;

  describe.each(all)("%s", (name, fake, symbol, id) => {
    const paper = rigs(name, fake, symbol, id, "paper");
    const live = rigs(name, fake, symbol, id, "live");
    /** Places an order and answers with the hosts that anything was sent to. */
    const reached = async (open: typeof paper): Promise<readonly string[]> => {
      const on = await open();
      await on.venue.reader.account(on.account);
      await on.venue.trader.place(order(on, id("where")));
      return [...on.fake.hosts];
    };

    test("an account of environment paper speaks to the venue's test system alone", async () => {
      const hosts = await reached(paper);
      for (const host of hosts) expect(VENUE_HOSTS[name].paper).toContain(host);
      // OKX has one address for both and tells them apart by a header.
      if (name === "okx") expect((await paper()).fake.headers["x-simulated-trading"]).toBe("1");
      else for (const host of hosts) expect(host).toMatch(/test|demo/);
    });

    test("a live account never does", async () => {
      const hosts = await reached(live);
      await (await live()).venue.reader.keyRights?.("desk-1");
      for (const host of [...hosts, ...(await live()).fake.hosts]) expect(VENUE_HOSTS[name].live).toContain(host);
      expect(hosts.length).toBeGreaterThan(0);
      for (const host of hosts) expect(host).not.toMatch(/test|demo/);
      expect((await live()).fake.headers["x-simulated-trading"]).toBeUndefined();
    });
  });
});
