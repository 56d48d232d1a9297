import { type Database, openDatabase } from "./db/client.ts";
import { startEmbedded } from "./db/embedded.ts";
import { migrate, schemaStanding } from "./db/migrate.ts";
import { migrateDurable } from "./engine/durable.ts";
import { lockHome } from "./db/home-lock.ts";
import { type Heard, keepServer } from "./db/keep-server.ts";
import type { Clock } from "./kernel/clock.ts";
import { DeskError, messageOf } from "./kernel/errors.ts";
import type { Log } from "./kernel/log.ts";
import type { Secret } from "./kernel/secret.ts";

/** The desk's database, ready to be used. */
export interface Started {
  readonly database: Database;
  readonly embedded: boolean;
  /** Looks after the embedded server until the returned function is called; where Postgres is somebody else's to run, does nothing. */
  keep(heard: Heard): () => Promise<void>;
  stop(): Promise<void>;
}

/** What Postgres itself said: the migrator's errors carry only the statement, and what was wrong with it as their cause. */
function saidBy(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return cause instanceof Error ? saidBy(cause) : messageOf(error);
}

async function prepare(url: string, { exclusive, clock }: { exclusive: boolean; clock: Clock }): Promise<void> {
  if (!exclusive) {
    const standing = await schemaStanding(url);
    if (standing === "current") return;
    if (standing === "older")
      throw new DeskError(
        "DATABASE_UNSUITABLE",
        "an older version of the program wrote this database, and what only reads does not change it; use that version, or start the desk with this one first",
      );
  }
  await migrate(url, clock, () => migrateDurable(url));
}

/**
 * Connects to DATABASE_URL, or starts the embedded server under `home`, and brings the schema up to date.
 * @param exclusive false for programs that only read beside a running desk: they leave the schema of an older one as it is
 * @throws DeskError DATABASE_UNAVAILABLE, DATABASE_UNSUITABLE, HOME_IN_USE
 */
export async function startDatabase(options: {
  url: Secret | null;
  home: string;
  exclusive: boolean;
  clock: Clock;
  log: Log;
}): Promise<Started> {
  const { home, clock, log } = options;
  const server = options.url ? null : await startEmbedded(home, clock);
  if (server?.notice) log.info({ notice: server.notice }, "database placed");
  const url = server?.url ?? options.url?.reveal() ?? "";
  const undo: (() => Promise<void>)[] = server ? [() => server.stop()] : [];
  const stop = async (): Promise<void> => {
    for (const one of undo.reverse()) await one();
    undo.length = 0;
  };
  try {
    const lock = server && options.exclusive ? await lockHome(url, home, clock) : null;
    if (lock) undo.push(() => lock.release());
    await prepare(url, options).catch((cause: unknown) => {
      if (cause instanceof DeskError) throw cause;
      throw new DeskError(
        "DATABASE_UNAVAILABLE",
        `Postgres could not be reached or prepared: ${saidBy(cause)}; check DATABASE_URL and what its role may do (docs/install.md)`,
        { cause },
      );
    });
    const database = openDatabase(url, { socketFile: server?.socketFile ?? null });
    undo.push(() => database.close());
    const keep: Started["keep"] = (heard) =>
      server && lock ? keepServer({ server, lock, heard, clock, log }) : async () => {};
    return { database, embedded: server !== null, keep, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
