import { and, eq } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import { accountDays, accountStates } from "../../../src/db/schema.ts";
import type { AccountState, Transfer } from "../../../src/kernel/account.ts";
import { decimal } from "../../../src/kernel/decimal.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { gather } from "../../../src/policy/judging/gather.ts";
import { type DayBook, openDayBook } from "../../../src/sources/feeds/account-day.ts";
import { controlOf, freshPlan } from "../../policy/control.ts";
import { withDatabase } from "../../with-database.ts";

const database = withDatabase();
let days: DayBook;
/** Since when transfers were asked for, each time. */
let asked: Date[];
let transfers: Transfer[];
let silent: boolean;

const balance = { asset: "BTC", total: "2", usd: decimal<"usd">("100000") };
const state = (equityUsd: string): AccountState =>
  ({ account: "paper-a", venue: "paper", equityUsd, balances: [balance], positions: [], openOrders: [] }) as never;
const read = async (equityUsd: string, at: Date): Promise<void> => {
  const one = state(equityUsd);
  await database()
    .db.insert(accountStates)
    .values({ account: "paper-a", state: one, at, receivedAt: at })
    .onConflictDoUpdate({ target: accountStates.account, set: { state: one, at, receivedAt: at } });
  const reader = {
    transfers: async (_: string, since: Date) => {
      asked.push(since);
      if (silent) throw new Error("the venue does not answer");
      return transfers;
    },
  };
  days.take(one, reader, at);
  await days.idle();
};
const lossOf = async (): Promise<string | null> =>
  database().db.transaction(async (tx) => {
    const facts = await gather(tx, controlOf(), freshPlan(), { quotes: {}, proposedAt: null });
    return facts.figures?.lossUsd ?? null;
  });
const row = async (day: string) =>
  (
    await database()
      .db.select()
      .from(accountDays)
      .where(and(eq(accountDays.account, "paper-a"), eq(accountDays.day, day)))
  )[0];

beforeEach(async () => {
  days = openDayBook(database(), silentLog);
  [asked, transfers, silent] = [[], [], false];
  await database().db.delete(accountDays);
});

test("the first reading of a UTC day is its base, also after a restart, and the next day has its own", async () => {
  await read("100", new Date("2026-03-02T23:59:50Z"));
  days = openDayBook(database(), silentLog);
  await read("90", new Date("2026-03-02T23:59:58Z"));
  expect(await row("2026-03-02")).toMatchObject({ equityUsd: "100", lossUsd: "10" });
  await read("80", new Date("2026-03-03T00:00:03Z"));
  expect(await row("2026-03-03")).toMatchObject({ equityUsd: "80", lossUsd: "0" });
});

test("transfers are asked for once a minute, since the day's base", async () => {
  const base = new Date("2026-03-02T08:00:00Z");
  for (const seconds of [0, 5, 59, 60, 65]) await read("100", new Date(base.getTime() + seconds * 1_000));
  expect(asked).toEqual([base, base]);
});

test("what rules see as the loss of the day has transfers taken out, coins at the account's own price", async () => {
  const now = new Date();
  await read("100000", now);
  transfers = [
    { asset: "BTC", amount: decimal("1"), at: now },
    { asset: "USDT", amount: decimal("-10000"), at: now },
  ];
  days = openDayBook(database(), silentLog);
  await read("132000", now);
  expect(await lossOf()).toBe("8000");
});

test("without a price for what was paid in, or without the venue's word, the loss is not known", async () => {
  const now = new Date();
  silent = true;
  await read("100000", now);
  expect(await lossOf()).toBeNull();
  silent = false;
  transfers = [{ asset: "DOGE", amount: decimal("5"), at: now }];
  days = openDayBook(database(), silentLog);
  await read("90000", now);
  expect(await lossOf()).toBeNull();
  transfers = [];
  days = openDayBook(database(), silentLog);
  await read("90000", now);
  expect(await lossOf()).toBe("10000");
});
