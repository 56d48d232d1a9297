import { and, eq } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import { accountDays } from "../../db/schema.ts";
import { type AccountState, type Transfer, dayOf } from "../../kernel/account.ts";
import { type Decimal, type Usd, ZERO, add, decimal, div, isZero, max, mul, sub } from "../../kernel/decimal.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import { isDollar } from "../../kernel/dollar.ts";
import type { VenueReader } from "../../venues/venue.ts";

/** How often transfers are read: the question is dear at some venues. */
const EVERY_MS = 60_000;

/** One unit of an asset in USD, as the account's own balances price it; null where they do not. */
function priceOf(asset: string, balances: AccountState["balances"]): Decimal | null {
  if (isDollar(asset)) return decimal("1");
  const held = balances.find((one) => one.asset === asset);
  if (held === undefined || isZero(decimal(held.total)) || isZero(held.usd)) return null;
  return div(held.usd, decimal(held.total), 12, "half-even");
}

/** What transfers come to in USD at the account's present prices; null where one of them has none. */
export function transfersUsd(transfers: readonly Transfer[], balances: AccountState["balances"]): Usd | null {
  let total: Usd = ZERO;
  for (const { asset, amount } of transfers) {
    const price = priceOf(asset, balances);
    if (price === null) return null;
    total = add(total, mul<"usd">(amount, price));
  }
  return total;
}

/** Keeps the base of one account's daily loss. */
export interface DayBook {
  /** Hears every reading of the account; what takes long goes on beside the monitor. */
  take(state: AccountState, reader: Pick<VenueReader, "transfers">, receivedAt: Date): void;
  /** Resolves once nothing is under way. */
  idle(): Promise<void>;
}

/**
 * Opens the day book of an account: the first reading of a UTC day is that day's base, and transfers since then are read
 * once a minute. What cannot be read stays unread, and rules that limit the loss deny.
 */
export function openDayBook(database: Database, log: Log): DayBook {
  let readAt = 0;
  let day = "";
  let busy = false;
  let keeping = Promise.resolve();

  const keep = async (state: AccountState, reader: Pick<VenueReader, "transfers">, receivedAt: Date): Promise<void> => {
    const { account, equityUsd } = state;
    const today = dayOf(receivedAt);
    await database.db
      .insert(accountDays)
      .values({ account, day: today, equityUsd, openedAt: receivedAt })
      .onConflictDoNothing();
    const which = and(eq(accountDays.account, account), eq(accountDays.day, today));
    const [row] = await database.db.select().from(accountDays).where(which);
    if (row === undefined) return;
    const moved = transfersUsd(await reader.transfers(account, row.openedAt), state.balances);
    const lossUsd = moved === null ? null : max(sub(add(decimal(row.equityUsd), moved), equityUsd), ZERO);
    await database.db.update(accountDays).set({ transfersUsd: moved, transfersAt: receivedAt, lossUsd }).where(which);
    if (moved === null) log.warn({ account }, "a transfer has no price; the daily loss is not known");
  };

  return {
    take(state, reader, receivedAt) {
      const today = dayOf(receivedAt);
      if (busy || (today === day && receivedAt.getTime() - readAt < EVERY_MS)) return;
      [busy, day, readAt] = [true, today, receivedAt.getTime()];
      keeping = keep(state, reader, receivedAt)
        .catch((error: unknown) => log.warn({ account: state.account, err: messageOf(error) }, "daily loss not kept"))
        .finally(() => {
          busy = false;
        });
    },
    idle: () => keeping,
  };
}
