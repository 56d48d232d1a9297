import { expect, test } from "vitest";
import digest from "../../commands/digest.ts";
import positions from "../../commands/positions.ts";
import { accountsPage } from "../../src/chat/console/pages/accounts.ts";
import type { AccountRow } from "../../src/chat/console/rows/accounts.ts";
import type { DeskApi } from "../../src/desk/api.ts";
import type { AccountState } from "../../src/kernel/account.ts";
import { decimal } from "../../src/kernel/decimal.ts";

const NOW = new Date("2026-11-26T12:00:00Z");
const held = {
  symbol: "BTC/USDT:USDT",
  quantity: decimal<"quantity">("1"),
  entryPrice: decimal<"price">("60000"),
  markPrice: decimal<"price">("60000"),
  notionalUsd: decimal<"usd">("60000"),
  unrealisedUsd: decimal<"usd">("0"),
  maintenanceMarginUsd: decimal<"usd">("300"),
  liquidationPrice: null,
  delta: decimal<"base">("1"),
};
const ranked = [
  { ...held, adlRankRatio: decimal<"ratio">("0.8") },
  { ...held, adlRankRatio: decimal<"ratio">("0") },
  held,
];

test("/positions shows the place in the auto-deleveraging queue, and where the venue tells none it says so, not 0", async () => {
  const state = { account: "main", positions: ranked } as unknown as AccountState;
  const desk = { accounts: ["main"], account: async () => state } as unknown as DeskApi;
  const person = { id: "ana", name: "Ana", roles: ["trader"], surface: "slack" } as const;
  const { table } = await positions.run({ desk, person, args: { account: "main" } });
  const column = table?.columns.indexOf("ADL rank") ?? -1;
  expect(table?.rows.map((row) => row[column])).toEqual(["80 %", "0 %", "not told"]);
});

test("who may only look reads what the console shows and asks no venue", async () => {
  const states = ["main", "other"].map((account) => ({ state: { account, positions: ranked }, ageMs: 4_000 }));
  const desk = {
    accounts: ["main", "other"],
    account: async () => Promise.reject(new Error("the venue was asked")),
    states: async () => states,
  } as unknown as DeskApi;
  const vera = { id: "vera", name: "Vera", roles: ["viewer"], surface: "slack" } as const;
  const { table } = await positions.run({ desk, person: vera, args: { account: "main" } });
  expect(table?.rows.map((row) => [row[0], row.at(-1)])).toEqual(ranked.map(() => ["main", "4.0 s ago"]));
  await expect(positions.run({ desk, person: vera, args: { account: "nobody" } })).rejects.toThrow("no account nobody");
  await expect(
    positions.run({ desk, person: { ...vera, roles: ["trader"] }, args: { account: "main" } }),
  ).rejects.toThrow("the venue was asked");
  expect(positions.head.needs).toContain("viewer");
  expect(digest.head.needs).toEqual(["trader", "risk", "operator", "compliance"]);
});

test("the console's page of accounts shows the same", () => {
  const row = {
    account: "main",
    venue: "bybit",
    environment: "live",
    equityUsd: "1",
    maintenanceMarginUsd: "1",
    marginRatio: "0.1",
    nearest: null,
    positions: ranked.map((one) => ({ ...one, adlRankRatio: "adlRankRatio" in one ? one.adlRankRatio : null })),
    openOrders: 0,
    trading: "active",
    deadMan: null,
    at: NOW.toISOString(),
  } as AccountRow;
  const limits = { warnRatio: decimal<"ratio">("0.6"), limitRatio: decimal<"ratio">("0.8"), staleAfterMs: 30_000 };
  const page = String(accountsPage([row], [], limits, NOW));
  const cells = [...page.matchAll(/data-label="ADL rank"[^>]*>(.*?)<\/td>/gs)].map((match) =>
    (match[1] ?? "").replaceAll(/<[^>]*>/g, "").trim(),
  );
  expect(cells).toEqual(["80 %", "0 %", "not told"]);
});
