import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { type DeskFile, documentOf } from "../config.ts";
import { accountsOf, deadMenOf } from "../config/accounts.ts";
import { refuseProblems } from "../config/environment.ts";
import { parseYaml } from "../config/yaml.ts";
import type { Tx } from "../db/client.ts";
import { conditionsOf } from "../desk/conditions.ts";
import { readDraft } from "../desk/rules/draft-file.ts";
import { rulesInForce } from "../desk/rules/pages.ts";
import { openRules } from "../desk/rules/rules.ts";
import { DeskError } from "../kernel/errors.ts";
import { loadPlaybooks } from "../load.ts";
import { casesSchema, runCase } from "../policy/rules/cases.ts";
import { type PolicyFinding, checkPolicy, strangers } from "../policy/rules/check.ts";
import type { Difference } from "../policy/rules/compare.ts";
import { explainPlan, explanationText } from "../policy/judging/explain.ts";
import type { Conditions, Control } from "../policy/judging/gather.ts";
import { keyFile } from "../policy/key-file.ts";
import { readControl } from "../policy/open-control.ts";
import type { Published } from "../policy/rules/published.ts";
import type { PolicyDocument } from "../policy/rules/schema.ts";
import { type Simulation, simulate } from "../policy/rules/simulate.ts";
import { paint } from "./paint.ts";
import { deskName, readDesk } from "./desk-file.ts";
import { type Reading, canRead, reading } from "./reading.ts";
import { answer } from "./terminal.ts";

const DAYS_BACK = 90;
const DAY_MS = 86_400_000;

const untold = { is: null, why: "only the running desk knows" };
const UNKNOWN: Conditions = {
  deadManArmed: () => untold,
  reconcilerHealthy: async () => untold,
  // The command tells by what was read last, however long ago that was.
  staleAfterMs: Number.POSITIVE_INFINITY,
};

/** The control plane of the desk that is read, under its own seal; no key is made. */
function controlOf({ home, environment }: Reading): Control {
  const given = environment.secret("BREAKWATER_SEAL_KEY");
  if (given === undefined && !existsSync(path.join(home, "keys", "seal")))
    throw new DeskError(
      "CONFIG_INVALID",
      `there is no ${path.join(home, "keys", "seal")}; set BREAKWATER_SEAL_KEY to the key of the desk that you mean`,
    );
  // Only the desk itself holds dead-man switches; the rest is read where its file is at hand.
  const file = existsSync(deskName()) ? readDesk(undefined).desk : null;
  const conditions = file === null ? UNKNOWN : conditionsOf(file, UNKNOWN.deadManArmed);
  return readControl(given ?? keyFile(home, "seal"), () => null, conditions);
}

/** Looks in one transaction that the database itself keeps from writing. */
const looking = <T>({ database }: Reading, work: (tx: Tx) => Promise<T>): Promise<T> =>
  database.db.transaction(work, { accessMode: "read only" });

/** Judges the plans of the last 90 days by other rules, which may be what stands in force with something changed. */
const simulated = (
  open: Reading,
  rules: PolicyDocument | ((inForce: Published) => PolicyDocument),
): Promise<Simulation> =>
  looking(open, async (tx) => {
    const [row] = await tx.execute<{ now: string }>("select now() as now");
    const since = new Date(new Date(row?.now ?? 0).getTime() - DAYS_BACK * DAY_MS);
    const control = controlOf(open);
    const document = typeof rules === "function" ? rules(await rulesInForce(tx, control)) : rules;
    return simulate(tx, control, document, since);
  });

/** Rules that spoke about none of the plans that the desk made lately; null where there is no desk to look at. */
async function neverHit(desk: DeskFile): Promise<{ plans: number; rules: readonly string[] } | null> {
  if (!canRead(process.env)) return null;
  let found: { plans: number; rules: readonly string[] } | null = null;
  await reading(async (open) => {
    const { plans, neverHit: rules } = await simulated(open, documentOf(desk));
    found = { plans, rules };
    return 0;
  });
  return found;
}

/** `breakwater policy check [desk]` */
export async function policyCheck(named: string | undefined, options: { json?: boolean }): Promise<number> {
  const { file, desk, problems } = readDesk(named);
  const findings: PolicyFinding[] = problems.map(({ where, what }) => ({ severity: "error", where, what }));
  let looked = "";
  if (desk !== null) {
    const playbooks = (await loadPlaybooks()).map(({ head }) => head.name);
    const venues = Object.values(desk.accounts).map((one) => one.venue);
    findings.push(
      ...checkPolicy(documentOf(desk)),
      ...strangers(documentOf(desk), {
        accounts: Object.keys(desk.accounts),
        venues,
        playbooks,
        rotas: Object.keys(desk.rotas),
        guarded: [...deadMenOf(desk.accounts).keys()],
      }),
    );
    const silent = await neverHit(desk);
    const days = `in the last ${DAYS_BACK} days`;
    looked =
      silent === null
        ? "There is no desk's database here, so rules that were never hit were not looked for."
        : `${silent.plans} plans ${days} were judged by these rules.`;
    if (silent !== null && silent.plans > 0)
      findings.push(
        ...silent.rules.map((rule): PolicyFinding => {
          return { severity: "warning", where: `policy.rules.${rule}`, what: `never hit: no plan ${days} was its` };
        }),
      );
  }
  const rules = desk?.policy.rules.length ?? 0;
  const text =
    findings.length === 0
      ? `${rules} rules of ${file}: nothing to object to`
      : findings
          .map(
            (one) =>
              `${(one.severity === "error" ? paint.bad : paint.warn)(one.severity.padEnd(8))} ${one.where}: ${one.what}`,
          )
          .join("\n");
  answer(options.json, { type: "policy.check", rules, findings, looked }, looked === "" ? text : `${text}\n${looked}`);
  return findings.some((one) => one.severity === "error") ? 1 : 0;
}

/** `breakwater policy test <cases> [desk]` */
export async function policyTest(
  file: string,
  named: string | undefined,
  options: { readonly json?: boolean },
): Promise<number> {
  const { desk, problems } = readDesk(named);
  const cases = existsSync(file)
    ? parseYaml(readFileSync(file, "utf8"), path.basename(file), casesSchema, problems)
    : null;
  if (!existsSync(file)) problems.push({ where: file, what: "does not exist; name a file of cases" });
  refuseProblems(problems);
  if (desk === null || cases === null) throw new DeskError("CONFIG_INVALID");
  const accounts = accountsOf(desk.accounts);
  const results = cases.cases.map((one) => runCase(documentOf(desk), accounts, one));
  const failed = results.filter((one) => one.wrong.length > 0);
  const lines = [
    ...failed.map(({ name, wrong, reasons }) =>
      [`${paint.bad("failed  ")} ${name}`, ...wrong, ...reasons].join("\n         "),
    ),
    `${results.length - failed.length} passed, ${failed.length} failed`,
  ];
  answer(options.json, { type: "policy.test", results }, lines.join("\n"));
  return failed.length === 0 ? 0 : 1;
}

/** `breakwater policy explain <plan>` */
export const policyExplain = (plan: string, options: { json?: boolean }): Promise<number> =>
  reading(async (open) => {
    const explanation = await looking(open, (tx) => explainPlan(tx, controlOf(open), plan));
    answer(options.json, { type: "policy.explain", ...explanation }, explanationText(explanation));
    return explanation.intact ? 0 : 1;
  });

/** One difference as two lines: what, then how it was and how it would be. */
const differenceLines = (one: Difference): string =>
  [
    `${one.loosens ? paint.bad("loosens ") : paint.good("tightens")} ${one.what}`,
    ...(one.before === null ? [] : [`         before ${one.before}`]),
    ...(one.after === null ? [] : [`         after  ${one.after}`]),
  ].join("\n");

/** `breakwater policy draft <file>` */
export const policyDraft = (
  file: string,
  options: { readonly by: string; readonly reason: string; readonly json?: boolean },
): Promise<number> => {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new DeskError("CONFIG_INVALID", `${file} cannot be read; name a desk file or a piece of one`, { cause });
  }
  return reading(async (open) => {
    const playbooks = await loadPlaybooks();
    const rules = openRules({
      database: open.database,
      control: controlOf(open),
      // Questions about rules belong to no run, so nobody waits to be woken.
      wake: async () => {},
      deskName: "",
      nameOf: (person) => person,
      held: null,
      playbooks: playbooks.map((one) => one.head),
    });
    const by = { id: options.by, surface: "the command line" };
    const { hash, ...reply } = await rules.proposeText(by, text, options.reason);
    const change = hash === null ? null : await rules.change(options.by, hash);
    const lines = [
      reply.text,
      ...(change?.differences ?? []).map(differenceLines),
      ...(change === null ? [] : [`Its page in the console is /rules/changes/${change.hash.slice(0, 16)}`]),
    ];
    const facts =
      change === null ? {} : { state: change.state, differences: change.differences, opensAt: change.opensAt };
    answer(options.json, { type: "policy.draft", ...reply, hash, ...facts }, lines.join("\n"));
    return reply.ok ? 0 : 1;
  });
};

/** `breakwater policy simulate <desk>`: a whole desk file, or a piece of one as `policy draft` takes it. */
export const policySimulate = (named: string, options: { json?: boolean }): Promise<number> => {
  const { desk, text } = readDesk(named);
  const piece = (inForce: Published): PolicyDocument => {
    const { document, findings } = readDraft(text, inForce);
    if (document !== null) return document;
    throw new DeskError("CONFIG_INVALID", findings.map((one) => `${one.where}: ${one.what}`).join("\n"));
  };
  return reading(async (open) => {
    const result = await simulated(open, desk === null ? piece : documentOf(desk));
    const lines = [
      `${result.plans} plans of the last ${DAYS_BACK} days: ${result.looser} judged looser, ${result.stricter} stricter`,
      ...result.differences.map(differenceLines),
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
