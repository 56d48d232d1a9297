import { readFileSync } from "node:fs";
import { type Json, canonical, sha256 } from "../kernel/canonical.ts";
import { DeskError } from "../kernel/errors.ts";
import { type Plan, fingerprintWords } from "../kernel/plan.ts";
import { planLines } from "../desk/dry-run.ts";
import { answer } from "./reading.ts";

/** `breakwater plan verify <file>`: recomputes a plan's fingerprint without any desk, database or network. */
export async function verifyPlan(file: string, options: { hash?: string; json?: boolean }): Promise<number> {
  let plan: Plan;
  try {
    plan = JSON.parse(readFileSync(file, "utf8")) as Plan;
  } catch (cause) {
    throw new DeskError("INPUT_INVALID", `${file} holds no plan as JSON; save it from the console or the ledger`, {
      cause,
    });
  }
  if (plan === null || typeof plan !== "object" || plan.format !== 1)
    throw new DeskError("INPUT_INVALID", `${file} holds no plan of format 1`);
  const hash = sha256(canonical(plan as unknown as Json));
  const expected = options.hash?.trim().toLowerCase();
  const ok =
    expected === undefined ||
    (expected.length >= 8 && hash.startsWith(expected)) ||
    fingerprintWords(hash) === expected;
  answer(
    options.json,
    { type: "plan", hash, words: fingerprintWords(hash), ok, plan },
    [hash, fingerprintWords(hash), ...planLines(plan)].join("\n"),
  );
  if (!ok) process.stderr.write(`The file's plan is not the one of ${options.hash}.\n`);
  return ok ? 0 : 1;
}
