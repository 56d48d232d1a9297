import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";

/** The three BTC recordings of 8 August 2024, by venue. */
export const RECORDINGS = {
  binanceusdm: "usdm_btcusdt_20240808.gz",
  binance: "spot_btcusdt_20240808.gz",
  binancecoinm: "cm_btcusd_perp_20240808.gz",
} as const;

const root = process.env["BREAKWATER_SHARED"] ?? path.resolve(import.meta.dirname, "../../../shared/data");

/** A recording as plain bytes; a made-up stream of the same shape where the shared recordings are absent. */
export function recording(venue: keyof typeof RECORDINGS): Buffer {
  const file = path.join(root, "binance-l2-btc-20240808", RECORDINGS[venue]);
  return existsSync(file) ? gunzipSync(readFileSync(file)) : madeUp();
}

/** A random walk with 68 levels an update, seeded. */
function madeUp(): Buffer {
  let state = 1;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 8) % below;
  };
  const lines: string[] = [];
  let mid = 617_000;
  const side = (sign: 1 | -1): string[][] =>
    Array.from({ length: 34 }, () => [
      ((mid + sign * (1 + next(300))) / 10).toFixed(2),
      next(3) === 0 ? "0.000" : (next(9000) / 1000).toFixed(3),
    ]);
  const line = (at: number, body: unknown): void =>
    void lines.push(`${1_723_161_255_000 + at}000000 ${JSON.stringify(body)}`);
  line(0, { lastUpdateId: 0, bids: side(-1), asks: side(1) });
  for (let u = 1; u <= 6000; u += 1) {
    mid += next(7) - 3;
    const at = 1_723_161_256_000 + u * 50;
    const data = { e: "depthUpdate", E: at, T: at, s: "BTCUSDT", U: u, u, pu: u - 1, b: side(-1), a: side(1) };
    line(u * 50, { stream: "btcusdt@depth@0ms", data });
  }
  return Buffer.from(`${lines.join("\n")}\n`);
}

/** Where the JSON of each line begins and ends. */
export interface Lines {
  readonly bytes: Buffer;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** Lines that hold `word`; all where it is left out. */
export function linesOf(bytes: Buffer, word = ""): Lines {
  const starts: number[] = [];
  const ends: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const newline = bytes.indexOf(10, at);
    const end = newline < 0 ? bytes.length : newline;
    const start = bytes.indexOf(32, at) + 1;
    if (word === "" || bytes.toString("latin1", start, Math.min(end, start + 120)).includes(word)) {
      starts.push(start);
      ends.push(end);
    }
    at = end + 1;
  }
  return { bytes, starts: Int32Array.from(starts), ends: Int32Array.from(ends) };
}

/** Depth updates decoded before anything is measured. */
export interface Decoded {
  /** Levels of all updates one after the other; the first `bids[i]` of update i are bids. */
  readonly ticks: Int32Array;
  readonly sizes: Float64Array;
  readonly from: Int32Array;
  readonly bids: Int32Array;
  readonly levels: number;
}

/** Decodes the USD-M recording's depth updates with JSON.parse. */
export function decodedUpdates(): Decoded {
  const { bytes, starts, ends } = linesOf(recording("binanceusdm"), "depthUpdate");
  const ticks: number[] = [];
  const sizes: number[] = [];
  const from: number[] = [0];
  const bids: number[] = [];
  for (let i = 0; i < starts.length; i += 1) {
    const { data } = JSON.parse(bytes.toString("latin1", starts[i], ends[i])) as {
      data: { b: string[][]; a: string[][] };
    };
    for (const [price, size] of [...data.b, ...data.a]) {
      ticks.push(Math.round(Number(price) * 10));
      sizes.push(Number(size));
    }
    bids.push(data.b.length);
    from.push(ticks.length);
  }
  return {
    ticks: Int32Array.from(ticks),
    sizes: Float64Array.from(sizes),
    from: Int32Array.from(from),
    bids: Int32Array.from(bids),
    levels: ticks.length,
  };
}
