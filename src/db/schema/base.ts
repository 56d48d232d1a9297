import { sql } from "drizzle-orm";
import { pgSchema, timestamp } from "drizzle-orm/pg-core";

/** Everything of ours lives in one schema beside the engine's `dbos`, so that a deed and its hand-over commit together. */
export const breakwater = pgSchema("breakwater");

/** An instant, to the millisecond. */
export const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: "date" });

/** The database's clock, at the transaction's beginning. */
export const now = sql`now()`;
