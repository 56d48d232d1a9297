import { existsSync } from "node:fs";
import path from "node:path";
import { type Environment, type Problem, readEnvironment } from "../config/environment.ts";
import { type Started, startDatabase } from "../database.ts";
import { systemClock } from "../kernel/clock.ts";
import { DeskError } from "../kernel/errors.ts";
import { openLog } from "../kernel/log.ts";
import { readingHome } from "./reading-home.ts";

/** A desk's database, opened to be read. */
export interface Reading extends Started {
  readonly home: string;
  readonly environment: Environment;
}

/** Whether there is a desk to read from here. */
export const canRead = (env: NodeJS.ProcessEnv): boolean =>
  readEnvironment(env, []).secret("DATABASE_URL") !== undefined || existsSync(path.join(readingHome(env), "keys"));

/** Opens the desk's database beside a running desk, or alone; needs no desk.yaml. */
export async function openToRead(): Promise<Reading> {
  const problems: Problem[] = [];
  const environment = readEnvironment(process.env, problems);
  const home = readingHome(process.env);
  const url = environment.secret("DATABASE_URL") ?? null;
  if (problems.length > 0)
    throw new DeskError("CONFIG_INVALID", problems.map((one) => `${one.where} ${one.what}`).join("\n"));
  if (url === null && !existsSync(home))
    throw new DeskError(
      "DATABASE_UNAVAILABLE",
      `there is no desk under ${home}; set BREAKWATER_HOME or DATABASE_URL to the one you mean`,
    );
  const started = await startDatabase({
    url,
    home,
    exclusive: false,
    clock: systemClock,
    log: openLog("error"),
  });
  return { ...started, home, environment };
}

/** Lets `work` read the database and closes it again. */
export async function reading(work: (open: Reading) => Promise<number>): Promise<number> {
  const open = await openToRead();
  try {
    return await work(open);
  } finally {
    await open.stop();
  }
}
