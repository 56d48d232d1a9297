import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decimal } from "../../../src/kernel/decimal.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import type { OrderRequest } from "../../../src/kernel/order.ts";
import { type PaperExchange, openPaper } from "../../../src/venues/paper/exchange.ts";
import { manualClock } from "./manual-clock.ts";

const LINEAR = "BTC/USDT:USDT";
const INVERSE = "BTC/USD:BTC";
const SPOT = "BTC/USDT";
const ACCOUNTS = ["first", "second"] as const;
const START = { USDT: 400_000, BTC: 5 };

async function desk(): Promise<{ exchange: PaperExchange; step: (ms?: number) => Promise<void> }> {
  const clock = manualClock();
  // A thousand times faster, so that funding falls due within a test.
  const exchange = await openPaper({ clock, log: silentLog, seed: 1, storm: "calm", speed: 1_000 });
  exchange.pin("BTC", "60000");
  const balances = { USDT: String(START.USDT), BTC: String(START.BTC) };
  await exchange.seedAccounts(ACCOUNTS.map((account) => ({ account, balances, positions: [], orders: [] })));
  const step = async (ms = 250): Promise<void> => {
    clock.move(ms);
    await exchange.tick();
  };
  return { exchange, step };
}

const order = (clientOrderId: string, change: Partial<OrderRequest>): OrderRequest => ({
  account: "first",
  symbol: LINEAR,
  side: "buy",
  quantity: decimal("1"),
  limitPrice: decimal("60000"),
  timeInForce: "GTC",
  reduceOnly: false,
  clientOrderId,
  ...change,
});

interface Reckoned {
  usd: number;
  coins: number;
  /** Contracts by symbol, with what was paid for them: dollars of linear ones, coins of inverse ones. */
  readonly linear: { held: number; paid: number };
  readonly inverse: { held: number; paid: number };
}

/** What an account has, reckoned anew from nothing but what the exchange told it did. */
function reckon(exchange: PaperExchange, account: string): Reckoned {
  const own: Reckoned = {
    usd: START.USDT,
    coins: START.BTC,
    linear: { held: 0, paid: 0 },
    inverse: { held: 0, paid: 0 },
  };
  const move = (symbol: string, signed: number, price: number): void => {
    if (symbol === SPOT) {
      own.coins += signed;
      own.usd -= signed * price;
    } else if (symbol === LINEAR) {
      own.linear.held += signed;
      own.linear.paid += signed * price;
    } else {
      own.inverse.held += signed;
      own.inverse.paid += (signed * 100) / price;
    }
  };
  for (const deed of exchange.journal().deeds) {
    if (!("account" in deed) || deed.account !== account) continue;
    if (deed.deed === "filled") {
      const [quantity, price, fee] = [Number(deed.quantity), Number(deed.price), Number(deed.feeUsd)];
      move(deed.symbol, deed.side === "buy" ? quantity : -quantity, price);
      if (deed.symbol === INVERSE) own.coins -= fee / price;
      else own.usd -= fee;
    } else if (deed.deed === "closed") move(deed.symbol, -Number(deed.quantity), Number(deed.price));
    else if (deed.deed === "paid") {
      if (deed.asset === "BTC") own.coins += Number(deed.amount);
      else own.usd += Number(deed.amount);
    }
  }
  return own;
}

/** What it is worth at these marks. */
const worth = (
  { usd, coins, linear, inverse }: Reckoned,
  linearMark: number,
  inverseMark: number,
  index: number,
): number =>
  usd + linear.held * linearMark - linear.paid + (coins + inverse.paid - (inverse.held * 100) / inverseMark) * index;

const step = fc.record({
  account: fc.constantFrom(...ACCOUNTS),
  symbol: fc.constantFrom(LINEAR, LINEAR, INVERSE, SPOT),
  side: fc.constantFrom("buy" as const, "sell" as const),
  size: fc.integer({ min: 1, max: 60 }),
  offset: fc.integer({ min: -40, max: 40 }),
  timeInForce: fc.constantFrom("GTC" as const, "GTC" as const, "IOC" as const, "FOK" as const, "PO" as const),
  reduceOnly: fc.boolean(),
  price: fc.integer({ min: 45_000, max: 75_000 }),
  cancels: fc.boolean(),
});

const LOT = { [LINEAR]: 0.1, [INVERSE]: 100, [SPOT]: 0.01 } as const;

test("whatever two accounts do, every dollar and coin is accounted for, and a reduce-only order only reduces", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (list) => {
      const { exchange, step: tick } = await desk();
      const { trader, reader } = exchange.venue();
      exchange.thin("0.002");
      for (const [number, one] of list.entries()) {
        const price = list[Math.floor(number / 4) * 4]!.price;
        exchange.pin("BTC", String(price));
        await tick(number % 3 === 0 ? 2_000 : 250);
        if (one.cancels) {
          for (const open of (await reader.openOrders(one.account)).slice(0, 1))
            await trader.cancel(one.account, open.symbol, open.venueOrderId);
        }
        await trader.place(
          order(`o-${number}`, {
            account: one.account,
            symbol: one.symbol,
            side: one.side,
            quantity: decimal((one.size * LOT[one.symbol]).toFixed(3)),
            limitPrice: decimal(String(price + one.offset * 10)),
            timeInForce: one.timeInForce,
            reduceOnly: one.reduceOnly && one.symbol !== SPOT,
          }),
        );
      }
      for (const account of ACCOUNTS) {
        const state = await reader.account(account);
        const own = reckon(exchange, account);
        const held = (symbol: string) => state.positions.find((position) => position.symbol === symbol);
        expect(Number(held(LINEAR)?.quantity ?? 0)).toBeCloseTo(own.linear.held, 6);
        expect(Number(held(INVERSE)?.quantity ?? 0)).toBeCloseTo(own.inverse.held, 6);
        expect(Number(state.balances.find(({ asset }) => asset === "BTC")?.total)).toBeGreaterThanOrEqual(-1e-9);
        const marks = await Promise.all(
          [LINEAR, INVERSE, SPOT].map(async (symbol) => Number((await reader.book(symbol, 1)).markPrice)),
        );
        expect(Math.abs(Number(state.equityUsd) - worth(own, marks[0]!, marks[1]!, marks[2]!))).toBeLessThan(0.05);
      }
      const held = new Map<string, number>();
      const orders = new Map(
        exchange.journal().deeds.flatMap((deed) => (deed.deed === "accepted" ? [[deed.id, deed]] : [])),
      );
      const filled = new Map<string, number>();
      for (const deed of exchange.journal().deeds) {
        if (deed.deed !== "filled" && deed.deed !== "closed") continue;
        const key = `${deed.account} ${deed.symbol}`;
        const before = held.get(key) ?? 0;
        const signed =
          deed.deed === "closed" ? -Number(deed.quantity) : Number(deed.quantity) * (deed.side === "buy" ? 1 : -1);
        const after = Math.round((before + signed) * 1e6) / 1e6;
        held.set(key, after);
        if (deed.deed === "closed") continue;
        const request = orders.get(deed.order)!;
        filled.set(deed.order, (filled.get(deed.order) ?? 0) + Number(deed.quantity));
        expect(filled.get(deed.order)).toBeLessThanOrEqual(Number(request.quantity) + 1e-9);
        if (request.side === "buy") expect(Number(deed.price)).toBeLessThanOrEqual(Number(request.limitPrice));
        else expect(Number(deed.price)).toBeGreaterThanOrEqual(Number(request.limitPrice));
        if (request.reduceOnly)
          expect([before, after]).toSatisfy(([b, a]: [number, number]) => Math.abs(a) < Math.abs(b) && a * b >= 0);
      }
      await exchange.close();
    }),
    { numRuns: 25 },
  );
});

test.each([
  ["one of five contracts", ["5"]],
  ["three of one contract each", ["1", "1", "1"]],
])(
  "somebody who buys a reduce-only order of one who holds a single contract gets no more of it: %s",
  async (_, sizes) => {
    const { exchange } = await desk();
    const { trader, reader } = exchange.venue();
    await trader.place(order("long", { limitPrice: decimal("60600"), timeInForce: "IOC" }));
    exchange.thin("0.000001");
    for (const [number, size] of sizes.entries())
      await trader.place(
        order(`rests-${number}`, {
          side: "sell",
          quantity: decimal(size),
          limitPrice: decimal("60010"),
          reduceOnly: true,
        }),
      );
    expect((await reader.book(LINEAR, 50)).asks.filter(([price]) => price === "60010")).toEqual([["60010", "1"]]);
    await trader.place(order("taker", { account: "second", quantity: decimal("5"), limitPrice: decimal("60010") }));
    const held = async (account: string) =>
      (await reader.account(account)).positions.find(({ symbol }) => symbol === LINEAR)?.quantity ?? "0";
    expect([await held("first"), await held("second")]).toEqual(["0", "1"]);
    expect(await reader.openOrders("first")).toEqual([]);
  },
);

test("resting orders cannot buy more coins than there is money for, fees included", async () => {
  const { exchange, step: tick } = await desk();
  const { trader, reader } = exchange.venue();
  const coins: Partial<OrderRequest> = { symbol: SPOT, quantity: decimal("4"), limitPrice: decimal("59000") };
  expect((await trader.place(order("first-half", coins))).outcome).toBe("accepted");
  expect((await trader.place(order("second-half", coins))).outcome).toBe("rejected");
  expect(
    (await trader.place(order("all-but-fees", { ...coins, account: "second", quantity: decimal("6.77966") }))).outcome,
  ).toBe("rejected");
  exchange.pin("BTC", "58000");
  await tick();
  for (const account of ACCOUNTS)
    for (const balance of (await reader.account(account)).balances) expect(Number(balance.total)).toBeGreaterThan(0);
});

test("a sell limit far above the market lends no margin", async () => {
  const { exchange } = await desk();
  const { trader } = exchange.venue();
  const far: Partial<OrderRequest> = { side: "sell", quantity: decimal("200"), limitPrice: decimal("600000") };
  expect(await trader.place(order("far", far))).toMatchObject({ outcome: "rejected", reason: "insufficient margin" });
});

test("options are paid for: without money nobody buys calls", async () => {
  const { exchange } = await desk();
  const { trader, reader } = exchange.venue();
  const call = [...(await reader.instruments()).values()].find((one) => one.optionKind === "call")!;
  const { markPrice } = await reader.book(call.symbol, 1);
  const near = decimal<"price">(String(Math.ceil(Number(markPrice) * 1.005)));
  const wanted = (quantity: string): Partial<OrderRequest> => ({
    symbol: call.symbol,
    quantity: decimal(quantity),
    limitPrice: near,
  });
  const most = Math.floor((START.USDT + START.BTC * 60_000) / Number(near));
  expect(await trader.place(order("too-many", wanted(String(most + 1))))).toMatchObject({
    outcome: "rejected",
    reason: "insufficient margin",
  });
  expect((await trader.place(order("some", wanted(String(most - 1))))).outcome).toBe("accepted");
});

test("a clock that goes by the hour pays funding every eight of them, as one that goes by the second does", async () => {
  const paid = async (stepMs: number): Promise<number> => {
    const clock = manualClock();
    const exchange = await openPaper({ clock, log: silentLog, seed: 1, storm: "calm", longestStepMs: stepMs });
    exchange.pin("BTC", "60000");
    const position = { symbol: LINEAR, quantity: "1", entryPrice: "60000" };
    await exchange.seedAccounts([{ account: "first", balances: { USDT: "60000" }, positions: [position], orders: [] }]);
    for (let ms = 0; ms < 2 * 86_400_000; ms += stepMs) {
      clock.move(stepMs);
      await exchange.tick();
    }
    return exchange.journal().deeds.filter((deed) => deed.deed === "paid").length;
  };
  expect(await Promise.all([paid(600_000), paid(3_600_000), paid(86_400_000)])).toEqual([6, 6, 6]);
});
