import { describe, expect, test } from "vitest";
import type { SummaryLine } from "../../../../src/replay/line.ts";
import { replay } from "../../../../src/replay/run.ts";
import { sharedData } from "../../../shared-data.ts";

async function summaryOf(...files: string[]): Promise<SummaryLine> {
  for await (const line of replay(files, { detectors: [] })) if (line.type === "summary") return line;
  throw new Error("a replay ends with a summary");
}

const ws = sharedData("exchange-ws-recordings");
const l2 = sharedData("binance-l2-btc-20240808");

describe.skipIf(ws === undefined || l2 === undefined)("recordings of real venues (shared data)", () => {
  test.each([
    ["OKX.ws.1.0.gz", 410, 290],
    ["BYBIT.ws.25.0.gz", 3342, 0],
    ["BYBIT.ws.26.0.gz", 1098, 0],
    ["DERIBIT.ws.1.0.gz", 136, 0],
    ["BITMEX.ws.1.0.gz", 2120, 0],
  ])("%s: every message is read, no gap, no crossed book, every checksum holds", async (file, events, checksums) => {
    const summary = await summaryOf(`${ws!}/${file}`);
    expect(summary).toMatchObject({
      events,
      gaps: 0,
      crossed: 0,
      malformed: 0,
      checksumsVerified: checksums,
      checksumsFailed: 0,
    });
  });

  test("Binance's futures begin with the REST snapshots of another file", async () => {
    const summary = await summaryOf(`${ws!}/BINANCE_FUTURES.http.0.0.gz`, `${ws!}/BINANCE_FUTURES.ws.1.0.gz`);
    expect(summary).toMatchObject({ events: 1535, gaps: 0, malformed: 0 });
    expect(Object.keys(summary.books)).toHaveLength(4);
  });

  test("the three BTC books of 8 August 2024 end on their last best quotes", async () => {
    const summary = await summaryOf(l2!);
    expect(summary).toMatchObject({ events: 93_954 + 41_249 + 48_270, gaps: 0, crossed: 0, malformed: 0 });
    expect(summary.books["BTC/USDT"]).toMatchObject({ bid: "61685.99", ask: "61686" });
    expect(summary.books["BTC/USDT:USDT"]).toMatchObject({ bid: "61659.7", ask: "61659.8" });
    expect(summary.books["BTC/USD:BTC"]).toMatchObject({ bid: "61668.6", ask: "61668.7" });
  });
});
