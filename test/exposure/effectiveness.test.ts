import { readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { openHedger } from "../../src/exposure/hedger.ts";
import { readHoldings } from "../../src/exposure/holdings.ts";
import { decimal, toFloat } from "../../src/kernel/decimal.ts";
import { hedgeEffectiveness } from "../../src/quant/hedge/effectiveness.ts";
import { type DeltaPolicy, hedgeAlongPath } from "../../src/quant/hedge/hedge-path.ts";
import { seededRandom } from "../../src/quant/random.ts";
import type { Holding } from "../../src/quant/risk/holdings.ts";
import { demoBook } from "./demo-book.ts";

const HOURS = 96;
const PATHS = 60;
/** Half spread and taker fee of the paper exchange's BTC perpetual. */
const COST_RATIO = 0.0006;
/** Implied volatility moves by 2.5 a year and against the price, as coins' does. */
const VOL_OF_VOL = 2.5;
const CORRELATION = -0.5;

/** Hourly prices and implied volatilities, both random, for four days. */
function weather(spot: number, sigma: number, seed: number): { prices: Float64Array; sigmas: Float64Array } {
  const random = seededRandom(seed);
  const dt = 1 / 8_760;
  const prices = new Float64Array(HOURS + 1).fill(spot);
  const sigmas = new Float64Array(HOURS + 1).fill(sigma);
  for (let hour = 1; hour <= HOURS; hour += 1) {
    const [own, other] = [random.normal(), random.normal()];
    const vol = sigmas[hour - 1] as number;
    const shock = CORRELATION * own + Math.sqrt(1 - CORRELATION ** 2) * other;
    prices[hour] = (prices[hour - 1] as number) * Math.exp(vol * Math.sqrt(dt) * own - 0.5 * vol * vol * dt);
    sigmas[hour] = vol * Math.exp(VOL_OF_VOL * Math.sqrt(dt) * shock - 0.5 * VOL_OF_VOL ** 2 * dt);
  }
  return { prices, sigmas };
}

interface Book {
  readonly bare: readonly Holding[];
  readonly hedged: readonly Holding[];
  readonly costUsd: number;
  readonly spot: number;
  readonly sigma: number;
}

/** The demo's paper-a as it stands, and as the orders of `/hedge BTC` would leave it. */
async function books(): Promise<Book> {
  const { reader, trader } = await demoBook("calm", 15);
  const state = await reader.account("paper-a");
  const found = await openHedger().hedge({ reader, state, asset: "BTC", share: decimal("1"), collarBps: 500 });
  const own = (all: readonly Holding[]): Holding[] => all.filter((one) => one.asset === "BTC");
  const before = await readHoldings(reader, state);
  for (const [at, order] of found.orders.entries()) {
    const placed = await trader.place({
      account: "paper-a",
      symbol: order.instrument.symbol,
      side: order.side,
      quantity: order.quantity,
      limitPrice: order.side === "buy" ? decimal("100000") : decimal("0.1"),
      timeInForce: "IOC",
      reduceOnly: order.closes,
      clientOrderId: `hedge-${at}`,
    });
    expect(placed).toMatchObject({ outcome: "accepted", order: { state: "filled" } });
  }
  const bare = own(before.holdings);
  return {
    bare,
    hedged: own((await readHoldings(reader, await reader.account("paper-a"))).holdings),
    costUsd: toFloat(found.costUsd),
    spot: before.indexes.get("BTC") ?? Number.NaN,
    sigma: bare.find((one) => one.kind === "option")?.sigma ?? Number.NaN,
  };
}

interface Followed {
  /** Hourly profits over all paths, one after the other, before costs: paid in one hour, they would drown the others. */
  readonly profits: Float64Array;
  /** Mean cost of a path. */
  readonly costUsd: number;
}

/** A book over all paths under a rule; `startUsd` is what it cost to get there. */
function follow({ spot, sigma }: Book, holdings: readonly Holding[], policy: DeltaPolicy, startUsd = 0): Followed {
  const profits = new Float64Array(HOURS * PATHS);
  let costs = 0;
  for (let path = 0; path < PATHS; path += 1) {
    const moves = weather(spot, sigma, path + 1);
    const question = { holdings, ...moves, stepDays: 1 / 24, policy };
    profits.set(hedgeAlongPath({ ...question, costRatio: 0 }).profits, path * HOURS);
    costs += hedgeAlongPath({ ...question, costRatio: COST_RATIO }).costUsd;
  }
  return { profits, costUsd: startUsd + costs / PATHS };
}

const DAILY: DeltaPolicy = { kind: "periodic", everySteps: 24 };
const sd = (variance: number): string => Math.sqrt(variance).toFixed(0);
const share = (ratio: number): string => `${(100 * ratio).toFixed(2)} %`;

describe("the hedge of the demo's book on simulated days", () => {
  let table: string[] = [];
  let effects: Record<"daily" | "programme" | "followed", ReturnType<typeof hedgeEffectiveness>>;

  beforeAll(async () => {
    const book = await books();
    const unhedged = follow(book, book.bare, { kind: "none" });
    const daily = follow(book, book.bare, DAILY);
    const programme = follow(book, book.hedged, { kind: "none" }, book.costUsd);
    const followed = follow(book, book.hedged, DAILY, book.costUsd);
    const measure = (hedged: Followed) =>
      hedgeEffectiveness({ hedged: hedged.profits, unhedged: unhedged.profits, fixedDelta: daily.profits });
    effects = {
      daily: hedgeEffectiveness({ hedged: daily.profits, unhedged: unhedged.profits }),
      programme: measure(programme),
      followed: measure(followed),
    };
    const row = (name: string, one: ReturnType<typeof hedgeEffectiveness>, { costUsd }: Followed): string =>
      `| ${name} | ${sd(one.againstUnhedged.variance)} | ${share(one.againstUnhedged.reductionRatio)} | ${one.againstFixedDelta ? share(one.againstFixedDelta.reductionRatio) : "–"} | ${costUsd.toFixed(0)} |`;
    table = [
      "| Book | Standard deviation of an hour, USD | Less variance than unhedged | Less variance than daily delta | Cost, USD |",
      "| --- | ---: | ---: | ---: | ---: |",
      `| Unhedged | ${sd(effects.daily.againstUnhedged.otherVariance)} | – | – | 0 |`,
      row("Delta hedged once a day", effects.daily, daily),
      row("`/hedge` once, then left alone", effects.programme, programme),
      row("`/hedge` once, then delta once a day", effects.followed, followed),
    ];
  });

  test("takes nearly all variance off the unhedged book", () => {
    expect(effects.programme.againstUnhedged.reductionRatio).toBeGreaterThan(0.99);
    expect(effects.programme.againstUnhedged.test.pValue).toBeLessThan(1e-6);
  });

  test("varies less than a daily hedge of delta alone", () => {
    expect(effects.programme.againstFixedDelta?.reductionRatio).toBeGreaterThan(0.1);
    expect(effects.programme.againstFixedDelta?.test.pValue).toBeLessThan(1e-6);
    expect(effects.followed.againstFixedDelta?.reductionRatio).toBeGreaterThan(0.5);
  });

  test("is the table that the documentation shows", () => {
    const page = readFileSync(path.resolve(import.meta.dirname, "../../docs/hedging.md"), "utf8");
    expect(page.replace(/ +/g, " ").replace(/-{3,}/g, "---")).toContain(table.join("\n"));
  });
});
