import { type BinanceFrame, growFrame } from "./binance-frame.ts";
import { TEN, readDecimal } from "./byte-figures.ts";

const QUOTE = 34;
const COMMA = 44;
const DOT = 46;
const OPEN = 91;
const CLOSE = 93;

/**
 * `["price","size"],...]` after the opening bracket, appended to the frame's levels; leaves frame.at behind it.
 * @returns false for anything but plain decimals on the grid of the lane's book
 */
export function readLevels(bytes: Uint8Array, from: number, frame: BinanceFrame): boolean {
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
