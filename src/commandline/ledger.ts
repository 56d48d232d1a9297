import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { DeskError } from "../kernel/errors.ts";
import { type Seal, openSeal } from "../kernel/seal.ts";
import { Secret } from "../kernel/secret.ts";
import { readCopies } from "../ledger/copies.ts";
import { exportLedger } from "../ledger/export.ts";
import { openNoteKey } from "../ledger/note.ts";
import { proveEntry } from "../ledger/proof.ts";
import { type VerifyReport, verifyLedger } from "../ledger/verify.ts";
import { keyFile } from "../policy/key-file.ts";
import { paint } from "./paint.ts";
import { openVenueWords } from "./venue-words.ts";
import { type Reading, reading } from "./reading.ts";
import { answer, complain, forOutput, jsonLine } from "./terminal.ts";

/** The ledger's public key, where this machine holds the pair. */
function publicKey(home: string): string | undefined {
  const file = path.join(home, "keys", "ledger.pem");
  return existsSync(file) ? openNoteKey("breakwater", new Secret(readFileSync(file, "utf8"))).publicKey : undefined;
}

/** The desk's seal, where this machine or the environment holds its key; no key is made. */
function sealOf({ home, environment }: Reading): Seal | undefined {
  const given = environment.secret("BREAKWATER_SEAL_KEY");
  if (given === undefined && !existsSync(path.join(home, "keys", "seal"))) return undefined;
  return openSeal(given ?? keyFile(home, "seal"));
}

/** @throws DeskError INPUT_INVALID */
function daysOf(text: string): number {
  const days = Number(text);
  if (!Number.isInteger(days) || days < 1 || days > 90)
    throw new DeskError("INPUT_INVALID", `--days was ${text}; write a whole number from 1 to 90`);
  return days;
}

/** `breakwater ledger verify` */
export const verifyCommand = (options: { json?: boolean; venues?: boolean; days: string }): Promise<number> =>
  reading(async (open) => {
    const { database, home } = open;
    const [key, seal] = [publicKey(home), sealOf(open)];
    const asked = options.venues === true ? await openVenueWords(home, daysOf(options.days)) : null;
    let report: VerifyReport;
    try {
      report = await verifyLedger(database.sql, {
        copies: readCopies(home),
        ...(key ? { publicKey: key } : {}),
        ...(seal ? { seal } : {}),
        ...(asked ? { venues: asked.words } : {}),
      });
    } finally {
      await asked?.close();
    }
    answer(options.json, { type: "verified", ...report }, (report.ok ? paint.good : paint.bad)(report.text));
    if (!report.ok) complain(`The ledger does not verify: ${report.text}.`);
    return report.ok ? 0 : 1;
  });

/** `breakwater ledger export` */
export const exportCommand = (options: { format: "json" | "csv" }): Promise<number> =>
  reading(async ({ database }) => {
    for await (const text of exportLedger(database.sql, options.format)) {
      if (!process.stdout.write(forOutput(text)))
        await new Promise<void>((resolve) => process.stdout.once("drain", resolve));
    }
    return 0;
  });

/** `breakwater ledger proof` */
export async function proofCommand(entry: string): Promise<number> {
  const seq = Number(entry);
  if (!Number.isInteger(seq) || seq < 1)
    throw new DeskError("INPUT_INVALID", `the entry was ${entry}; write its number, such as 42`);
  return reading(async ({ database }) => {
    const proof = await proveEntry(database.db, seq);
    if (proof === null)
      throw new DeskError(
        "NOTHING_TO_DO",
        `entry ${seq} cannot be proved: there is no such entry, or no signed tree head covers it yet (they are made each minute)`,
      );
    process.stdout.write(jsonLine(proof));
    return 0;
  });
}
