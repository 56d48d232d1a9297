import { refine } from "../../../quant/book/refine.ts";
import { type BinanceFrame, type Lane, growFrame } from "./binance-frame.ts";
import { decimalsOf, plain, tickOf } from "./digits.ts";

/** A Binance message's `data`, as JSON.parse gives it. */
export type Data = Readonly<Record<string, unknown>>;

/** The data of a message, wrapped in a stream or not; undefined where the text is no JSON object. */
export function dataOf(text: string): Data | undefined {
  try {
    const message = JSON.parse(text) as Data | null;
    const inner = message?.["data"] ?? message;
    return typeof inner === "object" && inner !== null && !Array.isArray(inner) ? (inner as Data) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Finds the lane by its name, making it at first sight. */
export type NameLane = (symbol: string) => Lane;

const whole = (value: unknown): number => (typeof value === "number" ? value : Number.NaN);

/**
 * The slow and complete reading of depthUpdate, bookTicker, trade and aggTrade; the byte parser must agree with it.
 * @returns false where the data is not one of these, or a figure in it cannot be read
 */
export function frameOf(data: Data, frame: BinanceFrame, lane: NameLane): boolean {
  const { e: name, s: symbol } = data;
  if (typeof symbol !== "string" || symbol === "") return false;
  frame.eventAt = whole(data["E"]);
  frame.tradeAt = whole(data["T"]);
  frame.count = 0;
  frame.bidCount = 0;
  if (name === "depthUpdate") {
    if (!Array.isArray(data["b"]) || !Array.isArray(data["a"])) return false;
    frame.first = whole(data["U"]);
    frame.last = whole(data["u"]);
    frame.previous = whole(data["pu"]);
    if (!(frame.eventAt >= 0) || !(frame.first >= 0) || !(frame.last >= 0)) return false;
    frame.kind = "depth";
    frame.lane = lane(symbol);
    return levelsInto(frame, data["b"], data["a"]);
  }
  if (name === "trade" || name === "aggTrade") {
    const price = plain(data["p"]);
    const size = plain(data["q"]);
    frame.id = whole(name === "trade" ? data["t"] : data["a"]);
    if (price === undefined || size === undefined || typeof data["m"] !== "boolean") return false;
    if (!(frame.tradeAt >= 0) || !(frame.eventAt >= 0)) return false;
    frame.kind = "trade";
    frame.lane = lane(symbol);
    frame.bid = Number(price);
    frame.bidSize = Number(size);
    frame.buyerMaker = data["m"];
    return true;
  }
  if (name !== "bookTicker" && name !== undefined) return false;
  const [bid, bidSize, ask, askSize] = [plain(data["b"]), plain(data["B"]), plain(data["a"]), plain(data["A"])];
  frame.last = whole(data["u"]);
  if (bid === undefined || bidSize === undefined || ask === undefined || askSize === undefined) return false;
  frame.kind = "quote";
  frame.lane = lane(symbol);
  frame.bid = Number(bid);
  frame.bidSize = Number(bidSize);
  frame.ask = Number(ask);
  frame.askSize = Number(askSize);
  return true;
}

/** Fills the frame's levels from `[["price","size"],…]` arrays, making the lane's grid finer where it must be. */
export function levelsInto(frame: BinanceFrame, bids: readonly unknown[], asks: readonly unknown[]): boolean {
  const texts: (readonly [price: string, size: string])[] = [];
  let decimals = 0;
  for (const side of [bids, asks]) {
    for (const level of side) {
      if (!Array.isArray(level)) return false;
      const price = plain(level[0]);
      const size = plain(level[1]);
      if (price === undefined || size === undefined) return false;
      decimals = Math.max(decimals, decimalsOf(price));
      texts.push([price, size]);
    }
  }
  const { book } = frame.lane;
  if (decimals > book.decimals) {
    // Nine digits are what the byte parser and 32-bit ticks can hold.
    if (decimals > 9) return false;
    refine(book, decimals);
  }
  growFrame(frame, texts.length);
  for (const [index, [price, size]] of texts.entries()) {
    const tick = tickOf(price, book.decimals);
    if (tick < 0) return false;
    frame.ticks[index] = tick;
    frame.sizes[index] = Number(size);
  }
  frame.bidCount = bids.length;
  frame.count = texts.length;
  return true;
}
