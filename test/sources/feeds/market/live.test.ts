import { describe, expect, test } from "vitest";
import { fakeClock } from "../../../../src/kernel/clock.ts";
import type { MarketEvent } from "../../../../src/detectors/event.ts";
import {
  type FeedPlan,
  type FeedWorld,
  type SocketEvents,
  liveFeed,
} from "../../../../src/sources/feeds/market/live.ts";
import { createMarkets } from "../../../../src/sources/feeds/market/markets.ts";
import { subscriptionsOf } from "../../../../src/sources/feeds/market/subscriptions.ts";
import { PARSERS, type FeedVenue } from "../../../../src/sources/feeds/market/venues.ts";

/** The first connection that a venue's instrument is heard by. */
const plan = (venue: FeedVenue, raw: string): FeedPlan => ({
  venue,
  raws: [raw],
  subscription: subscriptionsOf(venue, [raw])[0]!,
});

/** A venue of one socket that the test plays. */
function world(snapshots: (string | Error)[] = []) {
  const clock = fakeClock(new Date(1_700_000_000_000));
  const sockets: { url: string; events: SocketEvents; sent: string[]; closed: boolean }[] = [];
  const asked: string[] = [];
  const troubles: string[] = [];
  const outside: FeedWorld = {
    clock,
    receivedAt: () => clock.now().getTime(),
    onTrouble: (sentence) => void troubles.push(sentence),
    open: (url, events) => {
      const one = { url, events, sent: [] as string[], closed: false };
      sockets.push(one);
      return {
        send: (message) => void one.sent.push(message),
        close: () => {
          one.closed = true;
          events.onClose("closed by us");
        },
      };
    },
    fetch: (url) => {
      asked.push(url);
      const answer = snapshots.shift();
      return answer === undefined || answer instanceof Error
        ? Promise.reject(answer ?? new Error("no answer"))
        : Promise.resolve(answer);
    },
  };
  const kinds: string[] = [];
  const emit = (event: MarketEvent): void =>
    void kinds.push(event.kind === "feed" ? `feed:${event.state}` : event.kind);
  return { clock, sockets, asked, kinds, troubles, outside, emit };
}

const depth = (U: number, u: number, pu: number): Buffer =>
  Buffer.from(
    JSON.stringify({
      e: "depthUpdate",
      E: 1_700_000_000_000,
      T: 1_700_000_000_000,
      s: "BTCUSDT",
      U,
      u,
      pu,
      b: [["100.0", "1"]],
      a: [],
    }),
  );
const snapshot = (lastUpdateId: number): string =>
  JSON.stringify({ lastUpdateId, bids: [["99.0", "1"]], asks: [["101.0", "1"]] });
const settle = async (): Promise<void> => {
  for (let i = 0; i < 10; i += 1) await Promise.resolve();
};

describe("a live feed", () => {
  test("opens, asks for the snapshot, and asks again when it lost its place", async () => {
    const one = world([snapshot(5), snapshot(50)]);
    await using feed = liveFeed(plan("binanceusdm", "BTCUSDT"), one.outside, createMarkets(), one.emit);
    const [socket] = one.sockets;
    expect(socket!.url).toContain("btcusdt@depth@100ms");
    socket!.events.onMessage(depth(4, 6, 3));
    socket!.events.onOpen();
    await settle();
    expect(one.asked).toHaveLength(1);
    expect(one.kinds).toEqual(["feed:open", "depth", "depth"]);
    await one.clock.advance(5000);
    socket!.events.onMessage(depth(20, 21, 19));
    await settle();
    expect(one.asked).toHaveLength(2);
    expect(one.kinds.slice(3)).toEqual(["feed:gap", "depth", "depth", "feed:resynced"]);
    expect(feed.parser.counters.gaps).toBe(1);
  });

  test("asks again for a snapshot that could not be had, and for one that came too early", async () => {
    const one = world([new Error("503"), snapshot(5), snapshot(50)]);
    await using feed = liveFeed(plan("binanceusdm", "BTCUSDT"), one.outside, createMarkets(), one.emit);
    one.sockets[0]!.events.onOpen();
    one.sockets[0]!.events.onMessage(depth(20, 21, 19));
    await settle();
    expect(one.asked).toHaveLength(1);
    expect(one.troubles[0]).toContain("503");
    await one.clock.advance(2000);
    expect(one.asked).toHaveLength(2);
    await one.clock.advance(2000);
    expect(one.asked).toHaveLength(3);
    expect(one.kinds.at(-1)).toBe("feed:resynced");
    expect(feed.parser.books()[0]!.sequence).toBe(50);
  });

  test("reconnects with growing pauses, and quickly again once messages have come", async () => {
    const one = world();
    await using feed = liveFeed(plan("okx", "BTC-USDT"), one.outside, createMarkets(), one.emit);
    const waits: number[] = [];
    for (let i = 0; i < 4; i += 1) {
      const from = one.clock.now().getTime();
      const count = one.sockets.length;
      one.sockets.at(-1)!.events.onClose("refused");
      while (one.sockets.length === count) await one.clock.advance(100);
      waits.push(one.clock.now().getTime() - from);
    }
    expect(waits).toEqual([500, 1000, 2000, 4000]);
    one.sockets.at(-1)!.events.onOpen();
    await one.clock.advance(10_000);
    one.sockets.at(-1)!.events.onMessage(Buffer.from("{}"));
    one.sockets.at(-1)!.events.onClose("gone");
    await one.clock.advance(500);
    expect(feed.reconnects()).toBe(5);
  });

  test("calls a venue that says one thing and closes less and less often", async () => {
    const one = world();
    await using feed = liveFeed(plan("okx", "BTC-USDT"), one.outside, createMarkets(), one.emit);
    for (let second = 0; second < 60; second += 1) {
      const socket = one.sockets.at(-1)!;
      if (one.sockets.length > feed.reconnects()) {
        socket.events.onOpen();
        socket.events.onMessage(Buffer.from('{"event":"error"}'));
        socket.events.onClose("refused");
      }
      await one.clock.advance(1000);
    }
    // Twice as long each time: without that there would be a hundred.
    expect(feed.reconnects()).toBeLessThan(12);
  });

  test("asks again, and lives on, where the answer is a page instead of a book; the book stays as it was", async () => {
    const one = world([snapshot(5), "<html>Bad gateway</html>", "{}", snapshot(50)]);
    await using feed = liveFeed(plan("binanceusdm", "BTCUSDT"), one.outside, createMarkets(), one.emit);
    one.sockets[0]!.events.onOpen();
    await settle();
    await one.clock.advance(5000);
    one.sockets[0]!.events.onMessage(depth(20, 21, 19));
    await settle();
    expect(one.troubles).toHaveLength(1);
    expect(feed.parser.books()[0]!.book.askCount).toBe(1);
    await one.clock.advance(2000);
    await one.clock.advance(4000);
    expect(one.asked).toHaveLength(4);
    expect(feed.parser.books()[0]!.sequence).toBe(50);
  });

  test("asks less and less often for a book that the venue refuses", async () => {
    const one = world();
    await using feed = liveFeed(plan("binanceusdm", "BTCUSDT"), one.outside, createMarkets(), one.emit);
    void feed;
    one.sockets[0]!.events.onOpen();
    await settle();
    await one.clock.advance(120_000);
    expect(one.asked.length).toBeLessThan(8);
  });

  test("keeps what comes while a lost book is asked for: the answer may be older than that", async () => {
    const one = world([snapshot(5), snapshot(22)]);
    let answer: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => {
      answer = resolve;
    });
    let asked = 0;
    const outside: FeedWorld = {
      ...one.outside,
      fetch: async (url) => {
        asked += 1;
        const body = await one.outside.fetch(url);
        if (asked === 2) await slow;
        return body;
      },
    };
    await using feed = liveFeed(plan("binanceusdm", "BTCUSDT"), outside, createMarkets(), one.emit);
    const { events } = one.sockets[0]!;
    events.onOpen();
    await settle();
    await one.clock.advance(5000);
    events.onMessage(depth(20, 21, 19));
    events.onMessage(depth(22, 23, 21));
    events.onMessage(depth(24, 25, 23));
    answer();
    await settle();
    events.onMessage(depth(26, 27, 25));
    expect(feed.parser.counters.gaps).toBe(1);
    expect(feed.parser.books()[0]!.sequence).toBe(27);
  });

  test("a message that its parser chokes on costs the connection, not the process", async () => {
    const one = world();
    await using feed = liveFeed(plan("binanceusdm", "BTCUSDT"), one.outside, createMarkets(), one.emit);
    one.sockets[0]!.events.onOpen();
    one.sockets[0]!.events.onMessage(Buffer.from('{"data":{"e":"forceOrder","E":1}}'));
    expect(feed.parser.counters.malformed).toBe(1);
    expect(one.sockets[0]!.closed).toBe(true);
    await one.clock.advance(1000);
    expect(feed.reconnects()).toBe(1);
  });

  test("closes a socket that says nothing, though it still looks open", async () => {
    const one = world();
    await using feed = liveFeed(plan("okx", "BTC-USDT"), one.outside, createMarkets(), one.emit);
    one.sockets[0]!.events.onOpen();
    await one.clock.advance(29_000);
    expect(one.sockets[0]!.closed).toBe(false);
    await one.clock.advance(4000);
    expect(one.sockets[0]!.closed).toBe(true);
    expect(one.kinds).toContain("feed:closed");
    expect(feed.reconnects()).toBe(1);
  });

  test("tells times as the watch counts them, which leaves out what this process stood still", async () => {
    const one = world([snapshot(5)]);
    const times: number[] = [];
    const outside: FeedWorld = { ...one.outside, receivedAt: () => 42 };
    await using feed = liveFeed(plan("binanceusdm", "BTCUSDT"), outside, createMarkets(), (event) => {
      times.push(event.receivedAt);
    });
    void feed;
    one.sockets[0]!.events.onOpen();
    await settle();
    one.sockets[0]!.events.onMessage(depth(4, 6, 3));
    expect(times).toEqual([42, 42, 42]);
  });

  test("knows why an instrument may not be heard, in the venue's words with nothing hidden in them", async () => {
    const one = world();
    const raws = ["BTC-USDT", "BTC-USDX"];
    const two: FeedPlan = { venue: "okx", raws, subscription: subscriptionsOf("okx", raws)[0]! };
    await using feed = liveFeed(two, one.outside, createMarkets(), one.emit);
    const { events } = one.sockets[0]!;
    events.onOpen();
    expect(raws.map(feed.trouble)).toEqual([null, null]);
    events.onMessage(Buffer.from(JSON.stringify({ event: "error", msg: "instId:BTC-USDX \u202e does not exist" })));
    expect(raws.map(feed.trouble)).toEqual([null, "okx said “instId:BTC-USDX [U+202E] does not exist”"]);
    events.onClose("code 1006");
    expect(feed.trouble("BTC-USDT")).toBe("the connection was closed: code 1006");
  });

  test("opens nothing more once it is closed", async () => {
    const one = world();
    {
      await using feed = liveFeed(plan("bybit", "BTCUSDT"), one.outside, createMarkets(), one.emit);
      void feed;
      one.sockets[0]!.events.onClose("gone");
    }
    await one.clock.advance(120_000);
    expect(one.sockets).toHaveLength(1);
  });
});

test.each(Object.keys(PARSERS) as FeedVenue[])(
  "%s has an address and names its instruments in what is sent",
  (venue) => {
    for (const { url, messages } of subscriptionsOf(venue, ["BTCUSDT"])) {
      expect(url).toMatch(/^wss:\/\//);
      expect(`${url}${messages.join("")}`.toLowerCase()).toContain("btcusdt");
    }
  },
);

describe("what is asked of a venue", () => {
  test("Binance USD-M tells books and trades by one road, marks and forced orders by another, and nothing without", () => {
    const urls = subscriptionsOf("binanceusdm", ["BTCUSDT"]).map(({ url }) => url);
    expect(urls).toEqual([
      "wss://fstream.binance.com/public/stream?streams=btcusdt@depth@100ms/btcusdt@bookTicker/btcusdt@trade",
      "wss://fstream.binance.com/market/stream?streams=btcusdt@markPrice@1s/btcusdt@forceOrder",
    ]);
  });

  test("a book is fetched by the road that its updates come by, and once", () => {
    const withBooks = subscriptionsOf("binanceusdm", ["BTCUSDT"]).filter((one) => one.snapshotUrl !== undefined);
    expect(withBooks.map(({ url }) => url)).toEqual([expect.stringContaining("@depth")]);
  });

  test.each(["bybit", "okx"] as const)(
    "%s is asked for each instrument by itself: of a list with one wrong name it may refuse all",
    (venue) => {
      const raws = venue === "okx" ? ["BTC-USDT-SWAP", "ETH-USDT-SWAP"] : ["BTCUSDT", "ETHUSDT"];
      const [{ messages } = { messages: [] }] = subscriptionsOf(venue, raws);
      expect(messages.map((one) => raws.filter((raw) => one.includes(raw)))).toEqual(raws.map((raw) => [raw]));
    },
  );

  test.each([
    ["BTC-USDT", ["books", "trades", "tickers"]],
    ["BTC-USDT-SWAP", ["books", "trades", "tickers", "mark-price", "open-interest", "funding-rate"]],
    ["BTC-USD-261225", ["books", "trades", "tickers", "mark-price", "open-interest"]],
  ])("OKX is asked of %s only for what there is", (raw, channels) => {
    const [{ messages } = { messages: [] }] = subscriptionsOf("okx", [raw]);
    const args = messages.flatMap((one) => (JSON.parse(one) as { args: { channel: string }[] }).args);
    expect(args.map(({ channel }) => channel)).toEqual(channels);
  });
});
