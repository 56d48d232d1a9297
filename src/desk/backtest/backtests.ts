import { eq } from "drizzle-orm";
import { addNote } from "../../chat/outbox-rows.ts";
import type { Chart } from "../../chat/picture/chart.ts";
import type { Painter } from "../../chat/picture/picture.ts";
import type { Database } from "../../db/client.ts";
import { incidents } from "../../db/schema.ts";
import type { Durable } from "../../engine/durable.ts";
import type { AnyPlaybook } from "../../engine/playbook.ts";
import { openIncident, resolve } from "../../incidents/lifecycle.ts";
import { DeskError, messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { Seal } from "../../kernel/seal.ts";
import { gainUsd, summarise } from "../../replay/backtest/compare.ts";
import type { LifeResult } from "../../replay/backtest/life.ts";
import { type BacktestReport, comparisonRows, conclusion } from "../../replay/backtest/report.ts";
import type { Person } from "../command.ts";
import { type LifeTask, liveTask } from "./life-task.ts";
import { knownRecordings, marketsNamed } from "./recordings.ts";

const WORKFLOW = "backtest";
const LIFE = "backtest-life";
const START_MS = Date.parse("2026-01-01T00:00:00Z");
/** Lives of one side that chat may ask for: each takes seconds of a processor. */
const MOST_LIVES = 100;

/** What is compared with what. */
export interface BacktestRequest {
  readonly playbook: string;
  readonly recording: string;
  /** "none", or another playbook. */
  readonly against: string;
  readonly seeds: number;
}

interface Job extends BacktestRequest {
  readonly incident: string;
  readonly markets: readonly LifeTask["life"]["market"][];
}

/** Backtests that the desk's replicas share. */
export interface Backtests {
  /** Names the work to the engine; before it launches. */
  define(): void;
  /** Opens an incident of kind "backtest" whose card will show the result. @throws DeskError INPUT_INVALID, UNKNOWN_PLAYBOOK */
  begin(person: Person, request: BacktestRequest): Promise<string>;
  recordings(): readonly { readonly value: string; readonly hint: string }[];
}

/** What backtests stand on. */
export interface BacktestsParts {
  readonly durable: Durable;
  readonly database: Database;
  readonly playbooks: readonly AnyPlaybook[];
  /** Where the desk keeps its recordings. */
  readonly folder: string;
  readonly paint: Painter["paint"];
  /** Seals what incidents say. */
  readonly seal: Seal;
  readonly log: Log;
}

function check(playbooks: readonly AnyPlaybook[], name: string): void {
  const answering = playbooks.filter((one) => one.head.on).map((one) => one.head.name);
  if (answering.includes(name)) return;
  throw new DeskError(
    playbooks.some((one) => one.head.name === name) ? "INPUT_INVALID" : "UNKNOWN_PLAYBOOK",
    `${name} is no playbook that answers alerts, so no market calls for it; take ${answering.join(", ")}`,
  );
}

/** Equity of the first life of each side, over the market's time. */
function picture(report: BacktestReport): Chart {
  const line = (name: string, life: LifeResult | undefined) => ({
    name,
    points: (life?.curve ?? []).map((one) => ({
      at: new Date(START_MS + one.ms).toISOString(),
      value: one.equityUsd,
    })),
  });
  return {
    kind: "lines",
    title: `Equity with ${report.ours.name} and ${report.theirs.name}, first of ${report.ours.lives}`,
    unit: "USD",
    series: [line(report.ours.name, report.oursLives[0]), line(report.theirs.name, report.theirsLives[0])],
    limits: [],
    moments: [],
  };
}

/** Both sides line by line; the result in a sentence is the incident's outcome. */
const linesOf = (report: BacktestReport): string =>
  comparisonRows(report)
    .map(([what, ours, theirs]) => `${what}: ${ours}; ${report.theirs.name}: ${theirs}`)
    .join("\n");

/** Opens backtests. Each life is a piece of work in the engine's queue, which any replica takes when it is free. */
export function openBacktests(parts: BacktestsParts): Backtests {
  const { durable, database, playbooks, folder, log } = parts;
  const by = { actor: "service:backtest", surface: "engine" };

  const finish = async (job: Job, report: BacktestReport): Promise<void> => {
    const { db } = database;
    const said = conclusion(report);
    await db
      .update(incidents)
      .set({ summary: linesOf(report) })
      .where(eq(incidents.id, job.incident));
    const png = await parts.paint(picture(report)).catch((error: unknown) => {
      // Figures without a picture are worth more than neither.
      log.error({ err: error }, "backtest's chart not drawn");
      return undefined;
    });
    await addNote(db, job.incident, said, png && { name: "equity.png", alt: said, png });
    await resolve(db, job.incident, "handled", by, said.replace(/\.$/, ""));
  };
  const livesOf = async (job: Job, playbook: string | null): Promise<readonly LifeResult[]> => {
    const tasks = job.markets.flatMap((market, day) =>
      Array.from({ length: job.seeds }, (_, at): { id: string; input: string } => {
        const task: LifeTask = { life: { market, playbook, seed: at + 1 } };
        return { id: `${playbook ?? "alone"}:${day}:${at + 1}`, input: JSON.stringify(task) };
      }),
    );
    return (await durable.spread(LIFE, tasks)).map((life) => JSON.parse(life) as LifeResult);
  };
  const run = async (input: string): Promise<void> => {
    const job = JSON.parse(input) as Job;
    const against = job.against === "none" ? null : job.against;
    try {
      const [oursLives, theirsLives] = [await livesOf(job, job.playbook), await livesOf(job, against)];
      const report: BacktestReport = {
        playbook: job.playbook,
        market: job.recording,
        ours: summarise(job.playbook, oursLives),
        theirs: summarise(against ?? "left alone", theirsLives),
        gainUsd: gainUsd(oursLives, theirsLives),
        oursLives,
        theirsLives,
      };
      await durable.step("show the result", () => finish(job, report));
    } catch (error) {
      // Whoever stops the desk does not make it fail: it goes on with the next start.
      if (durable.stopped) throw error;
      log.error({ incident: job.incident, err: error }, "backtest failed");
      await durable.step("say that it failed", () =>
        resolve(database.db, job.incident, "handled", by, `the backtest failed: ${messageOf(error)}`),
      );
    }
  };

  return {
    recordings: () => knownRecordings(folder),
    define() {
      durable.defineTask(LIFE, async (input) => JSON.stringify(await liveTask(JSON.parse(input) as LifeTask)));
      durable.define(WORKFLOW, (_, input) => run(input));
    },
    async begin(person, request) {
      check(playbooks, request.playbook);
      if (request.against !== "none") check(playbooks, request.against);
      const markets = marketsNamed(request.recording, folder);
      const { seeds } = request;
      if (!Number.isInteger(seeds) || seeds < 1 || seeds * markets.length > MOST_LIVES)
        throw new DeskError(
          "INPUT_INVALID",
          `seeds was ${seeds}; write a whole number from 1 to ${Math.floor(MOST_LIVES / markets.length)} for ${request.recording}`,
        );
      const incident = await database.db.transaction((tx) =>
        openIncident(
          tx,
          parts.seal,
          { actor: `person:${person.id}`, surface: person.surface },
          {
            kind: "backtest",
            severity: "info",
            title: `Backtest of ${request.playbook} on ${request.recording}`,
            summary: `${seeds * markets.length} lives of each side, shared by the replicas; compared with ${request.against}.`,
            ...(person.request === undefined ? {} : { request: person.request }),
          },
        ),
      );
      const job: Job = { ...request, incident, markets };
      await durable.start(WORKFLOW, `backtest:${incident}`, JSON.stringify(job));
      return incident;
    },
  };
}
