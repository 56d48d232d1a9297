import { expect, test } from "vitest";
import type { AccountState } from "../../../src/kernel/account.ts";
import { type Reading, type Recorded, compareOrders } from "../../../src/policy/judging/reconciled.ts";

const NOW = new Date("2026-03-02T12:00:00.000Z");
const before = (seconds: number): Date => new Date(NOW.getTime() - seconds * 1_000);
const OURS = `bw${"a".repeat(26)}`;
const OTHERS = "x-manual-1";

const row = (over: Partial<Recorded> = {}): Recorded => ({
  clientOrderId: OURS,
  state: "working",
  sentAt: before(60),
  endedAt: null,
  ...over,
});
const read = (ids: readonly string[], secondsAgo = 2): Reading => ({
  receivedAt: before(secondsAgo),
  state: {
    venue: "paper",
    openOrders: ids.map((clientOrderId) => ({ clientOrderId })) as unknown as AccountState["openOrders"],
  },
});

test.each<[string, Reading | undefined, readonly Recorded[], boolean | null, RegExp]>([
  ["an account that was never read is not known", undefined, [], null, /never read/],
  ["fresh figures without orders are reconciled", read([]), [], true, /^$/],
  ["figures as old as the limit still are", read([], 30), [], true, /^$/],
  ["older ones are not", read([], 31), [], false, /31 s old/],
  ["figures from the future tell nothing", read([], -11), [], null, /11000 ms ahead/],
  ["an unknown outcome is open", read([]), [row({ state: "unknown" })], false, /outcome of order bwa+ is unknown/],
  ["an order that both hold open is reconciled", read([OURS]), [row()], true, /^$/],
  ["another's order does not concern the desk", read([OTHERS]), [], true, /^$/],
  ["an id of the desk's form that no plan gave does", read([OURS]), [], false, /no plan gave/],
  [
    "an order that ended in the rows and is open at the venue is not reconciled",
    read([OURS]),
    [row({ state: "cancelled", endedAt: before(13) })],
    false,
    /cancelled in the desk's rows and open/,
  ],
  [
    "one that ended while the venue was asked is",
    read([OURS]),
    [row({ state: "filled", endedAt: before(3) })],
    true,
    /^$/,
  ],
  ["an order that only the rows hold open is not", read([]), [row()], false, /not open at the venue/],
  ["one that was just sent is", read([]), [row({ sentAt: before(3) })], true, /^$/],
])("%s", (_, reading, rows, is, why) => {
  const known = compareOrders(reading, rows, NOW, 30_000);
  expect(known.is).toBe(is);
  expect(known.why).toMatch(why);
});
