import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { demoDesk } from "../../src/commandline/demo-desk.ts";
import type { MarketEvent } from "../../src/detectors/event.ts";
import type { Hit } from "../../src/detectors/finding.ts";
import { DETECTORS } from "../../src/detectors/load.ts";
import { createWatch } from "../../src/detectors/watch.ts";
import { Secret } from "../../src/kernel/secret.ts";
import { createGateway } from "../../src/sources/feeds/bus/gateway.ts";
import { consumeHits, hitId } from "../../src/sources/feeds/bus/hits.ts";
import { PARTITIONS, connectBus, partitionOf, partitioned } from "../../src/sources/feeds/bus/streams.ts";
import { createMarkets } from "../../src/sources/feeds/market/markets.ts";
import { natsInstalled, natsServer } from "../nats-server.ts";

const START = 1_700_000_000_000;
const COINS = ["DAIUSDT", "USDCUSDT", "FDUSDUSDT", "TUSDUSDT"];

/** Trades of four stablecoins, a second apart; each of them leaves its peg for a while, one after the other. */
function* trades(seconds: number): Generator<MarketEvent> {
  const markets = createMarkets();
  for (let i = 0; i < seconds; i += 1) {
    for (const [at, raw] of COINS.entries()) {
      const broken = i >= 60 * (at + 1) && i < 60 * (at + 1) + 30;
      const time = START + i * 1_000;
      const head = { kind: "trade", market: markets.of("binance", raw), at: time, receivedAt: time + 3 } as const;
      yield { ...head, price: broken ? 0.97 : 1, size: 10, taker: 1, buyer: "", seller: "" };
    }
  }
}

interface WorkerProcess {
  readonly child: ChildProcess;
  partitions: readonly number[];
}

describe.skipIf(!natsInstalled)("detector workers as processes (needs nats-server)", () => {
  const cleanups: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const clean of cleanups.splice(0).toReversed()) await clean();
  });
  const worker = (url: string, desk: string): WorkerProcess => {
    const child = spawn(process.execPath, ["bin/breakwater.js", "worker", "--json"], {
      env: { PATH: process.env["PATH"], NATS_URL: url, BREAKWATER_DESK: desk, BREAKWATER_LOG: "error" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const one: WorkerProcess = { child, partitions: [] };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const line = text.trim().split("\n").at(-1) ?? "{}";
      one.partitions = (JSON.parse(line) as { partitions: number[] }).partitions;
    });
    cleanups.push(async () => void child.kill("SIGKILL"));
    return one;
  };
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 50));
  };

  test("kill -9 of a worker in the middle of the day: exactly one hit per event", { timeout: 120_000 }, async () => {
    const server = await natsServer();
    cleanups.push(async () => server[Symbol.asyncDispose]());
    const folder = await mkdtemp(path.join(tmpdir(), "worker-"));
    cleanups.push(() => rm(folder, { recursive: true }));
    const desk = path.join(folder, "desk.yaml");
    await writeFile(desk, demoDesk("calm", 1, 1));

    const [one, two] = [worker(server.url, desk), worker(server.url, desk)];
    await until(() => one.partitions.length === 4 && two.partitions.length === 4);

    const connection = await connectBus(new Secret(server.url));
    cleanups.push(() => connection.close());
    const got: string[] = [];
    const hits = await consumeHits(connection, {
      name: "desk",
      onHit: async (_, id) => void got.push(id),
      onTrouble: (error) => {
        throw error;
      },
    });
    cleanups.push(async () => hits[Symbol.asyncDispose]());

    const gateway = createGateway(connection, "gateway");
    const events = [...trades(320)];
    const half = events.length / 2;
    const play = async (some: readonly MarketEvent[]): Promise<void> => {
      for (const event of some) {
        gateway.take(event);
        gateway.flush(event.receivedAt);
        await gateway.settled();
      }
      expect(gateway.counts().lost).toBe(0);
    };
    await play(events.slice(0, half));
    await until(() => got.length > 0);
    // The one that watches the coin whose peg breaks next.
    const next = partitionOf("FDUSD", PARTITIONS);
    const [dying, heir] = one.partitions.includes(next) ? [one, two] : [two, one];
    dying.child.kill("SIGKILL");
    await play(events.slice(half));

    const expected: Hit[] = [];
    const watch = createWatch({ detectors: DETECTORS.filter(partitioned), onHit: (hit) => expected.push(hit) });
    for (const event of events) watch.take(event);
    expect(new Set(expected.map((hit) => hit.instrument)).size).toBe(COINS.length);
    await until(() => heir.partitions.length === PARTITIONS && got.length >= expected.length);
    // One more of what the heir played again would come within this.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(got.toSorted()).toEqual(expected.map(hitId).toSorted());
  });
});
