import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Hit } from "../../../../src/detectors/finding.ts";
import { DETECTORS } from "../../../../src/detectors/load.ts";
import {
  connectBus,
  consumeHits,
  createGateway,
  createWorker,
  hitId,
  partitionOf,
  partitioned,
} from "../../../../src/sources/feeds/bus.ts";
import { createWatch } from "../../../../src/detectors/watch.ts";
import { createMarkets } from "../../../../src/sources/feeds/market/markets.ts";
import type { MarketEvent } from "../../../../src/detectors/event.ts";

const SERVER = "/usr/sbin/nats-server";
const START = 1_700_000_000_000;
const PARTITIONS = 2;

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Trades of two stablecoins, one of which loses its peg. */
function trades(from: number, to: number): MarketEvent[] {
  const markets = createMarkets();
  const events: MarketEvent[] = [];
  for (let i = from; i < to; i += 1) {
    for (const raw of ["USDCUSDT", "DAIUSDT"]) {
      const at = START + i * 1000;
      const price = raw === "DAIUSDT" && i >= 60 ? 0.97 : 1;
      events.push({
        kind: "trade",
        market: markets.of("binance", raw),
        at,
        receivedAt: at + 3,
        price,
        size: 10 + i,
        taker: 1,
        buyer: "",
        seller: "",
      });
    }
  }
  return events;
}

describe.skipIf(!existsSync(SERVER))("the bus (needs nats-server)", () => {
  let server: ChildProcess;
  let folder: string;
  let url: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "nats-"));
    const port = await freePort();
    url = `nats://127.0.0.1:${port}`;
    server = spawn(SERVER, ["-js", "-sd", folder, "-a", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
    for (let open = false; !open;) {
      open = await new Promise<boolean>((resolve) => {
        const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
        socket.on("connect", () => socket.destroy());
      });
      if (!open) await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
  afterAll(async () => {
    server.kill();
    await rm(folder, { recursive: true });
  });

  test("gives exactly one hit per event, though a worker dies and two take its place", async () => {
    const [gatewaySide, first, second, third, intake] = await Promise.all(
      Array.from({ length: 5 }, () => connectBus(url)),
    );
    const gateway = createGateway(gatewaySide!, "gateway-1", { partitions: PARTITIONS });
    const partition = partitionOf("DAI", PARTITIONS);
    const got: string[] = [];
    await using hits = await consumeHits(intake!, "intake", (_, id) => {
      got.push(id);
      return Promise.resolve();
    });
    const send = async (from: number, to: number): Promise<void> => {
      for (let i = from; i < to; i += 10) {
        for (const event of trades(i, i + 10)) gateway.take(event);
        await gateway.flush(START + (i + 10) * 1000);
      }
    };
    const dying = await createWorker(first!, partition, DETECTORS);
    await send(0, 70);
    await until(() => dying.played() >= 7);
    await first!.close();
    await send(70, 130);
    await using one = await createWorker(second!, partition, DETECTORS);
    await using two = await createWorker(third!, partition, DETECTORS);
    await until(() => one.played() >= 13 && two.played() >= 13);

    // The same events in one process.
    const expected: Hit[] = [];
    const watch = createWatch({ detectors: partitioned(DETECTORS), onHit: (hit) => expected.push(hit) });
    for (const event of trades(0, 130)) if (partitionOf(event.market.base, PARTITIONS) === partition) watch.take(event);
    await until(() => got.length >= expected.length);
    expect(expected.some((hit) => hit.detector === "stablecoin-depeg")).toBe(true);
    expect(got.toSorted()).toEqual(expected.map(hitId).toSorted());

    void hits;
    for (const connection of [gatewaySide, second, third, intake]) await connection!.close();
  });
});

test("a coin's instruments of all venues go to one partition, and coins spread over all", () => {
  const coins = Array.from({ length: 200 }, (_, i) => `COIN${i}`);
  expect(new Set(coins.map((coin) => partitionOf(coin, 8))).size).toBe(8);
  expect(partitionOf("BTC", 8)).toBe(partitionOf("BTC", 8));
});
