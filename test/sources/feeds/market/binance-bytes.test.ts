import { gunzipSync } from "node:zlib";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createBook } from "../../../../src/quant/book/book.ts";
import { readBinance } from "../../../../src/sources/feeds/market/binance-bytes.ts";
import { type BinanceFrame, type Lane, createFrame } from "../../../../src/sources/feeds/market/binance-frame.ts";
import { dataOf, frameOf } from "../../../../src/sources/feeds/market/binance-json.ts";
import { NOWHERE } from "../../../../src/sources/feeds/market/records.ts";
import { sharedData } from "../../../shared-data.ts";

const FOLDER = "binance-l2-btc-20240808";
const FILES = {
  usdm_btcusdt: ["BTCUSDT", 1],
  cm_btcusd_perp: ["BTCUSD_PERP", 1],
  spot_btcusdt: ["BTCUSDT", 2],
} as const;

const laneFor = (symbol: string, decimals: number): Lane => ({
  symbol,
  market: NOWHERE,
  book: createBook(decimals, 4096),
  state: "live",
  fresh: false,
  last: 0,
  held: [],
  crossed: false,
  suspect: false,
  fundingAt: Number.NaN,
  fundingMs: Number.NaN,
});

/** The comparable content of a frame. */
function contentOf(frame: BinanceFrame): string {
  const {
    kind,
    lane,
    eventAt,
    tradeAt,
    first,
    last,
    previous,
    id,
    buyerMaker,
    bid,
    bidSize,
    ask,
    askSize,
    bidCount,
    count,
  } = frame;
  switch (kind) {
    case "depth":
      return [
        kind,
        lane.symbol,
        eventAt,
        tradeAt,
        first,
        last,
        previous,
        bidCount,
        frame.ticks.subarray(0, count),
        frame.sizes.subarray(0, count),
      ].join();
    case "quote":
      return [kind, lane.symbol, eventAt, last, bid, bidSize, ask, askSize].join();
    case "trade":
      return [kind, lane.symbol, eventAt, tradeAt, id, buyerMaker, bid, bidSize].join();
    case "other":
      return kind;
  }
}

/** Both readings of one message; the byte reading is undefined where it leaves the message to JSON. */
function reader(symbol: string, decimals: number) {
  const lane = laneFor(symbol, decimals);
  const slowLane = laneFor(symbol, decimals);
  const fast = createFrame(lane);
  const slow = createFrame(slowLane);
  return (bytes: Buffer): { fast: string | undefined; slow: string | undefined } => {
    slowLane.book.decimals = decimals;
    const taken = readBinance(bytes, 0, bytes.length, fast, (all, start, end) =>
      Buffer.from(all.subarray(start, end)).toString("latin1") === symbol ? lane : undefined,
    );
    const data = dataOf(bytes.toString("utf8"));
    const read =
      data !== undefined && frameOf(data, slow, (name) => (name === symbol ? slowLane : laneFor(name, decimals)));
    return { fast: taken ? contentOf(fast) : undefined, slow: read ? contentOf(slow) : undefined };
  };
}

/** A small seeded generator, so that a failure can be repeated. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return ((state >>> 8) % below) | 0;
  };
}

const NASTY = Buffer.from('0123456789.,:"[]{}-+eE \\abuUApsTm\u0000ÿ', "latin1");

/** One to three bytes changed, put in, taken out or moved. */
function mutate(message: Buffer, next: (below: number) => number): Buffer {
  let bytes = [...message];
  for (let times = 1 + next(3); times > 0; times -= 1) {
    const at = next(bytes.length);
    const kind = next(5);
    if (kind === 0) bytes[at] = NASTY[next(NASTY.length)]!;
    else if (kind === 1) bytes.splice(at, 1);
    else if (kind === 2) bytes.splice(at, 0, NASTY[next(NASTY.length)]!);
    else if (kind === 3) bytes = bytes.slice(0, at + 1);
    else bytes.splice(at, 0, ...bytes.slice(at, at + 1 + next(20)));
  }
  return Buffer.from(bytes);
}

const HAND_MADE = [
  '{"e":"depthUpdate","E":1,"T":2,"s":"BTCUSDT","U":3,"u":4,"pu":2,"b":[["1.5","2"]],"a":[]}',
  '{"stream":"btcusdt@trade","data":{"e":"trade","E":9,"T":8,"s":"BTCUSDT","t":7,"p":"1.50","q":"0.100","X":"MARKET","m":true}}',
  '{"e":"aggTrade","E":9,"a":5,"s":"BTCUSDT","p":"1.5","q":"10","f":1,"l":2,"T":8,"m":false}',
  '{"u":4,"s":"BTCUSDT","b":"1.5","B":"2.25","a":"1.6","A":"0.00001000"}',
];

describe("the byte reader of Binance messages", () => {
  const read = reader("BTCUSDT", 1);

  test.each(HAND_MADE)("takes %s", (text) => {
    const { fast, slow } = read(Buffer.from(text));
    expect(fast).toBeDefined();
    expect(fast).toBe(slow);
  });

  test.each([
    ["a number that JSON forbids", '{"e":"depthUpdate","E":01,"s":"BTCUSDT","U":3,"u":4,"b":[],"a":[]}'],
    ["a key that comes twice", '{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":3,"u":4,"b":[],"a":[],"u":5}'],
    ["an exponent", '{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":3,"u":4,"b":[["1e5","2"]],"a":[]}'],
    ["white space", '{"e": "depthUpdate","E":1,"s":"BTCUSDT","U":3,"u":4,"b":[],"a":[]}'],
    ["an escaped symbol", '{"e":"depthUpdate","E":1,"s":"BTC\\u0055SDT","U":3,"u":4,"b":[],"a":[]}'],
    ["a price finer than the grid", '{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":3,"u":4,"b":[["1.55","2"]],"a":[]}'],
    ["asks before bids", '{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":3,"u":4,"a":[],"b":[]}'],
    ["a name that is no text", '{"e":5,"u":4,"s":"BTCUSDT","b":"1.5","B":"2.25","a":"1.6","A":"1"}'],
    ["bytes after the end", '{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":3,"u":4,"b":[],"a":[]}}'],
  ])("leaves %s to JSON", (_, text) => {
    expect(read(Buffer.from(text)).fast).toBeUndefined();
  });

  test("never disagrees with JSON on mutated messages", () => {
    const next = random(7);
    let taken = 0;
    for (let i = 0; i < 60_000; i += 1) {
      const bytes = mutate(Buffer.from(HAND_MADE[i % HAND_MADE.length]!), next);
      const { fast, slow } = read(bytes);
      if (fast === undefined) continue;
      taken += 1;
      if (fast !== slow) expect({ text: bytes.toString("latin1"), fast }).toEqual({ text: "", fast: slow });
    }
    expect(taken).toBeGreaterThan(1000);
  });
});

const folder = sharedData(FOLDER);
describe.skipIf(folder === undefined)("the byte reader on recordings (shared data)", () => {
  test.each(Object.entries(FILES))("agrees with JSON on every message of %s", (file, [symbol, decimals]) => {
    const bytes = gunzipSync(readFileSync(`${folder!}/${file}_20240808.gz`));
    const read = reader(symbol, decimals);
    const next = random(11);
    let at = 0;
    let [left, seen, mutated] = [0, 0, 0];
    while (at < bytes.length) {
      const newline = bytes.indexOf(10, at);
      const end = newline < 0 ? bytes.length : newline;
      const message = bytes.subarray(bytes.indexOf(32, at) + 1, end);
      at = end + 1;
      seen += 1;
      // Every seventh message is enough here; the whole day runs in the fuzzing benchmark.
      if (seen % 7 !== 0) continue;
      const { fast, slow } = read(message);
      if (fast === undefined) left += 1;
      else if (fast !== slow) expect({ message: message.toString(), fast }).toEqual({ message: "", fast: slow });
      if (message.length > 600) continue;
      const changed = mutate(message, next);
      const both = read(changed);
      mutated += 1;
      if (both.fast !== undefined && both.fast !== both.slow) {
        expect({ message: changed.toString("latin1"), fast: both.fast }).toEqual({ message: "", fast: both.slow });
      }
    }
    expect(left).toBeLessThanOrEqual(1);
    expect(mutated).toBeGreaterThan(1000);
  });
});
