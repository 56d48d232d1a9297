import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AccountState } from "../../../src/kernel/account.ts";
import { type Decimal, abs, add, decimal, greater, max, mul } from "../../../src/kernel/decimal.ts";
import type { Plan } from "../../../src/kernel/plan.ts";
import { pointless } from "../../../src/policy/plans/pointless.ts";
import { BTC, order, plan } from "../make.ts";

const INVERSE = "BTC/USD:BTC";
const made = Date.parse("2026-03-02T10:00:00Z");

/** A plan that hedges an account's bitcoin with a contract it does not hold, so that no order of it is reduce-only. */
const hedge = (before: string, after = "0", held = before, over: Partial<Plan> = {}): Plan =>
  plan({
    createdAt: new Date(made).toISOString(),
    orders: [order({ symbol: INVERSE, side: before.startsWith("-") ? "buy" : "sell", reduceOnly: false })],
    hedged: { asset: "BTC", held, before, after },
    ...over,
  });

/** What the venue says of the account a second later: its perpetuals' coins by symbol, and its balances. */
const later = (coins: Readonly<Record<string, string>>, balances: Readonly<Record<string, string>> = {}) =>
  ({
    account: "paper-a",
    at: new Date(made + 1_000),
    positions: Object.entries(coins).map(([symbol, delta]) => ({ symbol, quantity: delta, delta })),
    balances: Object.entries(balances).map(([asset, total]) => ({ asset, total, usd: "0" })),
  }) as unknown as AccountState;

describe("a hedge that waits", () => {
  test("is taken back once what it answers was liquidated, though none of its orders is reduce-only", () => {
    expect(pointless(hedge("10"), later({}))).toBe("paper-a holds no BTC any more");
  });

  test("is taken back once a part was liquidated that it would turn round, and where the position turned over", () => {
    expect(pointless(hedge("10"), later({ [BTC]: "4" }))).toBe(
      "paper-a's BTC delta went from 10 to 4; the hedge would turn it to -6",
    );
    expect(pointless(hedge("-10"), later({ [BTC]: "-4" }))).toContain("would turn it to 6");
    expect(pointless(hedge("10"), later({ [BTC]: "-3" }))).toContain("would turn it to -13");
  });

  test("stands while it still takes exposure off, also after a small change, or a larger one that it was made for", () => {
    for (const now of ["10", "9.5", "10.7", "25"]) expect(pointless(hedge("10"), later({ [BTC]: now }))).toBeNull();
    expect(pointless(hedge("10", "5"), later({ [BTC]: "5.2" }))).toBeNull();
  });

  test("counts coins as well as contracts, once each, and no other asset's", () => {
    const spot = hedge("10");
    expect(pointless(spot, later({ "ETH/USDT:USDT": "50" }, { BTC: "10", USDT: "5" }))).toBeNull();
    expect(pointless(spot, later({ "BTC/USDT": "10" }, { BTC: "10" }))).toBeNull();
    expect(pointless(spot, later({ [BTC]: "10" }, { BTC: "-10" }))).not.toBeNull();
  });

  test("is measured by what changed at the venue, whose figures may differ from the desk's own", () => {
    expect(pointless(hedge("10", "0", "12"), later({ [BTC]: "12" }))).toBeNull();
    expect(pointless(hedge("10", "0", "12"), later({ [BTC]: "2" }))).toContain("went from 10 to 0");
  });

  test("of a book that is neutral, as in options hedged with perpetuals, is not taken back for a drift of its delta", () => {
    const neutral = hedge("0.02", "0", "0.02");
    expect(pointless(neutral, later({ "BTC/USDT:USDT-260327-60000-P": "-8", [BTC]: "7.6" }))).toBeNull();
    expect(pointless(neutral, later({}))).toBe("paper-a holds no BTC any more");
  });

  test("of reduce-only orders alone is kept from overshooting by its venue, and goes on", () => {
    const reducing = hedge("10", "0", "10", { orders: [order({ side: "sell", reduceOnly: true })] });
    expect(pointless(reducing, later({ [BTC]: "4" }))).toBeNull();
  });

  const coins = fc.integer({ min: -1_000, max: 1_000 }).map((tenths) => decimal<"base">((tenths / 10).toFixed(1)));
  test("and is sent, never leaves the account with more on the orders' side than it takes off, by a tenth", () => {
    fc.assert(
      fc.property(coins, fc.integer({ min: 1, max: 10 }), coins, (before, share, now) => {
        fc.pre(before !== "0");
        const moved = mul(before, decimal(String(-share / 10)));
        const one = hedge(before, add(before, moved as Decimal<"base">));
        if (pointless(one, later({ [BTC]: now })) !== null) return true;
        const left = add(now as Decimal, moved);
        const bound = max(abs(now as Decimal), mul(max(abs(moved), abs(now as Decimal)), decimal("0.1")));
        return !greater(abs(left), bound);
      }),
      { numRuns: 2_000 },
    );
  });

  test("that is older than the reading says nothing, and neither does a reading of another account", () => {
    expect(pointless(hedge("10"), { ...later({}), at: new Date(made) })).toBeNull();
    expect(pointless(hedge("10"), { ...later({}), account: "paper-b" })).toBeNull();
  });
});
