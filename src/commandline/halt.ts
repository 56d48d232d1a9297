import { existsSync } from "node:fs";
import path from "node:path";
import { type Config, loadConfig } from "../config.ts";
import { readEnvironment } from "../config/environment.ts";
import { reachSigner } from "../desk/signer.ts";
import { systemClock } from "../kernel/clock.ts";
import { messageOf } from "../kernel/errors.ts";
import { openLog } from "../kernel/log.ts";
import type { Secret } from "../kernel/secret.ts";
import { openDatabase } from "../db/client.ts";
import { type HaltContext, type HaltMode, type Halted, haltEverything } from "../policy/freeze/halt.ts";
import { openVenues } from "../venues/open-venues.ts";
import { readingHome } from "./reading-home.ts";
import { answer, complain } from "./terminal.ts";

interface HaltOptions {
  readonly reason: string;
  readonly mode: HaltMode;
  readonly json?: boolean;
}

/** What the switch is pulled with; the rest is the same with a readable desk.yaml and without. */
type Reach = Pick<HaltContext, "home" | "accounts" | "venueOf"> & { readonly databaseUrl: Secret | null };

async function pull({ databaseUrl, ...reach }: Reach, { reason, mode, json }: HaltOptions): Promise<Halted> {
  const database = databaseUrl ? openDatabase(databaseUrl.reveal(), { max: 1 }) : null;
  const log = openLog("error");
  const halted = await haltEverything(
    { ...reach, database, clock: systemClock, log },
    "service:command-line",
    reason,
    mode,
  );
  answer(json, { type: "halted", ...halted }, halted.text);
  await database?.close().catch(() => undefined);
  return halted;
}

/** A folder where no desk ever started: its marker is read by nobody. */
function strangeHome(home: string): boolean {
  if (existsSync(path.join(home, "keys"))) return false;
  complain(
    `But no desk has run on ${home}, so this stops none; set BREAKWATER_HOME to the running desk's and pull again.`,
  );
  return true;
}

/** Without accounts to cancel for, the marker and the freeze still stop every sender. */
async function haltWithoutDesk(options: HaltOptions, why: string): Promise<number> {
  const home = readingHome(process.env);
  const databaseUrl = readEnvironment(process.env, []).secret("DATABASE_URL") ?? null;
  const venueOf: HaltContext["venueOf"] = (account) => Promise.reject(new Error(`${account} is not known`));
  await pull({ home, accounts: [], venueOf, databaseUrl }, options);
  complain(
    `But no order was cancelled, because the accounts are not known. ${why}\nCancel at the venues, or mend that and pull again.`,
  );
  strangeHome(home);
  return 1;
}

/**
 * `breakwater halt`: exit code 0 only where nothing is left open at any venue. Opens nothing but the venues, so that it works
 * while everything else is down; a desk.yaml that cannot be read, or a shell without the desk's secrets, does not stop it.
 */
export async function runHalt(options: HaltOptions): Promise<number> {
  let config: Config;
  try {
    config = loadConfig(process.env, { keys: false });
  } catch (error) {
    return haltWithoutDesk(options, messageOf(error));
  }
  const { home, databaseUrl } = config;
  const live = new Map([...config.accounts].filter(([, account]) => account.venue !== "paper"));
  // Not waited for here: the marker on the disk comes first.
  const signer = reachSigner(config, systemClock, openLog("error"));
  const venues = openVenues({ accounts: live, paper: null, keyed: async (account) => (await signer).keyed(account) });
  const halted = await pull({ home, accounts: [...live.values()], venueOf: venues.venueOf, databaseUrl }, options);
  await Promise.allSettled([venues.close(), (await signer).close()]);
  return strangeHome(home) || halted.accounts.some((one) => one.problem !== null) ? 1 : 0;
}
