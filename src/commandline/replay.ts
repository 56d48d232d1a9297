import { intakeSettings } from "../intake/settings.ts";
import { matching } from "../desk/matching.ts";
import { openHedger } from "../exposure/hedger.ts";
import { decimal } from "../kernel/decimal.ts";
import { DeskError } from "../kernel/errors.ts";
import { loadPlaybooks } from "../load.ts";
import { replayCommand } from "../replay/command.ts";
import { type ReplayDesk, openReplayDesk } from "../replay/desk/paper-desk.ts";

/** Options of `breakwater replay`. */
export interface ReplayOptions {
  readonly detectors?: string;
  /** Names separated by commas, or "all". */
  readonly playbooks?: string;
  readonly speed?: string;
  readonly format?: string;
  readonly labels?: string;
  readonly json?: boolean;
}

function speedOf(text: string | undefined): "max" | number {
  if (text === undefined || text === "max") return "max";
  const factor = Number(text);
  if (!Number.isFinite(factor) || factor <= 0)
    throw new DeskError("INPUT_INVALID", `--speed was ${text}; write max or a factor such as 10`);
  return factor;
}

/** The usual thresholds: a replay stands for no desk of its own, so that it says the same everywhere. */
const MONITOR = { pollMs: 1_000, staleAfterMs: 30_000, highRatio: decimal("0.60"), criticalRatio: decimal("0.80") };

const names = (list: string): string[] => list.split(",").map((one) => one.trim());

/**
 * A desk on paper behind the detectors.
 * @param list names of playbooks, or "all"
 * @throws DeskError UNKNOWN_PLAYBOOK where there is none, or only people start it
 */
export async function replayDesk(list: string): Promise<ReplayDesk> {
  const installed = (await loadPlaybooks()).filter((one) => one.head.on);
  const known = installed.map((one) => one.head.name).join(", ");
  const wanted = list === "all" ? installed.map((one) => one.head.name) : names(list);
  const playbooks = wanted.map((name) => {
    const found = installed.find((one) => one.head.name === name);
    if (!found)
      throw new DeskError("UNKNOWN_PLAYBOOK", `there is no playbook ${name} that alerts start; there are ${known}`);
    return found;
  });
  return openReplayDesk({
    playbooks,
    inputOf: (one, alert) => matching(alert, [one])[0]?.input ?? null,
    hedger: openHedger(),
    intake: intakeSettings.parse({}),
    monitor: MONITOR,
    collarBps: 150,
    planTtlMs: 900_000,
  });
}

/** `breakwater replay <recording…>` */
export const runReplay = async (recordings: readonly string[], options: ReplayOptions): Promise<number> =>
  replayCommand({
    recordings,
    json: options.json === true,
    speed: speedOf(options.speed),
    ...(options.detectors === undefined ? {} : { detectors: names(options.detectors) }),
    ...(options.format === undefined ? {} : { format: options.format }),
    ...(options.labels === undefined ? {} : { labels: options.labels }),
    ...(options.playbooks === undefined ? {} : { desk: await replayDesk(options.playbooks) }),
    out: (line) => void process.stdout.write(`${line}\n`),
  });
