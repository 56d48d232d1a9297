import { asc, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { approvals, incidentEvents, ledger, plans, runSteps, runs } from "../../src/db/schema.ts";
import type { Durable } from "../../src/engine/durable.ts";
import { playbook } from "../../src/engine/playbook.ts";
import { type Runs, anyPlaybook } from "../../src/engine/runs.ts";
import { WAKE } from "../../src/engine/steps.ts";
import { canonical } from "../../src/kernel/canonical.ts";
import { DeskError } from "../../src/kernel/errors.ts";
import { planHash } from "../../src/kernel/plan.ts";
import { freshPlan } from "../policy/control.ts";
import { withDatabase } from "../with-database.ts";
import { begin, launch, over, scriptedDoor } from "./harness.ts";

const database = withDatabase();
const input = z.object({ account: z.string() });
const head = (name: string, version = 1) => ({
  name,
  version,
  title: `The ${name} test`,
  input,
  needs: ["reduce", "cancel"] as const,
});
const counts = new Map<string, number>();
const count = (name: string): number => {
  counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts.get(name) ?? 0;
};
const script: Parameters<typeof scriptedDoor>[0] = { decision: "quorum", answers: [null], carried: [] };

const playbooks = [
  playbook(head("two-steps"), async ({ step, input: { account } }) => {
    const first = await step("read the account", async () => ({
      summary: `${account} was read`,
      once: count("first"),
    }));
    const second = await step("say so", async () => `said ${first.once}`);
    return second;
  }),
  playbook(head("tries-again"), async ({ step }) =>
    step("ask a venue that is down for a moment", async () => {
      if (count("tries") < 3) throw new DeskError("VENUE_UNAVAILABLE", "down for a moment");
      return "answered at the third time";
    }),
  ),
  playbook(head("gives-up"), async ({ step }) =>
    step("ask for what cannot be", async () => {
      count("gives-up");
      throw new DeskError("VENUE_REJECTED", "the venue refused for good");
    }),
  ),
  playbook(
    head("asks"),
    async ({ step }) => {
      const plan = await step.plan("plan it", { action: "reduce", account: "paper-a", toRatio: "0.5" as never });
      if (!plan) return "nothing to do";
      const answer = await step.approve("ask for it", plan, { within: "5m", otherwise: "stop" });
      return answer.outcome === "approved" ? (await step.apply("send it", plan)).summary : answer.outcome;
    },
    async ({ step }) => {
      await step("tidy up", async () => "tidied");
      return "stopped and tidied up";
    },
  ),
  playbook(head("asks-again"), async ({ step }) => {
    const plan = await step.plan("plan it", { action: "reduce", account: "paper-a", toRatio: "0.5" as never });
    if (!plan) return "nothing to do";
    const answer = await step.approve("ask for it", plan, { within: "5m", otherwise: "continue" });
    return answer.outcome === "withdrawn" ? `looked again, because ${answer.why}` : answer.outcome;
  }),
  playbook(head("two-at-once"), async ({ step }) => {
    const both = await Promise.all([
      step("ask the first venue", async () => `answer ${count("at once")}`),
      step("ask the second venue", async () => `answer ${count("at once")}`),
    ]);
    return both.join(" and ");
  }),
  playbook(head("one-inside-another"), async ({ step }) =>
    step("look around", async () => step("look inside", async () => `looked ${count("inside")} times`)),
  ),
  playbook(head("one-name-twice"), async ({ step }) => {
    await step("ask the venue", async () => `answer ${count("first asked")}`);
    return step("ask the venue", async () => `answer ${count("asked again")}`);
  }),
  playbook(head("oversteps"), async ({ step }) => {
    await step.plan("plan what its head does not name", { action: "freeze", scope: "firm", state: "halted" });
    return "never";
  }),
].map(anyPlaybook);

let durable: Durable;
let opened: Runs;
beforeAll(async () => {
  ({ durable, runs: opened } = await launch(database(), playbooks, scriptedDoor(script)));
});
afterAll(() => durable.stop());

describe("a playbook run", () => {
  test("its steps are rows in their order, lines of the ledger, and its outcome closes the story", async () => {
    const { run, incident } = await begin(database(), opened, "two-steps", { account: "paper-a" });
    expect(await over(database(), run)).toMatchObject({ state: "done", outcome: "said 1" });
    const steps = await database()
      .db.select()
      .from(runSteps)
      .where(eq(runSteps.runId, run))
      .orderBy(asc(runSteps.position));
    expect(steps.map((step) => [step.name, step.state, step.note])).toEqual([
      ["read the account", "done", "paper-a was read"],
      ["say so", "done", "said 1"],
    ]);
    const entries = await database()
      .db.select({ type: ledger.type })
      .from(ledger)
      .where(eq(ledger.object, run))
      .orderBy(asc(ledger.seq));
    expect(entries.map((entry) => entry.type)).toEqual(["run.started", "run.step", "run.step", "run.ended"]);
    const events = await database()
      .db.select({ type: incidentEvents.type })
      .from(incidentEvents)
      .where(eq(incidentEvents.incidentId, incident))
      .orderBy(asc(incidentEvents.id));
    expect(events.map((event) => event.type)).toEqual(["incident.opened", "run.started", "run.done"]);
  });

  test("starting it again under its own id changes nothing", async () => {
    const { run } = await begin(database(), opened, "two-steps", { account: "paper-b" });
    await over(database(), run);
    const before = counts.get("first");
    await opened.start([{ id: run, playbook: "two-steps", version: 1 }]);
    await durable.start("two-steps@1", run);
    await over(database(), run);
    expect(counts.get("first")).toBe(before);
  });

  test("a run whose start was lost in a crash is started by the sweep", async () => {
    const { incident } = await begin(database(), opened, "two-steps", { account: "paper-a" });
    const lost = `run:${incident}:lost`;
    await database().db.transaction((tx) =>
      opened.create(tx, {
        id: lost,
        playbook: "two-steps",
        incidentId: incident,
        requestedBy: "person:ana",
        trust: "internal",
        input: { account: "paper-a" },
      }),
    );
    await opened.sweep();
    expect((await over(database(), lost)).state).toBe("done");
  });

  test("an error that may pass is tried again, one that will not ends the run with its reason", async () => {
    const passing = await begin(database(), opened, "tries-again", { account: "paper-a" });
    expect(await over(database(), passing.run)).toMatchObject({ state: "done", outcome: "answered at the third time" });
    const final = await begin(database(), opened, "gives-up", { account: "paper-a" });
    expect(await over(database(), final.run)).toMatchObject({
      state: "failed",
      outcome: "failed: the venue refused for good",
    });
    expect(counts.get("gives-up")).toBe(1);
  });

  test.each([
    ["two-at-once", "ask the second venue", "ask the first venue"],
    ["one-inside-another", "look inside", "look around"],
  ])(
    "steps of %s do not follow each other, so their order after a crash would be chance: the run ends and says so",
    async (name, second, first) => {
      const { run } = await begin(database(), opened, name, { account: "paper-a" });
      const row = await over(database(), run);
      expect(row.state).toBe("failed");
      expect(row.outcome).toContain(`playbook ${name} began "${second}" while "${first}" was under way`);
      expect(counts.get("inside")).toBeUndefined();
      const steps = await database().db.select().from(runSteps).where(eq(runSteps.runId, run));
      expect(steps.map((one) => one.name)).not.toContain(second);
    },
  );

  test("two steps of one name would share a line on the card: the run ends at the second and says so", async () => {
    const { run } = await begin(database(), opened, "one-name-twice", { account: "paper-a" });
    const row = await over(database(), run);
    expect(row.state).toBe("failed");
    expect(row.outcome).toContain('playbook one-name-twice has two steps "ask the venue"');
    expect([counts.get("first asked"), counts.get("asked again")]).toEqual([1, undefined]);
  });

  test("an action that its head does not name is refused before the policy is asked", async () => {
    const { run } = await begin(database(), opened, "oversteps", { account: "paper-a" });
    expect((await over(database(), run)).outcome).toMatch(/asked for freeze, which its head does not name/);
  });
});

describe("waiting for people", () => {
  test("a vote that comes while the run waits wakes it, and the order is sent once", async () => {
    script.carried.length = 0;
    script.answers = [null, { outcome: "approved", by: ["ben"] }];
    const { run } = await begin(database(), opened, "asks", { account: "paper-a" });
    await waiting(run);
    await database().db.transaction((tx) => durable.wake(tx, run, WAKE, "vote-1"));
    expect(await over(database(), run)).toMatchObject({ state: "done", outcome: "1 of 1 orders filled" });
    expect(script.carried).toEqual(["claimed", "sent", "ended"]);
  });

  test("a run whose plan was withdrawn ends with the reason, or goes on where its playbook says so", async () => {
    script.carried.length = 0;
    for (const [name, outcome] of [
      ["asks", "withdrawn: paper-a holds no BTC any more; nothing was sent"],
      ["asks-again", "looked again, because paper-a holds no BTC any more"],
    ] as const) {
      script.answers = [null, { outcome: "withdrawn", why: "paper-a holds no BTC any more" }];
      const { run } = await begin(database(), opened, name, { account: "paper-a" });
      await waiting(run);
      await database().db.transaction((tx) => durable.wake(tx, run, WAKE, `withdrawn-${name}`));
      expect(await over(database(), run)).toMatchObject({ state: "done", outcome });
    }
    expect(script.carried).toEqual([]);
  });

  test("a wake-up that comes before the run waits is kept", async () => {
    script.answers = [null, { outcome: "refused", by: "ben", reason: "not now" }];
    const { run } = await begin(database(), opened, "asks", { account: "paper-a" });
    await database().db.transaction((tx) => durable.wake(tx, run, WAKE, "early"));
    expect(await over(database(), run)).toMatchObject({ state: "done", outcome: "refused" });
  });

  test("a cancelled run stops at its wait and does its compensation", async () => {
    script.answers = [null];
    script.carried.length = 0;
    const { run } = await begin(database(), opened, "asks", { account: "paper-a" });
    await waiting(run);
    await opened.cancel(run, "person:ana", "changed my mind");
    expect(await over(database(), run)).toMatchObject({ state: "cancelled", outcome: "stopped and tidied up" });
    expect(script.carried).toEqual([]);
    await expect(opened.cancel(run, "person:ben", "me too")).rejects.toThrow(/has ended or was cancelled before/);
  });

  test("the question of a cancelled run is closed with it, and its incident says so", async () => {
    script.answers = [null];
    const { run, incident } = await begin(database(), opened, "asks", { account: "paper-a" });
    await waiting(run);
    const hash = await asked(run, incident);
    await opened.cancel(run, "person:ana", "changed my mind");
    expect(await questionOf(hash)).toMatchObject({ state: "expired" });
    await over(database(), run);
    const told = await database().db.select().from(incidentEvents).where(eq(incidentEvents.incidentId, incident));
    expect(told.map((one) => one.text)).toContainEqual(expect.stringContaining("ana stopped the run that asked"));
  });

  test("a run that ends otherwise leaves no question open either", async () => {
    script.answers = [null, { outcome: "refused", by: "ben", reason: "not now" }];
    const { run, incident } = await begin(database(), opened, "asks", { account: "paper-a" });
    await waiting(run);
    const hash = await asked(run, incident);
    await database().db.transaction((tx) => durable.wake(tx, run, WAKE, "vote-2"));
    await over(database(), run);
    expect(await questionOf(hash)).toMatchObject({ state: "expired" });
  });

  /** Puts a plan of the run to people, which the scripted door does not. */
  async function asked(runId: string, incidentId: string): Promise<string> {
    const one = freshPlan({ run: runId, incident: incidentId });
    const hash = planHash(one);
    const { requestedBy, action, account } = one;
    const expiresAt = new Date(one.expiresAt);
    const row = {
      hash,
      canonical: canonical(one as never),
      plan: one,
      action,
      account,
      incidentId,
      runId,
      requestedBy,
    };
    await database()
      .db.insert(plans)
      .values({ ...row, decision: {}, expiresAt });
    const question = { planHash: hash, requestedBy, runId, needed: 1, roles: ["risk"], policyVersion: "p" };
    await database()
      .db.insert(approvals)
      .values({ ...question, expiresAt });
    return hash;
  }
  const questionOf = async (hash: string) =>
    (await database().db.select().from(approvals).where(eq(approvals.planHash, hash)))[0];

  test.each([
    ["prices", "before the claim: nothing is claimed", []],
    [
      "claim",
      "after the claim: what has not left stays, and the plan is followed to its end",
      ["claimed", "the run was cancelled before the order was sent", "ended"],
    ],
  ] as const)("a run that is cancelled after the consent (%s) stops %s", async (when, _what, done) => {
    script.answers = [{ outcome: "approved", by: ["ben"] }];
    script.carried.length = 0;
    script.meanwhile = {
      [when]: async () => {
        const [begun] = await database().db.select({ id: runs.id }).from(runs).where(eq(runs.state, "running"));
        await opened.cancel(begun?.id ?? "", "person:ana", "changed my mind");
      },
    };
    const { run } = await begin(database(), opened, "asks", { account: "paper-a" });
    expect(await over(database(), run)).toMatchObject({ state: "cancelled", outcome: "stopped and tidied up" });
    delete script.meanwhile;
    expect(script.carried).toEqual(done);
  });

  /** Until the step that asks stands on "waiting". */
  async function waiting(run: string): Promise<void> {
    for (;;) {
      const [row] = await database()
        .db.select({ state: runSteps.state })
        .from(runSteps)
        .where(sql`${runSteps.runId} = ${run} and ${runSteps.name} = 'ask for it'`);
      if (row?.state === "waiting") return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
});

/** Leaves a finished run behind as a crash before its end would: under way, on an executor that is gone. */
async function asLeft(run: string, recoveries: number): Promise<void> {
  const { db } = database();
  const finished = () =>
    db.execute(sql`
    update dbos.workflow_status set status = 'PENDING', executor_id = 'gone', recovery_attempts = ${recoveries}
    where workflow_uuid = ${run} and status = 'SUCCESS' returning 1`);
  await vi.waitFor(async () => expect(await finished()).toHaveLength(1));
  await db.execute(sql`delete from dbos.operation_outputs where workflow_uuid = ${run} and function_name = 'end'`);
  await db.update(runs).set({ state: "running", outcome: null, endedAt: null }).where(eq(runs.id, run));
}

describe("recovery", () => {
  test("a run that was taken up five thousand times is taken up once more, and its finished steps are not done again", async () => {
    const { run } = await begin(database(), opened, "two-steps", { account: "paper-a" });
    await over(database(), run);
    const before = counts.get("first");
    await asLeft(run, 5_000);
    await durable.recover("gone");
    expect(await over(database(), run)).toMatchObject({ state: "done", outcome: `said ${before}` });
    expect(counts.get("first")).toBe(before);
  });

  test("a run whose playbook changed its steps without a new version ends as failed and says so, instead of doing other steps", async () => {
    const { run } = await begin(database(), opened, "two-steps", { account: "paper-a" });
    await over(database(), run);
    const before = counts.get("first");
    await asLeft(run, 1);
    await database().db.execute(sql`
      update dbos.operation_outputs set function_name = 'read another account' where workflow_uuid = ${run} and function_name = 'read the account'`);
    await durable.recover("gone");
    await vi.waitFor(async () => expect(await durable.givenUp([run])).toHaveProperty("size", 1), 30_000);
    await opened.sweep();
    const row = await over(database(), run);
    expect(row.state).toBe("failed");
    expect(row.outcome).toMatch(/where its steps changed, the playbook needs a new version/);
    const entries = await database()
      .db.select({ type: ledger.type })
      .from(ledger)
      .where(eq(ledger.object, run))
      .orderBy(ledger.seq);
    expect(entries.at(-1)?.type).toBe("run.ended");
    expect(counts.get("first")).toBe(before);
  });
});

describe("versions", () => {
  test("a run whose version is not installed is shown as orphaned with its remedy, never silently stuck, and goes on once it is", async () => {
    const { incident } = await begin(database(), opened, "two-steps", { account: "paper-a" });
    const old = `run:${incident}:old`;
    await database()
      .db.insert(runs)
      .values({
        id: old,
        playbook: "two-steps",
        version: 7,
        incidentId: incident,
        requestedBy: "person:ana",
        trust: "internal",
        input: { account: "paper-a" },
      });
    expect(await opened.sweep()).toEqual([old]);
    const row = await over(database(), old);
    expect(row.state).toBe("orphaned");
    expect(row.outcome).toMatch(/version 7 is not installed here/);
    const events = await database()
      .db.select({ type: incidentEvents.type })
      .from(incidentEvents)
      .where(eq(incidentEvents.incidentId, incident));
    expect(events.map((event) => event.type)).toContain("run.orphaned");
    await database().db.update(runs).set({ version: 1 }).where(eq(runs.id, old));
    expect(await opened.sweep()).toEqual([]);
    expect((await over(database(), old)).state).toBe("done");
  });
});
