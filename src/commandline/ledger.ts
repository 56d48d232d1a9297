import { existsSync } from "node:fs";
import path from "node:path";
import { Secret } from "../kernel/secret.ts";
import { readFileSync } from "node:fs";
import { readCopies } from "../ledger/checkpoint.ts";
import { exportLedger } from "../ledger/export.ts";
import { openNoteKey } from "../ledger/note.ts";
import { verifyLedger } from "../ledger/verify.ts";
import { answer, reading } from "./reading.ts";

/** The ledger's public key, where this machine holds the pair. */
function publicKey(home: string): string | undefined {
  const file = path.join(home, "keys", "ledger.pem");
  return existsSync(file) ? openNoteKey("breakwater", new Secret(readFileSync(file, "utf8"))).publicKey : undefined;
}

/** `breakwater ledger verify` */
export const verifyCommand = (options: { json?: boolean }): Promise<number> =>
  reading(async ({ database, home }) => {
    const key = publicKey(home);
    const report = await verifyLedger(database.sql, { copies: readCopies(home), ...(key ? { publicKey: key } : {}) });
    answer(options.json, { type: "verified", ...report }, report.text);
    if (!report.ok) process.stderr.write(`The ledger does not verify: ${report.text}.\n`);
    return report.ok ? 0 : 1;
  });

/** `breakwater ledger export` */
export const exportCommand = (options: { format: "json" | "csv" }): Promise<number> =>
  reading(async ({ database }) => {
    for await (const text of exportLedger(database.sql, options.format)) {
      if (!process.stdout.write(text)) await new Promise<void>((resolve) => process.stdout.once("drain", resolve));
    }
    return 0;
  });
