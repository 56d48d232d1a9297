import path from "node:path";
import { type PostgresJsDatabase, drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import * as schema from "./schema.ts";
import { sockets } from "./socket.ts";

/** Typed queries over our tables. */
export type Db = PostgresJsDatabase<typeof schema>;
/** A running transaction; every deed and its ledger entry share one. */
export type Tx = Parameters<Parameters<Db["transaction"]>[0]>[0];

/**
 * The program's connections. `db` is the pool for typed queries, `sql` for the few statements that are clearer as text.
 * What is done again and again has a connection of its own, where its statements are planned once and travel together:
 * each message to the server costs more than what it asks.
 */
export interface Database {
  readonly url: string;
  /** The same for drivers that read PostgreSQL's own form, in which `host` may be the socket's folder. */
  readonly nearUrl: string;
  readonly db: Db;
  /** For the intake, which takes one batch at a time. */
  readonly intake: Db;
  /** For reading what cards and lists show; nothing that waits for a lock, because it would hold up the others. */
  readonly drawing: Db;
  /** For bringing cards to channels; each statement ends by itself, so none holds a lock that another waits for. */
  readonly outbox: Db;
  readonly sql: postgres.Sql;
  close(): Promise<void>;
}

/** An address with one more setting in its query. */
export function withQuery(url: string, name: string, value: string): string {
  const changed = new URL(url);
  changed.searchParams.set(name, value);
  return changed.href;
}

/**
 * For connections whose statements are planned once: the tables grow within minutes from empty, and a plan made for an
 * empty table reads all of it for ever, so only look-ups by index are planned.
 */
const LOOK_UPS = { enable_seqscan: "off", enable_hashjoin: "off", enable_mergejoin: "off" };

/** How a database is reached. */
export interface Reach {
  /** Connections for typed queries at most; 12 where left out. */
  readonly max?: number;
  /** The server's socket file, in place of the address that the URL names; null where left out. */
  readonly socketFile?: string | null;
}

/**
 * Opens a pool. Short back-off and connect timeout, because with the driver's defaults an outage of seconds
 * lasts most of a minute.
 */
export function openDatabase(url: string, { max = 12, socketFile = null }: Reach = {}): Database {
  const settings = {
    connect_timeout: 5,
    idle_timeout: 0,
    // The driver asks for array types on every new connection and lets that question's failure go unhandled, which
    // would end the program whenever the server restarts; no statement here sends or reads arrays.
    fetch_types: false,
    backoff: (tries: number) => Math.min(1, 0.1 * tries),
    onnotice: () => {},
    socket: sockets(socketFile),
    connection: { application_name: "breakwater", timezone: "UTC" },
  };
  // drizzle replaces its client's JSON handling, so plain statements have a client of their own.
  // Its statements that are prepared are planned at each use: a plan kept from an empty table would read all of it.
  const typed = postgres(url, {
    ...settings,
    max,
    connection: { ...settings.connection, plan_cache_mode: "force_custom_plan" },
  });
  const line = { ...settings, max: 1, connection: { ...settings.connection, ...LOOK_UPS } };
  const intake = postgres(url, line);
  const drawing = postgres(url, line);
  const outbox = postgres(url, line);
  const plain = postgres(url, { ...settings, max: 4 });
  return {
    url,
    nearUrl: socketFile === null ? url : withQuery(url, "host", path.dirname(socketFile)),
    db: drizzle(typed, { schema }),
    intake: drizzle(intake, { schema }),
    drawing: drizzle(drawing, { schema }),
    outbox: drizzle(outbox, { schema }),
    sql: plain,
    async close() {
      await Promise.all([typed, intake, drawing, outbox, plain].map((client) => client.end({ timeout: 5 })));
    },
  };
}
