import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { startDatabase } from "../../src/database.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { openLog } from "../../src/kernel/log.ts";
import { Secret } from "../../src/kernel/secret.ts";
import { withDatabase } from "../with-database.ts";

const database = withDatabase();
const open = (url: string, exclusive: boolean) =>
  startDatabase({ url: new Secret(url), home: "/nowhere", exclusive, clock: systemClock, log: openLog("silent") });

test("reading beside a desk of an older version leaves its database as it is, and says what to do", async () => {
  const { sql, url } = database();
  const newest = sql`select max(created_at) from drizzle.__drizzle_migrations`;
  const count = async (): Promise<number> => {
    const [row] = await sql<{ n: number }[]>`select count(*)::int as n from drizzle.__drizzle_migrations`;
    return row?.n ?? 0;
  };
  await (await open(url, false)).stop();
  const all = await count();
  await sql`delete from drizzle.__drizzle_migrations where created_at = (${newest})`;
  await expect(open(url, false)).rejects.toThrow(/an older version of the program wrote this database.*start the desk/);
  expect(await count()).toBe(all - 1);
});

test("a role that may not create is named by Postgres' own words", async () => {
  const { sql, url } = database();
  const role = `guest_${randomBytes(4).toString("hex")}`;
  await sql.unsafe(`create role ${role} login password 'guest'`);
  await sql.unsafe("drop schema drizzle cascade");
  const theirs = new URL(url);
  [theirs.username, theirs.password] = [role, "guest"];
  try {
    await expect(open(theirs.href, true)).rejects.toThrow(/permission denied for database.*docs\/install\.md/);
  } finally {
    await sql.unsafe(`drop role ${role}`);
  }
});
