import { AsyncLocalStorage } from "node:async_hooks";
import { DBOS } from "@dbos-inc/dbos-sdk";
import {
  DBOSStepAlreadyRecordedError,
  DBOSWorkflowConflictError,
  type DataSourceTransactionHandler,
  assertStillOwnsWorkflow,
  isPGRetriableTransactionError,
  migrateDataSourcePG,
  registerDataSource,
  replayRecordedStep,
  runTransaction,
} from "@dbos-inc/dbos-sdk/datasource";
import { sql } from "drizzle-orm";
import superjson from "superjson";
import type { Clock } from "../kernel/clock.ts";
import type { Database, Db, Tx } from "../db/client.ts";
import { lostDatabase } from "../db/lost.ts";
import { rows } from "../db/rows.ts";

const NAME = "breakwater";
const RECORDED = `select output, error from dbos.transaction_completion where workflow_id = $1 and function_num = $2`;
const DONE = `
  insert into dbos.transaction_completion (workflow_id, function_num, output) values ($1, $2, $3)
  on conflict do nothing returning 1`;
const FAILED = `
  insert into dbos.transaction_completion (workflow_id, function_num, error) values ($1, $2, $3) on conflict do nothing`;

interface Recorded {
  readonly output: string | null;
  readonly error: string | null;
}

/**
 * Database steps that happen exactly once: the step's own rows and its checkpoint commit together, and a replica that
 * was declared dead rolls back instead of applying a step twice. The published data sources do not load with this
 * version of the engine; this one stands on its public data source interface.
 */
class ExactlyOnce implements DataSourceTransactionHandler {
  readonly name = NAME;
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #stopped: () => boolean;
  readonly #running = new AsyncLocalStorage<Tx>();

  constructor(database: Database, clock: Clock, stopped: () => boolean) {
    this.#database = database;
    this.#clock = clock;
    this.#stopped = stopped;
  }

  async initialize(): Promise<void> {}

  async destroy(): Promise<void> {}

  get tx(): Tx {
    const tx = this.#running.getStore();
    if (!tx) throw new Error("this runs only inside a database step");
    return tx;
  }

  async deleteCheckpoints(workflow: string, from: number, beforeCommit?: () => Promise<void>): Promise<void> {
    await this.#db.transaction(async (tx) => {
      await tx.execute(
        sql`delete from dbos.transaction_completion where workflow_id = ${workflow} and function_num >= ${from}`,
      );
      await beforeCommit?.();
    });
  }

  async invokeTransactionFunction<This, Args extends unknown[], Return>(
    _config: unknown,
    target: This,
    work: (this: This, ...args: Args) => Promise<Return>,
    ...args: Args
  ): Promise<Return> {
    const workflow = DBOS.workflowID;
    const step = DBOS.stepID;
    if (workflow === undefined || step === undefined) throw new Error("a database step belongs into a playbook run");
    for (let waitMs = 20; ; waitMs = Math.min(waitMs * 1.5, 2_000)) {
      const before = await this.#recorded(workflow, step).catch((error: unknown) => {
        if (lostDatabase(error) && !this.#stopped()) return "lost" as const;
        throw error;
      });
      if (before !== "lost") {
        if (before) return replayRecordedStep<Return>(before);
        try {
          return await this.#apply(workflow, step, () => work.call(target, ...args));
        } catch (error) {
          if (error instanceof DBOSStepAlreadyRecordedError) {
            const recorded = await this.#recorded(workflow, step);
            if (recorded) return replayRecordedStep<Return>(recorded);
          }
          // An engine that was stopped breaks off what is under way, and the next start does it anew: it is not the step's error.
          if (error instanceof DBOSWorkflowConflictError || this.#stopped()) throw error;
          // An outage must not become the run's error: the checkpoint tells later whether this commit landed.
          if (!lostDatabase(error) && !isPGRetriableTransactionError(error)) {
            await rows(this.#db, FAILED, [workflow, step, superjson.stringify(error)]);
            throw error;
          }
          if (lostDatabase(error)) waitMs = Math.max(waitMs, 250);
        }
      }
      await this.#clock.sleep(waitMs);
    }
  }

  get #db(): Db {
    return this.#database.db;
  }

  #apply<Return>(workflow: string, step: number, work: () => Promise<Return>): Promise<Return> {
    return this.#db.transaction(async (tx) => {
      const result = await this.#running.run(tx, work);
      const [inserted] = await Promise.all([
        rows(tx, DONE, [workflow, step, superjson.stringify(result)]),
        assertStillOwnsWorkflow(workflow),
      ]);
      if (inserted.length === 0) throw new DBOSStepAlreadyRecordedError(workflow, step);
      return result;
    });
  }

  async #recorded(workflow: string, step: number): Promise<Recorded | undefined> {
    const [found] = await rows<Recorded>(this.#db, RECORDED, [workflow, step]);
    return found;
  }
}

/** Runs `work` in a transaction that commits with the step's checkpoint. */
export type InTransaction = <T>(name: string, work: (tx: Tx) => Promise<T>) => Promise<T>;

/**
 * Registers the data source; once per process, before the engine launches.
 * @param stopped whether the engine was stopped
 */
export function exactlyOnce(database: Database, clock: Clock, stopped: () => boolean): InTransaction {
  const source = new ExactlyOnce(database, clock, stopped);
  registerDataSource(source);
  return (name, work) => runTransaction(() => work(source.tx), name, { dsName: NAME });
}

/** Creates the data source's table; under the migration lock. */
export async function migrateTransactions(database: Database): Promise<void> {
  await database.sql.begin((tx) => migrateDataSourcePG((text) => tx.unsafe(text), "dbos"));
}
