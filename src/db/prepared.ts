import { type SQL, sql } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";
import type { Db } from "./client.ts";

/** What prepared statements are asked for by `among`. */
export const those = (ids: readonly string[]): { readonly ids: string } => ({ ids: JSON.stringify([...new Set(ids)]) });

/** Whether a column is one of `those`: one list of any length, so that the statement stays the same. */
export const among = (column: AnyPgColumn): SQL =>
  sql`${column} in (select json_array_elements_text(${sql.placeholder("ids")}::json))`;

/** Makes the statements of a connection once; they are planned once, too. */
export function preparedFor<Statements>(make: (db: Db) => Statements): (db: Db) => Statements {
  const made = new WeakMap<Db, Statements>();
  return (db) => {
    const statements = made.get(db) ?? make(db);
    made.set(db, statements);
    return statements;
  };
}
