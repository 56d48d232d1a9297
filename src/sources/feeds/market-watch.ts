import { toAlert } from "../../detectors/alert.ts";
import type { Detector } from "../../detectors/detector.ts";
import type { MarketEvent } from "../../detectors/event.ts";
import { createWatch } from "../../detectors/watch.ts";
import type { Alert } from "../../kernel/alert.ts";
import type { Clock } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { PaperExchange } from "../../venues/paper/exchange.ts";
import { guarded } from "./guarded.ts";
import { type Markets, createMarkets } from "./market/markets.ts";
import { translatePaper } from "./paper-events.ts";

/** How often our clock is told to the detectors and unsent alerts are tried again. */
const TICK_MS = 1_000;
/** Nothing was heard and no tick came for this long: this process stood still, not the venue. */
const PAUSE_MS = 2_500;
/** Alerts that may wait for the intake; the storm that fills this was told long before. */
const MOST_WAITING = 1_000;

/** What a watch did since it was opened. */
export interface WatchCounts {
  readonly events: number;
  /** Findings, beginnings and ends together. */
  readonly hits: number;
  /** Alerts the intake took. */
  readonly raised: number;
  readonly waiting: number;
  /** Alerts lost because too many waited; each loss is logged. */
  readonly dropped: number;
  /** Detectors that failed and are off until the next start. */
  readonly failed: readonly string[];
}

/** The detectors over live streams. */
export interface MarketWatch {
  /** The register that all feeds of this watch share. */
  readonly markets: Markets;
  /** The next event of any feed; the record may be used again after. */
  take(event: MarketEvent): void;
  /** Our time in ms, less what this process stood still: what a feed writes into `receivedAt`. */
  receivedAt(): number;
  counts(): WatchCounts;
  /** Hears no more events, and waits for the alert that is being stored. */
  stop(): Promise<void>;
}

/** What a watch is made of. */
export interface MarketWatchOptions {
  readonly detectors: readonly Detector[];
  /** Settings put over the defaults, by detector's name. */
  readonly params?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly emit: (alert: Alert) => Promise<void>;
  /** Hears every event before the detectors do, as a recorder; the record may be used again after. */
  readonly onEvent?: (event: MarketEvent) => void;
  readonly clock: Clock;
  readonly log: Log;
}

const failure = (detector: Detector, why: string, at: Date): Alert => ({
  source: "market-watch",
  trust: "internal",
  kind: "detector.failed",
  status: "firing",
  severity: "medium",
  title: `The detector ${detector.name} failed and is off`,
  summary: `${why}. The others go on; it begins anew with the next start.`,
  labels: { detector: detector.name },
  values: {},
  at,
});

/** Runs the detectors that replay runs, over what feeds hand in, and raises an alert for each finding, in order. */
export function openMarketWatch(options: MarketWatchOptions): MarketWatch {
  const { emit, clock, log } = options;
  const waiting: Alert[] = [];
  const failed: string[] = [];
  let [events, hits, raised, dropped] = [0, 0, 0, 0];
  let heardAt = clock.now().getTime();
  let stoodStillMs = 0;
  let stopped = false;
  let sending: Promise<void> | null = null;
  // After a failure only the next tick tries again: a storm must not hammer a database that is away.
  let resting = false;

  const send = async (): Promise<void> => {
    for (let next = waiting[0]; next && !stopped; next = waiting[0]) {
      try {
        await emit(next);
      } catch (error) {
        log.warn({ err: error, waiting: waiting.length }, "detector's alert not stored, it is tried again");
        resting = true;
        return;
      }
      waiting.shift();
      raised += 1;
    }
  };
  const flush = (): void => {
    if (stopped || resting || waiting.length === 0) return;
    sending ??= send().finally(() => {
      sending = null;
    });
  };
  const raise = (alert: Alert): void => {
    if (waiting.length >= MOST_WAITING) {
      dropped += 1;
      log.error({ kind: alert.kind, labels: alert.labels, dropped }, "detector's alert lost: too many wait");
      return;
    }
    waiting.push(alert);
    flush();
  };
  const receivedAt = (): number => {
    const now = clock.now().getTime();
    if (now - heardAt > PAUSE_MS) stoodStillMs += now - heardAt - TICK_MS;
    heardAt = Math.max(heardAt, now);
    return heardAt - stoodStillMs;
  };

  const watch = createWatch({
    detectors: options.detectors.map((one) =>
      guarded(one, (error) => {
        failed.push(one.name);
        log.error({ err: error, detector: one.name }, "detector failed");
        raise(failure(one, messageOf(error), clock.now()));
      }),
    ),
    ...(options.params ? { params: options.params } : {}),
    onHit: (hit) => {
      hits += 1;
      raise(toAlert(hit));
    },
  });
  const stopTicks = clock.every(TICK_MS, () => {
    if (stopped) return;
    watch.advance(receivedAt());
    resting = false;
    flush();
  });

  return {
    markets: createMarkets(),
    receivedAt,
    take(event) {
      if (stopped) return;
      events += 1;
      options.onEvent?.(event);
      watch.take(event);
    },
    counts: () => ({ events, hits, raised, waiting: waiting.length, dropped, failed: [...failed] }),
    async stop() {
      stopped = true;
      stopTicks();
      await sending;
    },
  };
}

/**
 * Feeds the watch from the paper exchange. Feeds of real venues stand beside it: they hand their parsers' events to the
 * same `take`.
 * @returns what stops the feed
 */
export function followPaper(
  exchange: Pick<PaperExchange, "onMarket">,
  watch: Pick<MarketWatch, "markets" | "take" | "receivedAt">,
): () => void {
  const translation = translatePaper({ markets: watch.markets, emit: (event) => watch.take(event) });
  return exchange.onMarket((event) => translation.take(event, watch.receivedAt()));
}
