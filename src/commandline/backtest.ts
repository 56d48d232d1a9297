import { writeFileSync } from "node:fs";
import { matching } from "../desk/matching.ts";
import type { AnyPlaybook } from "../engine/playbook.ts";
import { openHedger } from "../exposure/hedger.ts";
import { DeskError } from "../kernel/errors.ts";
import { loadPlaybooks } from "../load.ts";
import { gainUsd, summarise } from "../replay/backtest/compare.ts";
import { type LifeResult, live } from "../replay/backtest/life.ts";
import { recordedMarket, stormMarket } from "../replay/backtest/market.ts";
import { type BacktestReport, backtestHtml, comparisonRows, conclusion } from "../replay/backtest/report.ts";
import type { StormName } from "../venues/paper/storms.ts";

/** Options of `breakwater backtest`. */
export interface BacktestOptions {
  readonly storm?: StormName;
  readonly against: string;
  readonly seeds: string;
  readonly format?: string;
  readonly html?: string;
  readonly json?: boolean;
}

const MOST_SEEDS = 1_000;

function named(playbooks: readonly AnyPlaybook[], name: string): AnyPlaybook {
  const found = playbooks.find((one) => one.head.name === name);
  if (!found)
    throw new DeskError(
      "UNKNOWN_PLAYBOOK",
      `there is no playbook ${name}; installed are ${playbooks.map((one) => one.head.name).join(", ")}`,
    );
  if (!found.head.on)
    throw new DeskError(
      "INPUT_INVALID",
      `${name} is started by people, not by alerts, so no market calls for it; take ${playbooks
        .filter((one) => one.head.on)
        .map((one) => one.head.name)
        .join(", ")}`,
    );
  return found;
}

/** `breakwater backtest` */
export async function runBacktest(
  name: string,
  recordings: readonly string[],
  options: BacktestOptions,
): Promise<number> {
  const seeds = Number(options.seeds);
  if (!Number.isInteger(seeds) || seeds < 1 || seeds > MOST_SEEDS)
    throw new DeskError("INPUT_INVALID", `--seeds was ${options.seeds}; write a whole number from 1 to ${MOST_SEEDS}`);
  if ((recordings.length === 0) === (options.storm === undefined))
    throw new DeskError("INPUT_INVALID", "name either recordings or a --storm to live through");
  const playbooks = await loadPlaybooks();
  const ours = named(playbooks, name);
  const theirs = options.against === "none" ? null : named(playbooks, options.against);
  const hedger = openHedger();
  const say = (line: Record<string, unknown>): void => {
    if (options.json) process.stdout.write(`${JSON.stringify(line)}\n`);
  };
  const market =
    options.storm === undefined ? await recordedMarket(recordings, options.format) : stormMarket(options.storm);
  const livesOf = async (playbook: AnyPlaybook | null, side: string): Promise<LifeResult[]> => {
    const lives: LifeResult[] = [];
    for (let seed = 1; seed <= seeds; seed += 1) {
      const life = await live({
        market,
        playbook,
        inputOf: (one, alert) => matching(alert, [one])[0]?.input ?? null,
        hedger,
        seed,
      });
      const { curve: _, ...told } = life;
      say({ type: "life", side, ...told });
      lives.push(life);
      if (!options.json && process.stderr.isTTY) process.stderr.write(`\r${side}: ${seed} of ${seeds} seeds `);
    }
    if (!options.json && process.stderr.isTTY) process.stderr.write("\r\u001b[K");
    return lives;
  };
  const called = options.storm === undefined ? recordings.join(", ") : `storm ${options.storm}`;
  const [oursLives, theirsLives] = [await livesOf(ours, name), await livesOf(theirs, options.against)];
  const report: BacktestReport = {
    playbook: name,
    market: called,
    ours: summarise(name, oursLives),
    theirs: summarise(options.against === "none" ? "left alone" : options.against, theirsLives),
    gainUsd: gainUsd(oursLives, theirsLives),
    oursLives,
    theirsLives,
  };
  if (options.html !== undefined) writeFileSync(options.html, await backtestHtml(report));
  say({
    type: "summary",
    playbook: name,
    market: called,
    ours: report.ours,
    theirs: report.theirs,
    gainUsd: report.gainUsd,
    text: conclusion(report),
  });
  if (!options.json) {
    const rows = [["", report.ours.name, report.theirs.name] as const, ...comparisonRows(report)];
    const widths = [0, 1, 2].map((at) => Math.max(...rows.map((row) => (row[at] ?? "").length)));
    process.stdout.write(
      `${conclusion(report)}\n\n${rows
        .map(
          ([what, left, right]) =>
            `${what.padEnd(widths[0] ?? 0)}  ${left.padStart(widths[1] ?? 0)}  ${right.padStart(widths[2] ?? 0)}`,
        )
        .join("\n")}\n${options.html === undefined ? "" : `\nWritten to ${options.html}.\n`}`,
    );
  }
  return 0;
}
