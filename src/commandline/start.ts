import path from "node:path";
import { type Supervisor, blame } from "../chat/supervisor.ts";
import { type Config, loadConfig } from "../config.ts";
import { systemClock } from "../kernel/clock.ts";
import { messageOf } from "../kernel/errors.ts";
import { type Log, openLog } from "../kernel/log.ts";
import { type Program, startProgram } from "../main.ts";
import { type PaperExchange, openPaper } from "../venues/paper/exchange.ts";
import { demoAccounts } from "../venues/paper/demo-accounts.ts";
import { complain } from "./terminal.ts";

/** Exit code that asks a supervisor to start us again: another replica took over, or the database went away. */
const RESTART = 75;

/** Opens the paper exchange where the desk has accounts on it, with its journal under the home folder. */
export async function paperOf(config: Config, log: Log, home: string): Promise<PaperExchange | null> {
  const wanted = [...config.accounts.values()].filter((one) => one.venue === "paper");
  if (wanted.length === 0) return null;
  const { storm, speed, seed } = config.file.paper;
  const exchange = await openPaper({
    clock: systemClock,
    log,
    seed,
    storm,
    speed,
    journalPath: path.join(home, "paper-exchange.jsonl"),
  });
  const [template] = demoAccounts(storm, systemClock.now());
  const known = new Map(demoAccounts(storm, systemClock.now()).map((one) => [one.account, one]));
  if (template)
    await exchange.seedAccounts(
      wanted.map((one) => known.get(one.id) ?? { ...template, account: one.id, positions: [], orders: [] }),
    );
  return exchange;
}

/** Resolves once somebody asks the process to end, or it has to leave. */
export function untilStopped(): { readonly signal: Promise<number>; readonly lost: (why: string) => void } {
  let lost: (why: string) => void = () => {};
  const signal = new Promise<number>((resolve) => {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => resolve(0));
    lost = (why) => {
      complain(`Leaving: ${why}.`);
      resolve(RESTART);
    };
  });
  return { signal, lost };
}

/** What the guard needs of the process. */
interface Guarded {
  on(event: "uncaughtException" | "unhandledRejection", heard: (error: unknown) => void): unknown;
  exit(code: number): unknown;
}

/** The driver throws this one outside of any promise when its server dies in the middle of a write. */
const lostInWrite = (error: unknown): boolean =>
  error instanceof Error &&
  /nextWrite|reading 'write'/.test(`${error.message}${error.stack ?? ""}`) &&
  /postgres/.test(error.stack ?? "");

/**
 * Stands under everything that nobody caught. An error that began inside a chat library restarts that surface alone; a
 * database connection lost in a write is reopened by the next query; all else ends the process, because what it left
 * behind is not known.
 * @param supervisors those that run by now; none before the desk has started
 */
export function guardProcess(log: Log, supervisors: () => readonly Supervisor[], guarded: Guarded = process): void {
  const heard = (error: unknown): void => {
    if (lostInWrite(error)) {
      log.warn({ err: error }, "database connection lost in a write");
      return;
    }
    const name = blame(error);
    const found = supervisors().find((one) => one.surface.name === name);
    if (found !== undefined) {
      log.error({ surface: name, err: error }, "error escaped a chat library");
      found.kick(messageOf(error));
      return;
    }
    log.fatal({ err: error }, "uncaught");
    complain(`Breakwater stops: ${messageOf(error)}`);
    guarded.exit(1);
  };
  guarded.on("uncaughtException", heard);
  guarded.on("unhandledRejection", heard);
}

/** Starts the desk of the configuration and says where it is. */
export async function begin(config: Config, log: Log, operator: string, lost: (why: string) => void): Promise<Program> {
  return startProgram(config, {
    clock: systemClock,
    log,
    operator,
    onLost: lost,
    paper: (home) => paperOf(config, log, home),
  });
}

/** The person the printed token signs in: the first operator, else the first person of the desk. */
export const operatorOf = (config: Config): string => {
  const people = Object.entries(config.file.people);
  return (people.find(([, one]) => one.roles.includes("operator")) ?? people[0])?.[0] ?? "operator";
};

/** `breakwater start` */
export async function runStart(options: { json?: boolean }): Promise<number> {
  const config = loadConfig(process.env);
  const log = openLog(config.logLevel);
  let program: Program | undefined;
  guardProcess(log, () => program?.supervisors ?? []);
  const { signal, lost } = untilStopped();
  program = await begin(config, log, operatorOf(config), lost);
  const address = `${program.url}/sign-in/${program.token}`;
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ type: "started", url: program.url, signIn: address })}\n`
      : `${config.file.desk.name} runs at ${program.url}\nSign in once with ${address}\n`,
  );
  const code = await signal;
  await program.stop();
  return code;
}
