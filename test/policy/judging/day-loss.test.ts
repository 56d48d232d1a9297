import { expect, test } from "vitest";
import { decimal } from "../../../src/kernel/decimal.ts";
import { type DayRow, dayLoss } from "../../../src/policy/judging/day-loss.ts";
import { NOON } from "../make.ts";

const day = (over: Partial<DayRow> = {}): DayRow => ({
  equityUsd: "100000",
  transfersUsd: "0",
  transfersAt: NOON,
  lossUsd: "0",
  ...over,
});
const later = (seconds: number): Date => new Date(NOON.getTime() + seconds * 1_000);

test.each<[string, DayRow | undefined, string, Date, string | null]>([
  ["a fall in equity is a loss", day(), "93000", NOON, "7000"],
  ["a rise is none", day(), "107000", NOON, "0"],
  ["what was paid in hides no loss", day({ transfersUsd: "50000" }), "143000", NOON, "7000"],
  ["what was paid out is none", day({ transfersUsd: "-50000" }), "50000", NOON, "0"],
  ["a rise that nobody explained yet does not shrink the loss", day({ lossUsd: "7000" }), "120000", later(59), "7000"],
  ["a further fall adds to it at once", day({ lossUsd: "7000" }), "90000", later(59), "10000"],
  ["a day without a reading is not known", undefined, "93000", NOON, null],
  ["transfers that were never read leave it unknown", day({ transfersAt: null }), "93000", NOON, null],
  ["so do transfers without a price", day({ transfersUsd: null, lossUsd: null }), "93000", NOON, null],
  ["transfers read five minutes ago are good", day(), "93000", later(300), "7000"],
  ["older ones are not", day(), "93000", later(301), null],
])("%s", (_, row, equity, at, loss) => expect(dayLoss(row, decimal(equity), at)).toBe(loss));
