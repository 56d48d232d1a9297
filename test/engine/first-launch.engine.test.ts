import { randomBytes } from "node:crypto";
import postgres from "postgres";
import { afterAll, expect, inject, test } from "vitest";
import { migrate } from "../../src/db/migrate.ts";
import { migrateDurable } from "../../src/engine/durable.ts";
import { systemClock } from "../../src/kernel/clock.ts";

const url = inject("postgresUrl");
const name = `first_${randomBytes(6).toString("hex")}`;
const admin = postgres(url.replace(/\/breakwater$/, "/postgres"), { max: 1, onnotice: () => {} });

afterAll(async () => {
  await admin.unsafe(`drop database if exists ${name} with (force)`);
  await admin.end();
});

test(
  "four replicas that meet an empty database at the same moment all come up, and the schema is made once",
  { timeout: 60_000 },
  async () => {
    await admin.unsafe(`create database ${name} template template0`);
    const own = url.replace(/\/breakwater$/, `/${name}`);
    await Promise.all(Array.from({ length: 4 }, () => migrate(own, systemClock, () => migrateDurable(own))));
    const sql = postgres(own, { max: 1, onnotice: () => {} });
    const [made] = await sql<{ migrations: number; distinct: number; engine: number }[]>`
      select count(*)::int as migrations, count(distinct hash)::int as distinct,
        (select count(*)::int from pg_tables where schemaname = 'dbos' and tablename = 'workflow_status') as engine
      from drizzle.__drizzle_migrations`;
    await sql.end();
    expect(made?.migrations).toBeGreaterThan(0);
    expect(made).toEqual({ migrations: made?.distinct, distinct: made?.distinct, engine: 1 });
  },
);
