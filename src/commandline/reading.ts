import { existsSync } from "node:fs";
import path from "node:path";
import { type Started, startDatabase } from "../database.ts";
import { systemClock } from "../kernel/clock.ts";
import { DeskError } from "../kernel/errors.ts";
import { openLog } from "../kernel/log.ts";
import { Secret } from "../kernel/secret.ts";

/** The folder whose database is read: the named one, else the desk's, else what the demo left. */
export function readingHome(env: NodeJS.ProcessEnv): string {
  if (env["BREAKWATER_HOME"]) return path.resolve(env["BREAKWATER_HOME"]);
  const [desk, demo] = [path.resolve(".breakwater"), path.resolve(".breakwater", "demo")];
  return existsSync(path.join(demo, "keys")) && !existsSync(path.join(desk, "keys")) ? demo : desk;
}

/** Opens the desk's database beside a running desk, or alone; needs no desk.yaml. */
export async function openToRead(): Promise<Started & { readonly home: string }> {
  const home = readingHome(process.env);
  const url = process.env["DATABASE_URL"];
  if (!url && !existsSync(home))
    throw new DeskError(
      "DATABASE_UNAVAILABLE",
      `there is no desk under ${home}; set BREAKWATER_HOME or DATABASE_URL to the one you mean`,
    );
  const started = await startDatabase({
    url: url ? new Secret(url) : null,
    home,
    exclusive: false,
    clock: systemClock,
    log: openLog("error"),
  });
  return { ...started, home };
}

/** Lets `work` read the database and closes it again. */
export async function reading(work: (open: Started & { readonly home: string }) => Promise<number>): Promise<number> {
  const open = await openToRead();
  try {
    return await work(open);
  } finally {
    await open.stop();
  }
}

/** Writes one JSON line, or text for people. */
export const answer = (json: boolean | undefined, value: Record<string, unknown>, text: string): void => {
  process.stdout.write(json ? `${JSON.stringify(value)}\n` : `${text}\n`);
};
