import type { Workload } from "../workload.ts";
import { linesOf, recording } from "../book/_messages.ts";

const lines = linesOf(recording("binanceusdm"));

/** Raw recorded lines in memory: parsed, put into books, and judged by every detector. */
export const workload: Workload = {
  name: "raw recording to books to all detectors",
  unit: "ns/op",
  better: "lower",
  n: lines.starts.length,
  rounds: 3,
  own: async () => {
    const { DETECTORS } = await import("../../src/detectors/load.ts");
    const { createWatch } = await import("../../src/detectors/watch.ts");
    const { createMarkets } = await import("../../src/sources/feeds/market/markets.ts");
    const { PARSERS } = await import("../../src/sources/feeds/market/venues.ts");
    const { stampedLines } = await import("../../src/replay/readers/stamped.ts");
    return () => {
      let hits = 0;
      const watch = createWatch({ detectors: DETECTORS, onHit: () => (hits += 1) });
      const parser = PARSERS.binanceusdm({ markets: createMarkets(), emit: (event) => watch.take(event) });
      const format = stampedLines(parser);
      const { bytes } = lines;
      for (let start = 0; start < bytes.length;) {
        const newline = bytes.indexOf(10, start);
        const end = newline < 0 ? bytes.length : newline;
        format.take(bytes, start, end, format.timeOf(bytes, start, end));
        start = end + 1;
      }
      return hits + parser.counters.levelUpdates;
    };
  },
  peer: {
    name: "JSON.parse and a flat book, no detectors",
    load: async () => {
      const { clearBook, createBook, setAsk, setBid } = await import("../../src/quant/book/book.ts");
      const book = createBook(1);
      return () => {
        clearBook(book);
        let sum = 0;
        for (let i = 0; i < lines.starts.length; i += 1) {
          const message = JSON.parse(lines.bytes.toString("latin1", lines.starts[i], lines.ends[i])) as {
            data?: { b: string[][] | string; a: string[][] | string; p?: string };
          };
          const { data } = message;
          if (data === undefined) continue;
          if (Array.isArray(data.b) && Array.isArray(data.a)) {
            for (const [price, size] of data.b) setBid(book, Math.round(Number(price) * 10), Number(size));
            for (const [price, size] of data.a) setAsk(book, Math.round(Number(price) * 10), Number(size));
          } else sum += Number(data.p ?? data.b);
        }
        return sum + book.bestBid;
      };
    },
  },
};
