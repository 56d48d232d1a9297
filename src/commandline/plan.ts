import { readFileSync } from "node:fs";
import { DeskError } from "../kernel/errors.ts";
import { readPlanFile } from "../policy/plans/plan-file.ts";
import { answer, complain } from "./terminal.ts";

/**
 * `breakwater plan verify <file>`: recomputes a plan's fingerprint without any desk, database or network.
 * @throws DeskError INPUT_INVALID where the file holds no plan
 */
export async function verifyPlan(file: string, options: { hash?: string; json?: boolean }): Promise<number> {
  const { hash, words, plan, lines } = readPlanFile(readText(file));
  const expected = options.hash?.trim().toLowerCase();
  const ok = expected === undefined || (expected.length >= 8 && hash.startsWith(expected)) || words === expected;
  answer(options.json, { type: "plan", hash, words, ok, plan }, [hash, words, ...lines].join("\n"));
  if (!ok) complain(`The file's plan is not the one of ${options.hash}.`);
  return ok ? 0 : 1;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new DeskError("INPUT_INVALID", `${file} cannot be read; save the plan from the console's page of it`, {
      cause,
    });
  }
}
