import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { deflateRawSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { MarketEvent } from "../../src/detectors/event.ts";
import type { SummaryLine } from "../../src/replay/line.ts";
import { LABEL_WINDOW, readLabels, scoreLabels } from "../../src/replay/labels.ts";
import { cells, msOf } from "../../src/replay/readers/csv.ts";
import { replay } from "../../src/replay/run.ts";
import { sharedData } from "../shared-data.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "readers-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function played(file: string, format?: string): Promise<{ events: MarketEvent[]; summary: SummaryLine }> {
  const events: MarketEvent[] = [];
  const options = {
    detectors: [],
    onEvent: (event: MarketEvent) => events.push({ ...event }),
    ...(format === undefined ? {} : { format }),
  };
  for await (const line of replay([file], options)) if (line.type === "summary") return { events, summary: line };
  throw new Error("a replay ends with a summary");
}

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const full = path.join(folder, name);
  await writeFile(full, content);
  return full;
}

test.each([
  ["1623283200000", Date.UTC(2021, 5, 10)],
  ["1502942400.0", Date.UTC(2017, 7, 17, 4)],
  ["1598918403696000", 1_598_918_403_696],
  ["1598918403696000000", 1_598_918_403_696],
  ["2021-06-10 00:00:00", Date.UTC(2021, 5, 10)],
  ["2017-08-17 04-AM", Date.UTC(2017, 7, 17, 4)],
  ["2017-08-17 12-PM", Date.UTC(2017, 7, 17, 12)],
  ["2021-11-17T01:00:00.000000000+0000", Date.UTC(2021, 10, 17, 1)],
  ["2022-05-07 00:00:00+00:00", Date.UTC(2022, 4, 7)],
  ["2021-12-31 23:01:00.000000", Date.UTC(2021, 11, 31, 23, 1)],
  ["2021-02-24 17:00", Date.UTC(2021, 1, 24, 17)],
])("the time %s is understood", (text, ms) => {
  expect(msOf(text)).toBe(ms);
});

test.each(["12 remarks", "Total 5", "-1", "1.2.3", "the end 12", "2021-13-01"])("%s is no time", (text) => {
  expect(msOf(text)).toBeNaN();
});

test("quoted fields may hold commas", () => {
  expect(cells('a,"b,c","d""e",f')).toEqual(["a", "b,c", 'd"e', "f"]);
  expect(cells(',"b",')).toEqual(["", "b", ""]);
  expect(cells('"a;b";c', ";")).toEqual(["a;b", "c"]);
});

describe("candles", () => {
  test("are put in order, come once, and are known at their end", async () => {
    const name = await file(
      "Binance_BTCUSDT_1h.csv",
      "unix,date,symbol,open,high,low,close,Volume BTC\n1502949600.0,x,BTC/USDT,3,3,3,3,1\n1502946000000,x,BTC/USDT,2,2,2,2,1\n1502946000,x,BTC/USDT,2,2,2,2,1\n1502942400,x,BTC/USDT,1,1,1,1,1\n",
    );
    const { events, summary } = await played(name);
    expect(events.map((event) => [event.at, (event as { close: number }).close])).toEqual([
      [1_502_946_000_000, 1],
      [1_502_949_600_000, 2],
      [1_502_953_200_000, 3],
    ]);
    expect(summary.events).toBe(3);
    expect(events[0]!.market).toMatchObject({ venue: "binance", instrument: "BTC/USDT" });
  });

  test("of a funding file are rates, and of a mark file marks", async () => {
    const rows =
      "date,open,high,low,close,volume\n2021-11-18T00:00:00.017000000+0000,0.0001,0,0,0.5,0\n2021-11-18T08:00:00.007000000+0000,0.0002,0,0,0.6,0\n";
    const funding = await played(await file("XRP_USDT_USDT-8h-funding_rate.csv", rows));
    expect(funding.events.map((event) => (event as { rate: number }).rate)).toEqual([0.0001, 0.0002]);
    const marks = await played(await file("XRP_USDT_USDT-8h-mark.csv", rows));
    expect(marks.events.map((event) => event.kind)).toEqual(["mark", "mark"]);
    expect(marks.events[0]!.market.instrument).toBe("XRP/USDT:USDT");
  });
});

test("trades come with side, price and size", async () => {
  const { events } = await played(
    await file(
      "APPC.csv",
      "symbol,timestamp,datetime,side,price,amount,btc_volume\nAPPC/BTC,1605549866174,x,sell,1.36e-06,335.0,0.0004\n",
    ),
  );
  expect(events[0]).toMatchObject({ kind: "trade", price: 1.36e-6, size: 335, taker: -1 });
});

describe("Tardis files", () => {
  test("of an incremental book: rows of one message are one update, a snapshot comes first", async () => {
    const head = "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n";
    const row = (time: number, snapshot: boolean, side: string, price: number, amount: number) =>
      `deribit,BTC-PERPETUAL,${time},${time + 5},${snapshot},${side},${price},${amount}\n`;
    const text =
      head +
      row(1_585_699_200_245_000, true, "ask", 6421.5, 10) +
      row(1_585_699_200_245_000, true, "bid", 6421, 20) +
      row(1_585_699_200_345_000, false, "bid", 6421, 0) +
      row(1_585_699_200_345_000, false, "bid", 6420.5, 7);
    const { events, summary } = await played(await file("l2.csv", text));
    expect(events.map((event) => [event.kind, (event as { snapshot: boolean }).snapshot])).toEqual([
      ["depth", true],
      ["depth", false],
    ]);
    expect(summary.books["BTC/USD:BTC"]).toMatchObject({ bid: "6420.5", ask: "6421.5", bids: 1 });
  });

  test("of derivative tickers give marks, funding and open interest; of liquidations forced orders", async () => {
    const ticker = await played(
      await file(
        "t.csv",
        "exchange,symbol,timestamp,local_timestamp,funding_timestamp,funding_rate,predicted_funding_rate,open_interest,last_price,index_price,mark_price\nbinance-futures,BTCUSDT,1585699200245000,1585699200245000,,0.0001,,5,100,99,98\n",
      ),
    );
    expect(ticker.events.map((event) => event.kind)).toEqual(["mark", "funding", "ticker"]);
    const forced = await played(
      await file(
        "binance-futures_liquidations.csv",
        "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\nbinance-futures,BTCUSDT,1585699200245000,1585699200245000,,sell,100,2\n",
      ),
    );
    expect(forced.events[0]).toMatchObject({ kind: "liquidation", taker: -1, market: { venue: "binanceusdm" } });
  });
});

describe("packed files", () => {
  const message =
    '{"topic":"orderbook.50.XRPUSDT","type":"snapshot","ts":1733011200691,"data":{"s":"XRPUSDT","b":[["1.9531","6203"]],"a":[["1.9535","1"]],"u":1,"seq":1}}\n';

  test("a zip of one entry is read by its directory", async () => {
    const body = deflateRawSync(message);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(8, 8);
    local.writeUInt16LE(1, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(8, 10);
    central.writeUInt32LE(body.length, 20);
    central.writeUInt16LE(1, 28);
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt32LE(47, 12);
    end.writeUInt32LE(31 + body.length, 16);
    const zip = Buffer.concat([local, Buffer.from("x"), body, central, Buffer.from("x"), end]);
    const { summary } = await played(await file("ob.zip", zip));
    expect(summary.books["XRP/USDT:USDT"]).toMatchObject({ bid: "1.9531", ask: "1.9535", sequence: 1 });
    await expect(played(await file("cut.zip", zip.subarray(0, 60)))).rejects.toThrow(/without a directory/);
  });

  test.skipIf(!existsSync("/usr/bin/lz4"))(
    "lz4 frames, as Hyperliquid keeps them (needs the lz4 program)",
    async () => {
      const lines = Array.from({ length: 3000 }, (_, i) =>
        JSON.stringify({
          channel: "trades",
          data: [
            {
              coin: "BTC",
              side: "B",
              px: String(100 + (i % 50)),
              sz: "1",
              time: 1_737_918_844_000 + i,
              users: ["0xa", `0x${i}`],
            },
          ],
        }),
      );
      const packed = execFileSync("/usr/bin/lz4", ["-c", "-B4"], { input: `${lines.join("\n")}\n` });
      const { events } = await played(await file("trades.lz4", packed));
      expect(events).toHaveLength(3000);
      expect(events.at(-1)).toMatchObject({ price: 149, seller: "0x2999" });
    },
  );
});

describe("labels", () => {
  test("are read from every published layout", async () => {
    const cut = await file(
      "a.csv",
      "Number;channel;coin;exchange;pair;timestamp;growth\n4;x;BRD;binance;BTC;2021-02-24 17:00;86,36%\n",
    );
    const telegram = await file("b.csv", "symbol,group,date,hour,exchange\nLRC,ATW,2018-01-03,15:59,yobit\n");
    expect(await readLabels(cut)).toEqual([
      { at: Date.UTC(2021, 1, 24, 17), instrument: "BRD/BTC", detector: "pump-and-dump" },
    ]);
    expect(await readLabels(telegram)).toEqual([
      { at: Date.UTC(2018, 0, 3, 15, 59), instrument: "LRC/BTC", detector: "pump-and-dump" },
    ]);
  });

  test("that name a detector leave what others say aside", () => {
    const hits = [
      { at: 1000, instrument: "A", detector: "pump-and-dump" },
      { at: 2_000_000_000, instrument: "A", detector: "wash-trading" },
    ];
    const labels = [{ at: 0, instrument: "A", detector: "pump-and-dump" }];
    const score = scoreLabels(labels, hits, [{ instrument: "A", from: 0, to: 86_400_000 }]);
    expect(score).toMatchObject({ precision: 1, recall: 1, falsePerDay: 0 });
  });

  test("of none say that nothing happened, so that every alert is a false one", () => {
    const hits = [
      { at: 1000, instrument: "A", detector: "pump-and-dump" },
      { at: 40_000_000, instrument: "A", detector: "price-jump" },
    ];
    const score = scoreLabels([], hits, [{ instrument: "A", from: 0, to: 86_400_000 }]);
    expect(score).toMatchObject({ labels: 0, precision: 0, recall: null, falsePerDay: 2 });
  });

  test("of one event that several groups announced count once", () => {
    const label = { at: 0, instrument: "A", detector: "pump-and-dump" };
    const hits = [{ at: 60_000_000, instrument: "A", detector: "pump-and-dump" }];
    const score = scoreLabels([label, { ...label }, { ...label, at: 60_000_000 }], hits, [
      { instrument: "A", from: 0, to: 86_400_000 },
    ]);
    expect(score).toMatchObject({ labels: 2, recall: 0.5, precision: 1 });
  });

  test("whose time cannot be read, or whose detector there is not, are refused rather than passed over", async () => {
    const torn = await file("torn.csv", "at,instrument\n1600000000000,BTC/USDT\nyesterday,BTC/USDT\n");
    await expect(readLabels(torn)).rejects.toThrow('torn.csv, line 3: "yesterday" is no time');
    const typed = await file("typed.csv", "at,instrument,detector\n1600000000000,BTC/USDT,pump-and-dmp\n");
    const recording = await file("trades.csv", "timestamp,side,price,amount\n1600000000000,buy,1,1\n");
    const replayed = replay([recording], { labels: typed }).next();
    await expect(replayed).rejects.toThrow('"pump-and-dmp" is no detector');
  });

  test("give precision, recall, delay and false alerts a day; an alert that grew worse counts once", () => {
    const day = 86_400_000;
    const hits = [
      { at: 1000, instrument: "A" },
      { at: 2000, instrument: "A" },
      { at: day, instrument: "A" },
      { at: day + 5000, instrument: "A" },
    ];
    const labels = [
      { at: 0, instrument: "A" },
      { at: day / 2, instrument: "A" },
      { at: 0, instrument: "B" },
    ];
    const score = scoreLabels(labels, hits, [{ instrument: "A", from: -day, to: day }], LABEL_WINDOW);
    expect(score).toEqual({
      labels: 2,
      outside: 1,
      precision: 0.5,
      recall: 0.5,
      f1: 0.5,
      detected: 0.5,
      delayMs: 1000,
      falsePerDay: 0.5,
    });
  });
});

const shared = sharedData("tardis-samples");
test.skipIf(shared === undefined)("every layout among the published samples is recognised (shared data)", async () => {
  const samples: [string, number, string][] = [
    ["tardis-samples/binance-futures_book_snapshot_25_BTCUSDT.csv", 10, "depth"],
    ["tardis-samples/bitmex_trades_XBTUSD.csv", 10, "trade"],
    ["tardis-samples/huobi-dm-swap_quotes_BTC-USD.csv", 10, "quote"],
    ["tardis-samples/deribit_incremental_book_L2_BTC-PERPETUAL.csv", 15, "depth"],
    ["bybit-ob500-2024-12-01/2024-12-01_XRPUSDT_ob500.data.zip", 50, "depth"],
    ["hyperliquid-l2-20250126/btcusd_20250126.gz", 55, "depth"],
    ["depeg-ust-2022-05/ust_hourly_2022-05-07_2022-05-13.csv", 145, "ticker"],
    ["freqtrade-xrp-perp-2021-11/public_trades_list_2023-02-02.csv.gz", 1000, "trade"],
    ["perp-1m-2022-01/btc-perp-20211231-20220201_1m.csv.gz", 45_031, "candle"],
    ["ohlcv-1h-binance/Binance_BTCUSDT_1h.csv.gz", 33_413, "candle"],
  ];
  for (const [name, count, kind] of samples) {
    const { events, summary } = await played(sharedData(name)!);
    expect([name, summary.events, summary.gaps, events.some((event) => event.kind === kind)]).toEqual([
      name,
      count,
      0,
      true,
    ]);
  }
});
