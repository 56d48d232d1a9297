import path from "node:path";
import { loadConfig } from "../config.ts";
import { systemClock } from "../kernel/clock.ts";
import { durationMs } from "../kernel/duration.ts";
import { DeskError } from "../kernel/errors.ts";
import { openLog } from "../kernel/log.ts";
import { keepRecording, recordingsOf } from "../replay/keep.ts";
import { openLiveFeeds } from "../sources/feeds/live-feeds.ts";
import { followPaper } from "../sources/feeds/market-watch.ts";
import { createMarkets } from "../sources/feeds/market/markets.ts";
import { WEB } from "../sources/feeds/web.ts";
import { openPaper } from "../venues/paper/exchange.ts";
import { untilStopped } from "./start.ts";

/** Options of `breakwater record`. */
export interface RecordOptions {
  readonly most: string;
  readonly for?: string;
  readonly json?: boolean;
}

const MEGABYTE = 1_048_576;
/** The longest that a timer can wait: 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

function bytesOf(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 8 || value > 100_000_000)
    throw new DeskError("INPUT_INVALID", `--most was ${text}; write whole megabytes, at least 8`);
  return value * MEGABYTE;
}

function lastsMs(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^\d{1,5}[smhd]$/.test(text))
    throw new DeskError("INPUT_INVALID", `--for was ${text}; write 90s, 5m, 24h or 7d`);
  return durationMs(text);
}

/**
 * `breakwater record [folder]`: the streams of desk.yaml, without its database or accounts. Where the desk has accounts on
 * paper, a simulated market of the same storm and seed is recorded, beside the desk's own.
 */
export async function runRecord(folder: string | undefined, options: RecordOptions): Promise<number> {
  const [mostBytes, forMs] = [bytesOf(options.most), lastsMs(options.for)];
  const config = loadConfig(process.env);
  const { feeds, paper } = config.file;
  const onPaper = [...config.accounts.values()].some((one) => one.venue === "paper");
  if (!onPaper && Object.keys(feeds).length === 0)
    throw new DeskError(
      "CONFIG_INVALID",
      `${config.deskPath} names neither feeds nor an account on paper, so there is nothing to record; add feeds`,
    );
  const clock = systemClock;
  const log = openLog(config.logLevel === "info" ? "warn" : config.logLevel);
  const started = clock.now();
  const into = path.resolve(
    folder ?? path.join(recordingsOf(config.home), `record-${started.toISOString().replaceAll(":", "").slice(0, 17)}Z`),
  );
  const say = (line: Record<string, unknown>, text: string): void =>
    void process.stdout.write(options.json ? `${JSON.stringify(line)}\n` : `${text}\n`);
  const { signal } = untilStopped();
  const over = new AbortController();
  let failure: string | null = null;
  const onTrouble = (sentence: string): void => {
    failure ??= sentence;
    over.abort(new Error(sentence));
  };
  const recording = await keepRecording({ folder: into, mostBytes, clock, onTrouble });
  const watch = {
    markets: createMarkets(),
    take: recording.take,
    receivedAt: () => clock.now().getTime(),
  };
  const exchange = onPaper ? await openPaper({ clock, log, ...paper, latencyMs: 0 }) : null;
  const unfollow = exchange ? followPaper(exchange, watch) : () => {};
  const live = openLiveFeeds({ feeds, watch, web: WEB, clock, log });
  say(
    { type: "started", folder: into, feeds: Object.keys(feeds), paper: onPaper },
    `Recording ${[...Object.keys(feeds), ...(onPaper ? ["the paper exchange"] : [])].join(", ")} into ${into}. Ctrl-C stops.`,
  );
  const stop = new AbortController();
  const ends = AbortSignal.any([over.signal, stop.signal]);
  // Rejects only where the recording ends before its time.
  await Promise.race([signal, clock.sleep(forMs ?? LONGEST_MS, ends).catch(() => undefined)]);
  stop.abort();
  unfollow();
  await live.stop();
  await exchange?.close();
  await recording.stop();
  const { events, bytes, segments, lost } = recording.counts();
  const seconds = Math.round((clock.now().getTime() - started.getTime()) / 1_000);
  say(
    { type: "summary", folder: into, events, bytes, segments, lost, seconds },
    `${events} events of ${seconds} s in ${segments} segments, ${(bytes / MEGABYTE).toFixed(1)} MB. Play them with: breakwater replay ${into}`,
  );
  if (failure !== null) throw new DeskError("RECORDING_FAILED", failure);
  return 0;
}
