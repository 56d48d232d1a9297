// One replica of the engine on a shared database, with a playbook of five slow steps; starts the run named in RUN, if any,
// and spreads eight pieces of work over the replicas where SPREAD names the workflow.
import { z } from "zod";
import { guardProcess } from "../../../dist/src/commandline/start.js";
import { openDatabase } from "../../../dist/src/db/client.js";
import { openDurable } from "../../../dist/src/engine/durable.js";
import { playbook } from "../../../dist/src/engine/playbook.js";
import { holdLease } from "../../../dist/src/engine/replicas.js";
import { openRuns } from "../../../dist/src/engine/runs.js";
import { systemClock } from "../../../dist/src/kernel/clock.js";
import { silentLog } from "../../../dist/src/kernel/log.js";

guardProcess(silentLog, () => []);
const database = openDatabase(process.env.DATABASE_URL, 4);
const durable = openDurable({ database, executorId: process.env.REPLICA, clock: systemClock, log: silentLog });
const slow = playbook(
  { name: "slow", version: 1, title: "Five slow steps", input: z.object({}), needs: [] },
  async ({ step }) => {
    const by = [];
    for (const number of ["one", "two", "three", "four", "five"]) {
      by.push(
        await step(`step ${number}`, async () => {
          await systemClock.sleep(400);
          return process.env.REPLICA;
        }),
      );
    }
    return by.join(" ");
  },
);
const runs = openRuns({
  durable,
  database,
  door: {},
  playbooks: [slow],
  log: silentLog,
  account: async () => ({}),
  close: async () => "",
});
runs.define();
durable.defineTask("who", async (input) => {
  await systemClock.sleep(500);
  return `${input} by ${process.env.REPLICA}`;
});
durable.define("spread", async () => {
  const tasks = Array.from({ length: 8 }, (_, at) => ({ id: `piece-${at}`, input: String(at) }));
  process.stdout.write(`${JSON.stringify(await durable.spread("who", tasks))}\n`);
});
await durable.launch();
await holdLease({
  database,
  durable,
  clock: systemClock,
  log: silentLog,
  alone: false,
  onLost: () => process.exit(70),
});
if (process.env.RUN) await runs.start([{ id: process.env.RUN, playbook: "slow", version: 1 }]);
process.stdout.write("up\n");
if (process.env.SPREAD) await durable.start("spread", process.env.SPREAD);
