import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate as drizzleMigrate } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
import type { Clock } from "../kernel/clock.ts";
import { DeskError } from "../kernel/errors.ts";

/** One number for all programs that may migrate the same database at once. */
const MIGRATION_LOCK = 727_274;
const OLDEST = 150_000;

/** The folder of SQL files, beside the sources or beside the built program. */
const folder = (): string =>
  [path.resolve(import.meta.dirname, "../../drizzle"), path.resolve(import.meta.dirname, "../../../drizzle")].find(
    (one) => existsSync(path.join(one, "meta/_journal.json")),
  ) ?? "drizzle";

/**
 * How the database stands to this program's schema, without touching it: `fresh` where nothing was ever put there, `older` where
 * migrations are missing, else `current`.
 */
export async function schemaStanding(url: string): Promise<"fresh" | "older" | "current"> {
  const connection = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => {} });
  try {
    const [table] = await connection<{ there: boolean }[]>`
      select to_regclass('drizzle.__drizzle_migrations') is not null as there`;
    if (table?.there !== true) return "fresh";
    const [row] = await connection<{ newest: string | null }[]>`
      select max(created_at) as newest from drizzle.__drizzle_migrations`;
    const journal = JSON.parse(readFileSync(path.join(folder(), "meta/_journal.json"), "utf8")) as {
      readonly entries: readonly { readonly when: number }[];
    };
    if (row?.newest == null) return "fresh";
    return journal.entries.some(({ when }) => when > Number(row.newest)) ? "older" : "current";
  } finally {
    await connection.end();
  }
}

/**
 * Brings the database to this program's schema, then runs `alsoUnderLock` (the engine's own migration) while no other
 * replica migrates. The lock is polled: a blocking one holds a snapshot that concurrent index builds wait for.
 * @throws DeskError DATABASE_UNSUITABLE where the server is older than Postgres 15
 */
export async function migrate(url: string, clock: Clock, alsoUnderLock: () => Promise<void>): Promise<void> {
  const connection = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => {} });
  try {
    const [row] = await connection<{ version: string }[]>`select current_setting('server_version_num') as version`;
    if (Number(row?.version) < OLDEST)
      throw new DeskError("DATABASE_UNSUITABLE", `Postgres 15 or newer is needed, this one says ${row?.version}`);
    const locked = async (): Promise<boolean> => {
      const [answer] = await connection<{ ok: boolean }[]>`select pg_try_advisory_lock(${MIGRATION_LOCK}) as ok`;
      return answer?.ok === true;
    };
    while (!(await locked())) await clock.sleep(100);
    await drizzleMigrate(drizzle(connection), { migrationsFolder: folder(), migrationsSchema: "drizzle" });
    await alsoUnderLock();
  } finally {
    await connection.end();
  }
}
