import type { Parser } from "../../sources/feeds/market/parser.ts";
import type { LineFormat } from "./lines.ts";

const SPACE = 32;

/** The whole number in bytes[start, end), at most nine digits; -1 where one of them is no digit. */
function digitsAt(bytes: Buffer, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const digit = bytes[at]! - 48;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Lines `<receive time, ns> <raw websocket JSON>`, as hftbacktest's recorders write them. */
export function stampedLines(parser: Parser): LineFormat {
  let messageAt = 0;
  return {
    timeOf(bytes, start, end) {
      // Thirteen digits are milliseconds; the rest is a fraction of one. Nine digits at a time fit 32 bits.
      const head = digitsAt(bytes, start, start + 9);
      const tail = digitsAt(bytes, start + 9, start + 13);
      if (head < 0 || tail < 0 || end < start + 13) return Number.NaN;
      let at = start + 13;
      let fraction = 0;
      let scale = 1;
      for (; at < end && bytes[at] !== SPACE; at += 1) {
        if (scale === 1_000_000) continue;
        fraction = fraction * 10 + bytes[at]! - 48;
        scale *= 10;
      }
      messageAt = at + 1;
      return head * 10_000 + tail + fraction / scale;
    },
    take: (bytes, _start, end, at) => parser.message(bytes, messageAt, end, at),
  };
}

/** Lines of raw JSON without a receive time; the venue's own time stands in for it. */
export function bareLines(parser: Parser): LineFormat {
  return {
    timeOf(bytes, start, end) {
      const match = /"(?:ts|E|T|time|timestamp)":"?(\d{13})/.exec(bytes.toString("latin1", start, end));
      return match ? Number(match[1]) : Number.NaN;
    },
    take: (bytes, start, end, at) => parser.message(bytes, start, end, Number.isFinite(at) ? at : 0),
  };
}
