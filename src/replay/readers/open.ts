import path from "node:path";
import { DeskError } from "../../kernel/errors.ts";
import { type FeedVenue, PARSERS } from "../../sources/feeds/market/venues.ts";
import { MAGIC } from "../block-file.ts";
import { type Blocks, openBlocks } from "./blocks.ts";
import { cacheReader, isCache } from "./cache.ts";
import type { ReplayContext } from "./context.ts";
import { headerOf } from "./csv.ts";
import { dumpLines } from "./dump.ts";
import { lineReader } from "./lines.ts";
import type { Reader } from "./reader.ts";
import { type RowLayout, layoutOf, rowsReader } from "./rows.ts";
import { bareLines, stampedLines } from "./stamped.ts";
import { isTardis, tardisLines } from "./tardis.ts";
import { venueOfMessages } from "./venue-of.ts";

/**
 * What `--format` may name: a venue (raw messages of it), or a CSV layout.
 * A format is only needed where the content does not tell.
 */
export type RecordingFormat = FeedVenue | RowLayout;

const LAYOUTS: readonly string[] = ["trades", "candles", "mark", "funding", "prices"] satisfies RowLayout[];
/** Names by which people may call a format. */
const ALSO: Readonly<Record<string, RecordingFormat>> = {
  "binance-spot": "binance",
  "binance-usdm": "binanceusdm",
  "binance-futures": "binanceusdm",
  "binance-coinm": "binancecoinm",
  "binance-delivery": "binancecoinm",
  ohlcv: "candles",
  "bybit-ob500": "bybit",
  price: "prices",
};

/** Reads a format's name. @throws DeskError INPUT_INVALID where it is none */
export function formatOf(name: string): RecordingFormat | undefined {
  if (Object.hasOwn(PARSERS, name) || LAYOUTS.includes(name)) return name as RecordingFormat;
  if (Object.hasOwn(ALSO, name)) return ALSO[name];
  // Told by their content anyway.
  if (["tardis", "csv", "cryptofeed", "raw", "cache", "auto"].includes(name)) return undefined;
  throw new DeskError(
    "INPUT_INVALID",
    `"${name}" is no recording format; use one of ${[...Object.keys(PARSERS), ...LAYOUTS].join(", ")}`,
  );
}

const HEAD_LINES = 400;
/** What editors put before UTF-8. */
const BYTE_ORDER = Buffer.from([0xef, 0xbb, 0xbf]);
const UTF16 = Buffer.from([0xff, 0xfe]);

/** Reads the beginning, and gives blocks that begin again at the beginning. */
async function peek(blocks: Blocks): Promise<{ head: Buffer; blocks: Blocks }> {
  const held: Buffer[] = [];
  let bytes = 0;
  while (bytes < 1 << 18) {
    const block = await blocks.next();
    if (!block) break;
    held.push(block);
    bytes += block.length;
  }
  if (Buffer.concat(held).subarray(0, BYTE_ORDER.length).equals(BYTE_ORDER)) held[0] = held[0]!.subarray(3);
  const head = Buffer.concat(held);
  return { head, blocks: { ...blocks, next: async () => held.shift() ?? (await blocks.next()) } };
}

/** Which of its markets sent Binance's or Kraken's messages cannot always be told: there the one who asks knows better. */
const family = (venue: FeedVenue): string => venue.replace(/usdm|coinm|futures/, "");

/**
 * Opens a recording and finds out what it holds: a packed or plain file of raw messages, a dump, CSV or our own cache.
 * @throws DeskError RECORDING_UNREADABLE where that cannot be told
 */
export async function openRecording(file: string, context: ReplayContext, format?: RecordingFormat): Promise<Reader> {
  const { head, blocks } = await peek(await openBlocks(file));
  const name = path.basename(file);
  if (isCache(head, name)) return cacheReader(blocks, context);
  const lines = head.toString("latin1").split("\n").slice(0, HEAD_LINES);
  const first = lines[0] ?? "";
  const venue = format !== undefined && Object.hasOwn(PARSERS, format) ? (format as FeedVenue) : undefined;
  if (isTardis(first)) {
    const skipped = afterFirstLine(blocks);
    return lineReader(skipped, tardisLines(first, name, context), context);
  }
  if (/^(\S+:\/\/\S+ (<->|<-|->) )|^\d+\.\d+: /.test(first)) {
    return lineReader(blocks, dumpLines(context.parserOf, venue ?? venueOfMessages(lines)), context);
  }
  const stamped = /^\d{16,19} [{[]/.test(first);
  if (stamped || /^[{[]/.test(first)) {
    const told = venueOfMessages(lines);
    const known = venue ?? told;
    if (venue !== undefined && told !== undefined && family(venue) !== family(told))
      throw new DeskError("INPUT_INVALID", `${file} holds messages of ${told}, not of ${venue}; leave --format out`);
    if (!known)
      throw new DeskError("RECORDING_UNREADABLE", `${file} holds messages of an unknown venue; name it with --format`);
    const parser = context.parserOf(known);
    return lineReader(blocks, stamped ? stampedLines(parser) : bareLines(parser), context);
  }
  const header = headerOf(lines);
  const layout = format !== undefined && LAYOUTS.includes(format) ? (format as RowLayout) : layoutOf(header, name);
  if (layout) return rowsReader(blocks, file, layout, context, venue);
  await blocks.close();
  throw new DeskError("RECORDING_UNREADABLE", `${file} ${strangerIn(head)}`);
}

/** What a file that is no recording looks like, and what to do about it. */
function strangerIn(head: Buffer): string {
  if (head.length === 0) return "is empty";
  if (head.toString("latin1", 0, 5) === MAGIC.slice(0, 5))
    return `was recorded by another version of Breakwater (${head.toString("latin1", 0, 6)}); replay it with that one`;
  if (head[0] === 0x1f && head[1] === 0x8b) return "is packed twice; unpack it once";
  if (head.subarray(0, 2).equals(UTF16)) return "is written in UTF-16; save it as UTF-8";
  return "holds nothing that could be recognised; name its content with --format";
}

/** The same blocks without the header line. */
function afterFirstLine(blocks: Blocks): Blocks {
  let skipped = false;
  return {
    ...blocks,
    async next() {
      const block = await blocks.next();
      if (!block || skipped) return block;
      skipped = true;
      return block.subarray(block.indexOf(10) + 1);
    },
  };
}
