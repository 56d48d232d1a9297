import type { Parser } from "../../sources/feeds/market/parser.ts";
import type { FeedVenue } from "../../sources/feeds/market/venues.ts";
import type { ParserOf } from "./context.ts";
import type { LineFormat } from "./lines.ts";
import { venueOfUrl } from "./venue-of.ts";

const HEAD_MOST = 4096;

/**
 * Raw dumps of cryptofeed: `<url> <-> <time>` a socket opened, `<url> <- <time>: <message>` sent,
 * `<time>: <message>` received, `<url> -> <time>: <body>` a REST answer; times in seconds.
 */
export function dumpLines(parserOf: ParserOf, named?: FeedVenue): LineFormat {
  let parser: Parser | undefined = named && parserOf(named);
  let bodyAt = 0;
  let answerUrl = "";
  let take = false;
  return {
    timeOf(bytes, start, end) {
      const head = bytes.toString("latin1", start, Math.min(end, start + HEAD_MOST));
      const match = /^(?:(\S+) (<->|<-|->) )?(\d+(?:\.\d+)?)(?:: |$)/.exec(head);
      take = false;
      if (!match) return Number.NaN;
      const [whole, url, arrow, seconds] = match;
      answerUrl = "";
      if (url !== undefined) {
        const venue = venueOfUrl(url);
        if (venue) parser = parserOf(venue);
      }
      take = arrow === undefined || arrow === "->";
      if (arrow === "->") answerUrl = url ?? "";
      bodyAt = start + whole.length;
      return Number(seconds) * 1000;
    },
    take(bytes, _start, end, at) {
      if (!take || parser === undefined) return;
      if (answerUrl === "") parser.message(bytes, bodyAt, end, at);
      else if (answerUrl.includes("depth")) parser.answer(answerUrl, bytes.toString("utf8", bodyAt, end), at);
    },
  };
}
