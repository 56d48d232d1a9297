import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Desk } from "../../src/actions/desk.ts";
import { planReduce, reductions } from "../../src/actions/reduce.ts";
import { slippageBps } from "../../src/actions/orders/carry-out.ts";
import { collarAround } from "../../src/actions/orders/draft.ts";
import type { Hedger } from "../../src/exposure/hedger.ts";
import type { AccountState } from "../../src/kernel/account.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { type Decimal, abs, decimal, greater, mul, roundTo, sub } from "../../src/kernel/decimal.ts";
import type { Instrument } from "../../src/kernel/instrument.ts";
import type { Position } from "../../src/kernel/order.ts";
import type { Venue, VenueReader } from "../../src/venues/venue.ts";

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
  lotSize: decimal("0.001"),
  minQuantity: decimal("0.001"),
});
const instruments = new Map(["BTC", "ETH", "SOL"].map((base) => [`${base}/USDT:USDT`, perpetual(base)]));

function position(base: string, quantity: string, price: string, marginShare: string): Position {
  const notional = mul<"usd">(abs(decimal(quantity)), decimal(price));
  return {
    symbol: `${base}/USDT:USDT`,
    quantity: decimal(quantity),
    entryPrice: decimal(price),
    markPrice: decimal(price),
    notionalUsd: notional,
    unrealisedUsd: decimal("0"),
    maintenanceMarginUsd: mul(notional, decimal(marginShare)),
    liquidationPrice: null,
    delta: decimal(quantity),
  };
}

function account(equity: string, positions: readonly Position[]): AccountState {
  const margin = positions.reduce<Decimal>(
    (total, one) => decimal(String(Number(total) + Number(one.maintenanceMarginUsd))),
    decimal("0"),
  );
  return {
    account: "a",
    venue: "paper",
    equityUsd: decimal(equity),
    maintenanceMarginUsd: margin as never,
    marginRatio: null,
    balances: [],
    positions,
    openOrders: [],
    at: new Date(0),
  };
}

describe("how much is reduced", () => {
  test("the position that holds the most margin goes first, and only as far as needed", () => {
    const state = account("100000", [position("BTC", "10", "60000", "0.1"), position("ETH", "-100", "3000", "0.1")]);
    const [first, ...rest] = reductions(state, instruments, decimal("0.5"));
    expect(rest).toEqual([]);
    expect(first?.position.symbol).toBe("BTC/USDT:USDT");
    // 60,000 + 30,000 of margin on 100,000 of equity: 40,000 has to go, two thirds of the first one's 60,000, a little more for the cost.
    expect(Number(first?.share)).toBeGreaterThan(0.66);
    expect(Number(first?.share)).toBeLessThan(0.69);
  });

  test("where a part of equity stands for nothing, what stands for the margin counts", () => {
    // 60,000 of margin on a million, of which the venue lets only 100,000 stand for it.
    const whole = account("1000000", [position("BTC", "10", "60000", "0.1")]);
    expect(reductions(whole, instruments, decimal("0.5"))).toEqual([]);
    const [first] = reductions({ ...whole, marginRatio: decimal("0.6") }, instruments, decimal("0.5"));
    expect(Number(first?.share)).toBeGreaterThan(0.16);
    expect(Number(first?.share)).toBeLessThan(0.18);
  });

  test("an account without equity is closed whole", () => {
    const state = account("-5", [position("BTC", "10", "60000", "0.01"), position("ETH", "-100", "3000", "0.01")]);
    expect(reductions(state, instruments, decimal("0.5")).map((one) => one.quantity)).toEqual(["10", "100"]);
  });

  test("an account that is safe already is left alone", () => {
    expect(
      reductions(account("1000000", [position("BTC", "1", "60000", "0.01")]), instruments, decimal("0.5")),
    ).toEqual([]);
  });

  const positions = fc.array(
    fc.tuple(
      fc.constantFrom("BTC", "ETH", "SOL"),
      fc.integer({ min: -900_000, max: 900_000 }).filter((milli) => milli !== 0),
      fc.integer({ min: 10, max: 900_000 }),
      fc.integer({ min: 4, max: 500 }),
    ),
    { minLength: 1, maxLength: 3 },
  );
  const accounts = fc.tuple(positions, fc.integer({ min: -1_000, max: 100_000_000 })).map(([list, equity]) => {
    const seen = new Map(
      list.map(([base, milli, price, share]) => [
        base,
        position(base, (milli / 1_000).toFixed(3), String(price), (share / 1_000).toFixed(3)),
      ]),
    );
    return account(String(equity), [...seen.values()]);
  });

  test("never more than the position, always whole lots, and the margin that is left fits the target unless all was closed", () => {
    fc.assert(
      fc.property(accounts, fc.constantFrom("0", "0.2", "0.45", "0.8"), (state, target) => {
        const chosen = reductions(state, instruments, decimal(target));
        let margin = Number(state.maintenanceMarginUsd);
        for (const one of chosen) {
          expect(greater(one.quantity, abs(one.position.quantity))).toBe(false);
          expect(roundTo(one.quantity, one.instrument.lotSize, "down")).toBe(one.quantity);
          expect(greater(one.quantity, decimal("0"))).toBe(true);
          margin -= Number(mul(one.position.maintenanceMarginUsd, one.share));
        }
        const allClosed = chosen.length === state.positions.length && chosen.every((one) => one.share === "1");
        if (!allClosed && Number(state.equityUsd) > 1)
          expect(margin).toBeLessThanOrEqual(Number(target) * Number(state.equityUsd) + 0.01);
      }),
      { numRuns: 300 },
    );
  });

  test("a lower target never reduces less", () => {
    fc.assert(
      fc.property(accounts, (state) => {
        const closed = (target: string): number =>
          reductions(state, instruments, decimal(target)).reduce(
            (total, one) => total + Number(mul(one.position.maintenanceMarginUsd, one.share)),
            0,
          );
        return closed("0.2") >= closed("0.5") - 1e-6;
      }),
    );
  });
});

describe("closing a part of a position", () => {
  test("is never an order under the venue's smallest: it would be refused, and nothing closed", () => {
    const coarse = new Map([["BTC/USDT:USDT", { ...perpetual("BTC"), minQuantity: decimal<"quantity">("0.5") }]]);
    const state = account("100000", [position("BTC", "10", "60000", "0.084")]);
    expect(reductions(state, coarse, decimal("0.5")).map((one) => one.quantity)).toEqual(["0.5"]);
    const rest = account("100", [position("BTC", "0.2", "60000", "0.1")]);
    expect(reductions(rest, coarse, decimal("0.5")).map((one) => one.quantity)).toEqual(["0.2"]);
  });

  test("of an option that is priced in its coin counts for limits in dollars", async () => {
    const symbol = "BTC/USD:BTC-261225-60000-P";
    const option: Instrument = {
      ...perpetual("BTC"),
      symbol,
      kind: "option",
      quote: "BTC",
      settle: "BTC",
      tickSize: decimal("0.0001"),
      lotSize: decimal("0.1"),
    };
    // Ten contracts of a coin each, at 0.05 BTC with BTC at 60,000 USD: a premium of 30,000 USD, on 600,000 of coins.
    const held: Position = {
      ...position("BTC", "-10", "0.05", "0"),
      symbol,
      notionalUsd: decimal("600000"),
      maintenanceMarginUsd: decimal("60000"),
    };
    const state = { ...account("50000", [held]), venue: "deribit" };
    const reader = {
      account: async () => state,
      instruments: async () => new Map([[symbol, option]]),
    } as unknown as VenueReader;
    const desk: Desk = {
      accounts: new Map([["a", { id: "a", venue: "deribit", environment: "live" }]]),
      venueOf: async () => ({ reader }) as unknown as Venue,
      clock: systemClock,
      collarBps: 1_000,
      planTtlMs: 1_000,
      hedger: {} as Hedger,
    };
    const plan = await planReduce(
      desk,
      { action: "reduce", account: "a", toRatio: decimal("0") },
      { requestedBy: "person:ana", incident: null, run: null, reason: "a test" },
    );
    // A buy counts at its limit, a tenth above the mark.
    expect(plan?.orders).toMatchObject([{ side: "buy", quantity: "10", limitPrice: "0.055", notionalUsd: "33000" }]);
    expect(plan?.notionalUsd).toBe("33000");
  });
});

describe("the collar", () => {
  test("its edges lie on ticks, inside the width, around the reference", () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 10_000_000 }), fc.integer({ min: 1, max: 2_000 }), (cents, bps) => {
        const reference = decimal<"price">((cents / 100).toFixed(2));
        const { low, high } = collarAround(perpetual("BTC"), reference, bps);
        const width = mul(reference, decimal((bps / 10_000).toFixed(4)));
        for (const edge of [low, high]) expect(roundTo(edge as Decimal, decimal("0.1"), "down")).toBe(edge);
        return !greater(sub(reference, low as never), width) && !greater(sub(high as never, reference), width);
      }),
    );
  });
});

describe("slippage", () => {
  const fill = (side: "buy" | "sell", average: string, quantity = "1") => ({
    side,
    averagePrice: average,
    referencePrice: "100",
    quantity: "4",
    filledQuantity: quantity,
    notionalUsd: "400",
  });
  /** 600 contracts of 100 USD, 1 % worse than their reference, beside an option for 300 USD that filled at it. */
  const inverse = { ...fill("sell", "59400", "600"), referencePrice: "60000", quantity: "600", notionalUsd: "60000" };
  const option = { ...fill("buy", "300", "1"), referencePrice: "300", quantity: "1", notionalUsd: "300" };
  test.each([
    ["a buy above the reference costs", [fill("buy", "100.5")], "50"],
    ["a sell below it costs", [fill("sell", "99.5")], "50"],
    ["a sell above it gains", [fill("sell", "100.1")], "-10"],
    ["larger fills weigh more", [fill("buy", "101", "3"), fill("buy", "100", "1")], "75"],
    ["legs weigh by their dollars, whatever a contract is", [inverse, option], "99.5"],
    [
      "a contract of many coins weighs them all",
      [
        { ...option, averagePrice: "303", notionalUsd: "30000" },
        { ...inverse, averagePrice: "60000" },
      ],
      "33.3",
    ],
    ["nothing filled says nothing", [fill("buy", "101", "0")], null],
  ] as const)("%s", (_name, rows, bps) => {
    expect(slippageBps(rows)).toBe(bps);
  });
});
