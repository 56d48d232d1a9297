import type { BinanceFrame, Lane } from "./binance-frame.ts";
import { readLevels } from "./binance-levels.ts";
import { BEST, BITS, PREVIOUS, shapeFor } from "./binance-shapes.ts";
import { readDecimal, readInteger } from "./byte-figures.ts";

/*
 * Binance's depthUpdate, bookTicker and trade messages read by bytes. The reader knows exactly what it understands: flat
 * objects with short keys, each once, plain decimals and level arrays without white space. Anything else, even if it is
 * good JSON, is left to JSON.parse (binance-json.ts); so its answer never differs from JSON.parse's.
 */

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN = 91;

const codes = (text: string): readonly number[] => Array.from(text, (one) => one.charCodeAt(0));
const STREAM = codes('{"stream":"');
const DATA = codes('","data":');
const TRUE = codes("true");
const FALSE = codes("false");

/** Finds the lane of the symbol at bytes[start, end); undefined leaves the message to the slow path. */
export type FindLane = (bytes: Uint8Array, start: number, end: number, hash: number) => Lane | undefined;

/**
 * Decodes bytes[start, end) into the frame.
 * @returns false where the message is not one of those it knows; the frame's content is then undefined
 */
export function readBinance(
  bytes: Uint8Array,
  start: number,
  end: number,
  frame: BinanceFrame,
  find: FindLane,
): boolean {
  let at = start;
  let wrapped = false;
  // {"stream":"btcusdt@depth@0ms","data":{...}}
  if (bytes[at + 2] === 115 && bytes[at + 3] === 116) {
    if (!matches(bytes, at, STREAM)) return false;
    at += STREAM.length;
    for (let c = bytes[at]!; c !== QUOTE; c = bytes[at]!) {
      // Nothing that JSON would unescape or refuse.
      if (!(c > 31 && c < 127) || c === 92) return false;
      at += 1;
    }
    if (!matches(bytes, at, DATA)) return false;
    at += DATA.length;
    wrapped = true;
  }
  if (bytes[at] !== 123) return false;
  at += 1;
  if (!readObject(bytes, at, end, frame, find)) return false;
  at = frame.at;
  if (wrapped) {
    if (bytes[at] !== 125) return false;
    at += 1;
  }
  return at === end;
}

const isLetter = (c: number): boolean => (c >= 97 && c <= 122) || (c >= 65 && c <= 90);

const isWord = (c: number): boolean =>
  (c >= 97 && c <= 122) || (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || c === 95;

function matches(bytes: Uint8Array, at: number, text: readonly number[]): boolean {
  for (let i = 0; i < text.length; i += 1) if (bytes[at + i] !== text[i]) return false;
  return true;
}

/** The members after "{" up to and including "}". */
function readObject(bytes: Uint8Array, from: number, end: number, frame: BinanceFrame, find: FindLane): boolean {
  let at = from;
  let shape = BEST;
  let located = false;
  // Bits of the members: all that came, and by the form of their values.
  let seen = 0;
  let numbers = 0;
  let decimals = 0;
  let arrays = 0;
  let flags = 0;
  frame.count = 0;
  frame.bidCount = 0;
  frame.eventAt = Number.NaN;
  frame.tradeAt = Number.NaN;
  frame.previous = Number.NaN;
  for (;;) {
    if (bytes[at] !== QUOTE) return false;
    let key = bytes[at + 1]!;
    if (bytes[at + 2] === QUOTE) {
      if (!isLetter(key)) return false;
      at += 3;
    } else if (key === 112 && bytes[at + 3] === QUOTE && (bytes[at + 2] === 117 || bytes[at + 2] === 115)) {
      key = bytes[at + 2] === 117 ? PREVIOUS : 0;
      at += 4;
    } else return false;
    const bit = BITS[key]!;
    // JSON would take the last of two.
    if ((seen & bit) !== 0) return false;
    seen |= bit;
    if (bytes[at] !== COLON) return false;
    at += 1;
    const c = bytes[at]!;
    if (key === 101 && c !== QUOTE) return false;
    if (c >= 48 && c <= 57) {
      const value = readInteger(bytes, at, frame);
      if (value < 0) return false;
      at = frame.at;
      numbers |= bit;
      if (key === 69) frame.eventAt = value;
      else if (key === 84) frame.tradeAt = value;
      else if (key === 85) frame.first = value;
      else if (key === 117) frame.last = value;
      else if (key === PREVIOUS) frame.previous = value;
      else if (key === 116 || key === 97) frame.id = value;
    } else if (c === QUOTE) {
      at += 1;
      const first = bytes[at]!;
      if (key === 101) {
        shape = shapeFor(first);
        if (!matches(bytes, at, shape.name)) return false;
        at += shape.name.length;
      } else if (first >= 48 && first <= 57 && key !== 115) {
        const value = readDecimal(bytes, at, frame);
        if (value < 0) return false;
        at = frame.at;
        decimals |= bit;
        if (key === 98 || key === 112) frame.bid = value;
        else if (key === 66 || key === 113) frame.bidSize = value;
        else if (key === 97) frame.ask = value;
        else if (key === 65) frame.askSize = value;
      } else {
        const wordAt = at;
        let hash = 0;
        for (let letter = bytes[at]!; isWord(letter); letter = bytes[at]!) {
          hash = (Math.imul(hash, 31) + letter) | 0;
          at += 1;
        }
        if (key === 115) {
          const lane = find(bytes, wordAt, at, hash);
          if (lane === undefined) return false;
          frame.lane = lane;
          located = true;
        }
      }
      if (bytes[at] !== QUOTE) return false;
      at += 1;
    } else if (c === OPEN) {
      // Bids come first, and after the symbol, whose digits they need.
      if (!located || (key !== 98 && key !== 97) || (key === 97 && arrays !== BITS[98])) return false;
      if (!readLevels(bytes, at + 1, frame)) return false;
      at = frame.at;
      if (key === 98) frame.bidCount = frame.count;
      arrays |= bit;
    } else if (c === 116 || c === 102) {
      const flag = c === 116 ? TRUE : FALSE;
      if (!matches(bytes, at, flag)) return false;
      at += flag.length;
      flags |= bit;
      if (key === 109) frame.buyerMaker = c === 116;
    } else return false;
    if (bytes[at] === COMMA) at += 1;
    else if (bytes[at] === 125) break;
    else return false;
  }
  frame.at = at + 1;
  frame.kind = shape.kind;
  return (
    located &&
    at < end &&
    arrays === shape.arrays &&
    (numbers & shape.numbers) === shape.numbers &&
    (seen & shape.optional) === (numbers & shape.optional) &&
    (decimals & shape.decimals) === shape.decimals &&
    (flags & shape.flags) === shape.flags
  );
}
