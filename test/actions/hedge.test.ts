import { describe, expect, test } from "vitest";
import type { Desk } from "../../src/actions/desk.ts";
import { planHedge } from "../../src/actions/hedge.ts";
import { openHedger } from "../../src/exposure/hedger.ts";
import { type Ratio, abs, decimal, greater, less, mul, places, sum } from "../../src/kernel/decimal.ts";
import { type Instrument, notional } from "../../src/kernel/instrument.ts";
import { coinsHeld } from "../../src/kernel/account.ts";
import { type Plan, planHash } from "../../src/kernel/plan.ts";
import { QuantError } from "../../src/quant/errors.ts";
import { pointless } from "../../src/policy/plans/pointless.ts";
import { quotesOf } from "../../src/policy/judging/quotes.ts";
import { brokenCollar } from "../../src/policy/judging/collar.ts";
import { defaultPolicy } from "../../src/policy/rules/default-policy.ts";
import type { StormName } from "../../src/venues/paper/storms.ts";
import { demoBook } from "../exposure/demo-book.ts";

const by = { requestedBy: "person:ana", incident: null, run: null, reason: "a test" };
const hedger = openHedger();

/** The demo's exchange some seconds into a storm, with the desk that trades there. */
async function demo(storm: StormName, seconds: number, change: Partial<Desk> = {}) {
  const { clock, exchange, venue } = await demoBook(storm, seconds);
  const desk: Desk = {
    accounts: new Map(["paper-a", "paper-b"].map((id) => [id, { id, venue: "paper", environment: "paper" as const }])),
    venueOf: async () => venue,
    clock,
    collarBps: 500,
    planTtlMs: 900_000,
    hedger,
    ...change,
  };
  return { desk, exchange, ...venue };
}

const ask = (account: string, share = "1") =>
  ({ action: "hedge", account, asset: "BTC", share: decimal<"ratio">(share) as Ratio }) as const;

const change = (plan: Awaited<ReturnType<typeof planHedge>>, label: string) =>
  plan?.changes.find((one) => one.label.startsWith(label));

describe("the hedge of the demo's book", () => {
  test.each(["0", "-1", "1.5", "50", "all", "NaN", ""])(
    "of a share of %j is refused: it would add to the exposure or turn it round",
    async (share) => {
      const { desk } = await demo("calm", 15);
      await expect(planHedge(desk, { ...ask("paper-a"), share: share as Ratio }, by)).rejects.toMatchObject({
        code: "INPUT_INVALID",
      });
    },
  );

  test("takes off delta with perpetuals and vega with an option, and says what remains", async () => {
    const { desk } = await demo("calm", 15);
    const plan = await planHedge(desk, ask("paper-a"), by);
    expect(plan?.orders.some((one) => one.symbol === "BTC/USDT:USDT" && one.side === "sell" && one.reduceOnly)).toBe(
      true,
    );
    expect(plan?.orders.some((one) => /-[CP]$/.test(one.symbol) && one.side === "buy")).toBe(true);
    expect(Math.abs(Number.parseFloat(change(plan, "BTC delta")?.after ?? ""))).toBeLessThan(0.01);
    const vega = change(plan, "BTC vega");
    expect(Math.abs(Number(vega?.after))).toBeLessThan(0.15 * Math.abs(Number(vega?.before)));
    expect(plan?.remains).toContain("Gamma of");
    expect(plan?.reason).toContain("BTC delta, gamma and vega at a cost of about");
  });

  test("is in whole lots, inside its collar, and the same plan the next time it is asked", async () => {
    const { desk, reader } = await demo("2021-05-19", 15);
    const [plan, again] = [await planHedge(desk, ask("paper-a"), by), await planHedge(desk, ask("paper-a"), by)];
    const instruments = await reader.instruments();
    for (const order of plan?.orders ?? []) {
      const one = instruments.get(order.symbol);
      expect(Number.isInteger(Math.round((Number(order.quantity) / Number(one?.lotSize)) * 1e6) / 1e6)).toBe(true);
      const collar = plan?.collars.find((other) => other.symbol === order.symbol);
      expect(less(order.limitPrice, decimal(collar?.low ?? "0"))).toBe(false);
      expect(greater(order.limitPrice, decimal(collar?.high ?? "0"))).toBe(false);
    }
    expect(plan?.notionalUsd).toBe(sum((plan?.orders ?? []).map((one) => decimal(one.notionalUsd))));
    expect(plan && again && planHash(plan)).toBe(again && planHash(again));
  });

  test("counts for limits a buy at the most that it may cost, and a sell at the market's price", async () => {
    const { desk, reader } = await demo("calm", 15);
    const plan = await planHedge(desk, ask("paper-a"), by);
    const instruments = await reader.instruments();
    const counted = plan?.orders.map((order) => {
      const one = instruments.get(order.symbol) as Instrument;
      const reference = plan.collars.find((collar) => collar.symbol === order.symbol)?.reference;
      const price = order.side === "buy" ? order.limitPrice : reference;
      return places(notional(one, decimal(order.quantity), decimal(price ?? "0")), 2, "half-even");
    });
    expect(plan?.orders.map((order) => order.notionalUsd)).toEqual(counted);
    expect(new Set(plan?.orders.map((order) => order.side))).toEqual(new Set(["buy", "sell"]));
  });

  test("passes the price check that guards every claim, although an option's index is the coin's", async () => {
    const { desk, reader } = await demo("calm", 15);
    const plan = await planHedge(desk, ask("paper-a"), by);
    const quotes = Object.fromEntries(
      await Promise.all(
        (plan?.orders ?? []).map(async ({ symbol }) => [symbol, await quotesOf(reader, symbol)] as const),
      ),
    );
    const { collar } = defaultPolicy();
    expect(plan && brokenCollar(plan, quotes, collar, desk.clock.now())).toBeNull();
  });

  test("leaves the account with the delta and vega it promised once the orders are filled", async () => {
    const { desk, reader, trader } = await demo("calm", 15);
    const plan = await planHedge(desk, ask("paper-a"), by);
    for (const order of plan?.orders ?? []) {
      const { notionalUsd: _, ...request } = order;
      expect(await trader.place(request)).toMatchObject({ outcome: "accepted" });
    }
    const state = await reader.account("paper-a");
    const delta = sum(state.positions.filter((one) => one.symbol.startsWith("BTC/")).map((one) => one.delta));
    expect(less(abs(delta), decimal("0.05"))).toBe(true);
    const after = await hedger.hedge({ reader, state, asset: "BTC", share: decimal("1"), collarBps: 500 });
    expect(Number(after.before.vegaUsdPerPoint)).toBeCloseTo(Number(change(plan, "BTC vega")?.after), 0);
  });

  test("says what it answers, so that it is taken back once the account was liquidated under it", async () => {
    const { desk, reader } = await demo("calm", 15);
    const plan = (await planHedge(desk, ask("paper-a"), by)) as Plan;
    const state = await reader.account("paper-a");
    expect(plan.hedged).toMatchObject({ asset: "BTC", held: coinsHeld(state, "BTC").net });
    expect(change(plan, "BTC delta")?.before).toBe(`${plan.hedged?.before} BTC`);
    const later = { ...state, at: new Date(Date.parse(plan.createdAt) + 1_000) };
    expect(pointless(plan, later)).toBeNull();
    expect(pointless(plan, { ...later, positions: [], balances: [] })).not.toBeNull();
  });

  test("of half the delta leaves the other half", async () => {
    const { desk } = await demo("calm", 15);
    const plan = await planHedge(desk, ask("paper-a", "0.5"), by);
    const delta = change(plan, "BTC delta");
    expect(Number.parseFloat(delta?.after ?? "")).toBeCloseTo(Number.parseFloat(delta?.before ?? "") / 2, 1);
  });

  test("counts coins once, whether they stand as balances or as spot positions", async () => {
    const { desk, reader } = await demo("calm", 15);
    const plan = await planHedge(desk, ask("paper-b"), by);
    const state = await reader.account("paper-b");
    const whole = sum(state.positions.filter((one) => one.symbol.startsWith("BTC/")).map((one) => one.delta));
    expect(plan?.orders).toHaveLength(1);
    expect(Number(plan?.orders[0]?.quantity)).toBeCloseTo(Number(whole), 2);
    expect(plan?.orders[0]?.side).toBe("sell");
  });
});

test("an exposure whose coin has no price is not told as nothing to hedge", async () => {
  const { desk, reader } = await demo("calm", 15);
  const blind = {
    ...reader,
    account: async (id: string) => ({ ...(await reader.account(id)), balances: [] }),
    book: async (symbol: string, depth: number) => ({
      ...(await reader.book(symbol, depth)),
      bids: [],
      asks: [],
      markPrice: null,
      indexPrice: null,
    }),
  };
  const without = { ...desk, venueOf: async () => ({ ...(await desk.venueOf("paper-a")), reader: blind }) };
  await expect(planHedge(without, ask("paper-a"), by)).rejects.toMatchObject({
    code: "VENUE_UNAVAILABLE",
    message: expect.stringContaining("no price of BTC") as string,
  });
  const flat = { ...blind, account: async (id: string) => ({ ...(await blind.account(id)), positions: [] }) };
  const nothing = { ...without, venueOf: async () => ({ ...(await desk.venueOf("paper-a")), reader: flat }) };
  expect(await planHedge(nothing, ask("paper-a"), by)).toBeNull();
});

describe("where the programme has no answer", () => {
  const silent = {
    ...hedger,
    hedge: async (): Promise<never> => {
      throw new QuantError("NO_CONVERGENCE", "the solver found no set of trades in the time it had");
    },
  };

  test("one perpetual order still takes the delta, and the plan says that vega was not looked at", async () => {
    const { desk } = await demo("calm", 15, { hedger: silent });
    const plan = await planHedge(desk, ask("paper-a"), by);
    expect(plan?.orders).toHaveLength(1);
    expect(plan?.orders[0]).toMatchObject({ symbol: "BTC/USDT:USDT", side: "sell", reduceOnly: true });
    expect(plan?.remains).toContain("vega was not looked at");
  });

  test("a delta under one lot needs no order", async () => {
    const { desk } = await demo("calm", 15, { hedger: silent });
    const tiny = { ...ask("paper-a"), share: mul<"ratio">(decimal("0.00000001"), decimal("1")) } as const;
    expect(await planHedge(desk, tiny, by)).toBeNull();
    const { desk: whole } = await demo("calm", 15);
    expect(await planHedge(whole, tiny, by)).toBeNull();
  });

  test("an asset without a perpetual is refused by name", async () => {
    const { desk } = await demo("calm", 1);
    await expect(planHedge(desk, { ...ask("paper-a"), asset: "DOGE" }, by)).rejects.toThrow(/no perpetual of DOGE/);
  });
});
