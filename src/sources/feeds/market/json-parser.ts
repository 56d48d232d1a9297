import type { Market } from "../../../detectors/event.ts";
import { type BookKeeper, createKeeper } from "./book-keeper.ts";
import { type FeedCounters, createCounters } from "./counters.ts";
import type { Parser, ParserContext } from "./parser.ts";
import { refusalOf } from "./refusal.ts";
import { type Emit, NOWHERE, type Records, createRecords } from "./records.ts";

/** A JSON object as a venue sends it; every member is checked before use. */
export type Json = { readonly [key: string]: unknown };

/** What a venue's `read` function works with. */
export interface Session {
  readonly context: ParserContext;
  readonly counters: FeedCounters;
  readonly records: Records;
  readonly emit: Emit;
  market(raw: string): Market;
  keeper(raw: string): BookKeeper;
}

/** What one venue file says about itself. */
export interface JsonVenue {
  readonly venue: string;
  /** Keep the text of levels, for a checksum over it. */
  readonly keepTexts?: boolean;
  /** Reads one message that JSON.parse (or `parse`) has read. */
  readonly read: (session: Session, message: Json, receivedAt: number) => void;
  /** A parser that keeps digits, where the venue's checksum needs them. */
  readonly parse?: (text: string) => unknown;
}

/** A parser around a venue's `read`. Messages that are no JSON object are counted as malformed. */
export function jsonParser(venue: JsonVenue, context: ParserContext): Parser {
  const counters = createCounters();
  const records = createRecords(NOWHERE);
  const keepers = new Map<string, BookKeeper>();
  const session: Session = {
    context,
    counters,
    records,
    emit: context.emit,
    market: (raw) => context.markets.of(venue.venue, raw),
    keeper(raw) {
      const known = keepers.get(raw);
      if (known) return known;
      const keeper = createKeeper(session.market(raw), context, counters, records, venue.keepTexts);
      keepers.set(raw, keeper);
      return keeper;
    },
  };
  const parse = venue.parse ?? ((text: string): unknown => JSON.parse(text));
  return {
    venue: venue.venue,
    counters,
    message(bytes, start, end, receivedAt) {
      counters.messages += 1;
      let message: unknown;
      try {
        message = parse(bytes.toString("utf8", start, end));
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
      }
      if (typeof message !== "object" || message === null) {
        counters.malformed += 1;
        return;
      }
      const words = refusalOf(message as Json);
      if (words === undefined) venue.read(session, message as Json, receivedAt);
      else context.refused?.(words, message as Json);
    },
    answer: () => false,
    books: () =>
      [...keepers.values()].map((keeper) => ({ market: keeper.market, book: keeper.book, sequence: keeper.sequence })),
  };
}

/** A member as an array; empty where it is something else. */
export const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);
/** A member as an object; empty where it is something else. */
export const object = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : {});
/** A figure given as text or number; NaN where it is absent or empty. */
export const figure = (value: unknown): number =>
  value === undefined || value === null || value === "" ? Number.NaN : Number(value);
/** A member as text; empty where it is something else. */
export const text = (value: unknown): string => (typeof value === "string" ? value : "");
/** An ISO time, or milliseconds as text or number, in ms; `otherwise` where it is neither. */
export function timeOf(value: unknown, otherwise: number): number {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || value === "") return otherwise;
  const ms = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Date.parse(value);
  return Number.isNaN(ms) ? otherwise : ms;
}
