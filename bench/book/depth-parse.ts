import type { Workload } from "../workload.ts";
import { linesOf, recording } from "./_messages.ts";

const lines = linesOf(recording("binanceusdm"), "depthUpdate");

/** USD-M depthUpdate messages of some 68 levels, from bytes to numbers. */
export const workload: Workload = {
  name: "depth message parse",
  unit: "ns/op",
  better: "lower",
  n: lines.starts.length,
  own: async () => {
    const { readBinance } = await import("../../src/sources/feeds/market/binance-bytes.ts");
    const { createFrame } = await import("../../src/sources/feeds/market/binance-frame.ts");
    const { createBook } = await import("../../src/quant/book/book.ts");
    const { NOWHERE } = await import("../../src/sources/feeds/market/records.ts");
    const book = createBook(1, 4096);
    const lane = {
      symbol: "BTCUSDT",
      market: NOWHERE,
      book,
      state: "live" as const,
      fresh: false,
      last: 0,
      held: [],
      crossed: false,
      suspect: false,
    };
    const frame = createFrame(lane);
    const find = (): typeof lane => lane;
    return () => {
      let sum = 0;
      for (let i = 0; i < lines.starts.length; i += 1) {
        if (!readBinance(lines.bytes, lines.starts[i]!, lines.ends[i]!, frame, find)) throw new Error("left to JSON");
        sum += frame.count + frame.sizes[0]!;
      }
      return sum;
    };
  },
  peer: {
    name: "JSON.parse and Number",
    load: () => () => {
      let sum = 0;
      for (let i = 0; i < lines.starts.length; i += 1) {
        const text = lines.bytes.toString("latin1", lines.starts[i], lines.ends[i]);
        const { data } = JSON.parse(text) as { data: { b: string[][]; a: string[][] } };
        for (const [price, size] of data.b) sum += Number(price) + Number(size);
        for (const [price, size] of data.a) sum += Number(price) + Number(size);
      }
      return sum;
    },
  },
};
