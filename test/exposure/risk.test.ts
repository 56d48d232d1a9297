import { expect, test } from "vitest";
import { type Volatilities, bookRisk } from "../../src/exposure/risk.ts";
import type { AccountState } from "../../src/kernel/account.ts";
import { decimal } from "../../src/kernel/decimal.ts";
import { marginAlert } from "../../src/sources/feeds/account-monitor.ts";

/** Ten bitcoin long at 60,000 with 45,000 USD of maintenance margin on 100,000 of equity, of which half may stand for nothing. */
const state = (marginRatio: string): AccountState => ({
  account: "a",
  venue: "bybit",
  equityUsd: decimal("100000"),
  maintenanceMarginUsd: decimal("45000"),
  marginRatio: decimal(marginRatio),
  balances: [],
  positions: [],
  openOrders: [],
  at: new Date(0),
});
const long = {
  kind: "future",
  settlement: "linear",
  account: "a",
  asset: "BTC",
  indexUsd: 60_000,
  size: 10,
  markUsd: 60_000,
} as const;
const reading = { account: "a", holdings: [long], indexes: new Map([["BTC", 60_000]]), notes: [], at: new Date(0) };
const volatilities: Volatilities = new Map([["BTC", { sigma: decimal("0.6"), from: "a test" }]]);

test.each([
  // 100,000 + 10 (p − 60,000) = 0.75 p, and 50,000 + 10 (p − 60,000) = 0.75 p.
  ["all of the equity stands for the margin", "0.45", "54054.05"],
  ["the venue lets half of it stand for the margin", "0.9", "59459.46"],
])("where %s, the account is liquidated when that is used up", (_, ratio, below) => {
  expect(bookRisk(reading, state(ratio), volatilities).liquidation?.below).toBe(below);
});

test("the alarm's figures make the ratio that its title tells, also where a part of the equity stands for nothing", () => {
  expect(marginAlert(state("0.45"), "high", new Date(0)).summary).toContain(
    "Maintenance margin 45,000 USD against equity 100,000 USD;",
  );
  expect(marginAlert(state("0.9"), "critical", new Date(0)).summary).toContain(
    "Maintenance margin 45,000 USD against 50,000 USD that stand for it, of equity 100,000 USD;",
  );
});
