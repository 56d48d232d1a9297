// A desk on the paper exchange whose first account is in danger from the start, as its own process for crash tests.
import { writeSync } from "node:fs";
import path from "node:path";
import { loadConfig } from "../../../dist/src/config.js";
import { demoDesk } from "../../../dist/src/commandline/demo-desk.js";
import { routedTo } from "../../../dist/src/commandline/demo-fakes.js";
import { guardProcess, untilStopped } from "../../../dist/src/commandline/start.js";
import { systemClock } from "../../../dist/src/kernel/clock.js";
import { openLog } from "../../../dist/src/kernel/log.js";
import { startProgram } from "../../../dist/src/main.js";
import { demoAccounts } from "../../../dist/src/venues/paper/demo-accounts.js";
import { openPaper } from "../../../dist/src/venues/paper/exchange.js";

/** At this price the first account stands at a margin ratio of some 0.84. */
const PINNED = "55500";

/** Simulated Slack and Discord of another process, to route cards to and to link people in. */
const fakes = JSON.parse(process.env["FAKES"] ?? "null");
const desk = loadConfig(process.env, { text: demoDesk("calm", 1, 1), name: "test desk" });
const config = fakes ? routedTo(fakes, desk) : desk;
/** Nothing else runs meanwhile, as while a long computation does, or while the machine swaps. */
process.on("SIGUSR2", () => {
  writeSync(2, "standing still\n");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5_000);
});
const log = openLog(config.logLevel);
guardProcess(log);
const { signal, lost } = untilStopped();
const faults = JSON.parse(process.env["FAULTS"] ?? "[]");
const program = await startProgram(config, {
  clock: systemClock,
  log,
  operator: "ana",
  onLost: lost,
  paper: async (home) => {
    const exchange = await openPaper({
      clock: systemClock,
      log,
      seed: 1,
      storm: "calm",
      faults,
      journalPath: path.join(home, "paper-exchange.jsonl"),
    });
    const [endangered, calm] = demoAccounts("calm", systemClock.now());
    // What the fall to the pinned price would fill does not rest.
    const orders = endangered.orders.filter(
      (order) => order.side === "sell" || Number(order.limitPrice) < Number(PINNED),
    );
    await exchange.seedAccounts([{ ...endangered, orders }, calm]);
    exchange.pin("BTC", PINNED);
    await exchange.tick();
    return exchange;
  },
});
process.stdout.write(`${JSON.stringify({ url: program.url, token: program.token })}\n`);
const code = await signal;
await program.stop();
process.exit(code);
