import { existsSync, renameSync } from "node:fs";
import path from "node:path";
import { type Config, loadConfig } from "../config.ts";
import { systemClock } from "../kernel/clock.ts";
import { DeskError } from "../kernel/errors.ts";
import { openLog } from "../kernel/log.ts";
import { type PaperExchange, openPaper } from "../venues/paper/exchange.ts";
import { demoAccounts } from "../venues/paper/demo-accounts.ts";
import { readJournal } from "../venues/paper/journal.ts";
import { STORMS, type StormName } from "../venues/paper/storms.ts";
import { type Program, startProgram } from "../main.ts";
import { openChatPage } from "./demo-chat-page.ts";
import { demoDesk } from "./demo-desk.ts";
import { type Fakes, attachFakes, environmentOf, routedTo } from "./demo-fakes.ts";
import { runStory } from "./demo-story.ts";
import { guardProcess, untilStopped } from "./start.ts";

/** Options of `breakwater demo`. */
export interface DemoOptions {
  readonly storm: StormName;
  readonly speed: string;
  readonly seed: string;
  readonly headless?: boolean;
  readonly approveAs: string;
  readonly fresh?: boolean;
  readonly withFakes?: boolean;
  readonly stepUp?: boolean;
  readonly json?: boolean;
}

/** The demo keeps its own folder unless one is named, so that it never meets the real desk's data. */
const demoHome = (env: NodeJS.ProcessEnv): string => env["BREAKWATER_HOME"] ?? path.join(".breakwater", "demo");

const JOURNAL = "paper-exchange.jsonl";

/** Puts a storm that is over aside under the next free number. */
function setAside(home: string): void {
  for (let number = 1; ; number += 1) {
    const aside = path.join(home, `paper-exchange.${number}.jsonl`);
    if (existsSync(aside)) continue;
    renameSync(path.join(home, JOURNAL), aside);
    return;
  }
}

/** The journal to go on with: a storm that was cut off goes on, one that is over makes room for a new one. */
async function journalOf(home: string, fresh: boolean): Promise<{ file: string; goesOn: boolean }> {
  const file = path.join(home, JOURNAL);
  if (!existsSync(file)) return { file, goesOn: false };
  const { deeds } = await readJournal(file);
  const opened = deeds.find((one) => one.deed === "opened");
  const storm = STORMS[(opened?.storm ?? "calm") as StormName] ?? STORMS.calm;
  const reached = deeds.reduce((latest, one) => (one.deed === "clock" ? one.stormMs : latest), 0);
  const lasts = storm.legs.at(-1)?.untilMs ?? 0;
  if (!fresh && reached < lasts) return { file, goesOn: true };
  setAside(home);
  return { file, goesOn: false };
}

function positive(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0 || value > 1_000)
    throw new DeskError("INPUT_INVALID", `--${name} was ${text}; write a number above 0 and at most 1000`);
  return value;
}

function demoConfig(options: DemoOptions, speed: number, seed: number, fakes: Fakes | null): Config {
  const config = loadConfig(
    {
      BREAKWATER_LOG: "warn",
      BREAKWATER_HTTP: "127.0.0.1:7070",
      ...(fakes ? environmentOf(fakes, process.env) : process.env),
      BREAKWATER_HOME: demoHome(process.env),
    },
    { text: demoDesk(options.storm, speed, seed), name: "demo desk" },
  );
  return fakes ? routedTo(fakes, config) : config;
}

/** `breakwater demo` */
export async function runDemo(options: DemoOptions): Promise<number> {
  const fakes = options.withFakes ? await attachFakes() : null;
  try {
    return await runAttached(options, fakes);
  } finally {
    await fakes?.close();
  }
}

async function runAttached(options: DemoOptions, fakes: Fakes | null): Promise<number> {
  const speed = positive(options.speed, "speed");
  const seed = Number(options.seed);
  if (!Number.isInteger(seed)) throw new DeskError("INPUT_INVALID", `--seed was ${options.seed}; write a whole number`);
  const config = demoConfig(options, speed, seed, fakes);
  if (config.file.people[options.approveAs] === undefined)
    throw new DeskError(
      "INPUT_INVALID",
      `--approve-as was ${options.approveAs}; the demo's people are ${Object.keys(config.file.people).join(", ")}`,
    );
  const log = openLog(config.logLevel);
  let program: Program | undefined;
  guardProcess(log, () => program?.supervisors ?? []);
  const { signal, lost } = untilStopped();
  let exchange: PaperExchange | undefined;
  let goesOn = false;
  program = await startProgram(config, {
    clock: systemClock,
    log,
    operator: "ana",
    onLost: lost,
    paper: async (home) => {
      const journal = await journalOf(home, options.fresh === true);
      goesOn = journal.goesOn;
      exchange = await openPaper({
        clock: systemClock,
        log,
        seed,
        storm: options.storm,
        speed,
        latencyMs: 20,
        journalPath: journal.file,
      });
      await exchange.seedAccounts(demoAccounts(options.storm, systemClock.now()));
      return exchange;
    },
  });
  if (!exchange) throw new Error("the demo's accounts are on the paper exchange");
  const signIn = `${program.url}/sign-in/${program.token}`;
  if (options.headless) {
    let told: number | null;
    let stopped = false;
    try {
      told = await Promise.race([
        runStory({
          program,
          exchange,
          config,
          approveAs: options.approveAs,
          json: options.json === true,
          speed,
          fakes,
          stepUp: options.stepUp === true,
          stopped: () => stopped,
        }),
        signal.then(() => {
          stopped = true;
          return null;
        }),
      ]);
    } finally {
      await program.stop();
    }
    if (told === null) return 1;
    setAside(config.home);
    return told;
  }
  const chat = fakes ? await openChatPage(fakes, config) : null;
  const { title, facts } = STORMS[options.storm];
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ type: "started", url: program.url, signIn, storm: options.storm, ...(chat ? { chat: chat.url } : {}) })}\n`
      : [
          "",
          `  ${config.file.desk.name} (PAPER) runs at ${program.url}`,
          `  Open this once to sign in as Ana Ruiz, trader:`,
          "",
          `    ${signIn}`,
          "",
          ...(chat
            ? ["  Slack and Discord are simulated. Look at them, and press as anybody, at:", "", `    ${chat.url}`, ""]
            : []),
          `  The storm is modelled on ${title}: ${facts}`,
          goesOn
            ? "  It goes on where the last run was cut off."
            : "  In some ten seconds paper-a comes close to liquidation. Read the plan on its card, then approve it before the exchange liquidates: the card says how soon.",
          "  Ctrl-C stops everything; the next start continues.",
          "",
        ].join("\n"),
  );
  const code = await signal;
  await chat?.close();
  await program.stop();
  return code;
}
