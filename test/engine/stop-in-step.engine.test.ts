import { eq, sql } from "drizzle-orm";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { runs } from "../../src/db/schema.ts";
import { playbook } from "../../src/engine/playbook.ts";
import { anyPlaybook } from "../../src/engine/runs.ts";
import { withDatabase } from "../with-database.ts";
import { begin, launch, scriptedDoor } from "./harness.ts";

const database = withDatabase();

test("a desk that is stopped in the middle of a database step takes the step back and leaves no error on record, so that the next start does it anew", async () => {
  let [reach, release] = [(): void => {}, (): void => {}];
  const reached = new Promise<void>((resolve) => (reach = resolve));
  const released = new Promise<void>((resolve) => (release = resolve));
  const claim = (): Promise<void> => {
    reach();
    return released;
  };
  const script = { decision: "allow" as const, answers: [], carried: [] as string[], meanwhile: { claim } };
  const sends = playbook(
    {
      name: "sends",
      version: 1,
      title: "An order",
      input: z.object({ account: z.string() }),
      needs: ["reduce"] as const,
    },
    async ({ step }) => {
      const plan = await step.plan("plan it", { action: "reduce", account: "paper-a", toRatio: "0.5" as never });
      return plan ? (await step.apply("send it", plan)).summary : "nothing to do";
    },
  );
  const { durable, runs: opened } = await launch(database(), [anyPlaybook(sends)], scriptedDoor(script));
  const { run } = await begin(database(), opened, "sends", { account: "paper-a" });
  await reached;
  await durable.stop();
  release();
  await vi.waitFor(async () => {
    const open = await database().sql`
      select 1 from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`;
    expect(open).toHaveLength(0);
  }, 30_000);

  const errors = await database().db.execute(sql`
    select error from dbos.transaction_completion where workflow_id = ${run} and error is not null
    union all select error from dbos.operation_outputs where workflow_uuid = ${run} and error is not null`);
  expect(errors).toEqual([]);
  const [row] = await database().db.select().from(runs).where(eq(runs.id, run));
  expect(row).toMatchObject({ state: "running", outcome: null });
  expect(script.carried).toEqual(["claimed"]);
});
