import { describe, expect, test } from "vitest";
import type { MarketEvent } from "../../../src/detectors/event.ts";
import type { Hit } from "../../../src/detectors/finding.ts";
import { DETECTORS } from "../../../src/detectors/load.ts";
import { createWatch } from "../../../src/detectors/watch.ts";
import type { AccountState } from "../../../src/kernel/account.ts";
import { decimal } from "../../../src/kernel/decimal.ts";
import type { Instrument } from "../../../src/kernel/instrument.ts";
import type { Fill, VenueOrder } from "../../../src/kernel/order.ts";
import { createMarkets } from "../../../src/sources/feeds/market/markets.ts";
import { accessEvent } from "../../../src/sources/feeds/access.ts";
import { type SentOrder, openOwnFlow } from "../../../src/sources/feeds/own-flow.ts";

const START = Date.parse("2026-11-26T12:00:00Z");
const at = (second: number): Date => new Date(START + second * 1_000);
const BTC = "BTC/USDT:USDT";

const order = (id: string, second: number, more: Partial<VenueOrder> = {}): VenueOrder => ({
  venueOrderId: id,
  clientOrderId: "",
  symbol: BTC,
  side: "buy",
  quantity: decimal("2"),
  limitPrice: decimal("60000"),
  reduceOnly: false,
  state: "working",
  filledQuantity: decimal("0"),
  averagePrice: null,
  feeUsd: null,
  updatedAt: at(second),
  ...more,
});
const fill = (id: string, second: number, quantity: string): Fill => ({
  venueOrderId: id,
  clientOrderId: "",
  symbol: BTC,
  side: "sell",
  quantity: decimal(quantity),
  price: decimal("60001"),
  feeUsd: decimal("1"),
  at: at(second),
});
const sent = (id: string, second: number, rejected = false): SentOrder => ({
  clientOrderId: id,
  symbol: BTC,
  side: "sell",
  quantity: decimal("3"),
  limitPrice: decimal("59990"),
  rejected,
  at: at(second),
});

/** An account that is looked at again and again. */
function stage() {
  const events: MarketEvent[] = [];
  const asked: Date[] = [];
  const mine: SentOrder[] = [];
  const fills: Fill[] = [];
  const markets = createMarkets();
  const flow = openOwnFlow({
    markets,
    emit: (event) => events.push({ ...event }),
    receivedAt: () => START,
    sent: async (_, since) => mine.filter((one) => one.at >= since),
  });
  const reader = {
    instruments: () => Promise.reject(new Error("nothing is asked of a venue that counts as accounts do")),
    fills: async (_: string, since: Date) => {
      asked.push(since);
      return fills.filter((one) => one.at >= since);
    },
  };
  return {
    asked,
    mine,
    fills,
    markets,
    events,
    async look(second: number, openOrders: readonly VenueOrder[], quantity = "1", adlRank?: string) {
      events.length = 0;
      const position = {
        symbol: BTC,
        quantity: decimal(quantity),
        entryPrice: decimal("60000"),
        markPrice: decimal("60000"),
        notionalUsd: decimal("60000"),
        unrealisedUsd: decimal("0"),
        maintenanceMarginUsd: decimal("300"),
        liquidationPrice: null,
        delta: decimal(quantity),
        ...(adlRank === undefined ? {} : { adlRankRatio: decimal<"ratio">(adlRank) }),
      };
      await flow.look(
        {
          account: "main",
          venue: "binanceusdm",
          equityUsd: decimal("100000"),
          maintenanceMarginUsd: decimal("300"),
          marginRatio: decimal("0.003"),
          balances: [],
          positions: quantity === "0" ? [] : [position],
          openOrders,
          at: at(second),
        } as AccountState,
        reader,
      );
      return events.flatMap((event) =>
        event.kind === "order" ? [`${event.id} ${event.state} ${event.taker} ${event.size}`] : [],
      );
    },
  };
}

describe("an account's own orders, found between two looks", () => {
  test("what was there at the first look is learned, not told", async () => {
    const on = stage();
    on.fills.push(fill("old", -5, "1"));
    expect(await on.look(0, [order("a", -60)])).toEqual([]);
    expect(await on.look(5, [order("a", -60)])).toEqual([]);
    expect(on.asked).toEqual([]);
  });

  test("somebody else's order is told once as placed, and as cancelled when it goes unfilled", async () => {
    const on = stage();
    await on.look(0, []);
    expect(await on.look(5, [order("b", 3)])).toEqual(["b placed 1 2"]);
    expect(await on.look(10, [order("b", 3)])).toEqual([]);
    expect(await on.look(15, [])).toEqual(["b cancelled 1 2"]);
  });

  test("an order that came and went between two looks is found among the fills, whole and with each fill", async () => {
    const on = stage();
    await on.look(0, []);
    on.fills.push(fill("c", 2, "0.5"), fill("c", 3, "1.5"));
    expect(await on.look(5, [], "-1")).toEqual(["c placed -1 2", "c filled -1 0.5", "c filled -1 1.5"]);
    expect(await on.look(10, [], "-2")).toEqual([]);
  });

  test("an order of ours that the venue refused is told as placed and rejected, once", async () => {
    const on = stage();
    await on.look(0, []);
    on.mine.push(sent("bw-1", 2, true), sent("bw-2", 3));
    expect(await on.look(5, [order("v-2", 3, { clientOrderId: "bw-2" })])).toEqual([
      "bw-1 placed -1 3",
      "bw-1 rejected -1 3",
      "bw-2 placed -1 3",
    ]);
    expect(await on.look(10, [order("v-2", 3, { clientOrderId: "bw-2" })])).toEqual([]);
  });

  test("a position is told at each look, and once more as nothing when it is gone", async () => {
    const on = stage();
    const told = () => on.events.flatMap((event) => (event.kind === "position" ? [event.quantity] : []));
    await on.look(0, [], "4");
    expect(told()).toEqual([4]);
    await on.look(5, [], "0");
    expect(told()).toEqual([0]);
    await on.look(10, [], "0");
    expect(told()).toEqual([]);
  });

  test("orders meet the market that a feed hears, by whatever name the venue has for it", async () => {
    const on = stage();
    const heard = on.markets.of("binanceusdm", "BTCUSDT");
    await on.look(0, []);
    await on.look(5, [order("d", 3)]);
    expect(on.events.every((event) => event.market === heard)).toBe(true);
  });
});

describe("sizes at Deribit, whose streams count dollars and coins where accounts hold contracts", () => {
  const PERPETUAL = "BTC/USD:BTC";
  const listed = new Map([
    [PERPETUAL, { contractSize: decimal("10") }],
    ["SOL/USDC:USDC", { contractSize: decimal("0.1") }],
  ]);
  const position = (symbol: string, quantity: string) => ({
    symbol,
    quantity: decimal(quantity),
    entryPrice: decimal("60000"),
    markPrice: decimal("60000"),
    notionalUsd: decimal("600"),
    unrealisedUsd: decimal("0"),
    maintenanceMarginUsd: decimal("3"),
    liquidationPrice: null,
    delta: decimal("0"),
  });
  /** An account that is looked at twice, with what it sent and filled in between. */
  async function looked(
    positions: readonly string[],
    more: { readonly orders?: readonly VenueOrder[]; readonly fills?: readonly Fill[] } = {},
  ) {
    const events: MarketEvent[] = [];
    const markets = createMarkets();
    const flow = openOwnFlow({
      markets,
      emit: (event) => events.push({ ...event }),
      receivedAt: () => START,
      sent: async () => [],
    });
    const reader = {
      instruments: async () => listed as unknown as ReadonlyMap<string, Instrument>,
      fills: async () => more.fills ?? [],
    };
    const state = {
      account: "main",
      venue: "deribit",
      equityUsd: decimal("100000"),
      maintenanceMarginUsd: decimal("300"),
      marginRatio: decimal("0.003"),
      balances: [],
      positions: positions.map((one) => position(one, "-7")),
    };
    await flow.look({ ...state, openOrders: [], at: at(0) } as unknown as AccountState, reader);
    events.length = 0;
    await flow.look({ ...state, openOrders: more.orders ?? [], at: at(5) } as unknown as AccountState, reader);
    return events.flatMap((event): readonly (number | string)[] =>
      event.kind === "position" ? [event.quantity] : event.kind === "order" ? [`${event.state} ${event.size}`] : [],
    );
  }

  test("positions are told in the unit of the book", async () => {
    expect(await looked([PERPETUAL, "SOL/USDC:USDC"])).toEqual([-70, expect.closeTo(-0.7, 12)]);
  });

  test("so are orders and fills", async () => {
    const orders = [order("a", 3, { symbol: PERPETUAL })];
    const fills = [{ ...fill("b", 4, "5"), symbol: PERPETUAL }];
    expect(await looked([], { orders, fills })).toEqual(["placed 20", "placed 50", "filled 50"]);
  });

  test("what is no longer listed has no size, and what is gone is nothing all the same", async () => {
    expect(await looked(["BTC/USD:BTC-251226"])).toEqual([Number.NaN]);
  });
});

/** Runs all detectors over what an account does. */
function watched() {
  const hits: Hit[] = [];
  const watch = createWatch({ detectors: DETECTORS, onHit: (hit) => hits.push(hit) });
  return {
    watch,
    names: () => [...new Set(hits.map((hit) => hit.detector))],
    /** What one detector said, in order. */
    saidBy: (detector: string) => hits.filter((hit) => hit.detector === detector).map((hit) => hit.status),
  };
}

describe("detectors of own flow, fed by what the account monitor reads", () => {
  test("an account that suddenly sends orders in a loop is told of", async () => {
    const on = stage();
    const { watch, names } = watched();
    const play = async (second: number, orders: readonly VenueOrder[]): Promise<void> => {
      await on.look(second, orders);
      for (const event of on.events) watch.take(event);
    };
    await play(0, []);
    await play(
      5,
      Array.from({ length: 60 }, (_, n) => order(`loop-${n}`, 4)),
    );
    expect(names()).toContain("own-order-rate");
  });

  test("a venue that refuses again and again is told of", async () => {
    const on = stage();
    const { watch, names } = watched();
    await on.look(0, []);
    for (let n = 0; n < 8; n += 1) on.mine.push(sent(`bw-${n}`, 2, true));
    await on.look(5, []);
    for (const event of on.events) watch.take(event);
    expect(names()).toContain("repeated-rejects");
  });

  test("a fat finger is measured against the quotes of the same market", async () => {
    const on = stage();
    const { watch, names } = watched();
    const market = on.markets.of("binanceusdm", "BTCUSDT");
    await on.look(0, []);
    const head = { kind: "quote", market, at: START + 2_900, receivedAt: START + 2_900 } as const;
    watch.take({ ...head, bid: 59_999, bidSize: 5, ask: 60_000, askSize: 5 });
    await on.look(5, [order("fat", 3, { limitPrice: decimal("66000"), quantity: decimal("500") })]);
    for (const event of on.events) watch.take(event);
    expect(names()).toContain("fat-finger");
  });

  test("a position next to be auto-deleveraged is told of; one whose venue does not tell its rank is not", async () => {
    const on = stage();
    const { watch, saidBy } = watched();
    const look = async (second: number, quantity: string, rank?: string) => {
      await on.look(second, [], quantity, rank);
      for (const event of on.events) watch.take(event);
      return saidBy("adl-risk");
    };
    expect(await look(0, "1")).toEqual([]);
    expect(await look(5, "1", "1")).toEqual(["firing"]);
    expect(await look(10, "1")).toEqual(["firing"]);
    expect(await look(15, "0")).toEqual(["firing", "resolved"]);
  });

  test("a sign-in as never before, then a new passkey, is critical", () => {
    const { watch, names } = watched();
    const markets = createMarkets();
    const access = (action: "login" | "key-created", second: number) =>
      accessEvent(
        markets,
        {
          venue: "console",
          account: "ana",
          actor: "ana",
          action,
          origin: "one-time token",
          known: false,
          detail: "",
          entry: second + 1,
          at: at(second),
          strangerAt: null,
        },
        START,
      );
    watch.take(access("login", 0));
    watch.take(access("key-created", 60));
    expect(names()).toEqual(["access-events"]);
  });
});
