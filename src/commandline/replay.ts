import { refuseProblems } from "../config/environment.ts";
import { replayDesk, settingsOf } from "../desk/replay/desk.ts";
import { DeskError } from "../kernel/errors.ts";
import { replayCommand } from "../replay/command.ts";
import { readDesk } from "./desk-file.ts";
import { forOutput } from "./terminal.ts";

/** Options of `breakwater replay`. */
export interface ReplayOptions {
  readonly detectors?: string;
  /** Names separated by commas, or "all". */
  readonly playbooks?: string;
  /** A desk.yaml whose alarms, rules and people stand behind the playbooks. */
  readonly desk?: string;
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

const names = (list: string): string[] => list.split(",").map((one) => one.trim());

/** The desk behind playbooks: a file's, or the usual one. @throws DeskError CONFIG_INVALID, UNKNOWN_PLAYBOOK */
function deskBehind(playbooks: string, file: string | undefined): ReturnType<typeof replayDesk> {
  if (file === undefined) return replayDesk(playbooks);
  const { desk, problems } = readDesk(file);
  refuseProblems(problems);
  return desk === null ? replayDesk(playbooks) : replayDesk(playbooks, settingsOf(desk));
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
    ...(options.playbooks === undefined ? {} : { desk: await deskBehind(options.playbooks, options.desk) }),
    out: (line) => void process.stdout.write(`${forOutput(line)}\n`),
  });
