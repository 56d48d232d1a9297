import { appendFile, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { MarketEvent } from "../../src/detectors/event.ts";
import type { SummaryLine } from "../../src/replay/line.ts";
import type { Clock } from "../../src/kernel/clock.ts";
import { keepRecording } from "../../src/replay/keep.ts";
import { type Recorder, createRecorder, segmentsOf } from "../../src/replay/recorder.ts";
import { replay } from "../../src/replay/run.ts";
import { createMarkets } from "../../src/sources/feeds/market/markets.ts";
import { PARSERS } from "../../src/sources/feeds/market/venues.ts";
import { sharedData } from "../shared-data.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "recorder-"));
});
afterEach(() => rm(folder, { recursive: true }));

const START = 1_700_000_000_000;

/** Makes a parser whose messages end in `take`. */
function source(take: (event: MarketEvent) => void) {
  const parser = PARSERS.binanceusdm({ markets: createMarkets(), emit: take });
  const send = (message: unknown, at: number): void => {
    const bytes = Buffer.from(JSON.stringify(message));
    parser.message(bytes, 0, bytes.length, START + at);
  };
  send({ e: "depthUpdate", E: START, T: START, s: "BTCUSDT", U: 1, u: 2, pu: 0, b: [], a: [] }, 0);
  send({ lastUpdateId: 2, bids: [["100.5", "1"]], asks: [["100.6", "2"]] }, 0);
  return {
    step(i: number): void {
      const at = START + i * 10;
      send(
        {
          e: "depthUpdate",
          E: at,
          T: at,
          s: "BTCUSDT",
          U: i + 3,
          u: i + 3,
          pu: i + 2,
          b: [[(100 - i * 0.1).toFixed(1), "3"]],
          a: [],
        },
        i * 10,
      );
      send({ e: "bookTicker", E: at, T: at, u: i, s: "BTCUSDT", b: "100.5", B: "1", a: "100.6", A: "2" }, i * 10 + 1);
      send({ e: "trade", E: at, T: at, s: "BTCUSDT", t: i, p: "100.5", q: "0.1", X: "MARKET", m: true }, i * 10 + 2);
    },
  };
}

async function played(recording: string): Promise<{ events: string[]; summary: SummaryLine }> {
  const events: string[] = [];
  const onEvent = (event: MarketEvent): void => {
    const { market, ...rest } = event;
    const levels =
      event.kind === "depth"
        ? {
            book: undefined,
            ticks: [...event.ticks.subarray(0, event.count)],
            sizes: [...event.sizes.subarray(0, event.count)],
            before: [...event.before.subarray(0, event.count)],
          }
        : {};
    events.push(JSON.stringify({ ...rest, ...levels, market: market.instrument }));
  };
  for await (const line of replay([recording], { detectors: [], onEvent }))
    if (line.type === "summary") return { events, summary: line };
  throw new Error("a replay ends with a summary");
}

describe("the recorder", () => {
  test.each([true, false])("gives back what it took, books and all (packed: %s)", async (packed) => {
    const taken: string[] = [];
    {
      await using recorder = await createRecorder(folder, { packed });
      const feed = source((event) => {
        taken.push(event.kind);
        recorder.take(event);
      });
      for (let i = 0; i < 50; i += 1) feed.step(i);
    }
    const { events, summary } = await played(folder);
    expect(events.map((event) => (JSON.parse(event) as MarketEvent).kind)).toEqual(taken);
    expect(summary.books["BTC/USDT:USDT"]).toMatchObject({ bid: "100.5", ask: "100.6", bids: 51, sequence: 52 });
  });

  test("keeps rare events, too: marks, funding, forced orders, own orders", async () => {
    const market = createMarkets().of("okx", "BTC-USDT-SWAP");
    const head = { market, at: START, receivedAt: START + 5 };
    {
      await using recorder = await createRecorder(folder);
      recorder.take({ kind: "mark", ...head, mark: 100.5, index: Number.NaN });
      recorder.take({ kind: "funding", ...head, rate: -0.0001, intervalMs: 1 });
      recorder.take({ kind: "liquidation", ...head, price: 1, size: 2, taker: -1 });
      recorder.take({ kind: "candle", ...head, intervalMs: 60_000, open: 1, high: 2, low: 1, close: 2, volume: 3 });
      recorder.take({ kind: "feed", ...head, state: "gap" });
      recorder.take({ kind: "trade", ...head, price: 1, size: 1, taker: 1, buyer: "0xé", seller: "" });
      recorder.take({
        kind: "option",
        ...head,
        market: createMarkets().of("deribit", "BTC-27SEP24-70000-C"),
        bid: Number.NaN,
        bidSize: 0,
        ask: 0.01,
        askSize: 3,
        mark: 0.009,
        impliedVolatility: 0.6,
        forward: 60_000,
      });
      recorder.take({
        kind: "order",
        ...head,
        account: "main",
        id: "x",
        taker: 1,
        price: 1,
        size: 1,
        state: "rejected",
      });
    }
    const { events, summary } = await played(folder);
    expect(events.map((event) => (JSON.parse(event) as MarketEvent).kind)).toEqual([
      "mark",
      "funding",
      "liquidation",
      "candle",
      "feed",
      "trade",
      "option",
      "order",
    ]);
    expect(JSON.parse(events[5]!)).toMatchObject({ buyer: "0xé", seller: "", market: "BTC/USDT:USDT" });
    const { bid, ...rest } = JSON.parse(events[6]!) as Record<string, unknown>;
    expect(bid).toBeNull();
    expect(rest).toMatchObject({
      kind: "option",
      ask: 0.01,
      askSize: 3,
      mark: 0.009,
      impliedVolatility: 0.6,
      forward: 60_000,
      market: "BTC/USD:BTC-240927-70000-C",
    });
    expect(JSON.parse(events[7]!)).toMatchObject({ account: "main", state: "rejected" });
    expect(summary.gaps).toBe(1);
  });

  test("a torn tail costs the last block only, and the next run begins a new segment", async () => {
    for (let session = 0; session < 2; session += 1) {
      await using recorder = await createRecorder(folder);
      const feed = source((event) => recorder.take(event));
      for (let i = 0; i < 10; i += 1) feed.step(i);
      await recorder.flush();
      for (let i = 10; i < 20; i += 1) feed.step(i);
    }
    const segments = await segmentsOf(folder);
    expect(segments).toHaveLength(2);
    const whole = (await played(folder)).events.length;
    const { size } = await stat(segments[0]!);
    const bytes = await readFile(segments[0]!);
    for (const cut of [1, 100, 17]) {
      await writeFile(segments[0]!, bytes.subarray(0, size - cut));
      expect((await played(folder)).events.length).toBe(whole - 30);
    }
  });

  test("a flipped bit ends a segment where it is; nothing wrong is played", async () => {
    {
      await using recorder = await createRecorder(folder);
      const feed = source((event) => recorder.take(event));
      for (let i = 0; i < 10; i += 1) feed.step(i);
    }
    const [segment] = await segmentsOf(folder);
    const bytes = await readFile(segment!);
    bytes[bytes.length - 5]! ^= 4;
    await writeFile(segment!, bytes);
    expect((await played(folder)).events).toEqual([]);
  });

  test.each([true, false])("whichever bit flips, what is played was recorded (packed: %s)", async (packed) => {
    {
      await using recorder = await createRecorder(folder, { packed });
      const feed = source((event) => recorder.take(event));
      for (let i = 0; i < 2; i += 1) {
        feed.step(i);
        await recorder.flush();
      }
    }
    const [segment] = await segmentsOf(folder);
    const bytes = await readFile(segment!);
    const { events } = await played(folder);
    // Every byte of the first block's head, and some of what follows.
    for (let at = 8; at < bytes.length; at += at < 24 ? 1 : 97) {
      for (const bit of [0, 2, 7]) {
        const flipped = Buffer.from(bytes);
        flipped[at]! ^= 1 << bit;
        await writeFile(segment!, flipped);
        const left = (await played(folder)).events;
        expect(events.slice(0, left.length)).toEqual(left);
        expect(left.length).toBeLessThan(events.length);
      }
    }
  });

  test("a segment that was only just begun when the process died costs nothing of the others", async () => {
    for (const begun of ["", "BWR"]) {
      await writeFile(path.join(folder, `00000${begun.length + 1}.bwr`), begun);
      {
        await using recorder = await createRecorder(folder);
        source((event) => recorder.take(event)).step(0);
      }
    }
    expect((await played(folder)).events).toHaveLength(10);
  });

  test("bytes of a block that was being written are passed over", async () => {
    {
      await using recorder = await createRecorder(folder);
      source((event) => recorder.take(event)).step(0);
    }
    const [segment] = await segmentsOf(folder);
    const before = (await played(folder)).events.length;
    await appendFile(segment!, Buffer.from([9, 0, 0, 0, 1]));
    const { events, summary } = await played(folder);
    expect([events.length, summary.malformed]).toEqual([before, 1]);
  });

  test("begins a new segment when one is full, and every segment can be played alone", async () => {
    {
      await using recorder = await createRecorder(folder, { segmentBytes: 2000, blockWords: 100, packed: false });
      const feed = source((event) => recorder.take(event));
      for (let i = 0; i < 100; i += 1) feed.step(i);
    }
    const segments = await segmentsOf(folder);
    expect(segments.length).toBeGreaterThan(3);
    expect((await played(segments[2]!)).events.length).toBeGreaterThan(5);
    expect((await played(folder)).events.length).toBe(302);
  });
});

test("a segment played alone knows the books as they stood where it begins", async () => {
  {
    await using recorder = await createRecorder(folder, { segmentBytes: 2000, blockWords: 100, packed: false });
    const feed = source((event) => recorder.take(event));
    for (let i = 0; i < 100; i += 1) feed.step(i);
  }
  const all = (await played(folder)).events;
  const last = (await segmentsOf(folder)).at(-1)!;
  const alone = await played(last);
  expect(alone.events).toEqual(all.slice(-alone.events.length));
  expect(alone.summary.books["BTC/USDT:USDT"]).toMatchObject({ bid: "100.5", ask: "100.6", bids: 101, sequence: 102 });
});

test("each day (UTC) has its folder, and the oldest segments make room for new ones", async () => {
  const market = createMarkets().of("okx", "BTC-USDT-SWAP");
  const tell = (recorder: Recorder, at: number): void =>
    recorder.take({ kind: "trade", market, at, receivedAt: at, price: 1, size: 1, taker: 1, buyer: "", seller: "" });
  const options = { segmentBytes: 1000, mostBytes: 12_000, blockWords: 60, packed: false };
  const day = 86_400_000;
  {
    await using recorder = await createRecorder(folder, options);
    for (let i = 0; i < 300; i += 1) {
      tell(recorder, START + (i * 3 * day) / 300);
      if (i % 10 === 0) await recorder.flush();
    }
    expect(recorder.counts()).toMatchObject({ events: 300 });
  }
  const segments = await segmentsOf(folder);
  expect((await readdir(folder)).sort()).toEqual(["2023-11-16", "2023-11-17"]);
  const sizes = await Promise.all(segments.map(async (file) => (await stat(file)).size));
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(12_000);
  const { events } = await played(folder);
  expect((JSON.parse(events.at(-1)!) as MarketEvent).at).toBe(START + (299 * 3 * day) / 300);
  expect(events.length).toBeGreaterThan(50);
});

describe("a recording that goes on by itself", () => {
  const market = createMarkets().of("okx", "BTC-USDT-SWAP");
  const trade = (at: number): MarketEvent => ({
    kind: "trade",
    market,
    at,
    receivedAt: at,
    price: 1,
    size: 1,
    taker: 1,
    buyer: "",
    seller: "",
  });

  test("outlives a disk that fails, says so once, and counts what was lost meanwhile", async () => {
    let now = START;
    let everySecond: () => Promise<void> | void = () => undefined;
    const clock: Clock = {
      now: () => new Date(now),
      sleep: () => Promise.resolve(),
      every: (_, tick) => {
        everySecond = tick;
        return () => undefined;
      },
    };
    const passing = async (ms: number): Promise<void> => {
      now += ms;
      await everySecond();
    };
    const told: string[] = [];
    const into = path.join(folder, "own");
    const onTrouble = (sentence: string): unknown => told.push(sentence);
    const recording = await keepRecording({ folder: into, mostBytes: 1 << 24, clock, onTrouble });
    // A file stands where the day's folder should be made.
    await writeFile(path.join(into, "2023-11-14"), "");
    recording.take(trade(START));
    await passing(1_000);
    expect(told).toEqual([expect.stringMatching(/own could not be written \(.*\); free space/)]);
    await rm(path.join(into, "2023-11-14"));
    recording.take(trade(START + 1));
    await passing(30_000);
    recording.take(trade(START + 2));
    await passing(30_000);
    recording.take(trade(START + 3));
    await recording.stop();
    expect(recording.counts()).toMatchObject({ lost: 2, segments: 1 });
    expect(told).toHaveLength(1);
    expect((await played(into)).events.map((event) => (JSON.parse(event) as MarketEvent).at)).toEqual([START + 3]);
  });

  test("gives up a disk that takes it too slowly, before that costs the memory", async () => {
    const told: string[] = [];
    const recording = await keepRecording({
      folder: path.join(folder, "slow"),
      mostBytes: 1 << 26,
      mostWaiting: 10_000,
      clock: { now: () => new Date(START), sleep: () => Promise.resolve(), every: () => () => undefined },
      onTrouble: (sentence) => told.push(sentence),
    });
    for (let i = 0; i < 100_000; i += 1) recording.take(trade(START + i));
    expect(told).toEqual([expect.stringContaining("the disk takes it too slowly")]);
    expect(recording.counts().lost).toBeGreaterThan(10_000);
    await recording.stop();
  });
});

const l2 = sharedData("binance-l2-btc-20240808");
test.skipIf(l2 === undefined)(
  "hits on a real recording (shared data) and on its own cache are the same, byte by byte",
  async () => {
    const file = `${l2!}/usdm_btcusdt_20240808.gz`;
    const hitsOf = async (recording: string, take?: (event: MarketEvent) => void): Promise<string> => {
      const lines: string[] = [];
      for await (const line of replay([recording], take ? { onEvent: take } : {}))
        if (line.type !== "summary") lines.push(JSON.stringify(line));
      return lines.join("\n");
    };
    let direct = "";
    {
      await using recorder = await createRecorder(folder, { packed: false });
      direct = await hitsOf(file, (event) => recorder.take(event));
    }
    expect(direct).not.toBe("");
    expect(await hitsOf(folder)).toBe(direct);
  },
);
