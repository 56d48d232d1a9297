import { eq } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { ledger, orders } from "../../../src/db/schema.ts";
import { end, live } from "./life.ts";
import { judge, place, untilOver } from "./story.ts";

describe("an answer that never comes", () => {
  test(
    "after the exchange took the order: it becomes unknown, is found by its id, adopted, and never sent twice",
    { timeout: 180_000 },
    async () => {
      const { home, database, environment, drop } = await place("crash_unknown");
      const faults = JSON.stringify([{ call: "place", effect: "timeout-after", delayMs: 300 }]);
      const life = live(home, null, { ...environment, FAULTS: faults });
      expect(await untilOver(life, database), life.errors.join("\n")).toBe("over");
      await judge(home, database, life);
      const sent = await database.db.select().from(orders);
      expect(sent[0]).toMatchObject({ state: "filled" });
      const said = await database.db
        .select()
        .from(ledger)
        .where(eq(ledger.object, sent[0]?.clientOrderId ?? ""))
        .orderBy(ledger.seq);
      expect(said.map((entry) => [entry.type, (JSON.parse(entry.body) as { state?: string }).state])).toEqual([
        ["order.intended", undefined],
        ["order.sent", undefined],
        ["order.outcome", "unknown"],
        ["order.outcome", "filled"],
      ]);
      await end(life);
      await drop();
    },
  );

  test(
    "before the exchange took it: the order is proved absent, and a new plan is made and approved",
    { timeout: 180_000 },
    async () => {
      const { home, database, environment, drop } = await place("crash_absent");
      const faults = JSON.stringify([{ call: "place", effect: "timeout-before", delayMs: 300 }]);
      const life = live(home, null, { ...environment, FAULTS: faults });
      expect(await untilOver(life, database), life.errors.join("\n")).toBe("over");
      await judge(home, database, life);
      const sent = await database.db.select().from(orders).orderBy(orders.intendedAt);
      expect(sent.map((order) => order.state)).toEqual(["not_placed", "filled"]);
      expect(new Set(sent.map((order) => order.planHash)).size).toBe(2);
      await end(life);
      await drop();
    },
  );
});
