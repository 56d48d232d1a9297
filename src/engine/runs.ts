import { and, eq, inArray, isNull, sql } from "drizzle-orm";
import { announce, noteIncident } from "../db/changes.ts";
import type { Database, Tx } from "../db/client.ts";
import { incidents, runs } from "../db/schema.ts";
import type { AccountState } from "../kernel/account.ts";
import { DeskError, messageOf } from "../kernel/errors.ts";
import type { Json } from "../kernel/canonical.ts";
import type { Log } from "../kernel/log.ts";
import { runFacts } from "../kernel/origin.ts";
import type { Seal } from "../kernel/seal.ts";
import { append, appendMany, lockDesk, readHead } from "../ledger/append.ts";
import { closeOfRun } from "../policy/people/approvals.ts";
import type { Door } from "../policy/perform.ts";
import type { Durable } from "./durable.ts";
import { type AnyPlaybook, type Playbook, type PlaybookContext, workflowName } from "./playbook.ts";
import { RunCancelled, RunStopped, type StepContext, WAKE, stepsOf } from "./steps.ts";

/** What runs need from the desk. */
export interface RunsContext {
  readonly durable: Durable;
  readonly database: Database;
  readonly door: Door;
  readonly account: (id: string) => Promise<AccountState>;
  readonly accounts: readonly string[];
  /** Closes an incident inside the transaction and answers its whole story. */
  readonly close: (tx: Tx, incident: string, outcome: string, actor: string) => Promise<string>;
  readonly playbooks: readonly AnyPlaybook[];
  readonly seal: Seal;
  readonly log: Log;
}

type RunRow = typeof runs.$inferSelect;

async function ended(tx: Tx, run: RunRow, state: "done" | "failed" | "cancelled", outcome: string): Promise<void> {
  await tx
    .update(runs)
    .set({ state, outcome, endedAt: sql`now()` })
    .where(eq(runs.id, run.id));
  const actor = `playbook:${run.playbook}@${run.version}`;
  await append(tx, { actor, type: "run.ended", object: run.id, body: { state, outcome } });
  await closeOfRun(tx, run.id, "the run that asked has ended");
  await tx.update(incidents).set({ outcome }).where(eq(incidents.id, run.incidentId));
  await noteIncident(tx, { incident: run.incidentId, type: `run.${state}`, actor, text: outcome });
  await announce(tx, { type: "run", id: run.id });
}

/** The whole life of one run, as the engine executes it: once, and again after each crash with the recorded steps answering. */
async function live(context: RunsContext, playbook: AnyPlaybook, runId: string): Promise<void> {
  const { durable, database } = context;
  const actor = `playbook:${playbook.head.name}@${playbook.head.version}`;
  const begun = await durable.inTransaction("begin", async (tx) => {
    const [[run], [incident], , head] = await Promise.all([
      tx
        .update(runs)
        .set({ state: "running", startedAt: sql`coalesce(started_at, now())` })
        .where(eq(runs.id, runId))
        .returning()
        .prepare("run begins")
        .execute(),
      tx
        .select({ severity: incidents.severity })
        .from(incidents)
        .innerJoin(runs, eq(runs.incidentId, incidents.id))
        .where(eq(runs.id, runId))
        .prepare("incident of a run")
        .execute(),
      lockDesk(tx),
      readHead(tx),
    ]);
    if (!run) throw new DeskError("UNKNOWN_PLAYBOOK", `there is no row for run ${runId}`);
    if (!incident)
      throw new DeskError("UNKNOWN_INCIDENT", `run ${runId} belongs to ${run.incidentId}, which does not exist`);
    const { playbook: name, version, incidentId, requestedBy, trust, input, seal } = run;
    const body = { playbook: name, version, incident: incidentId, requestedBy, trust, input, seal };
    const text = `${playbook.head.title}: playbook ${name} began`;
    await Promise.all([
      appendMany(tx, [{ actor, type: "run.started", object: runId, body }], head),
      noteIncident(tx, { incident: incidentId, type: "run.started", actor, text }),
    ]);
    return { run, severity: incident.severity, trust: run.trust };
  });
  const bodyOf = (heedCancel: boolean): PlaybookContext<never> => {
    const stepContext: StepContext = {
      durable,
      database,
      door: context.door,
      head: playbook.head,
      run: { id: runId, incidentId: begun.run.incidentId },
      close: context.close,
      heedCancel,
    };
    return {
      input: playbook.head.input.parse(begun.run.input),
      incident: { id: begun.run.incidentId, severity: begun.severity, trust: begun.trust },
      step: stepsOf(stepContext),
      account: context.account,
      accounts: context.accounts,
    };
  };
  let result: { state: "done" | "failed" | "cancelled"; outcome: string };
  try {
    result = { state: "done", outcome: await playbook.body(bodyOf(true)) };
  } catch (error) {
    // The next start takes the run up where it stands.
    if (durable.stopped) throw error;
    if (error instanceof RunCancelled) {
      const said = playbook.cancelled ? await playbook.cancelled(bodyOf(false)) : "stopped; nothing more was sent";
      result = { state: "cancelled", outcome: said };
    } else if (error instanceof RunStopped) {
      result = { state: "done", outcome: error.message };
    } else {
      context.log.error({ run: runId, err: error }, "run failed");
      result = { state: "failed", outcome: `failed: ${messageOf(error)}` };
    }
  }
  await durable.inTransaction("end", (tx) => ended(tx, begun.run, result.state, result.outcome));
}

/** A run whose row is committed. */
export type Ready = Pick<RunRow, "id" | "playbook" | "version">;

/** Playbook runs: define, start, sweep, cancel. */
export interface Runs {
  /** Registers every installed playbook version with the engine; before it launches. */
  define(): void;
  /** Starts runs whose rows were committed. A crash in between is healed by the sweep. */
  start(ready: readonly Ready[]): Promise<void>;
  /**
   * Starts what a crash left, ends runs that the engine gave up, and marks runs whose version is not installed; resolves
   * to the orphans found now.
   */
  sweep(): Promise<readonly string[]>;
  /** Asks a run to stop; it answers at its next step with its compensation. */
  cancel(runId: string, by: string, reason: string): Promise<void>;
  /** Writes a run's row inside the caller's transaction, unless it stands there already; start it after the commit. */
  create(
    tx: Tx,
    run: {
      id: string;
      playbook: string;
      incidentId: string;
      requestedBy: string;
      trust: RunRow["trust"];
      input: Record<string, Json>;
    },
  ): Promise<Ready>;
}

/** @example const runs = openRuns(context); runs.define(); await durable.launch(); await runs.sweep(); */
export function openRuns(context: RunsContext): Runs {
  const { durable, database, playbooks, log } = context;
  const installed = new Map(playbooks.map((one) => [workflowName(one.head.name, one.head.version), one]));

  const start = async (ready: readonly Ready[]): Promise<void> => {
    for (const run of ready) {
      const name = workflowName(run.playbook, run.version);
      if (installed.has(name)) await durable.start(name, run.id);
    }
  };

  const orphan = async (run: RunRow): Promise<void> => {
    const text = `playbook ${run.playbook} version ${run.version} is not installed here, so run ${run.id} stands still; install that version, or close the run with /playbook close ${run.id}`;
    await database.db.transaction(async (tx) => {
      await tx
        .update(runs)
        .set({ state: "orphaned", outcome: text })
        .where(and(eq(runs.id, run.id), inArray(runs.state, ["ready", "running"])));
      await noteIncident(tx, { incident: run.incidentId, type: "run.orphaned", actor: "service:engine", text });
    });
    log.error({ run: run.id, playbook: run.playbook, version: run.version }, "run orphaned");
  };

  /** The engine refuses a run whose steps are no longer those it recorded; its own "end" is refused then too. */
  const fail = async (run: RunRow, why: string): Promise<void> => {
    const text = `failed: the engine gave run ${run.id} up (${why}); where its steps changed, the playbook needs a new version. What its finished steps did stands: look at its orders, then run the playbook anew`;
    await database.db.transaction(async (tx) => {
      const [still] = await tx
        .select({ id: runs.id })
        .from(runs)
        .where(and(eq(runs.id, run.id), eq(runs.state, "running")))
        .for("update");
      if (still) await ended(tx, run, "failed", text);
    });
    log.error({ run: run.id, why }, "run given up by the engine");
  };

  return {
    define() {
      for (const [name, one] of installed) durable.define(name, (runId) => live(context, one, runId));
    },
    start,
    async sweep() {
      const unfinished = await database.db
        .select()
        .from(runs)
        .where(inArray(runs.state, ["ready", "running", "orphaned"]));
      const running = unfinished.filter((run) => run.state === "running");
      const lost = await durable.givenUp(running.map((run) => run.id));
      for (const run of running) {
        const why = lost.get(run.id);
        if (why !== undefined) await fail(run, why);
      }
      const orphans = unfinished.filter((run) => !installed.has(workflowName(run.playbook, run.version)));
      for (const run of orphans) if (run.state !== "orphaned") await orphan(run);
      const back = unfinished.filter((run) => run.state === "orphaned" && !orphans.includes(run));
      for (const run of back)
        await database.db.update(runs).set({ state: "ready", outcome: null }).where(eq(runs.id, run.id));
      await start([...back, ...unfinished.filter((run) => run.state === "ready" && !orphans.includes(run))]);
      return orphans.map((run) => run.id);
    },
    async cancel(runId, by, reason) {
      await database.db.transaction(async (tx) => {
        const [run] = await tx
          .update(runs)
          .set({ cancelRequestedBy: by, cancelReason: reason })
          .where(and(eq(runs.id, runId), isNull(runs.cancelRequestedBy), inArray(runs.state, ["ready", "running"])))
          .returning();
        if (!run) throw new DeskError("DECISION_TAKEN", `run ${runId} has ended or was cancelled before`);
        await append(tx, { actor: by, type: "run.cancelled", object: runId, body: { reason } });
        // Before the incident's own row is touched: votes and resolutions take the two in this order.
        await closeOfRun(tx, runId, `${by.replace(/^person:/, "")} stopped the run that asked`);
        await noteIncident(tx, {
          incident: run.incidentId,
          type: "run.cancelled",
          actor: by,
          text: `asked playbook ${run.playbook} to stop: ${reason}`,
        });
        await durable.wake(tx, runId, WAKE, `cancel:${runId}`);
      });
    },
    async create(tx, run) {
      const playbook = playbooks
        .filter((one) => one.head.name === run.playbook)
        .sort((a, b) => b.head.version - a.head.version)[0];
      if (!playbook)
        throw new DeskError(
          "UNKNOWN_PLAYBOOK",
          `there is no playbook ${run.playbook}; installed are ${playbooks.map((one) => one.head.name).join(", ")}`,
        );
      const row = { ...run, version: playbook.head.version };
      const [stands] = await tx
        .insert(runs)
        .values({ ...row, seal: context.seal.of("run", runFacts(row)) })
        .onConflictDoUpdate({ target: runs.id, set: { id: run.id } })
        .returning({ id: runs.id, playbook: runs.playbook, version: runs.version });
      return stands ?? row;
    },
  };
}

/** Forgets a playbook's input type for lists; its head's schema checks inputs when a run begins. */
export const anyPlaybook = <Input>(one: Playbook<Input>): AnyPlaybook => one as unknown as AnyPlaybook;
