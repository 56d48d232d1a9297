import type { Alert } from "../../src/kernel/alert.ts";
import type { Said } from "../../src/policy/perform.ts";
import { freshDatabase } from "../control/_database.ts";

/** A launched engine with one playbook that asks and then goes on, beside an embedded Postgres. */
export interface Engine {
  /** Milliseconds from an alert in the intake's hands, over its incident and run being written, to the playbook's first step. */
  trigger(): Promise<number>;
  /** Milliseconds from a vote being written to the waiting playbook's going on. */
  click(): Promise<number>;
  stop(): Promise<void>;
}

/** Opens the engine with a door that plans nothing real; the product's own steps, transactions and wake-ups. */
export async function openEngine(): Promise<Engine> {
  const { z } = await import("zod");
  const { migrateDurable } = await import("../../src/engine/durable.ts");
  const { playbook } = await import("../../src/engine/playbook.ts");
  const { anyPlaybook } = await import("../../src/engine/runs.ts");
  const { WAKE } = await import("../../src/engine/steps.ts");
  const { launch, over, scriptedDoor } = await import("../../test/engine/harness.ts");
  const { openIntake } = await import("../../src/intake/intake.ts");
  const { intakeSettings } = await import("../../src/intake/settings.ts");
  const { silentLog } = await import("../../src/kernel/log.ts");
  const { SEAL } = await import("../../test/policy/control.ts");
  const { systemClock } = await import("../../src/kernel/clock.ts");
  const { decimal } = await import("../../src/kernel/decimal.ts");
  const { database, url, stop } = await freshDatabase();
  await migrateDurable(url);
  const script = { decision: "quorum" as const, answers: [null] as (Said | null)[], carried: [] as string[] };
  let reached: (at: number) => void = () => {};
  const next = (): Promise<number> =>
    new Promise((resolve) => {
      reached = resolve;
    });
  const asks = playbook(
    { name: "asks", version: 1, title: "Asks", input: z.object({ account: z.string() }), needs: ["reduce"] as const },
    async ({ step }) => {
      await step("first", async () => reached(performance.now()));
      const plan = await step.plan("plan", { action: "reduce", account: "paper-a", toRatio: "0.5" as never });
      if (!plan) return "nothing";
      await step.approve("ask", plan, { within: "5m", otherwise: "stop" });
      reached(performance.now());
      return "went on";
    },
  );
  const { durable, runs } = await launch(database, [anyPlaybook(asks)], scriptedDoor(script));
  const intake = openIntake({
    db: database,
    clock: systemClock,
    settings: intakeSettings.parse({}),
    seal: SEAL,
    matchPlaybooks: () => [{ playbook: "asks", version: 1, input: { account: "paper-a" } }],
    place: null,
    onCommitted: (committed) => void runs.start(committed.runs),
    log: silentLog,
  });
  const waiting: string[] = [];
  let count = 0;
  const waits = async (run: string): Promise<void> => {
    for (;;) {
      const rows = await database.sql`select 1 from breakwater.run_steps where run_id = ${run} and state = 'waiting'`;
      if (rows.length === 1) return;
      await systemClock.sleep(5);
    }
  };
  return {
    async trigger() {
      script.answers = [null];
      const first = next();
      const alert: Alert = {
        source: "bench",
        trust: "internal",
        kind: "account.margin",
        status: "firing",
        severity: "high",
        title: "The margin ratio passed its limit",
        summary: "The limit is 0.80",
        labels: { account: `account-${(count += 1)}` },
        values: { ratio: decimal("0.83") },
        at: systemClock.now(),
      };
      const begun = performance.now();
      const taken = intake.take([alert]);
      const ms = (await first) - begun;
      const run = `run:${(await taken).incidents[0]}:asks`;
      await waits(run);
      waiting.push(run);
      return ms;
    },
    async click() {
      const run = waiting.pop();
      if (run === undefined) throw new Error("no run waits");
      script.answers = [{ outcome: "approved", by: ["ana"] }];
      const on = next();
      const begun = performance.now();
      await database.db.transaction((tx) => durable.wake(tx, run, WAKE, `click-${(count += 1)}`));
      const ms = (await on) - begun;
      await over(database, run);
      return ms;
    },
    async stop() {
      await intake.close();
      await durable.stop();
      await stop();
    },
  };
}

/** The median over so many rounds of a trigger and its click, after ten to warm up. */
export const measuredEngine = (what: "trigger" | "click") => async (): Promise<() => Promise<number>> => {
  const engine = await openEngine();
  return async () => {
    const taken: number[] = [];
    for (let round = -10; round < 100; round += 1) {
      const both = { trigger: await engine.trigger(), click: await engine.click() };
      if (round >= 0) taken.push(both[what]);
    }
    await engine.stop();
    return taken.toSorted((a, b) => a - b)[50] ?? Number.NaN;
  };
};
