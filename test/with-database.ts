import { randomBytes } from "node:crypto";
import postgres from "postgres";
import { afterAll, beforeAll, inject } from "vitest";
import { type Database, openDatabase } from "../src/db/client.ts";

/**
 * Gives the test file a migrated database of its own on the run's real PostgreSQL, copied from a template.
 * @example const database = withDatabase(); test("…", async () => { await database().db.select()… });
 */
export function withDatabase(): () => Database {
  let open: Database | undefined;
  const url = inject("postgresUrl");
  const name = `test_${randomBytes(6).toString("hex")}`;
  const admin = () => postgres(url.replace(/\/breakwater$/, "/postgres"), { max: 1, onnotice: () => {} });
  beforeAll(async () => {
    const connection = admin();
    // Copying files beats the default copy through the log four times over for databases this small.
    await connection.unsafe(`create database ${name} template breakwater strategy file_copy`);
    await connection.end();
    open = openDatabase(url.replace(/\/breakwater$/, `/${name}`), { max: 8 });
  });
  afterAll(async () => {
    await open?.close();
    const connection = admin();
    await connection.unsafe(`drop database if exists ${name} with (force)`);
    await connection.end();
  });
  return () => {
    if (!open) throw new Error("the database is open only inside tests and hooks");
    return open;
  };
}
