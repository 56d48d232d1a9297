import { loadConfig } from "../config.ts";
import { reachSigner } from "../desk/signer.ts";
import { systemClock } from "../kernel/clock.ts";
import { openLog } from "../kernel/log.ts";
import { openDatabase } from "../db/client.ts";
import { type HaltMode, haltEverything } from "../policy/halt.ts";
import { openVenues } from "../venues/open-venues.ts";
import { answer } from "./terminal.ts";

/** `breakwater halt`: exit code 0 only where nothing is left open at any venue. Opens nothing but the venues, so that it works while everything else is down. */
export async function runHalt(options: { reason: string; mode: HaltMode; json?: boolean }): Promise<number> {
  const config = loadConfig(process.env);
  const log = openLog("error");
  const live = new Map([...config.accounts].filter(([, account]) => account.venue !== "paper"));
  // Not waited for here: the marker on the disk comes first.
  const signer = reachSigner(config, systemClock, log);
  const venues = openVenues({
    accounts: live,
    paper: null,
    keyed: async (account) => (await signer).keyed(account),
  });
  const database = config.databaseUrl ? openDatabase(config.databaseUrl.reveal(), 1) : null;
  const halted = await haltEverything(
    { database, home: config.home, accounts: [...live.values()], venueOf: venues.venueOf, clock: systemClock, log },
    "service:command-line",
    options.reason,
    options.mode,
  );
  answer(options.json, { type: "halted", ...halted }, halted.text);
  await Promise.allSettled([venues.close(), (await signer).close(), database?.close()]);
  return halted.accounts.some((one) => one.problem !== null) ? 1 : 0;
}
