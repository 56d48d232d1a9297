import type { Workload } from "../workload.ts";
import { entriesOf, freshDatabase } from "./_database.ts";

const BATCH = 100;
const BATCHES = 300;

/** Ledger entries written a second in batches of 100, each batch a transaction of its own that is on the disk; at least 5,000. */
export const workload: Workload = {
  name: "ledger entries appended, batches of 100",
  unit: "entries/s",
  better: "higher",
  n: BATCH * BATCHES,
  measuresItself: true,
  rounds: 3,
  own: async () => {
    const { appendMany } = await import("../../src/ledger/append.ts");
    const { database, stop } = await freshDatabase();
    return async () => {
      const write = (at: number) => database.db.transaction((tx) => appendMany(tx, entriesOf(at * BATCH, BATCH)));
      for (let at = 0; at < 20; at += 1) await write(at);
      const begun = performance.now();
      for (let at = 0; at < BATCHES; at += 1) await write(at);
      const seconds = (performance.now() - begun) / 1_000;
      await stop();
      return (BATCH * BATCHES) / seconds;
    };
  },
};
