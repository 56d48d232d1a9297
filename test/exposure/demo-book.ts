import { silentLog } from "../../src/kernel/log.ts";
import { demoAccounts } from "../../src/venues/paper/demo-accounts.ts";
import { openPaper } from "../../src/venues/paper/exchange.ts";
import type { StormName } from "../../src/venues/paper/storms.ts";
import { manualClock } from "../venues/paper/manual-clock.ts";

/** The demo's two accounts on the paper exchange, some seconds into a storm. */
export async function demoBook(storm: StormName, seconds: number) {
  const clock = manualClock();
  const exchange = await openPaper({ clock, log: silentLog, seed: 1, storm });
  await exchange.seedAccounts(demoAccounts(storm, clock.now()));
  for (let tick = 0; tick < seconds * 4; tick += 1) {
    clock.move(250);
    await exchange.tick();
  }
  return { clock, exchange, venue: exchange.venue(), ...exchange.venue() };
}
