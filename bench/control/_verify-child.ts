import { openDatabase } from "../../src/db/client.ts";
import { verifyLedger } from "../../src/ledger/verify.ts";

/** Started by `_verify.ts`: verifies the ledger of the database it is given. */
const database = openDatabase(process.argv[2] ?? "");
const begun = performance.now();
const { ok, entries } = await verifyLedger(database.sql);
const seconds = (performance.now() - begun) / 1_000;
process.stdout.write(JSON.stringify({ ok, entries, seconds, megabytes: process.resourceUsage().maxRSS / 1_024 }));
process.exit(0);
