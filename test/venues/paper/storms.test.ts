import { describe, expect, test } from "vitest";
import { type Decimal, decimal, fromFloat, greater, less, toFloat } from "../../../src/kernel/decimal.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { stormPath } from "../../../src/quant/scenario/storm.ts";
import { demoAccounts } from "../../../src/venues/paper/demo-accounts.ts";
import { type PaperExchange, openPaper } from "../../../src/venues/paper/exchange.ts";
import { STORMS, STORM_NAMES, type StormName } from "../../../src/venues/paper/storms.ts";
import { manualClock } from "./manual-clock.ts";

const WILD = STORM_NAMES.filter((name) => name !== "calm");

async function demo(storm: StormName, seed: number) {
  const clock = manualClock();
  const exchange = await openPaper({ clock, log: silentLog, seed, storm });
  await exchange.seedAccounts(demoAccounts(storm, clock.now()));
  /** Lets the storm run, a quarter of a second at a time, until the time or the condition. */
  const run = async (untilMs: number, stop: () => Promise<boolean> = async () => false): Promise<void> => {
    while (exchange.storm().elapsedMs < untilMs) {
      clock.move(250);
      await exchange.tick();
      if (await stop()) return;
    }
  };
  return { exchange, run };
}

const ratioOf = async (exchange: PaperExchange, account: string): Promise<Decimal> =>
  (await exchange.venue().reader.account(account)).marginRatio ?? decimal("99");
const liquidated = (exchange: PaperExchange, account: string): boolean =>
  exchange.journal().deeds.some((deed) => deed.deed === "liquidating" && deed.account === account);

describe.each(WILD)("the storm of %s", (storm) => {
  test.each([1, 7, 42])(
    "brings paper-a over 0.80 in 8 to 15 s, but takes it only after 60 s (seed %i)",
    async (seed) => {
      const { exchange, run } = await demo(storm, seed);
      await run(15_000, async () => !less(await ratioOf(exchange, "paper-a"), decimal("0.8")));
      expect(exchange.storm().elapsedMs).toBeGreaterThanOrEqual(8_000);
      expect(exchange.storm().elapsedMs).toBeLessThan(15_000);
      await run(60_000);
      expect(liquidated(exchange, "paper-a")).toBe(false);
      await run(110_000);
      expect(liquidated(exchange, "paper-a")).toBe(true);
      expect(liquidated(exchange, "paper-b")).toBe(false);
    },
  );

  test("a reduce-only sale of the whole delta within one per cent brings paper-a to 0.50 or less", async () => {
    const { exchange, run } = await demo(storm, 3);
    await run(40_000);
    const { reader, trader } = exchange.venue();
    const before = await reader.account("paper-a");
    const delta = before.positions.reduce((sum, one) => sum + toFloat(one.delta), 0);
    const { markPrice } = await reader.book("BTC/USDT:USDT", 1);
    const limit = fromFloat<"price">(toFloat(markPrice ?? decimal("0")) * 0.99, decimal("0.1"), "up");
    const said = await trader.place({
      account: "paper-a",
      symbol: "BTC/USDT:USDT",
      side: "sell",
      quantity: fromFloat(delta, decimal("0.001"), "down"),
      limitPrice: limit,
      timeInForce: "IOC",
      reduceOnly: true,
      clientOrderId: "hedge",
    });
    expect(said).toMatchObject({ outcome: "accepted", order: { state: "filled" } });
    expect(greater(await ratioOf(exchange, "paper-a"), decimal("0.5"))).toBe(false);
    await run(140_000);
    expect(liquidated(exchange, "paper-a")).toBe(false);
  });

  test("falls as deep as the day did, and ends where it ended", () => {
    const shape = STORMS[storm];
    const path = stormPath(shape, 5);
    const lows = Array.from({ length: 1200 }, (_, step) => path(step * 250).btcUsd / shape.btcUsd);
    const deepest = Math.min(...shape.legs.map((leg) => leg.btc));
    expect(Math.min(...lows)).toBeGreaterThan(deepest * 0.97);
    expect(Math.min(...lows)).toBeLessThan(deepest * 1.02);
    expect(path(299_750).btcUsd / shape.btcUsd).toBeCloseTo(shape.legs.at(-1)?.btc ?? 0, 1);
  });
});

test("a calm day endangers nobody", async () => {
  const { exchange, run } = await demo("calm", 9);
  await run(60_000);
  expect(less(await ratioOf(exchange, "paper-a"), decimal("0.5"))).toBe(true);
  expect(liquidated(exchange, "paper-a")).toBe(false);
});

const pricesOf = (seed: number): number[] =>
  [20_000, 80_000, 250_000, 900_000].map((ms) => stormPath(STORMS["2020-03-12"], seed)(ms).btcUsd);

test("the same storm and seed give the same prices, another seed others", () => {
  expect(pricesOf(1)).toEqual(pricesOf(1));
  expect(pricesOf(1)).not.toEqual(pricesOf(2));
});

test("speed multiplies the storm's time", async () => {
  const clock = manualClock();
  const exchange = await openPaper({ clock, log: silentLog, seed: 1, storm: "2020-03-12", speed: 4 });
  for (let step = 0; step < 8; step += 1) {
    clock.move(250);
    await exchange.tick();
  }
  expect(exchange.storm().elapsedMs).toBe(8_000);
});

test("a process that was paused for a minute finds the storm where it left it", async () => {
  const clock = manualClock();
  const exchange = await openPaper({ clock, log: silentLog, seed: 1, storm: "2020-03-12" });
  clock.move(60_000);
  await exchange.tick();
  expect(exchange.storm().elapsedMs).toBe(2_000);
});

test("in the storm of 10 October 2025 a bankrupt account's winners are deleveraged", async () => {
  const clock = manualClock();
  const exchange = await openPaper({ clock, log: silentLog, seed: 1, storm: "2025-10-10" });
  exchange.pin("BTC", "120000");
  const symbol = "BTC/USDT:USDT";
  await exchange.seedAccounts([
    {
      account: "loser",
      balances: { USDT: "100000" },
      positions: [{ symbol, quantity: "10", entryPrice: "120000" }],
      orders: [],
    },
    {
      account: "winner",
      balances: { USDT: "900000" },
      positions: [{ symbol, quantity: "-6", entryPrice: "120000" }],
      orders: [],
    },
  ]);
  exchange.pin("BTC", "100000");
  clock.move(250);
  await exchange.tick();
  const { reader } = exchange.venue();
  expect((await reader.account("loser")).positions).toEqual([]);
  expect((await reader.account("loser")).equityUsd).toBe("0");
  expect((await reader.account("winner")).positions).toEqual([]);
  expect((await reader.account("winner")).equityUsd).toBe("1020000");
});
