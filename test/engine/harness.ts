import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import type { Database } from "../../src/db/client.ts";
import { runs } from "../../src/db/schema.ts";
import { type Durable, openDurable } from "../../src/engine/durable.ts";
import { type AnyPlaybook } from "../../src/engine/playbook.ts";
import { type Runs, openRuns } from "../../src/engine/runs.ts";
import { openIncident } from "../../src/incidents/lifecycle.ts";
import type { AccountState } from "../../src/kernel/account.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { silentLog } from "../../src/kernel/log.ts";
import type { Door, Judged, Said } from "../../src/policy/perform.ts";
import { SEAL } from "../policy/control.ts";

/** A door that plans and sends nothing real: what the engine's own tests need of the policy. */
export function scriptedDoor(script: {
  decision: Judged["decision"];
  answers: (Said | null)[];
  /** What was done at the door, in order: "claimed", "sent" or why not, "ended". */
  carried: string[];
  /** What happens while prices are read, and right after the claim. */
  meanwhile?: Partial<Record<"prices" | "claim", () => Promise<void>>>;
}): Door {
  const judged: Judged = {
    hash: "a".repeat(64),
    words: "able able able able",
    decision: script.decision,
    reasons: ["by script"],
    orders: 1,
    cancels: 0,
    notionalUsd: "1000",
    summary: "1 order",
  };
  return {
    draft: async (request) => (request.action === "cancel" ? null : ({ orders: [] } as never)),
    pricesOf: async () => ({}),
    propose: async () => judged,
    open: async () => ({ expiresAt: new Date(Date.now() + 60_000) }),
    answer: async () => (script.answers.length > 1 ? (script.answers.shift() ?? null) : (script.answers[0] ?? null)),
    vote: async () => ({ ok: true, text: "" }),
    async prices() {
      await script.meanwhile?.prices?.();
      return {};
    },
    async claim() {
      script.carried.push("claimed");
      await script.meanwhile?.claim?.();
      return { claimed: true };
    },
    async carryOut(_hash, stop) {
      script.carried.push((await stop?.()) ?? "sent");
      return {
        orders: 1,
        filled: 1,
        partial: 0,
        unknown: 0,
        cancelled: 0,
        slippageBps: "1",
        summary: "1 of 1 orders filled",
      };
    },
    settle: async () => {},
    ended: async () => void script.carried.push("ended"),
  };
}

/** A launched engine with these playbooks; one per test file, because the library keeps one per process. */
export async function launch(
  database: Database,
  playbooks: readonly AnyPlaybook[],
  door: Door,
): Promise<{ durable: Durable; runs: Runs }> {
  const durable = openDurable({ database, executorId: `test-${randomUUID()}`, clock: systemClock, log: silentLog });
  const opened = openRuns({
    durable,
    database,
    door,
    playbooks,
    seal: SEAL,
    log: silentLog,
    account: async () => ({}) as AccountState,
    accounts: [],
    close: async (_tx, _id, outcome) => outcome,
  });
  opened.define();
  await durable.launch();
  return { durable, runs: opened };
}

/** Opens an incident and a run of a playbook on it, and starts it. */
export async function begin(
  database: Database,
  opened: Runs,
  playbook: string,
  input: Record<string, string>,
): Promise<{ run: string; incident: string }> {
  const made = await database.db.transaction(async (tx) => {
    const incident = await openIncident(
      tx,
      SEAL,
      { actor: "person:ana", surface: "test" },
      { kind: "test", severity: "low", title: "a test" },
    );
    const run = `run:${incident}:${playbook}`;
    const ready = await opened.create(tx, {
      id: run,
      playbook,
      incidentId: incident,
      requestedBy: "person:ana",
      trust: "internal",
      input,
    });
    return { ready, incident };
  });
  await opened.start([made.ready]);
  return { run: made.ready.id, incident: made.incident };
}

/** The run's row, once it is over. */
export async function over(database: Database, run: string): Promise<typeof runs.$inferSelect> {
  for (;;) {
    const [row] = await database.db.select().from(runs).where(eq(runs.id, run));
    if (row && !["ready", "running"].includes(row.state)) return row;
    await systemClock.sleep(20);
  }
}
