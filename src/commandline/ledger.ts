import { existsSync } from "node:fs";
import path from "node:path";
import { startDatabase, type Started } from "../database.ts";
import { systemClock } from "../kernel/clock.ts";
import { DeskError } from "../kernel/errors.ts";
import { openLog } from "../kernel/log.ts";
import { Secret } from "../kernel/secret.ts";
import { verifyLedger } from "../ledger/verify.ts";

/** The folder whose database is read: the named one, else the desk's, else what the demo left. */
export function readingHome(env: NodeJS.ProcessEnv): string {
  if (env["BREAKWATER_HOME"]) return env["BREAKWATER_HOME"];
  const [desk, demo] = [".breakwater", path.join(".breakwater", "demo")];
  return existsSync(path.join(demo, "pg.password")) && !existsSync(path.join(desk, "pg.password")) ? demo : desk;
}

/** Opens the desk's database beside a running desk, or alone; needs no desk.yaml. */
export async function openToRead(): Promise<Started> {
  const home = readingHome(process.env);
  const url = process.env["DATABASE_URL"];
  if (!url && !existsSync(home))
    throw new DeskError(
      "DATABASE_UNAVAILABLE",
      `there is no desk under ${home}; set BREAKWATER_HOME or DATABASE_URL to the one you mean`,
    );
  return startDatabase({
    url: url ? new Secret(url) : null,
    home,
    exclusive: false,
    clock: systemClock,
    log: openLog("error"),
  });
}

/** `breakwater ledger verify` */
export async function verifyCommand(options: { json?: boolean }): Promise<number> {
  const { database, stop } = await openToRead();
  try {
    const report = await verifyLedger(database.sql);
    process.stdout.write(options.json ? `${JSON.stringify({ type: "verified", ...report })}\n` : `${report.text}\n`);
    if (!report.ok) process.stderr.write(`The ledger does not verify: ${report.text}.\n`);
    return report.ok ? 0 : 1;
  } finally {
    await stop();
  }
}
