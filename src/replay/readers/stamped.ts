import type { Parser } from "../../sources/feeds/market/parser.ts";
import type { LineFormat } from "./lines.ts";

const SPACE = 32;

/** Lines `<receive time, ns> <raw websocket JSON>`, as hftbacktest's recorders write them. */
export function stampedLines(parser: Parser): LineFormat {
  let messageAt = 0;
  return {
    timeOf(bytes, start, end) {
      // Thirteen digits are milliseconds; the rest is a fraction of one.
      let whole = 0;
      let at = start;
      for (; at < end && at < start + 13; at += 1) {
        const digit = bytes[at]! - 48;
        if (digit < 0 || digit > 9) return Number.NaN;
        whole = whole * 10 + digit;
      }
      let fraction = 0;
      let digits = 0;
      for (; at < end && bytes[at] !== SPACE; at += 1) {
        if (digits < 6) {
          fraction = fraction * 10 + bytes[at]! - 48;
          digits += 1;
        }
      }
      messageAt = at + 1;
      return whole + fraction / 1e6;
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
