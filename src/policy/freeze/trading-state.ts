import { eq, sql } from "drizzle-orm";
import { announce } from "../../db/changes.ts";
import type { Tx } from "../../db/client.ts";
import { type TradingStateName, tradingStates } from "../../db/schema.ts";
import { DeskError } from "../../kernel/errors.ts";
import { append, lockDesk } from "../../ledger/append.ts";
import { databaseNow } from "../rows.ts";

const RANK = { active: 0, reducing: 1, halted: 2 } as const satisfies Record<TradingStateName, number>;
const SCOPE = /^(firm|(venue|account|instrument|playbook|person):\S{1,120})$/;
const REMIND_MS = 4 * 3_600_000;

/** A freeze, or its end: lasting until somebody changes it. */
export interface TradingStateRow {
  readonly scope: string;
  readonly state: TradingStateName;
  readonly setBy: string;
  readonly reason: string;
  readonly setAt: Date;
  readonly remindAt: Date | null;
}

/** Every scope that ever had a state, with the one it has now; a scope without a row is active. */
export const tradingStateRows = (tx: Pick<Tx, "select">): Promise<TradingStateRow[]> =>
  tx.select().from(tradingStates).orderBy(tradingStates.scope);

/** What stands in the way of scopes: everything that is not active. */
export async function statesNow(tx: Pick<Tx, "select">): Promise<Readonly<Record<string, TradingStateName>>> {
  const rows = await tradingStateRows(tx);
  return Object.fromEntries(rows.filter((row) => row.state !== "active").map((row) => [row.scope, row.state]));
}

/**
 * The strictest state among scopes: "is paper-a frozen?" asks for firm, its venue and the account.
 * @example effectiveState(await statesNow(tx), ["firm", "venue:paper", "account:paper-a"])
 */
export function effectiveState(
  states: Readonly<Record<string, TradingStateName>>,
  scopes: readonly string[],
): TradingStateName {
  return scopes.reduce<TradingStateName>((most, scope) => {
    const state = states[scope] ?? "active";
    // A word this program does not know is as strict as can be.
    return (RANK[state] ?? 9) > RANK[most] ? (state in RANK ? state : "halted") : most;
  }, "active");
}

interface Change {
  readonly scope: string;
  readonly state: TradingStateName;
  readonly by: string;
  readonly reason: string;
  /** The plan whose claim sets it; null for a freeze without one. */
  readonly planHash: string | null;
}

const textOf = (row: TradingStateRow) => ({
  state: row.state,
  setBy: row.setBy,
  reason: row.reason,
  setAt: row.setAt.toISOString(),
  remindAt: row.remindAt?.toISOString() ?? null,
});

async function write(tx: Tx, change: Change, now: Date): Promise<void> {
  const remindAt = change.state === "active" ? null : new Date(now.getTime() + REMIND_MS);
  const row = {
    scope: change.scope,
    state: change.state,
    setBy: change.by,
    reason: change.reason,
    setAt: now,
    remindAt,
  };
  await tx.insert(tradingStates).values(row).onConflictDoUpdate({ target: tradingStates.scope, set: row });
  await append(tx, {
    actor: change.by,
    type: "trading.state",
    object: change.scope,
    body: {
      ...textOf(row),
      plan: change.planHash,
    },
  });
  await announce(tx, { type: "trading" });
}

async function present(tx: Tx, scope: string): Promise<TradingStateName> {
  if (!SCOPE.test(scope))
    throw new DeskError(
      "INPUT_INVALID",
      `${scope.slice(0, 60)} is no scope; write firm, or venue:, account:, instrument:, playbook: or person: and a name`,
    );
  await lockDesk(tx);
  const [row] = await tx.select().from(tradingStates).where(eq(tradingStates.scope, scope)).for("update");
  return row?.state ?? "active";
}

/**
 * Freezes a scope at once; any one of on-call, risk or automation may. Never makes it milder: a halted scope that is
 * told to reduce stays halted. Resolves to the state that holds.
 */
export async function freeze(
  tx: Tx,
  change: Omit<Change, "state"> & { readonly state: "reducing" | "halted" },
): Promise<TradingStateName> {
  const before = await present(tx, change.scope);
  const state = RANK[before] > RANK[change.state] ? before : change.state;
  await write(tx, { ...change, state }, await databaseNow(tx));
  return state;
}

/** Lets a scope trade again; only a claimed plan may, because lifting a freeze needs its quorum. */
export async function unfreeze(
  tx: Tx,
  change: Omit<Change, "planHash"> & { readonly planHash: string },
): Promise<void> {
  await present(tx, change.scope);
  await write(tx, change, await databaseNow(tx));
}

/** The freeze that a scope was put under at or after a moment; null where there is none. Who consents to lift one consents to no later one. */
export async function frozenSince(tx: Pick<Tx, "select">, scope: string, since: Date): Promise<TradingStateRow | null> {
  const [row] = await tx.select().from(tradingStates).where(eq(tradingStates.scope, scope));
  return row !== undefined && row.state !== "active" && row.setAt >= since ? row : null;
}

/** Scopes whose row differs from the last ledger entry about them: somebody changed the database by hand. */
export async function unprovenStates(tx: Tx): Promise<readonly string[]> {
  const rows = await tx.execute<{ scope: string }>(sql`
    with last as (
      select distinct on (object) object, body::jsonb as body from breakwater.ledger
      where type like 'trading.%' order by object, seq desc)
    select coalesce(s.scope, l.object) as scope
    from last l full join breakwater.trading_states s on s.scope = l.object
    where l.object is null or s.scope is null or s.state <> l.body ->> 'state' or s.set_by <> l.body ->> 'setBy'
      or s.reason <> l.body ->> 'reason' or s.set_at <> (l.body ->> 'setAt')::timestamptz
      or s.remind_at is distinct from (l.body ->> 'remindAt')::timestamptz
    order by 1`);
  return rows.map((row) => row.scope);
}

/**
 * Freezes that have stood for hours since somebody last looked, each moved to its next reminder. The caller tells people.
 */
export async function remindDue(tx: Tx): Promise<readonly TradingStateRow[]> {
  await lockDesk(tx);
  const now = await databaseNow(tx);
  const due = (await tradingStateRows(tx)).filter(
    (row) => row.state !== "active" && row.remindAt !== null && row.remindAt <= now,
  );
  for (const row of due) {
    const next = { ...row, remindAt: new Date(now.getTime() + REMIND_MS) };
    await tx.update(tradingStates).set({ remindAt: next.remindAt }).where(eq(tradingStates.scope, row.scope));
    await append(tx, {
      actor: "system",
      type: "trading.state",
      object: row.scope,
      body: { ...textOf(next), plan: null },
    });
  }
  return due;
}
