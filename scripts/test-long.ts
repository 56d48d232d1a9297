import { spawnSync } from "node:child_process";

/** Counts at which races, random sequences and forged requests were asked for; a test run by hand or in CI plays a few of each. */
const COUNTS = {
  /** Rounds of each race between a deed and a claim, or between clicks. */
  BREAKWATER_RACES: "1000",
  /** Sequences through the database. */
  BREAKWATER_SEQUENCES: "10000",
  /** Sequences of votes, roles and rules in memory, and cases of each law of the policy. */
  BREAKWATER_LAWS: "100000",
  /** Forged or replayed requests at each door. */
  BREAKWATER_FORGED: "10000",
};
const SUITES = [
  "test/chat/racing.db.test.ts",
  "test/policy/sequences.test.ts",
  "test/policy/judging/judge-laws.test.ts",
  "test/policy/races.db.test.ts",
  "test/policy/model.db.test.ts",
  "test/ledger/tamper.test.ts",
  "test/e2e/forged.test.ts",
];

// Counts that somebody set already stand; files named on the command line are run instead of all.
const files = process.argv.length > 2 ? process.argv.slice(2) : SUITES;
const { status } = spawnSync("npx", ["vitest", "run", ...files], {
  stdio: "inherit",
  env: { ...COUNTS, ...process.env },
  shell: process.platform === "win32",
});
process.exit(status ?? 1);
