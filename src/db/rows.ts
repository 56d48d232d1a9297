import type { Db, Tx } from "./client.ts";

/**
 * Runs one prepared statement: parsed and planned once a connection, one round trip afterwards, and statements sent
 * without waiting travel together. Lists go in as one JSON text, so that a batch of any size is the same statement.
 * Eight-byte integers come back as text.
 */
export async function rows<Row>(
  tx: Db | Tx,
  text: string,
  parameters: readonly unknown[] = [],
): Promise<readonly Row[]> {
  const query = tx._.session.prepareQuery({ sql: text, params: [...parameters] }, undefined, "prepared", false);
  return (await query.execute()) as readonly Row[];
}
