import { eq, sql } from "drizzle-orm";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { runs } from "../../src/db/schema.ts";
import { playbook } from "../../src/engine/playbook.ts";
import { anyPlaybook } from "../../src/engine/runs.ts";
import { withDatabase } from "../with-database.ts";
import { begin, launch, scriptedDoor } from "./harness.ts";

const database = withDatabase();

test("a desk that is stopped while a run waits for people leaves it as a crash would, for the next start: waiting, without an error on record", async () => {
  const script = { decision: "quorum" as const, answers: [null], carried: [] as string[] };
  const asks = playbook(
    {
      name: "asks",
      version: 1,
      title: "A decision",
      input: z.object({ account: z.string() }),
      needs: ["reduce"] as const,
    },
    async ({ step }) => {
      const plan = await step.plan("plan it", { action: "reduce", account: "paper-a", toRatio: "0.5" as never });
      if (!plan) return "nothing to do";
      const answer = await step.approve("ask for it", plan, { within: "5m", otherwise: "stop" });
      return answer.outcome === "approved" ? (await step.apply("send it", plan)).summary : answer.outcome;
    },
  );
  const { durable, runs: opened } = await launch(database(), [anyPlaybook(asks)], scriptedDoor(script));
  const { run } = await begin(database(), opened, "asks", { account: "paper-a" });
  const waiting = () =>
    database().db.execute(sql`select 1 from breakwater.run_steps where run_id = ${run} and state = 'waiting'`);
  await vi.waitFor(async () => expect(await waiting()).toHaveLength(1), 30_000);

  await durable.stop();
  expect(durable.stopped).toBe(true);
  const [row] = await database().db.select().from(runs).where(eq(runs.id, run));
  expect(row).toMatchObject({ state: "running", outcome: null });
  const errors = await database().db.execute(sql`
    select 1 from dbos.transaction_completion where workflow_id = ${run} and error is not null
    union all select 1 from dbos.operation_outputs where workflow_uuid = ${run} and error is not null
    union all select 1 from dbos.workflow_status where workflow_uuid = ${run} and status <> 'PENDING'`);
  expect(errors).toEqual([]);
});
