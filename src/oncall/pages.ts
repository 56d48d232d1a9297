import { and, eq, inArray, lte, or, sql } from "drizzle-orm";
import type { Db, Tx } from "../db/client.ts";
import { pages } from "../db/schema.ts";
import type { Severity } from "../kernel/alert.ts";

/** Heard by every process that delivers pages. */
export const PAGES_CHANNEL = "breakwater_pages";
/** A process that died while paging holds the row for this long. */
const CLAIM_MS = 30_000;

export type PageRow = typeof pages.$inferSelect;

/** A page to be sent at `dueAt`, unless somebody acknowledges before. */
export interface Due {
  /** Stable: "INC-7/pagerduty"; asking again with the same key changes nothing. */
  readonly dedupeKey: string;
  readonly incidentId: string | null;
  /** A pager's name; rotas come as "rota:<name>" once they exist. */
  readonly target: string;
  readonly summary: string;
  readonly severity: Severity;
  readonly link: string | null;
  readonly dueAt: Date;
}

const wake = (tx: Db | Tx) => tx.execute(sql`select pg_notify(${PAGES_CHANNEL}, '')`);

/** Asks for a page, in the transaction of the deed; false where it was asked for before. */
export async function schedulePage(tx: Db | Tx, due: Due): Promise<boolean> {
  const added = await tx
    .insert(pages)
    .values({ ...due, state: "due" })
    .onConflictDoNothing()
    .returning({ key: pages.dedupeKey });
  await wake(tx);
  return added.length === 1;
}

/** Somebody took the incident: what is not sent yet never is, what was sent is acknowledged at the pager. */
export async function acknowledgePages(tx: Db | Tx, incidentId: string): Promise<void> {
  await tx
    .update(pages)
    .set({ state: "acknowledged", nextAt: sql`now()`, attempts: 0 })
    .where(and(eq(pages.incidentId, incidentId), inArray(pages.state, ["due", "triggered"])));
  await wake(tx);
}

/** The incident is over: the pager hears so, where it ever heard of it. */
export async function resolvePages(tx: Db | Tx, incidentId: string): Promise<void> {
  await tx
    .update(pages)
    .set({ state: "resolved", nextAt: sql`now()`, attempts: 0 })
    .where(and(eq(pages.incidentId, incidentId), inArray(pages.state, ["due", "triggered", "acknowledged"])));
  await wake(tx);
}

/** Where a pager has to be told something. */
const untold = or(
  and(eq(pages.state, "due"), eq(pages.told, "none"), lte(pages.dueAt, sql`now()`)),
  and(eq(pages.state, "acknowledged"), eq(pages.told, "triggered")),
  and(eq(pages.state, "resolved"), inArray(pages.told, ["triggered", "acknowledged"])),
);

/** Takes rows that are due for this process. */
export function claimPages(db: Db, limit: number): Promise<PageRow[]> {
  const due = db
    .select({ key: pages.dedupeKey })
    .from(pages)
    .where(and(untold, lte(pages.nextAt, sql`now()`)))
    .orderBy(pages.nextAt)
    .limit(limit)
    .for("update", { skipLocked: true });
  return db
    .update(pages)
    .set({ nextAt: sql`now() + ${CLAIM_MS} * interval '1 ms'`, attempts: sql`${pages.attempts} + 1` })
    .where(inArray(pages.dedupeKey, due))
    .returning();
}

/** The pager heard it; a state that changed meanwhile is told next. */
export async function pageTold(db: Db, row: PageRow, told: "triggered" | "acknowledged" | "resolved"): Promise<void> {
  await db
    .update(pages)
    .set({
      told,
      state: sql`case when ${pages.state} = 'due' then 'triggered' else ${pages.state} end`,
      attempts: 0,
      lastError: null,
      nextAt: sql`now()`,
    })
    .where(eq(pages.dedupeKey, row.dedupeKey));
}

/** The pager could not be told; tried again after `ms`. */
export async function pageLater(db: Db, row: PageRow, ms: number, why: string): Promise<void> {
  await db
    .update(pages)
    .set({ nextAt: sql`now() + ${Math.round(ms)} * interval '1 ms'`, lastError: why })
    .where(eq(pages.dedupeKey, row.dedupeKey));
}

/** The pager refuses for good. */
export async function pageFailed(db: Db, row: PageRow, why: string): Promise<void> {
  await db.update(pages).set({ state: "failed", lastError: why }).where(eq(pages.dedupeKey, row.dedupeKey));
}
