import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Database } from "../../src/db/client.ts";

/** A migrated, embedded Postgres in a folder of its own, as a desk without DATABASE_URL has it. */
export async function freshDatabase(): Promise<{ database: Database; url: string; stop(): Promise<void> }> {
  const { openDatabase } = await import("../../src/db/client.ts");
  const { startEmbedded } = await import("../../src/db/embedded.ts");
  const { migrate } = await import("../../src/db/migrate.ts");
  const { systemClock } = await import("../../src/kernel/clock.ts");
  const home = mkdtempSync(path.join(tmpdir(), "breakwater-bench-"));
  execFileSync("chmod", ["0755", home]);
  const server = await startEmbedded(home, systemClock);
  await migrate(server.url, systemClock, async () => {});
  const database = openDatabase(server.url, { socketFile: server.socketFile });
  return {
    database,
    url: server.url,
    async stop() {
      await database.close();
      await server.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Entries as intake writes them, `count` from number `from` on. */
export const entriesOf = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => ({
    actor: "source:alertmanager",
    type: "alert.taken" as const,
    object: `alert:${from + at}`,
    body: {
      kind: "margin.ratio",
      severity: "critical",
      labels: { account: `paper-${at % 7}`, venue: "paper" },
      values: { ratio: "0.83" },
    },
  }));

/** Fills the chain to `size` entries, a thousand at a time. */
export async function fill(database: Database, size: number): Promise<void> {
  const { appendMany } = await import("../../src/ledger/append.ts");
  for (let at = 0; at < size; at += 1_000)
    await database.db.transaction((tx) => appendMany(tx, entriesOf(at, Math.min(1_000, size - at))));
}
