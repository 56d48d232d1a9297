import path from "node:path";
import { DeskError } from "../../kernel/errors.ts";
import { type FeedVenue, PARSERS } from "../../sources/feeds/market/venues.ts";
import { type Blocks, openBlocks } from "./blocks.ts";
import { cacheReader, isCache } from "./cache.ts";
import type { ReplayContext } from "./context.ts";
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
  if (name in PARSERS || LAYOUTS.includes(name)) return name as RecordingFormat;
  if (name in ALSO) return ALSO[name];
  // Told by their content anyway.
  if (["tardis", "csv", "cryptofeed", "raw", "cache", "auto"].includes(name)) return undefined;
  throw new DeskError(
    "INPUT_INVALID",
    `"${name}" is no recording format; use one of ${[...Object.keys(PARSERS), ...LAYOUTS].join(", ")}`,
  );
}

const HEAD_LINES = 400;

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
  const head = Buffer.concat(held);
  return { head, blocks: { next: async () => held.shift() ?? (await blocks.next()), close: () => blocks.close() } };
}

/**
 * Opens a recording and finds out what it holds: a packed or plain file of raw messages, a dump, CSV or our own cache.
 * @throws DeskError RECORDING_UNREADABLE where that cannot be told
 */
export async function openRecording(file: string, context: ReplayContext, format?: RecordingFormat): Promise<Reader> {
  const { head, blocks } = await peek(await openBlocks(file));
  if (isCache(head)) return cacheReader(blocks, context);
  const lines = head.toString("latin1").split("\n").slice(0, HEAD_LINES);
  const first = lines[0] ?? "";
  const name = path.basename(file);
  const venue = format !== undefined && format in PARSERS ? (format as FeedVenue) : undefined;
  if (isTardis(first)) {
    const skipped = afterFirstLine(blocks);
    return lineReader(skipped, tardisLines(first, name, context), context.stopped);
  }
  if (/^(\S+:\/\/\S+ (<->|<-|->) )|^\d+\.\d+: /.test(first)) {
    return lineReader(blocks, dumpLines(context.parserOf, venue ?? venueOfMessages(lines)), context.stopped);
  }
  const stamped = /^\d{16,19} [{[]/.test(first);
  if (stamped || /^[{[]/.test(first)) {
    const known = venue ?? venueOfMessages(lines);
    if (!known)
      throw new DeskError("RECORDING_UNREADABLE", `${file} holds messages of an unknown venue; name it with --format`);
    const parser = context.parserOf(known);
    return lineReader(blocks, stamped ? stampedLines(parser) : bareLines(parser), context.stopped);
  }
  const header = lines.find((line) => !line.startsWith("#") && line.includes(",")) ?? "";
  const layout = format !== undefined && LAYOUTS.includes(format) ? (format as RowLayout) : layoutOf(header, name);
  if (layout) return rowsReader(blocks, file, layout, context);
  await blocks.close();
  throw new DeskError(
    "RECORDING_UNREADABLE",
    `${file} holds nothing that could be recognised; name its content with --format`,
  );
}

/** The same blocks without the header line. */
function afterFirstLine(blocks: Blocks): Blocks {
  let skipped = false;
  return {
    async next() {
      const block = await blocks.next();
      if (!block || skipped) return block;
      skipped = true;
      return block.subarray(block.indexOf(10) + 1);
    },
    close: () => blocks.close(),
  };
}
