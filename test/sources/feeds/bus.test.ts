import { jetstreamManager } from "@nats-io/jetstream";
import { afterEach, describe, expect, test } from "vitest";
import type { MarketEvent } from "../../../src/detectors/event.ts";
import type { Hit } from "../../../src/detectors/finding.ts";
import { DETECTORS } from "../../../src/detectors/load.ts";
import { createWatch } from "../../../src/detectors/watch.ts";
import type { Alert } from "../../../src/kernel/alert.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { Secret } from "../../../src/kernel/secret.ts";
import { openBus } from "../../../src/sources/feeds/bus/bus.ts";
import { type Gateway, createGateway } from "../../../src/sources/feeds/bus/gateway.ts";
import { consumeHits, hitId } from "../../../src/sources/feeds/bus/hits.ts";
import { type Shares, shareWork } from "../../../src/sources/feeds/bus/shares.ts";
import { connectBus, partitionOf, partitioned } from "../../../src/sources/feeds/bus/streams.ts";
import { type Worker, createWorker } from "../../../src/sources/feeds/bus/worker.ts";
import { applyLevels } from "../../../src/sources/feeds/market/book-keeper.ts";
import { createMarkets } from "../../../src/sources/feeds/market/markets.ts";
import { createSessions } from "../../../src/sources/feeds/market/sessions.ts";
import { natsInstalled, natsServer } from "../../nats-server.ts";

const START = 1_700_000_000_000;
const PARTITIONS = 2;
const DAI = partitionOf("DAI", PARTITIONS);
const none = (): void => undefined;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Trades of two stablecoins, a second apart; one of them loses its peg after a minute. */
function trades(from: number, to: number): MarketEvent[] {
  const markets = createMarkets();
  const events: MarketEvent[] = [];
  for (let i = from; i < to; i += 1) {
    for (const raw of ["USDCUSDT", "DAIUSDT"]) {
      const at = START + i * 1000;
      const price = raw === "DAIUSDT" && i >= 60 ? 0.97 : 1;
      const market = markets.of("binance", raw);
      const head = { kind: "trade", market, at, receivedAt: at + 3 } as const;
      events.push({ ...head, price, size: 10 + i, taker: 1, buyer: "", seller: "" });
    }
  }
  return events;
}

/** What the same events give in one process. */
function inProcess(events: readonly MarketEvent[]): readonly string[] {
  const hits: Hit[] = [];
  const watch = createWatch({ detectors: DETECTORS.filter(partitioned), onHit: (hit) => hits.push(hit) });
  for (const event of events) if (partitionOf(event.market.base, PARTITIONS) === DAI) watch.take(event);
  expect(hits.some((hit) => hit.detector === "stablecoin-depeg")).toBe(true);
  return hits.map(hitId).toSorted();
}

const send = async (gateway: Gateway, from: number, to: number): Promise<void> => {
  for (let i = from; i < to; i += 10) {
    for (const event of trades(i, i + 10)) gateway.take(event);
    gateway.flush(START + (i + 10) * 1000);
  }
  await gateway.settled();
};

describe.skipIf(!natsInstalled)("the market bus (needs nats-server)", { timeout: 60_000 }, () => {
  const open: AsyncDisposable[] = [];
  const kept = <T extends AsyncDisposable>(one: T): T => {
    open.push(one);
    return one;
  };
  afterEach(async () => {
    for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
  });
  const stage = async () => {
    const server = kept(await natsServer());
    const line = async () => {
      const connection = await connectBus(new Secret(server.url));
      kept({ [Symbol.asyncDispose]: () => connection.close() });
      return connection;
    };
    const got: string[] = [];
    kept(
      await consumeHits(await line(), {
        name: "desk",
        onHit: async (_, id) => void got.push(id),
        onTrouble: none,
      }),
    );
    return { server, line, got };
  };

  test("gives exactly one hit per event, though a worker dies and two take its place", async () => {
    const { line, got } = await stage();
    const gateway = createGateway(await line(), "gateway-1", PARTITIONS);
    const dyingLine = await line();
    const dying = await createWorker({ connection: dyingLine, partition: DAI, detectors: DETECTORS });
    await send(gateway, 0, 70);
    await until(() => dying.toldThrough() > 0 && got.length > 0);
    await dyingLine.close();
    await send(gateway, 70, 130);
    const later = { partition: DAI, detectors: DETECTORS };
    const one = kept(await createWorker({ connection: await line(), ...later }));
    const two = kept(await createWorker({ connection: await line(), ...later }));
    const expected = inProcess(trades(0, 130));
    await until(() => got.length >= expected.length && one.played() === two.played() && one.played() >= 14);
    expect(got.toSorted()).toEqual(expected);
  });

  test("a worker that begins late tells nothing that was told before, even where names are forgotten", async () => {
    const { line, got } = await stage();
    const gateway = createGateway(await line(), "gateway-1", PARTITIONS);
    await send(gateway, 0, 100);
    const first = await createWorker({ connection: await line(), partition: DAI, detectors: DETECTORS });
    await until(() => got.length > 0 && first.played() >= 11);
    const toldThrough = first.toldThrough();
    await first[Symbol.asyncDispose]();
    const told: Hit[] = [];
    const connection = await line();
    const spy = connection.request.bind(connection);
    connection.request = (subject, ...rest) => {
      if (subject.startsWith("hits.")) told.push({} as Hit);
      return spy(subject, ...rest);
    };
    const second = kept(await createWorker({ connection, partition: DAI, detectors: DETECTORS, toldThrough }));
    await until(() => second.played() >= 11);
    expect(told).toEqual([]);
  });

  test("a worker builds the same book, whether it heard all of it or began in the middle", async () => {
    const { line } = await stage();
    const connection = await line();
    const gateway = createGateway(connection, "gateway-1", 1);
    const sessions = createSessions({ markets: createMarkets(), emit: (event) => gateway.take(event) });
    const keeper = sessions.of("okx").keeper("BTC-USDT");
    const books: string[] = [];
    const looking: (typeof DETECTORS)[number] = {
      ...DETECTORS[0]!,
      name: "looking",
      stream: ["depth"],
      scope: "market",
      params: {},
      init: () => ({}),
      step: (_: unknown, event: { book: { bestBid: number; bidCount: number; askCount: number } }) => {
        books.push(`${event.book.bestBid} ${event.book.bidCount} ${event.book.askCount}`);
        return [];
      },
    };
    applyLevels(
      keeper,
      [
        ["100.5", "1"],
        ["90", "4"],
      ],
      [["101", "2"]],
      true,
      START,
      START,
    );
    gateway.flush(START);
    applyLevels(keeper, [["100.6", "3"]], [], false, START + 1, START + 1);
    // A minute later the whole book is told again.
    gateway.flush(START + 61_000);
    await gateway.settled();
    const { streams } = await jetstreamManager(connection);
    const { state } = await streams.info("MARKET");
    // What a worker finds whose oldest events have passed: only the last whole book.
    await streams.purge("MARKET", { seq: state.last_seq });
    const late = kept(await createWorker({ connection: await line(), partition: 0, detectors: [looking] }));
    await until(() => late.played() >= 1);
    applyLevels(keeper, [["100.7", "1"]], [["101", "0"]], false, START + 62_000, START + 62_000);
    gateway.flush(START + 62_000);
    await until(() => books.length >= 2);
    expect(books).toEqual(["1006 3 1", "1007 4 0"]);
  });

  test("two processes share the market; what a dead one held goes to the other within seconds", async () => {
    const { line } = await stage();
    const begun: string[] = [];
    const join = async (me: string): Promise<{ shares: Shares; drop: () => Promise<void> }> => {
      const connection = await line();
      const start = async (partition: number): Promise<Worker> => {
        begun.push(`${me} ${partition}`);
        const done = new Promise<void>(none);
        return { done, played: () => 0, toldThrough: () => 0, [Symbol.asyncDispose]: async () => undefined };
      };
      const shares = await shareWork({ connection, me, start, partitions: 4, clock: systemClock, log: silentLog });
      return { shares, drop: () => connection.close() };
    };
    const ana = await join("ana");
    expect(ana.shares.held()).toEqual([0, 1, 2, 3]);
    const bo = await join("bo");
    await until(() => ana.shares.held().length === 2 && bo.shares.held().length === 2);
    expect([...ana.shares.held(), ...bo.shares.held()].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
    await ana.drop();
    await until(() => bo.shares.held().length === 4);
    expect(bo.shares.held()).toEqual([0, 1, 2, 3]);
  });

  test("a desk raises one alert for a hit, says when the server is away, and goes on when it is back", async () => {
    const server = kept(await natsServer());
    const alerts: Alert[] = [];
    let now = START;
    const bus = openBus({
      address: new Secret(server.url),
      detectors: DETECTORS,
      clock: systemClock,
      log: silentLog,
      publishes: () => true,
      receivedAt: () => now,
      emit: async (alert) => void alerts.push(alert),
    });
    kept({ [Symbol.asyncDispose]: () => bus.stop() });
    await until(() => bus.state().publishing && bus.state().partitions.length === 8);
    const play = (from: number, to: number): void => {
      for (const event of trades(from, to)) bus.take(event);
      now = START + to * 1000;
    };
    play(0, 70);
    const depegs = () => alerts.filter((one) => one.kind === "stablecoin.depeg");
    await until(() => depegs().length > 0);
    expect(depegs()[0]).toMatchObject({ status: "firing", labels: { venue: "binance", instrument: "DAI/USDT" } });
    await server.kill();
    await until(() => alerts.some((one) => one.kind === "bus.away"));
    expect(bus.state()).toMatchObject({ up: false });
    expect(alerts.at(-1)).toMatchObject({ kind: "bus.away", status: "firing", severity: "high" });
    play(70, 80);
    await server.start();
    await until(() => alerts.at(-1)?.status === "resolved" && alerts.at(-1)?.kind === "bus.away");
    expect(bus.state()).toMatchObject({ up: true, publishing: true });
    const { published } = bus.state();
    await until(() => bus.state().published > published);
  });

  test("a server that asks for a password gets it from the address, and a wrong one stands in no error", async () => {
    const server = kept(await natsServer(["--user", "desk", "--pass", "a p@ss"]));
    const { host } = new URL(server.url);
    const right = await connectBus(new Secret(`nats://desk:${encodeURIComponent("a p@ss")}@${host}`));
    await right.close();
    const refused = await connectBus(new Secret(`nats://desk:not-the-word@${host}`)).catch(String);
    expect(refused).toMatch(/auth/i);
    expect(refused).not.toContain("not-the-word");
  });
});

test("a coin's instruments of all venues go to one partition, and coins spread over all", () => {
  const coins = Array.from({ length: 200 }, (_, i) => `COIN${i}`);
  expect(new Set(coins.map((coin) => partitionOf(coin, 8))).size).toBe(8);
  expect(partitionOf("BTC", 8)).toBe(partitionOf("BTC", 8));
});
