import { DBOS } from "@dbos-inc/dbos-sdk";
import { DBOSExecutor } from "@dbos-inc/dbos-sdk/internal/dbos-executor";
import { migrateSystemDatabase } from "@dbos-inc/dbos-sdk/internal/system_database";
import { GlobalLogger } from "@dbos-inc/dbos-sdk/internal/telemetry/logs";
import { dbRetryConfig } from "@dbos-inc/dbos-sdk/internal/utils";
import { sql } from "drizzle-orm";
import { type Database, type Tx, openDatabase, withQuery } from "../db/client.ts";
import { lostDatabase } from "../db/lost.ts";
import type { Clock } from "../kernel/clock.ts";
import { DeskError, messageOf } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import { type InTransaction, exactlyOnce, migrateTransactions } from "./transactions.ts";

/** A process that stops within a transaction must not stop its peers for longer, in ms. */
const IDLE_TRANSACTION_MS = 60_000;

/** A constant: the default is a hash of the sources, which would strand every run at the first edit. Playbooks carry their own versions. */
const APPLICATION = "breakwater";
/** Long-parked runs times many restarts must never be given up by count. */
const RECOVERIES = 1_000_000;
const GIVEN_UP = ["ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"] as const;
/** Work that takes its replica down with it is given up after a few. */
const TASK_RECOVERIES = 5;
/** Where replicas take work from; one piece at a time each, so that the desk itself keeps its processor. */
const QUEUE = "tasks";

/**
 * The durable engine behind one small interface: nothing else imports DBOS. A workflow is an ordinary function whose
 * steps are recorded; after a crash it runs again and the recorded steps answer from the record.
 */
export interface Durable {
  /** Names a workflow; all before `launch`. */
  define(name: string, body: (runId: string, input: string) => Promise<void>): void;
  /** Names work that any replica may be given: text in, text out, done again after a crash in its middle; before `launch`. */
  defineTask(name: string, body: (input: string) => Promise<string>): void;
  launch(): Promise<void>;
  stop(): Promise<void>;
  /** Whether it was stopped: what a run hears then is not its own failure. */
  readonly stopped: boolean;
  /** Starts the workflow `runId` unless it exists. */
  start(name: string, runId: string, input?: string): Promise<void>;
  /**
   * Inside a workflow: puts each piece of work into the queue, from which every free replica takes one at a time, and
   * resolves to what they came to, in order. @param tasks each with an id that is its own within the workflow
   */
  spread(name: string, tasks: readonly { readonly id: string; readonly input: string }[]): Promise<readonly string[]>;
  /** A plain step: recorded once it returns, repeated after a crash in its middle, tried again where the error says so. */
  step<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** A database step: exactly once. */
  inTransaction: InTransaction;
  sleep(ms: number): Promise<void>;
  /** Waits for a wake-up on `topic` until the instant; false where the time passed. Earlier wake-ups are kept. */
  receive(topic: string, untilAt: Date): Promise<boolean>;
  /** Wakes a run together with the caller's own rows. */
  wake(tx: Tx, runId: string, topic: string, messageId: string): Promise<void>;
  /** Those of the runs that the engine itself gave up, and its reason: it never takes them up again. */
  givenUp(runIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Puts the runs of a dead executor back into the queue. */
  recover(executorId: string): Promise<void>;
  readonly executorId: string;
}

/** Creates the engine's tables; under the migration lock, because two first launches at once deadlock. */
export async function migrateDurable(url: string): Promise<void> {
  // The public call writes progress to standard output, which is for answers.
  await migrateSystemDatabase(url, new GlobalLogger(undefined, { logLevel: "error" }), "dbos");
  const database = openDatabase(url, { max: 1 });
  try {
    await migrateTransactions(database);
  } finally {
    await database.close();
  }
}

/** Whether a step may be tried again: a database outage, or an error whose table row says so. */
const worthAnotherTry = (error: unknown): boolean =>
  lostDatabase(error) || (error instanceof DeskError && error.retry !== "never");

/** Opens the engine for this process; the executor id is unique per start, so that a dead process's runs are known as such. */
export function openDurable(options: { database: Database; executorId: string; clock: Clock; log: Log }): Durable {
  const { database, executorId, clock, log } = options;
  // The default of a minute would make an outage of seconds last much longer.
  dbRetryConfig.maxBackoffSec = 2;
  let stopped = false;
  const facts = (rest: unknown[]): { detail: string } => ({ detail: rest.map(String).join(" ").slice(0, 500) });
  DBOS.setConfig({
    name: APPLICATION,
    // The library would set this limit by a query beside the first one of each connection, which pg calls deprecated.
    systemDatabaseUrl: withQuery(database.nearUrl, "idle_in_transaction_session_timeout", String(IDLE_TRANSACTION_MS)),
    systemDatabaseIdleTransactionTimeoutMs: 0,
    systemDatabasePoolSize: 8,
    applicationVersion: APPLICATION,
    executorID: executorId,
    logger: {
      info: (entry: unknown) => log.debug(facts([entry]), "engine said"),
      debug: () => {},
      // Runs that a stop leaves unfinished wait for the next start, which is how it is meant.
      warn: (entry: unknown) => log[stopped ? "debug" : "warn"](facts([entry]), "engine warned"),
      error: (entry: unknown) => log.error(facts([entry]), "engine failed"),
    },
    runMigrations: false,
  });
  const workflows = new Map<string, (runId: string, input: string) => Promise<void>>();
  const tasks = new Map<string, (input: string) => Promise<string>>();
  return {
    executorId,
    define(name, body) {
      workflows.set(
        name,
        DBOS.registerWorkflow((runId: string, input: string) => body(runId, input), {
          name,
          maxRecoveryAttempts: RECOVERIES,
        }),
      );
    },
    defineTask(name, body) {
      tasks.set(name, DBOS.registerWorkflow(body, { name, maxRecoveryAttempts: TASK_RECOVERIES }));
    },
    get stopped() {
      return stopped;
    },
    async launch() {
      stopped = false;
      await DBOS.launch();
      if (tasks.size > 0) await DBOS.registerQueue(QUEUE, { workerConcurrency: 1, onConflict: "always_update" });
    },
    async stop() {
      stopped = true;
      await DBOS.shutdown();
    },
    async start(name, runId, input = "") {
      const workflow = workflows.get(name);
      if (!workflow)
        throw new DeskError(
          "RUN_ORPHANED",
          `run ${runId} needs ${name}, which is not installed; install that version or close the run`,
        );
      await DBOS.startWorkflow(workflow, { workflowID: runId })(runId, input);
    },
    async spread(name, wanted) {
      const task = tasks.get(name);
      if (!task) throw new TypeError(`the engine was not told of the task ${name}`);
      const parent = DBOS.workflowID ?? "";
      const handles = [];
      for (const { id, input } of wanted)
        handles.push(await DBOS.startWorkflow(task, { workflowID: `${parent}:${id}`, queueName: QUEUE })(input));
      const results = [];
      for (const handle of handles) results.push(await handle.getResult());
      return results;
    },
    step: (name, work) =>
      DBOS.runStep(work, {
        name,
        retriesAllowed: true,
        maxAttempts: 12,
        intervalSeconds: 0.25,
        backoffRate: 1.6,
        shouldRetry: worthAnotherTry,
      }),
    inTransaction: exactlyOnce(database, clock, () => stopped),
    sleep: (ms) => DBOS.sleep(ms),
    receive: async (topic, untilAt) =>
      (await DBOS.recv<unknown>(topic, { deadlineEpochMS: untilAt.getTime() })) !== null,
    async wake(tx, runId, topic, messageId) {
      await tx.execute(sql`select dbos.send_message(${runId}, '"wake"'::json, ${topic}, ${messageId})`);
    },
    async givenUp(runIds) {
      if (runIds.length === 0) return new Map();
      const found = await DBOS.listWorkflows({ workflowIDs: [...runIds], status: [...GIVEN_UP], loadInput: false });
      return new Map(found.map((one) => [one.workflowID, messageOf(one.error ?? one.status)]));
    },
    async recover(deadExecutor) {
      await DBOSExecutor.globalInstance?.recoverPendingWorkflows([deadExecutor]);
    },
  };
}
