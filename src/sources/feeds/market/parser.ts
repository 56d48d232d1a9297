import type { Book } from "../../../quant/book/shape.ts";
import type { Market } from "../../../detectors/event.ts";
import type { FeedCounters } from "./counters.ts";
import type { Markets } from "./markets.ts";
import type { Emit } from "./records.ts";

/** A book as a feed keeps it. */
export interface KeptBook {
  readonly market: Market;
  readonly book: Book;
  /** The venue's number of the last update applied; 0 where it has none. */
  readonly sequence: number;
}

/** Reads one venue's public messages. It is pure: the same messages give the same events. */
export interface Parser {
  readonly venue: string;
  readonly counters: FeedCounters;
  /** One websocket message: bytes[start, end), received at `receivedAt` ms by our clock. */
  message(bytes: Buffer, start: number, end: number, receivedAt: number): void;
  /** The answer to a REST call, where this venue's books begin with one; false where it was no book, and nothing changed. */
  answer(url: string, body: string, receivedAt: number): boolean;
  books(): readonly KeptBook[];
}

/** What a parser is given. */
export interface ParserContext {
  readonly markets: Markets;
  readonly emit: Emit;
  /** Ticks on a book's flat grid; 65,536 by default. */
  readonly bookWindow?: number;
  /** Called when a book lost its place and needs a new snapshot. */
  readonly resync?: (raw: string) => void;
  /** Called where the venue refuses what was asked of it. */
  readonly refused?: (words: string, message: Readonly<Record<string, unknown>>) => void;
}
