import { readdir, realpath, stat } from "node:fs/promises";
import path from "node:path";
import type { Market, MarketEvent } from "../detectors/event.ts";
import type { Hit } from "../detectors/finding.ts";
import { detectorsNamed } from "../detectors/load.ts";
import { createWatch } from "../detectors/watch.ts";
import { type Clock, systemClock } from "../kernel/clock.ts";
import { DeskError, messageOf } from "../kernel/errors.ts";
import { NO_ASK, NO_BID } from "../quant/book/shape.ts";
import { textOf } from "../sources/feeds/market/digits.ts";
import type { KeptBook } from "../sources/feeds/market/parser.ts";
import { type Coverage, type Label, readLabels, scoreLabels } from "./labels.ts";
import type { ReplayDesk } from "./desk/paper-desk.ts";
import type { BookLine, ClearLine, HitLine, ReplayLine, SummaryLine } from "./line.ts";
import { mergeReaders } from "./merge.ts";
import { type ReplayContext, createReplayContext } from "./readers/context.ts";
import { formatOf, openRecording } from "./readers/open.ts";
import type { Reader } from "./readers/reader.ts";
import { isRecording, segmentsOf } from "./recorder.ts";

/** How a recording is replayed. */
export interface ReplayOptions {
  /** Names; all detectors by default. An empty list runs none. */
  readonly detectors?: readonly string[];
  /** Settings put over the defaults, by detector's name. */
  readonly params?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** "max", or how many times faster than it was recorded. */
  readonly speed?: "max" | number;
  /** What the recordings hold, where that cannot be told from them. */
  readonly format?: string;
  /** A CSV to score the hits with. */
  readonly labels?: string;
  /** Intake and playbooks; without it hits are only told. */
  readonly desk?: ReplayDesk;
  /** Called with every event, after the detectors; the record is borrowed. */
  readonly onEvent?: (event: MarketEvent) => void;
  readonly clock?: Clock;
}

/** A pause this long in an instrument's recording ends its coverage: another file of it lies months away. */
const PAUSE_MS = 86_400_000;
/** Slices of recorded time at which a paced replay waits. */
const SLICE_MS = 100;
/** A timer that is set for longer rings at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Waits until a moment of the recording comes at the asked speed, silence included. */
function createPace(clock: Clock, speed: number): (at: number) => Promise<void> {
  let origin: { readonly recorded: number; readonly now: number } | undefined;
  return async (at) => {
    const now = clock.now().getTime();
    origin ??= { recorded: at, now };
    const wait = origin.now + (at - origin.recorded) / speed - now;
    if (wait > 0) await clock.sleep(Math.min(wait, LONGEST_TIMER_MS));
  };
}

/** The files of a recording: itself, a folder of our own segments, or a folder's recordings by name. */
async function filesOf(recording: string): Promise<string[]> {
  try {
    if (!(await stat(recording)).isDirectory()) return [recording];
  } catch (error) {
    throw new DeskError(
      "RECORDING_UNREADABLE",
      `${recording} could not be opened (${messageOf(error)}); check the path`,
      { cause: error },
    );
  }
  const segments = await segmentsOf(recording);
  if (segments.length > 0) return segments;
  const names = (await readdir(recording)).sort().filter(isRecording);
  return names.map((name) => path.join(recording, name));
}

/**
 * Replays recordings, merged by time, through the same parsers, books and detectors that run live, and yields hits and
 * plans as they happen and a summary at the end. Decisions depend on nothing but the input: not on speed, nor on today.
 * @throws DeskError RECORDING_UNREADABLE, INPUT_INVALID
 */
export async function* replay(recordings: readonly string[], options: ReplayOptions = {}): AsyncGenerator<ReplayLine> {
  const { clock = systemClock, speed = "max", desk, onEvent } = options;
  const startedAt = clock.now().getTime();
  const labels = options.labels === undefined ? undefined : await readLabels(options.labels);
  // A detector that is misspelt would count as one that told nothing.
  const named = new Set(labels?.flatMap(({ detector }) => (detector === undefined ? [] : [detector])));
  if (named.size > 0) detectorsNamed([...named]);
  const format = options.format === undefined ? undefined : formatOf(options.format);
  const pending: Hit[] = [];
  const watch = createWatch({
    detectors:
      options.detectors === undefined
        ? detectorsNamed()
        : options.detectors.length === 0
          ? []
          : detectorsNamed(options.detectors),
    ...(options.params ? { params: options.params } : {}),
    onHit: (hit) => pending.push(hit),
  });
  const spans = createSpans();
  const context = createReplayContext(
    (event) => {
      desk?.note(event);
      watch.take(event);
      spans.note(event.market, event.at, event.receivedAt);
      onEvent?.(event);
    },
    () => desk !== undefined && (pending.length > 0 || desk.due()),
  );
  const readers = await openAll(recordings, format, context);
  const merge = mergeReaders(readers, context.stopped);
  const hits: HitLine[] = [];
  const counts: Record<string, number> = {};
  const plans: Record<string, number> = {};
  let runs = 0;
  try {
    const pace = speed === "max" ? undefined : createPace(clock, speed);
    // What comes before any time was told is played first.
    let sliceEnd = pace ? -Number.MAX_VALUE : Number.POSITIVE_INFINITY;
    for (let more = true; more;) {
      more = await merge.play(Math.min(sliceEnd, desk?.nextAt() ?? sliceEnd));
      for (const hit of pending.splice(0)) {
        const line = lineOf(hit);
        yield line;
        if (line.type === "hit") {
          hits.push(line);
          counts[hit.detector] = (counts[hit.detector] ?? 0) + 1;
        }
        await desk?.take(hit);
      }
      await desk?.advance(merge.at());
      for (const line of desk?.lines() ?? []) {
        if (line.type === "run") runs += 1;
        else if (line.plan !== null) plans[line.playbook] = (plans[line.playbook] ?? 0) + 1;
        yield line;
      }
      const next = merge.at();
      if (!pace || !Number.isFinite(next) || next < sliceEnd) continue;
      await pace(next);
      sliceEnd = next + SLICE_MS;
    }
  } finally {
    await merge.close();
  }
  const end = await desk?.end();
  const seconds = (clock.now().getTime() - startedAt) / 1000;
  yield {
    ...summaryOf(context, counts, spans, seconds, labels, hits),
    ...(end ? { playbooks: { plans, runs, ...end } } : {}),
  };
}

async function openAll(
  recordings: readonly string[],
  format: ReturnType<typeof formatOf>,
  context: ReplayContext,
): Promise<Reader[]> {
  if (recordings.length === 0)
    throw new DeskError("INPUT_INVALID", "no recording was named; give at least one file or folder");
  const readers: Reader[] = [];
  const opened = new Set<string>();
  for (const recording of recordings) {
    const files = await filesOf(recording);
    if (files.length === 0) throw new DeskError("RECORDING_UNREADABLE", `${recording} holds no recording`);
    for (const file of files) {
      // Named twice, or by itself and with its folder, it still happened once.
      const real = await realpath(file);
      if (opened.has(real)) continue;
      opened.add(real);
      readers.push(await openRecording(file, context, format));
    }
  }
  return readers;
}

function lineOf(hit: Hit): HitLine | ClearLine {
  const { detector, venue, instrument, title } = hit;
  const at = Math.round(hit.at);
  if (hit.status === "resolved") return { type: "clear", detector, at, venue, instrument, title };
  const { severity, score, evidence, chart } = hit;
  return {
    type: "hit",
    detector,
    at,
    venue,
    instrument,
    severity,
    score,
    title,
    evidence,
    ...(chart ? { chart } : {}),
  };
}

/** When each instrument was recorded, and the whole. */
interface Spans {
  note(market: Market, at: number, receivedAt: number): void;
  coverage(): readonly Coverage[];
  seconds(): number;
}

function createSpans(): Spans {
  const open: (Coverage | undefined)[] = [];
  const all: Coverage[] = [];
  let first = Number.NaN;
  let last = Number.NaN;
  return {
    note(market, at, receivedAt) {
      if (Number.isNaN(first)) first = receivedAt;
      last = receivedAt;
      const span = open[market.id];
      if (span !== undefined && at - span.to < PAUSE_MS) {
        span.to = at;
        return;
      }
      const fresh: Coverage = { instrument: market.instrument, from: at, to: at };
      open[market.id] = fresh;
      all.push(fresh);
    },
    coverage: () => all,
    seconds: () => (Number.isNaN(first) ? 0 : Math.round(last - first) / 1000),
  };
}

function bookLine({ market, book, sequence }: KeptBook): BookLine {
  return {
    venue: market.venue,
    bid: book.bestBid === NO_BID ? null : textOf(book.bestBid, book.decimals),
    ask: book.bestAsk === NO_ASK ? null : textOf(book.bestAsk, book.decimals),
    bids: book.bidCount,
    asks: book.askCount,
    sequence,
  };
}

function summaryOf(
  context: ReplayContext,
  hitCounts: Readonly<Record<string, number>>,
  spans: Spans,
  seconds: number,
  labels: readonly Label[] | undefined,
  hits: readonly HitLine[],
): SummaryLine {
  const counters = context.counters();
  const books: Record<string, BookLine> = {};
  for (const kept of context.books()) {
    const { instrument, venue } = kept.market;
    // Two venues may list the same instrument; the second is told by its venue.
    books[instrument in books ? `${venue} ${instrument}` : instrument] = bookLine(kept);
  }
  return {
    type: "summary",
    events: counters.messages,
    levelUpdates: counters.levelUpdates,
    gaps: counters.gaps,
    seconds,
    recordedSeconds: spans.seconds(),
    crossed: counters.crossed,
    checksumsVerified: counters.checksumsVerified,
    checksumsFailed: counters.checksumsFailed,
    malformed: counters.malformed,
    hits: hitCounts,
    books,
    ...(labels ? { labels: scoreLabels(labels, hits, spans.coverage()) } : {}),
  };
}
