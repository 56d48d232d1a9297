import { type PostgresJsDatabase, drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import * as schema from "./schema.ts";

/** Typed queries over our tables. */
export type Db = PostgresJsDatabase<typeof schema>;
/** A running transaction; every deed and its ledger entry share one. */
export type Tx = Parameters<Parameters<Db["transaction"]>[0]>[0];

/** One pool of connections: `db` for typed queries, `sql` for the few statements that are clearer as text. */
export interface Database {
  readonly url: string;
  readonly db: Db;
  readonly sql: postgres.Sql;
  close(): Promise<void>;
}

/**
 * Opens a pool. Short back-off and connect timeout, because with the driver's defaults an outage of seconds
 * lasts most of a minute.
 */
export function openDatabase(url: string, max = 12): Database {
  const settings = {
    connect_timeout: 5,
    idle_timeout: 0,
    // The driver asks for array types on every new connection and lets that question's failure go unhandled, which
    // would end the program whenever the server restarts; no statement here sends or reads arrays.
    fetch_types: false,
    backoff: (tries: number) => Math.min(1, 0.1 * tries),
    onnotice: () => {},
    connection: { application_name: "breakwater", timezone: "UTC" },
  };
  // drizzle replaces its client's JSON handling, so plain statements have a client of their own.
  const typed = postgres(url, { ...settings, max });
  const plain = postgres(url, { ...settings, max: 4 });
  return {
    url,
    db: drizzle(typed, { schema }),
    sql: plain,
    async close() {
      await Promise.all([typed.end({ timeout: 5 }), plain.end({ timeout: 5 })]);
    },
  };
}
