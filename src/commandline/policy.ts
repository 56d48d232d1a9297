import { readFileSync } from "node:fs";
import { parseDesk, loadConfig, type DeskFile } from "../config.ts";
import type { Problem } from "../config/environment.ts";
import { DeskError } from "../kernel/errors.ts";
import { openLog } from "../kernel/log.ts";
import { checkPolicy } from "../policy/check.ts";
import { explainPlan, explanationText } from "../policy/explain.ts";
import { keyFile } from "../policy/key-file.ts";
import { openControl } from "../policy/open-control.ts";
import { simulate } from "../policy/simulate.ts";
import { answer, reading } from "./reading.ts";

const DAYS_BACK = 90;
const DAY_MS = 86_400_000;

function deskOf(file: string): DeskFile {
  const problems: Problem[] = [];
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new DeskError("CONFIG_INVALID", `${file} cannot be read; name a desk file`, { cause });
  }
  const desk = parseDesk(text, file, problems);
  if (!desk) throw new DeskError("CONFIG_INVALID", problems.map((one) => `${one.where}: ${one.what}`).join("\n"));
  return desk;
}

/** `breakwater policy check` */
export async function policyCheck(options: { json?: boolean }): Promise<number> {
  const { file, deskPath } = loadConfig(process.env);
  const findings = checkPolicy({ policy: file.policy, people: file.people });
  const text =
    findings.length === 0
      ? `${file.policy.rules.length} rules of ${deskPath}: nothing to object to`
      : findings.map((one) => `${one.severity.padEnd(8)} ${one.where}: ${one.what}`).join("\n");
  answer(options.json, { type: "policy.check", rules: file.policy.rules.length, findings }, text);
  return findings.some((one) => one.severity === "error") ? 1 : 0;
}

/** `breakwater policy explain <plan>` */
export const policyExplain = (plan: string, options: { json?: boolean }): Promise<number> =>
  reading(async ({ database }) => {
    const explanation = await explainPlan(database.db, plan);
    answer(options.json, { type: "policy.explain", ...explanation }, explanationText(explanation));
    return explanation.intact ? 0 : 1;
  });

/** `breakwater policy simulate <desk>` */
export const policySimulate = (file: string, options: { json?: boolean }): Promise<number> => {
  const after = deskOf(file);
  return reading(async ({ database, home }) => {
    const now = loadConfig(process.env);
    const control = await openControl({
      database,
      document: { policy: now.file.policy, people: now.file.people },
      live: true,
      sealKey: keyFile(home, "seal"),
      halted: () => null,
      log: openLog("error"),
    });
    const [row] = await database.sql<{ now: Date }[]>`select now()`;
    const since = new Date((row?.now ?? new Date(0)).getTime() - DAYS_BACK * DAY_MS);
    const result = await database.db.transaction((tx) =>
      simulate(tx, control, { policy: after.policy, people: after.people }, since),
    );
    const lines = [
      `${result.plans} plans of the last ${DAYS_BACK} days: ${result.looser} judged looser, ${result.stricter} stricter`,
      ...result.loosens.map((one) => `loosens: ${one}`),
      ...result.changed.map(
        (one) =>
          `${one.at} ${one.action} ${one.account} ${one.hash.slice(0, 12)}: ${one.before} -> ${one.after} (${one.direction})`,
      ),
      ...result.neverHit.map((one) => `never hit: ${one}`),
    ];
    answer(options.json, { type: "policy.simulate", ...result }, lines.join("\n"));
    return 0;
  });
};
