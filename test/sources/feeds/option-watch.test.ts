import { describe, expect, test } from "vitest";
import type { MarketEvent } from "../../../src/detectors/event.ts";
import { detectorsNamed } from "../../../src/detectors/load.ts";
import { decimal, mul, toFloat } from "../../../src/kernel/decimal.ts";
import { followPaper } from "../../../src/sources/feeds/market-watch.ts";
import type { PaperMarketEvent } from "../../../src/venues/paper/events.ts";
import { replay } from "../../../src/replay/run.ts";
import { sharedData } from "../../shared-data.ts";
import { watchedStorm } from "./storm.ts";

const NAMES = [
  "arbitrage-basis",
  "arbitrage-funding",
  "arbitrage-parity",
  "arbitrage-triangular",
  "option-mispriced",
  "surface-arbitrage",
];
const detectors = detectorsNamed(NAMES);

describe("the paper exchange's options", () => {
  test.each([
    ["calm", 1],
    ["2020-03-12", 1],
    ["2020-03-12", 42],
    ["2021-05-19", 1],
    ["2025-10-10", 1],
  ] as const)(
    "are marked along their smiles and without arbitrage, also in the storm %s (seed %i)",
    async (storm, seed) => {
      const stage = await watchedStorm(storm, { seed, detectors });
      const { watch } = stage.open();
      await stage.run(140_000);
      expect(stage.raised).toEqual([]);
      expect(watch.counts()).toMatchObject({ failed: [] });
      await watch.stop();
    },
  );

  test("that are marked wrong are found at once: apart from the smile, and with an arbitrage beside them", async () => {
    const stage = await watchedStorm("calm", { detectors });
    const { watch, unfollow } = stage.open();
    unfollow();
    /** Calls a fifth above the money are marked twice as dear as they should be. */
    const spoilt = (event: PaperMarketEvent): PaperMarketEvent => {
      if (event.kind !== "option" || !/^BTC.*-C$/.test(event.symbol)) return event;
      const away = Number(event.symbol.split("-")[2]) / toFloat(event.forward) - 1;
      if (away < 0.15 || away > 0.25) return event;
      return { ...event, markPrice: mul<"price">(event.markPrice, decimal("2")) };
    };
    followPaper({ onMarket: (listener) => stage.exchange.onMarket((event) => listener(spoilt(event))) }, watch);
    await stage.run(30_000);
    const kinds = new Map(stage.raised.map((alert) => [alert.kind, alert]));
    expect([...kinds.keys()].sort()).toEqual(["option.mispriced", "surface.arbitrage"]);
    expect(kinds.get("option.mispriced")?.title).toContain("above its smile at paper");
    expect(kinds.get("surface.arbitrage")?.summary).toContain("kind: butterfly");
    await watch.stop();
  });
});

const recordings = ["exchange-ws-recordings", "binance-l2-btc-20240808"].map(sharedData);
describe.skipIf(recordings.includes(undefined))("on recorded days (shared data)", () => {
  const files = ["BYBIT.ws.25.0.gz", "DERIBIT.ws.1.0.gz", "OKX.ws.1.0.gz", "BITMEX.ws.1.0.gz"];

  test("no arbitrage and no mispriced option is told", async () => {
    const hits: string[] = [];
    for (const recording of [...files.map((file) => `${recordings[0]!}/${file}`), recordings[1]!])
      for await (const line of replay([recording], { detectors: NAMES }))
        if (line.type === "hit") hits.push(line.detector);
    expect(hits).toEqual([]);
  });

  test("each of Deribit's option tickers becomes an option's event with its terms, its forward and the venue's volatility", async () => {
    const events: { instrument: string; forward: number; sigma: number; strike: number }[] = [];
    const onEvent = (event: MarketEvent): void => {
      if (event.kind !== "option") return;
      const { market, forward, impliedVolatility: sigma } = event;
      events.push({ instrument: market.instrument, forward, sigma, strike: market.option?.strike ?? Number.NaN });
    };
    for await (const line of replay([`${recordings[0]!}/DERIBIT.ws.1.0.gz`], { detectors: [], onEvent }))
      expect(line.type).toBe("summary");
    expect(events).toHaveLength(89);
    expect(events[0]).toEqual({
      instrument: "ETH/USD:ETH-210730-2800-C",
      forward: 2003.61,
      sigma: 1.2074,
      strike: 2800,
    });
  });
});
