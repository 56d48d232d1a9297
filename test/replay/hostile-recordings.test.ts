import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { deflateRawSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { MarketEvent } from "../../src/detectors/event.ts";
import { fakeClock } from "../../src/kernel/clock.ts";
import type { SummaryLine } from "../../src/replay/line.ts";
import { formatOf } from "../../src/replay/readers/open.ts";
import { type ReplayOptions, replay } from "../../src/replay/run.ts";

const START = 1_600_000_000_000;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "hostile-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const full = path.join(folder, name);
  await writeFile(full, content);
  return full;
}

async function played(
  files: string[],
  options: ReplayOptions = {},
): Promise<{ events: MarketEvent[]; summary: SummaryLine }> {
  const events: MarketEvent[] = [];
  const onEvent = (event: MarketEvent): void => void events.push({ ...event });
  for await (const line of replay(files, { detectors: [], onEvent, ...options }))
    if (line.type === "summary") return { events, summary: line };
  throw new Error("a replay ends with a summary");
}
const why = (files: string[], options: ReplayOptions = {}): Promise<string> =>
  played(files, options).then(
    () => "replayed",
    (error: Error) => error.message.replaceAll(`${folder}${path.sep}`, ""),
  );

const TRADES = "timestamp,side,price,amount\n";
const trades = (count: number): string =>
  Array.from({ length: count }, (_, i) => `${START + i * 1000},buy,${11_000 + i}.5,1.25\n`).join("");
const CANDLES = "timestamp,open,high,low,close,volume\n";
const binanceTrade = (i: number): string =>
  `{"e":"trade","E":${START + i * 1000},"T":${START + i * 1000},"s":"BTCUSDT","t":${i},"p":"100","q":"1","X":"MARKET","m":false}\n`;
const SUBSCRIBED = '{"result":null,"id":1}\n';

describe("a replay comes to its end", () => {
  test("where two recordings begin with messages that carry no time", async () => {
    const one = await file("one.jsonl", SUBSCRIBED + binanceTrade(0) + binanceTrade(2));
    const two = await file("two.jsonl", SUBSCRIBED + binanceTrade(1) + binanceTrade(3));
    const { events } = await played([one, two]);
    expect(events.map((event) => (event.at - START) / 1000)).toEqual([0, 1, 2, 3]);
  });

  test("where two recordings have the same first moment, be it the year 1970", async () => {
    const one = await file("zero.csv", `${TRADES}0,buy,1,1\n0,buy,2,1\n`);
    const two = await file("zero2.csv", `${TRADES}0,buy,3,1\n`);
    const { events } = await played([one, two]);
    expect(events.map((event) => (event as { price: number }).price)).toEqual([1, 2, 3]);
  });

  test("at a pace, where the first message carries no time, and silence lasts as long as it did", async () => {
    const one = await file("paced.jsonl", SUBSCRIBED + binanceTrade(0) + binanceTrade(3_600));
    const clock = fakeClock(new Date(START));
    const replayed = played([one], { speed: 60, clock });
    let done = false;
    void replayed.then(() => (done = true));
    while (!done) {
      await clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await replayed).events).toHaveLength(2);
    expect(clock.now().getTime() - START).toBeGreaterThanOrEqual(60_000);
  });
});

describe("tables as people save them", () => {
  const rows = `${START},1,3,1,2,9\n${START + 60_000},2,3,1,2,9\n`;
  test.each([
    ["a byte order mark", `\uFEFF${CANDLES}${rows}`],
    ["semicolons", (CANDLES + rows).replaceAll(",", ";")],
    ["tabs", (CANDLES + rows).replaceAll(",", "\t")],
    ["mixed line ends", `${CANDLES.replace("\n", "\r\n")}${rows.replace("\n", "\r\n")}`],
    ["times as powers of ten", `${CANDLES}1.6e12,1,3,1,2,9\n1.60000006E+12,2,3,1,2,9\n`],
    ["an address and remarks before the header", `https://example.org\n# closed bars\n${CANDLES}${rows}`],
  ])("%s: two candles", async (name, text) => {
    const { events, summary } = await played([await file(`${name.replaceAll(" ", "-")}.csv`, text)]);
    expect(events.map((event) => event.at)).toEqual([START + 60_000, START + 120_000]);
    expect(summary.malformed).toBe(0);
  });

  test("a byte order mark does not make Binance's trades of Tardis's", async () => {
    const text = `\uFEFFexchange,symbol,timestamp,local_timestamp,id,side,price,amount\nbitmex,XBTUSD,${START}000,${START}000,x,buy,6425.5,20\n`;
    const { events } = await played([await file("marked.csv", text)]);
    expect(events[0]?.market).toMatchObject({ venue: "bitmex", instrument: "BTC/USD:BTC" });
  });

  test("rows without a time, without an end or without a possible figure are counted and not believed", async () => {
    const text = `${TRADES}${START},buy,100,1\n12 remarks,buy,100,1\n${START},buy,-100,1\n${START},buy,Infinity,1\n${START},buy,100,NaN\n${START},buy,10`;
    const { events, summary } = await played([await file("dirty.csv", text)]);
    expect([events.length, summary.malformed]).toEqual([1, 5]);
    const bars = `${CANDLES}${START},1,2,0.5,NaN,1\n${START + 1},1,0.5,2,1,1\n${START + 2},1,2,-1,1,1\n${START + 3},1,2,1,2,1\n`;
    const candles = await played([await file("bars.csv", bars)]);
    expect([candles.events.length, candles.summary.malformed]).toEqual([1, 3]);
  });

  test.each([
    ["an empty file", "", "empty.csv is empty"],
    ["a header alone", CANDLES, "empty.csv holds no row that could be read"],
    ["a file of 16-bit text", Buffer.from(CANDLES, "utf16le"), "empty.csv holds nothing that could be recognised"],
    ["a file packed twice", gzipSync(gzipSync(CANDLES)), "empty.csv is packed twice; unpack it once"],
    ["another version's recording", "BWREC2\n\0", "empty.csv was recorded by another version of Breakwater (BWREC2)"],
  ])("%s is refused in a sentence", async (_, content, sentence) => {
    expect(await why([await file("empty.csv", content)])).toContain(sentence);
  });

  test("a format that does not fit is refused, and no word of JavaScript is one", async () => {
    const table = await file("table.csv", TRADES + trades(2));
    expect(await why([table], { format: "candles" })).toBe("table.csv has no column open, which candles are read from");
    const messages = await file("messages.jsonl", binanceTrade(0));
    expect(await why([messages], { format: "okx" })).toBe(
      "messages.jsonl holds messages of binanceusdm, not of okx; leave --format out",
    );
    for (const name of ["toString", "constructor", "__proto__"])
      expect(() => formatOf(name)).toThrow(/is no recording/);
  });

  test("a table's venue can be named", async () => {
    const table = await file("venue.csv", TRADES + trades(1));
    expect((await played([table], { format: "bybit" })).events[0]?.market.venue).toBe("bybit");
  });
});

describe("torn and damaged files", () => {
  test("half a row at the end of a torn gzip is no trade", async () => {
    const whole = gzipSync(TRADES + trades(5_000));
    for (const share of [0.3, 0.5, 0.7]) {
      const torn = await file("torn.csv.gz", whole.subarray(0, Math.floor(whole.length * share)));
      const { events, summary } = await played([torn]);
      expect(events.length).toBeGreaterThan(100);
      expect(events.map((event) => (event as { price: number }).price)).toEqual(events.map((_, i) => 11_000.5 + i));
      expect(summary.malformed).toBe(1);
    }
  });

  test("half a row at the end of a torn book is no level", async () => {
    const header = "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n";
    const row = (i: number): string =>
      `deribit,BTC-PERPETUAL,${START + i}000,${START + i}000,${i < 2},bid,${6_000 + i},1\n`;
    const whole = gzipSync(header + Array.from({ length: 5_000 }, (_, i) => row(i)).join(""), { level: 0 });
    const torn = await file("torn-book.csv.gz", whole.subarray(0, whole.length - 12));
    const { events, summary } = await played([torn]);
    expect([events.length, summary.malformed]).toEqual([4_999, 1]);
  });

  /** A zip of one stored or deflated file, with fields of its directory bent. */
  function zip(names: readonly string[], bend: (central: Buffer, end: Buffer) => void = () => undefined): Buffer {
    const body = deflateRawSync(TRADES + trades(3));
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(8, 8);
    const centrals = names.map((name) => {
      const central = Buffer.alloc(46);
      central.writeUInt32LE(0x02014b50, 0);
      central.writeUInt16LE(8, 10);
      central.writeUInt32LE(body.length, 20);
      central.writeUInt16LE(name.length, 28);
      return Buffer.concat([central, Buffer.from(name)]);
    });
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt32LE(Buffer.concat(centrals).length, 12);
    end.writeUInt32LE(30 + body.length, 16);
    bend(centrals[0]!, end);
    return Buffer.concat([local, body, ...centrals, end]);
  }

  test("what a zip claims of four gigabytes is not made room for", async () => {
    const claims: [(central: Buffer, end: Buffer) => void, string][] = [
      [(_, end) => end.writeUInt32LE(0xfffffff0, 12), "claim.zip is a zip whose directory cannot be read"],
      [(_, end) => end.writeUInt32LE(0xfffffff0, 16), "claim.zip is a zip whose directory cannot be read"],
      [(central) => central.writeUInt32LE(0xfffffff0, 20), "claim.zip is a zip whose file lies beyond its end"],
      [(central) => central.writeUInt32LE(0xfffffff0, 42), "claim.zip is a zip whose file lies beyond its end"],
    ];
    for (const [bend, sentence] of claims)
      expect(await why([await file("claim.zip", zip(["a.csv"], bend))])).toContain(sentence);
  });

  test("a zip of two days is not taken for one of them; folders and what macOS adds are passed over", async () => {
    expect(await why([await file("days.zip", zip(["one.csv", "two.csv"]))])).toBe(
      "days.zip is a zip of 2 files (one.csv, two.csv); unpack it",
    );
    const { events } = await played([await file("mac.zip", zip(["day.csv", "day/", "__MACOSX/._day.csv"]))]);
    expect(events).toHaveLength(3);
  });

  test("an lz4 frame that claims or holds nonsense is told by the file's name", async () => {
    const frame = (descriptor: number, size: number, body: Buffer): Buffer => {
      const head = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, descriptor, 0x73, 0, 0, 0, 0]);
      head.writeUInt32LE(size, 7);
      return Buffer.concat([head, body]);
    };
    for (const bytes of [
      frame(0x70, 20, Buffer.alloc(24, 0xff)),
      frame(0x00, 20, Buffer.alloc(24, 0xff)),
      frame(0x70, 0x7ffffff0, Buffer.alloc(24)),
    ])
      expect(await why([await file("bad.lz4", bytes)])).toBe("bad.lz4 is damaged (an lz4 block cannot be unpacked)");
  });
});

describe("the same thing twice", () => {
  test("a recording that is named twice, by another name or with its folder, happened once", async () => {
    const home = await mkdtemp(path.join(folder, "twice-"));
    const one = path.join(home, "day.csv");
    await writeFile(one, TRADES + trades(3));
    await symlink(one, path.join(home, "link.csv"));
    expect((await played([one, one, path.join(home, "link.csv"), home])).events).toHaveLength(3);
  });

  test("two recorders of one book differ from a lost message", async () => {
    const stamped = (i: number, message: object): string => `${START + i}000000 ${JSON.stringify(message)}\n`;
    const text = Array.from({ length: 50 }, (_, i) =>
      stamped(i, {
        e: "depthUpdate",
        E: START + i,
        T: START + i,
        s: "BTCUSDT",
        U: i * 2 + 1,
        u: i * 2 + 2,
        pu: i * 2,
        b: [["100.1", `${i + 1}`]],
        a: [],
      }),
    ).join("");
    const snapshot = stamped(0, { lastUpdateId: 2, bids: [["100.0", "1"]], asks: [["100.2", "1"]] });
    const first = await file("a.log", text.replace("\n", `\n${snapshot}`));
    const late = stamped(40, { lastUpdateId: 20, bids: [["90.0", "1"]], asks: [["100.2", "1"]] });
    const second = await file("b.log", text.split("\n").slice(10).join("\n") + late);
    const { summary } = await played([first, second]);
    expect(summary.gaps).toBe(0);
    expect(summary.books["BTC/USDT:USDT"]).toMatchObject({ bid: "100.1", bids: 2, sequence: 100 });
  });

  test("a snapshot after a break of the feed takes the place of the book before it", async () => {
    const header = "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n";
    const row = (i: number, snapshot: boolean, price: number): string =>
      `deribit,BTC-PERPETUAL,${START + i}000,${START + i}000,${snapshot},bid,${price},1\n`;
    const text =
      header +
      row(0, true, 6_000) +
      row(1, true, 6_001) +
      row(2, false, 6_002) +
      row(3, true, 5_000) +
      row(4, true, 5_001);
    const { summary } = await played([await file("break.csv", text)]);
    expect(summary.books["BTC/USD:BTC"]).toMatchObject({ bid: "5001", bids: 2 });
  });
});
