import { randomBytes } from "node:crypto";
import postgres from "postgres";
import { type Database, openDatabase } from "../../src/db/client.ts";

/**
 * A migrated database for one test, copied from the run's template: votes and the ledger refuse to be emptied, so a
 * fresh desk needs a fresh database. Disposing drops it.
 */
export async function freshDatabase(templateUrl: string): Promise<Database & AsyncDisposable> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  const asAdmin = async (statement: string): Promise<void> => {
    const connection = postgres(templateUrl.replace(/\/breakwater$/, "/postgres"), { max: 1, onnotice: () => {} });
    await connection.unsafe(statement);
    await connection.end();
  };
  await asAdmin(`create database ${name} template breakwater strategy file_copy`);
  const database = openDatabase(templateUrl.replace(/\/breakwater$/, `/${name}`), { max: 8 });
  return {
    ...database,
    async [Symbol.asyncDispose]() {
      await database.close();
      await asAdmin(`drop database if exists ${name} with (force)`);
    },
  };
}
