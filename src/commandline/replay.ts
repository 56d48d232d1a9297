import { replayDesk } from "../desk/replay-desk.ts";
import { DeskError } from "../kernel/errors.ts";
import { replayCommand } from "../replay/command.ts";
import { forOutput } from "./terminal.ts";

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

const names = (list: string): string[] => list.split(",").map((one) => one.trim());

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
    out: (line) => void process.stdout.write(`${forOutput(line)}\n`),
  });
