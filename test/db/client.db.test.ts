import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { silences } from "../../src/db/schema.ts";
import { withDatabase } from "../with-database.ts";

const database = withDatabase();

test("a test file gets a migrated database of its own", async () => {
  const { db } = database();
  await db.insert(silences).values({
    matchers: [{ field: "venue", op: "equals", value: "paper" }],
    reason: "upgrade",
    createdBy: "person:ana",
    untilAt: new Date("2030-01-01"),
  });
  const rows = await db.select().from(silences).where(eq(silences.createdBy, "person:ana"));
  expect(rows).toHaveLength(1);
  expect(rows[0]?.matchers).toEqual([{ field: "venue", op: "equals", value: "paper" }]);
});

test("JSON written through drizzle is JSON in the database, not text", async () => {
  const [row] = await database().sql`select jsonb_typeof(matchers) as type from breakwater.silences limit 1`;
  expect(row?.["type"]).toBe("array");
});
