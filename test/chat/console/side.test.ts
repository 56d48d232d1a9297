import { expect, test } from "vitest";
import type { AccountRow } from "../../../src/chat/console/rows/accounts.ts";
import { renderAccounts } from "../../../src/chat/console/side.ts";
import { decimal } from "../../../src/kernel/decimal.ts";

const now = new Date("2026-11-27T01:00:00Z");
const limits = { warnRatio: decimal<"ratio">("0.6"), limitRatio: decimal<"ratio">("0.8"), staleAfterMs: 10_000 };
const flat = {
  account: "paper-a",
  venue: "paper",
  environment: "paper",
  trading: "active",
  marginRatio: "0",
  equityUsd: "684",
  nearest: null,
  positions: [],
  at: now.toISOString(),
} as unknown as AccountRow;

test("an account that was liquidated is not called calm", () => {
  const shown = renderAccounts([flat], [], limits, now).toString();
  expect(shown).toContain('<span class="standing">flat</span>');
  expect(shown).not.toContain("calm</span>");
});
