import type { BinanceFrame, Lane } from "./binance-frame.ts";
import { growFrame } from "./binance-frame.ts";

/*
 * Binance's depthUpdate, bookTicker and trade messages read by bytes. The reader knows exactly what it understands: flat
 * objects with short keys, each once, plain decimals and level arrays without white space. Anything else, even if it is
 * good JSON, is left to JSON.parse (binance-json.ts); so its answer never differs from JSON.parse's.
 */

/** Powers of ten that are exact as floats. */
const TEN = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
const QUOTE = 34;
const COMMA = 44;
const DOT = 46;
const COLON = 58;
const OPEN = 91;
const CLOSE = 93;

const codes = (text: string): readonly number[] => Array.from(text, (one) => one.charCodeAt(0));

/** Bit of a one-letter key in the masks below: A-Z 0-25, a-z 26-51, "pu" 52 and "ps" 53, split in two words. */
const low = (letters: string): number => codes(letters).reduce((mask, code) => mask | (1 << (code - 65)), 0);
const high = (letters: string): number => codes(letters).reduce((mask, code) => mask | (1 << (code - 97)), 0);
const PU = 1 << 26;
const PS = 1 << 27;

/** Upper-case keys whose values must be numbers, strings; lower-case keys likewise, and arrays. */
const DEPTH = { upperNumbers: low("EU"), lowerNumbers: high("u"), lowerWords: high("es"), arrays: high("ab") };
const QUOTE_KEYS = { upperTexts: low("BA"), lowerTexts: high("ba"), lowerNumbers: high("u"), lowerWords: high("s") };
const TRADE = {
  upperNumbers: low("ET"),
  lowerNumbers: high("t"),
  lowerWords: high("es"),
  lowerTexts: high("pq"),
  lowerFlags: high("m"),
};

const DEPTH_UPDATE = codes("depthUpdate");
const BOOK_TICKER = codes("bookTicker");
const AGGREGATE = codes("aggTrade");
const TRADE_NAME = codes("trade");

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

const STREAM = codes('{"stream":"');
const DATA = codes('","data":');

const isWord = (c: number): boolean =>
  (c >= 97 && c <= 122) || (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || c === 95;

function matches(bytes: Uint8Array, at: number, text: readonly number[]): boolean {
  for (let i = 0; i < text.length; i += 1) if (bytes[at + i] !== text[i]) return false;
  return true;
}

/** The members after "{" up to and including "}". */
function readObject(bytes: Uint8Array, from: number, end: number, frame: BinanceFrame, find: FindLane): boolean {
  let at = from;
  let upperNumbers = 0;
  let lowerNumbers = 0;
  let upperTexts = 0;
  let lowerTexts = 0;
  let lowerWords = 0;
  let arrays = 0;
  let flags = 0;
  let seenUpper = 0;
  let seenLower = 0;
  let name = 0;
  let found = false;
  frame.count = 0;
  frame.bidCount = 0;
  for (;;) {
    if (bytes[at] !== QUOTE) return false;
    let key = bytes[at + 1]!;
    let bit = 0;
    let upper = false;
    if (bytes[at + 2] === QUOTE) {
      if (key >= 97 && key <= 122) bit = 1 << (key - 97);
      else if (key >= 65 && key <= 90) {
        bit = 1 << (key - 65);
        upper = true;
      } else return false;
      at += 3;
    } else if (key === 112 && bytes[at + 3] === QUOTE && (bytes[at + 2] === 117 || bytes[at + 2] === 115)) {
      bit = bytes[at + 2] === 117 ? PU : PS;
      key = bytes[at + 2] === 117 ? 1 : 2;
      at += 4;
    } else return false;
    if (upper) {
      if ((seenUpper & bit) !== 0) return false;
      seenUpper |= bit;
    } else {
      if ((seenLower & bit) !== 0) return false;
      seenLower |= bit;
    }
    if (bytes[at] !== COLON) return false;
    at += 1;
    const c = bytes[at]!;
    if (c >= 48 && c <= 57) {
      const value = readInteger(bytes, at, frame);
      if (value < 0) return false;
      at = frame.at;
      if (upper) upperNumbers |= bit;
      else lowerNumbers |= bit;
      if (key === 69) frame.eventAt = value;
      else if (key === 84) frame.tradeAt = value;
      else if (key === 85) frame.first = value;
      else if (key === 117) frame.last = value;
      else if (key === 1) frame.previous = value;
      else if (key === 116 || key === 97) frame.id = value;
    } else if (c === QUOTE) {
      at += 1;
      const first = bytes[at]!;
      if (first >= 48 && first <= 57 && key !== 115) {
        const value = readDecimal(bytes, at, frame);
        if (value < 0 || bytes[frame.at] !== QUOTE) return false;
        at = frame.at + 1;
        if (upper) upperTexts |= bit;
        else lowerTexts |= bit;
        if (key === 98 || key === 112) frame.bid = value;
        else if (key === 66 || key === 113) frame.bidSize = value;
        else if (key === 97) frame.ask = value;
        else if (key === 65) frame.askSize = value;
      } else {
        if (key === 101) {
          name = first;
          const expected =
            first === 98 ? BOOK_TICKER : first === 100 ? DEPTH_UPDATE : first === 97 ? AGGREGATE : TRADE_NAME;
          if (!matches(bytes, at, expected)) return false;
          at += expected.length;
          if (bytes[at] !== QUOTE) return false;
          lowerWords |= bit;
        } else {
          const wordAt = at;
          let hash = 0;
          for (let letter = bytes[at]!; letter !== QUOTE; letter = bytes[at]!) {
            if (!isWord(letter)) return false;
            hash = (Math.imul(hash, 31) + letter) | 0;
            at += 1;
          }
          if (at === wordAt || at >= end) return false;
          if (!upper) lowerWords |= bit;
          else if (key !== 88) return false;
          if (key === 115) {
            const lane = find(bytes, wordAt, at, hash);
            if (lane === undefined) return false;
            frame.lane = lane;
            found = true;
          }
        }
        at += 1;
      }
    } else if (c === OPEN) {
      // Bids come first, and after the symbol, whose digits they need.
      if (!found || (key !== 98 && key !== 97) || (key === 97 && (arrays & (1 << 1)) === 0) || upper) return false;
      if (!readLevels(bytes, at + 1, frame)) return false;
      at = frame.at;
      if (key === 98) frame.bidCount = frame.count;
      arrays |= bit;
    } else if (c === 116) {
      if (!matches(bytes, at, TRUE)) return false;
      at += 4;
      if (!upper) flags |= bit;
      if (key === 109) frame.buyerMaker = true;
    } else if (c === 102) {
      if (!matches(bytes, at, FALSE)) return false;
      at += 5;
      if (!upper) flags |= bit;
      if (key === 109) frame.buyerMaker = false;
    } else return false;
    if (bytes[at] === COMMA) at += 1;
    else if (bytes[at] === 125) break;
    else return false;
  }
  frame.at = at + 1;
  if (at >= end) return false;
  if (name === 100) {
    frame.kind = "depth";
    if ((lowerNumbers & PU) === 0) {
      if ((seenLower & PU) !== 0) return false;
      frame.previous = Number.NaN;
    }
    if ((upperNumbers & (1 << 19)) === 0) {
      if ((seenUpper & (1 << 19)) !== 0) return false;
      frame.tradeAt = Number.NaN;
    }
    return (
      (upperNumbers & DEPTH.upperNumbers) === DEPTH.upperNumbers &&
      (lowerNumbers & DEPTH.lowerNumbers) === DEPTH.lowerNumbers &&
      (lowerWords & DEPTH.lowerWords) === DEPTH.lowerWords &&
      arrays === DEPTH.arrays
    );
  }
  if (arrays !== 0) return false;
  if (name === 116 || name === 97) {
    frame.kind = "trade";
    const id = name === 116 ? TRADE.lowerNumbers : 1;
    return (
      (upperNumbers & TRADE.upperNumbers) === TRADE.upperNumbers &&
      (lowerNumbers & id) === id &&
      (lowerWords & TRADE.lowerWords) === TRADE.lowerWords &&
      (lowerTexts & TRADE.lowerTexts) === TRADE.lowerTexts &&
      (flags & TRADE.lowerFlags) !== 0
    );
  }
  // Spot sends best quotes without a name and without a time.
  if (name !== 98 && name !== 0) return false;
  frame.kind = "quote";
  if ((upperNumbers & (1 << 4)) === 0) {
    if ((seenUpper & (1 << 4)) !== 0) return false;
    frame.eventAt = Number.NaN;
  }
  return (
    (upperTexts & QUOTE_KEYS.upperTexts) === QUOTE_KEYS.upperTexts &&
    (lowerTexts & QUOTE_KEYS.lowerTexts) === QUOTE_KEYS.lowerTexts &&
    (lowerNumbers & QUOTE_KEYS.lowerNumbers) === QUOTE_KEYS.lowerNumbers &&
    (lowerWords & QUOTE_KEYS.lowerWords) === QUOTE_KEYS.lowerWords
  );
}

const TRUE = codes("true");
const FALSE = codes("false");

/** A whole number of at most 15 digits; -1 where it is something else. Leaves frame.at behind it. */
function readInteger(bytes: Uint8Array, from: number, frame: BinanceFrame): number {
  let at = from;
  let c = bytes[at]! - 48;
  let head = c;
  at += 1;
  // Nine digits fit 32 bits; the rest is added in one multiplication.
  const half = from + 9;
  while (at < half && (c = bytes[at]! - 48) >= 0 && c <= 9) {
    head = head * 10 + c;
    at += 1;
  }
  if (at < half) {
    if (head !== 0 && bytes[from] === 48) return -1;
    if (head === 0 && at > from + 1) return -1;
    frame.at = at;
    return head;
  }
  let tail = 0;
  const tailAt = at;
  while ((c = bytes[at]! - 48) >= 0 && c <= 9) {
    if (at - tailAt >= 6) return -1;
    tail = tail * 10 + c;
    at += 1;
  }
  if (bytes[from] === 48) return -1;
  frame.at = at;
  return head * TEN[at - tailAt]! + tail;
}

/** A decimal of at most nine digits before and after the point, exactly as Number() reads it; -1 for anything else. */
function readDecimal(bytes: Uint8Array, from: number, frame: BinanceFrame): number {
  let at = from;
  let c = bytes[at]! - 48;
  if (!(c >= 0 && c <= 9)) return -1;
  let whole = c;
  at += 1;
  while ((c = bytes[at]! - 48) >= 0 && c <= 9) {
    if (at - from >= 9) return -1;
    whole = whole * 10 + c;
    at += 1;
  }
  if (bytes[at] !== DOT) {
    frame.at = at;
    return whole;
  }
  const wholeDigits = at - from;
  at += 1;
  const fractionAt = at;
  let fraction = 0;
  while ((c = bytes[at]! - 48) >= 0 && c <= 9) {
    if (at - fractionAt >= 9) return -1;
    fraction = fraction * 10 + c;
    at += 1;
  }
  const digits = at - fractionAt;
  // Up to 15 digits the mantissa is exact, and so its quotient by an exact power of ten is the nearest float.
  if (digits === 0 || digits + wholeDigits > 15) return -1;
  frame.at = at;
  return fraction === 0 ? whole : (whole * TEN[digits]! + fraction) / TEN[digits]!;
}

/** `["price","size"],...]` after the opening bracket, appended to the frame's levels. */
function readLevels(bytes: Uint8Array, from: number, frame: BinanceFrame): boolean {
  let at = from;
  if (bytes[at] === CLOSE) {
    frame.at = at + 1;
    return true;
  }
  const decimals = frame.lane.book.decimals;
  const scale = TEN[decimals]!;
  let ticks = frame.ticks;
  let sizes = frame.sizes;
  let count = frame.count;
  for (;;) {
    if (bytes[at] !== OPEN || bytes[at + 1] !== QUOTE) return false;
    at += 2;
    const wholeAt = at;
    let c = bytes[at]! - 48;
    if (!(c >= 0 && c <= 9)) return false;
    let whole = c;
    at += 1;
    while ((c = bytes[at]! - 48) >= 0 && c <= 9) {
      if (at - wholeAt >= 9) return false;
      whole = whole * 10 + c;
      at += 1;
    }
    let tick = whole * scale;
    if (bytes[at] === DOT) {
      at += 1;
      const fractionAt = at;
      const stop = at + decimals;
      let fraction = 0;
      while (at < stop && (c = bytes[at]! - 48) >= 0 && c <= 9) {
        fraction = fraction * 10 + c;
        at += 1;
      }
      tick += at === stop ? fraction : fraction * TEN[stop - at]!;
      // Digits finer than the grid must be zeros.
      while (bytes[at] === 48) at += 1;
      if (at === fractionAt) return false;
    }
    if (tick >= 0x7fffffff) return false;
    if (bytes[at] !== QUOTE || bytes[at + 1] !== COMMA || bytes[at + 2] !== QUOTE) return false;
    const size = readDecimal(bytes, at + 3, frame);
    if (size < 0) return false;
    at = frame.at;
    if (bytes[at] !== QUOTE || bytes[at + 1] !== CLOSE) return false;
    at += 2;
    if (count === ticks.length) {
      growFrame(frame, count + 1);
      ticks = frame.ticks;
      sizes = frame.sizes;
    }
    ticks[count] = tick;
    sizes[count] = size;
    count += 1;
    if (bytes[at] === COMMA) at += 1;
    else if (bytes[at] === CLOSE) break;
    else return false;
  }
  frame.count = count;
  frame.at = at + 1;
  return true;
}
