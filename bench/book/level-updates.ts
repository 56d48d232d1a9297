import type { Workload } from "../workload.ts";
import { decodedUpdates } from "./_messages.ts";

const updates = decodedUpdates();

/** Level updates of a real diff stream, decoded before; each pass begins with an empty book. */
export const workload: Workload = {
  name: "L2 level updates",
  unit: "ns/op",
  better: "lower",
  n: updates.levels,
  own: async () => {
    const { clearBook, createBook, setAsk, setBid } = await import("../../src/quant/book/book.ts");
    const book = createBook(1);
    const { ticks, sizes, from, bids } = updates;
    return () => {
      clearBook(book);
      let sum = 0;
      for (let i = 0; i < bids.length; i += 1) {
        const middle = from[i]! + bids[i]!;
        for (let k = from[i]!; k < middle; k += 1) setBid(book, ticks[k]!, sizes[k]!);
        for (let k = middle; k < from[i + 1]!; k += 1) setAsk(book, ticks[k]!, sizes[k]!);
        sum += book.bestBid;
      }
      return sum;
    };
  },
  peer: {
    name: "ccxt 4.5.84 OrderBook",
    load: async () => {
      // ccxt exports only its whole; the book alone is a file of it.
      const file = new URL("../../node_modules/ccxt/js/src/base/ws/OrderBook.js", import.meta.url).href;
      const { OrderBook } = (await import(file)) as {
        OrderBook: new () => { bids: PeerSide; asks: PeerSide };
      };
      const { ticks, sizes, from, bids } = updates;
      return () => {
        const book = new OrderBook();
        let sum = 0;
        for (let i = 0; i < bids.length; i += 1) {
          const middle = from[i]! + bids[i]!;
          for (let k = from[i]!; k < middle; k += 1) book.bids.storeArray([ticks[k]!, sizes[k]!]);
          for (let k = middle; k < from[i + 1]!; k += 1) book.asks.storeArray([ticks[k]!, sizes[k]!]);
          sum += book.bids[0]?.[0] ?? 0;
        }
        return sum;
      };
    },
  },
};

interface PeerSide {
  storeArray(level: [number, number]): void;
  readonly [index: number]: [number, number] | undefined;
}
