import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { append, appendMany } from "../../src/ledger/append.ts";
import { exportLedger } from "../../src/ledger/export.ts";
import { verifyLedger } from "../../src/ledger/verify.ts";
import { withDatabase } from "../with-database.ts";

const database = withDatabase();
const entry = (object: string, body = {}) => ({ actor: "person:ana", type: "command.called" as const, object, body });
const count = async (): Promise<number> =>
  Number((await database().sql`select count(*) from breakwater.ledger`)[0]?.["count"]);

describe("the ledger", () => {
  test("an empty one verifies", async () =>
    expect(await verifyLedger(database().sql)).toMatchObject({ ok: true, entries: 0 }));

  test("entries written at once by many stand in one chain without gaps", async () => {
    await Promise.all(
      Array.from({ length: 60 }, (_, at) =>
        database().db.transaction((tx) => appendMany(tx, [entry(`a${at}`), entry(`b${at}`)])),
      ),
    );
    expect(await verifyLedger(database().sql)).toMatchObject({ ok: true, entries: 120 });
  });

  test("an entry stands if and only if its deed does", async () => {
    const before = await count();
    const failing = database().db.transaction(async (tx) => {
      await append(tx, entry("undone"));
      throw new Error("the deed failed");
    });
    await expect(failing).rejects.toThrow("the deed failed");
    expect(await count()).toBe(before);
    const written = await database().db.transaction((tx) => append(tx, entry("done")));
    expect(written.seq).toBe(before + 1);
  });

  test("texts of every kind come back as they were hashed", async () => {
    const odd = [
      "é",
      "é",
      "日本語 🚢",
      'quo"te \\ back',
      "line\nfeed\ttab",
      "\u2028\u2029",
      "\u0007 bell",
      "<script>",
      "a b",
      "\ufeff",
    ];
    await database().db.transaction((tx) =>
      appendMany(
        tx,
        odd.map((text) => entry(text, { [text]: text, deep: { list: [text, null, true, 7] } })),
      ),
    );
    expect(await verifyLedger(database().sql)).toMatchObject({ ok: true });
  });

  test.each([
    ["change", "update breakwater.ledger set actor = 'person:eve' where seq = 1"],
    ["remove", "delete from breakwater.ledger where seq = 1"],
    ["empty", "truncate breakwater.ledger"],
    [
      "change, as a replica",
      "set local session_replication_role = 'replica'; update breakwater.ledger set actor = 'x' where seq = 1",
    ],
    ["change the votes of", "truncate breakwater.votes"],
  ])("a plain session cannot %s the evidence", async (_, text) => {
    await expect(database().sql.begin((tx) => tx.unsafe(text))).rejects.toThrow("it only takes new rows");
    expect(await verifyLedger(database().sql)).toMatchObject({ ok: true });
  });

  test("the writer's role adds entries and cannot take the triggers away", async () => {
    const as = (text: string) => database().sql.begin((tx) => tx.unsafe(`set local role breakwater_writer; ${text}`));
    await expect(as("select count(*) from breakwater.ledger")).resolves.toBeDefined();
    await expect(as("update breakwater.ledger set actor = 'x'")).rejects.toThrow("permission denied");
    await expect(as("delete from breakwater.votes")).rejects.toThrow("permission denied");
    await expect(as("alter table breakwater.ledger disable trigger all")).rejects.toThrow("must be owner");
    await expect(as("drop table breakwater.ledger")).rejects.toThrow("must be owner");
    await database().db.transaction(async (tx) => {
      await tx.execute(sql`set local role breakwater_writer`);
      await append(tx, entry("as the writer"));
    });
    expect(await verifyLedger(database().sql)).toMatchObject({ ok: true });
  });

  test("it leaves as JSON lines and as CSV, whole and in order", async () => {
    await database().db.transaction((tx) => append(tx, { ...entry("=HYPERLINK(1)"), actor: 'a "quoted", name' }));
    const total = await count();
    const lines = await all(exportLedger(database().sql, "json"));
    const rows = lines
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { seq: number });
    expect(rows.map((row) => row.seq)).toEqual(Array.from({ length: total }, (_, at) => at + 1));
    const csv = await all(exportLedger(database().sql, "csv", { from: total }));
    expect(csv).toContain(`,"a ""quoted"", name",command.called,'=HYPERLINK(1),`);
    expect(csv.split("\n")).toHaveLength(3);
  });
});

async function all(pieces: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const piece of pieces) text += piece;
  return text;
}
