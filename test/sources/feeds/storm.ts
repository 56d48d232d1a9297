import { detectorsNamed } from "../../../src/detectors/load.ts";
import type { Detector } from "../../../src/detectors/detector.ts";
import type { MarketEvent } from "../../../src/detectors/event.ts";
import type { Alert } from "../../../src/kernel/alert.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { followPaper, openMarketWatch } from "../../../src/sources/feeds/market-watch.ts";
import { openPaper } from "../../../src/venues/paper/exchange.ts";
import type { StormName } from "../../../src/venues/paper/storms.ts";
import { manualClock } from "../../venues/paper/manual-clock.ts";

/** A paper exchange and a watch on one clock that moves by hand. */
export async function watchedStorm(
  storm: StormName,
  given: {
    readonly seed?: number;
    readonly detectors?: readonly Detector[];
    readonly params?: Record<string, Record<string, number>>;
    readonly emit?: (alert: Alert) => Promise<void>;
    readonly onEvent?: (event: MarketEvent) => void;
  } = {},
) {
  const clock = manualClock();
  const ticks = new Set<() => Promise<void> | void>();
  const ticking = {
    ...clock,
    every: (_ms: number, tick: () => Promise<void> | void) => {
      ticks.add(tick);
      return () => ticks.delete(tick);
    },
  };
  const began = clock.now().getTime();
  const exchange = await openPaper({ clock, log: silentLog, seed: given.seed ?? 1, storm });
  const raised: Alert[] = [];
  const open = () => {
    const watch = openMarketWatch({
      detectors: given.detectors ?? detectorsNamed(),
      ...(given.params ? { params: given.params } : {}),
      emit: async (alert) => {
        await given.emit?.(alert);
        raised.push(alert);
      },
      ...(given.onEvent ? { onEvent: given.onEvent } : {}),
      clock: ticking,
      log: silentLog,
    });
    const unfollow = followPaper(exchange, watch);
    return { watch, unfollow };
  };
  return {
    clock,
    exchange,
    raised,
    open,
    /** Seconds of the storm at which an alert happened. */
    secondOf: (alert: Alert): number => (alert.at.getTime() - began) / 1_000,
    async run(untilMs: number): Promise<void> {
      while (exchange.storm().elapsedMs < untilMs) {
        clock.move(250);
        await exchange.tick();
        if (exchange.storm().elapsedMs % 1_000 === 0) for (const tick of ticks) await tick();
      }
    },
  };
}
