import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Desk } from "../../src/actions/desk.ts";
import { planReduce } from "../../src/actions/reduce.ts";
import { openHedger } from "../../src/exposure/hedger.ts";
import type { AccountState } from "../../src/kernel/account.ts";
import { abs, decimal, greater, less, mul, roundTo, toFloat } from "../../src/kernel/decimal.ts";
import type { Instrument } from "../../src/kernel/instrument.ts";
import type { Position } from "../../src/kernel/order.ts";
import type { BookTop, VenueReader } from "../../src/venues/venue.ts";
import { demoBook } from "./demo-book.ts";

const hedger = openHedger();
const by = { requestedBy: "person:ana", incident: null, run: null, reason: "a test" };

const perpetual = (base: string): Instrument => ({
  venue: "paper",
  symbol: `${base}/USDT:USDT`,
  kind: "perpetual",
  base,
  quote: "USDT",
  settle: "USDT",
  inverse: false,
  contractSize: decimal("1"),
  tickSize: decimal("0.1"),
  lotSize: decimal("0.01"),
  minQuantity: decimal("0.01"),
});
const instruments = new Map(["BTC", "ETH", "SOL"].map((base) => [`${base}/USDT:USDT`, perpetual(base)]));

const position = (base: string, quantity: string, price = "1000"): Position => {
  const notionalUsd = mul<"usd">(abs(decimal(quantity)), decimal(price));
  return {
    symbol: `${base}/USDT:USDT`,
    quantity: decimal(quantity),
    entryPrice: decimal(price),
    markPrice: decimal(price),
    notionalUsd,
    unrealisedUsd: decimal("0"),
    maintenanceMarginUsd: mul(notionalUsd, decimal("0.1")),
    liquidationPrice: null,
    delta: decimal(quantity),
  };
};

const account = (equity: string, positions: readonly Position[]): AccountState => ({
  account: "a",
  venue: "paper",
  equityUsd: decimal(equity),
  maintenanceMarginUsd: decimal(String(positions.reduce((total, one) => total + toFloat(one.maintenanceMarginUsd), 0))),
  marginRatio: null,
  balances: [],
  positions,
  openOrders: [],
  at: new Date(0),
});

/** Books around 1,000: half a spread in per mille and the size of each side's one level, by coin. */
const reader = (books: Record<string, readonly [spread: number, size: string]>): VenueReader =>
  ({
    instruments: async () => instruments,
    book: async (symbol: string): Promise<BookTop> => {
      const [spread, size] = books[symbol.split("/")[0] ?? ""] ?? [0, "0"];
      const level = (price: number) => [[decimal(String(price)), decimal(size)]] as BookTop["bids"];
      const price = decimal<"price">("1000");
      return {
        symbol,
        bids: level(1000 - spread),
        asks: level(1000 + spread),
        markPrice: price,
        indexPrice: price,
        fundingRate: null,
        at: new Date(0),
      };
    },
  }) as unknown as VenueReader;

const close = (state: AccountState, books: Parameters<typeof reader>[0], toRatio = "0.5") =>
  hedger.close({
    reader: reader(books),
    state,
    toRatio: decimal<"ratio">(toRatio),
    costRatio: decimal<"ratio">("0.003"),
    collarBps: 200,
  });

describe("the closes that free margin", () => {
  test("go where the book is deep, and only as far as needed", async () => {
    const state = account("21000", [position("BTC", "100"), position("ETH", "100")]);
    const { closes, costUsd } = await close(state, { BTC: [5, "1000"], ETH: [0.1, "1000"] });
    expect(closes.map((one) => one.position.symbol)).toEqual(["ETH/USDT:USDT"]);
    // 20,000 of margin on 21,000 of equity: 9,500 have to go, 95 coins and a little more for what closing costs.
    const quantity = toFloat(closes[0]!.quantity);
    expect(quantity).toBeCloseTo(9500 / (100 - 0.5 * 3), 1);
    expect(toFloat(costUsd)).toBeCloseTo(quantity * (0.1 + 0.5), 1);
  });

  test("are no order under the venue's smallest, unless that is all there is", async () => {
    const coarse = new Map([["BTC/USDT:USDT", { ...perpetual("BTC"), minQuantity: decimal<"quantity">("5") }]]);
    const ask = async (quantity: string, equity: string) => {
      const { closes } = await hedger.close({
        reader: { ...reader({ BTC: [0.1, "1000"] }), instruments: async () => coarse },
        state: account(equity, [position("BTC", quantity)]),
        toRatio: decimal<"ratio">("0.5"),
        costRatio: decimal<"ratio">("0.003"),
        collarBps: 200,
      });
      return closes.map((one) => one.quantity);
    };
    // 10,000 of margin on 19,800 of equity: one contract would do, and the venue takes none under five.
    expect(await ask("100", "19800")).toEqual(["5"]);
    expect(await ask("3", "590")).toEqual(["3"]);
  });

  test("take a second book where the first one ends", async () => {
    const state = account("21000", [position("BTC", "100"), position("ETH", "100")]);
    const { closes } = await close(state, { BTC: [5, "1000"], ETH: [0.1, "40"] });
    const bySymbol = new Map(closes.map((one) => [one.position.symbol, toFloat(one.quantity)]));
    expect(bySymbol.get("ETH/USDT:USDT")).toBe(40);
    expect(bySymbol.get("BTC/USDT:USDT")).toBeGreaterThan(56);
    expect(bySymbol.get("BTC/USDT:USDT")).toBeLessThan(57);
  });

  test("of two that cost the same, take the one that was not the other's hedge", async () => {
    const books = { BTC: [0.1, "1000"], ETH: [0.1, "1000"], SOL: [0.1, "1000"] } as const;
    // Long 200, short 100: closing the short would free margin and leave twice the risk.
    const state = account("30000", [position("ETH", "-100"), position("BTC", "100"), position("SOL", "100")]);
    const { closes } = await close(state, books, "0.8");
    expect(closes.map((one) => one.position.symbol)).not.toContain("ETH/USDT:USDT");
    expect(closes.length).toBeGreaterThan(0);
  });

  test("are refused where the books within the collar hold too little", async () => {
    const state = account("10000", [position("BTC", "100")]);
    await expect(close(state, { BTC: [0.1, "10"] })).rejects.toMatchObject({ code: "INFEASIBLE" });
    await expect(close(state, { BTC: [30, "1000"] })).rejects.toMatchObject({ code: "INFEASIBLE" });
  });

  const books = fc.record(
    Object.fromEntries(
      ["BTC", "ETH", "SOL"].map((base) => [
        base,
        fc.tuple(fc.integer({ min: 1, max: 15 }), fc.integer({ min: 1, max: 400 }).map(String)),
      ]),
    ),
  );
  const held = fc.tuple(...["BTC", "ETH", "SOL"].map(() => fc.integer({ min: -20_000, max: 20_000 })));

  test("never close more than is held, come in whole lots, and leave the margin at the ratio", async () => {
    await fc.assert(
      fc.asyncProperty(held, books, fc.integer({ min: 5_000, max: 60_000 }), async (sizes, spreads, equity) => {
        const positions = sizes
          .map((centi, at) => position(["BTC", "ETH", "SOL"][at]!, (centi / 100).toFixed(2)))
          .filter((one) => one.quantity !== "0" && Number(one.quantity) !== 0);
        const state = account(String(equity), positions);
        if (toFloat(state.maintenanceMarginUsd) <= 0.5 * equity) return;
        const { closes } = await close(state, spreads).catch((error: { code?: string }) => {
          if (error.code === "INFEASIBLE") return { closes: null };
          throw error;
        });
        if (closes === null) return;
        let [margin, left] = [toFloat(state.maintenanceMarginUsd), equity];
        for (const one of closes) {
          expect(greater(one.quantity, abs(one.position.quantity))).toBe(false);
          expect(roundTo(one.quantity, one.instrument.lotSize, "down")).toBe(one.quantity);
          margin -= 0.1 * 1000 * toFloat(one.quantity);
          left -= 0.003 * 1000 * toFloat(one.quantity);
        }
        expect(margin).toBeLessThanOrEqual(0.5 * left + 0.1);
      }),
      { numRuns: 60 },
    );
  });
});

describe("the reduction of the demo's account in a storm", () => {
  const desk = async (seconds: number): Promise<{ desk: Desk; book: Awaited<ReturnType<typeof demoBook>> }> => {
    const book = await demoBook("2020-03-12", seconds);
    return {
      book,
      desk: {
        accounts: new Map([["paper-a", { id: "paper-a", venue: "paper", environment: "paper" }]]),
        venueOf: async () => book.venue,
        clock: book.clock,
        collarBps: 500,
        planTtlMs: 900_000,
        hedger,
      },
    };
  };
  const request = { action: "reduce", account: "paper-a", toRatio: decimal<"ratio">("0.45") } as const;

  test("says what it costs by the books, only reduces, and brings the account to its ratio once filled", async () => {
    const { desk: own, book } = await desk(13);
    const { reader: read, trader } = book.venue;
    for (const order of (await read.account("paper-a")).openOrders)
      await trader.cancel("paper-a", order.symbol, order.clientOrderId);
    const plan = await planReduce(own, request, by);
    expect(plan?.reason).toMatch(/to a margin ratio of 45 % at a cost of about [\d,]+ USD: a test/);
    expect(plan?.orders.every((one) => one.reduceOnly)).toBe(true);
    for (const order of plan?.orders ?? []) {
      const { notionalUsd: _, ...placed } = order;
      expect(await trader.place(placed)).toMatchObject({ outcome: "accepted" });
    }
    const { marginRatio } = await read.account("paper-a");
    expect(marginRatio !== null && less(marginRatio, decimal("0.5"))).toBe(true);
  });

  test("goes on by the rule that needs no book where the programme has no answer", async () => {
    const { desk: own } = await desk(13);
    const thin = { ...own, collarBps: 1 };
    const plan = await planReduce(thin, request, by);
    expect(plan?.orders.length).toBeGreaterThan(0);
    expect(plan?.reason).not.toContain("at a cost of about");
  });
});
