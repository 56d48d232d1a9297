import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Alert } from "../../../src/kernel/alert.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { countFeeds, openMetrics } from "../../../src/metrics.ts";
import { type LiveFeeds, openLiveFeeds } from "../../../src/sources/feeds/live-feeds.ts";
import { openMarketWatch } from "../../../src/sources/feeds/market-watch.ts";
import { WEB } from "../../../src/sources/feeds/web.ts";
import { type Peer, serveWebSockets } from "../../fakes/websocket.ts";

interface Venue {
  readonly peers: Peer[];
  readonly asked: string[];
  readonly said: string[];
  refuse: boolean;
}
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** A venue on loopback: sockets at any address, and one snapshot of a book for whoever asks. */
async function venue(): Promise<Venue & { readonly feeds: (raws: Record<string, string[]>) => LiveFeeds }> {
  const open: Venue = { peers: [], asked: [], said: [], refuse: false };
  const server: Server = createServer((request, response) => {
    open.asked.push(request.url ?? "");
    response.end(JSON.stringify({ lastUpdateId: 10, bids: [["100.0", "1"]], asks: [["101.0", "1"]] }));
  });
  serveWebSockets(server, () => {
    if (open.refuse) return 503;
    return (peer) => {
      open.peers.push(peer);
      peer.onText = (text) => open.said.push(text);
    };
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  closers.push(async () => {
    for (const peer of open.peers) peer.cut();
    server.closeAllConnections();
    server.close();
  });
  const alerts: Alert[] = [];
  return Object.assign(open, {
    feeds(raws: Record<string, string[]>) {
      const watch = openMarketWatch({
        detectors: [],
        emit: async (alert) => void alerts.push(alert),
        clock: systemClock,
        log: silentLog,
      });
      const here = (url: string): string => url.replace(/^(ws|http)s:\/\/[^/]+/, `$1://127.0.0.1:${port}`);
      const feeds = openLiveFeeds({
        feeds: raws,
        watch,
        web: { open: (url, events) => WEB.open(here(url), events), fetch: (url) => WEB.fetch(here(url)) },
        clock: systemClock,
        log: silentLog,
      });
      closers.push(async () => {
        await feeds.stop();
        await watch.stop();
      });
      return feeds;
    },
  });
}

const depth = (first: number, last: number, before: number): string =>
  JSON.stringify({
    stream: "btcusdt@depth@100ms",
    data: { e: "depthUpdate", E: 1, T: 1, s: "BTCUSDT", U: first, u: last, pu: before, b: [["100.5", "2"]], a: [] },
  });
const count = (feeds: LiveFeeds) => feeds.counts()[0];

describe("public streams over real sockets", () => {
  test("a book begins with the venue's snapshot, and a gap has it asked for again", async () => {
    const on = await venue();
    const feeds = on.feeds({ binanceusdm: ["BTCUSDT"] });
    await vi.waitFor(() => expect(on.peers).toHaveLength(2), 5_000);
    const books = on.peers.find(({ url }) => url.includes("btcusdt@depth@100ms"));
    await vi.waitFor(() => expect(on.asked).toHaveLength(1), 5_000);
    books?.send(depth(9, 11, 8));
    books?.send(depth(12, 13, 11));
    await vi.waitFor(() => expect(count(feeds)).toMatchObject({ messages: 2, gaps: 0 }), 5_000);
    books?.send(depth(20, 21, 19));
    await vi.waitFor(() => expect(count(feeds)).toMatchObject({ gaps: 1 }), 5_000);
    await vi.waitFor(() => expect(on.asked).toHaveLength(2), 5_000);
  });

  test("garbage is counted, a cut line is opened again, and a venue that refuses does not end the others", async () => {
    const [good, bad] = [await venue(), await venue()];
    bad.refuse = true;
    const feeds = good.feeds({ okx: ["BTC-USDT-SWAP"] });
    const troubled = bad.feeds({ deribit: ["BTC-PERPETUAL"] });
    await vi.waitFor(() => expect(good.said.join("")).toContain("BTC-USDT-SWAP"), 5_000);
    good.peers[0]?.send("{ this is not JSON");
    good.peers[0]?.sendBinary(Buffer.from([0, 255, 1]));
    await vi.waitFor(() => expect(count(feeds)?.malformed).toBe(2), 5_000);
    good.peers[0]?.cut();
    await vi.waitFor(() => expect(good.peers).toHaveLength(2), 5_000);
    expect(count(feeds)?.reconnects).toBe(1);
    await vi.waitFor(() => expect(count(troubled)?.reconnects).toBeGreaterThan(0), 5_000);
    bad.refuse = false;
    await vi.waitFor(() => expect(bad.said.join("")).toContain("BTC-PERPETUAL"), 10_000);
  });

  test("coin-margined and other contracts of Bybit are heard at their own addresses", async () => {
    const on = await venue();
    on.feeds({ bybit: ["BTCUSDT", "BTCUSD", "BTCUSDZ26"] });
    await vi.waitFor(() => expect(on.peers).toHaveLength(2), 5_000);
    expect(on.peers.map((peer) => peer.url).toSorted()).toEqual(["/v5/public/inverse", "/v5/public/linear"]);
    await vi.waitFor(() => expect(on.said.join("")).toContain("BTCUSDZ26"), 5_000);
  });

  test("names are asked for as the venue writes them, each once; small letters mean something at Hyperliquid alone", async () => {
    const on = await venue();
    const names = (feeds: LiveFeeds) => feeds.asked.map(({ raw }) => raw);
    expect(names(on.feeds({ binanceusdm: ["btcusdt", "BTCUSDT", "ETHUSDT"] }))).toEqual(["BTCUSDT", "ETHUSDT"]);
    expect(names(on.feeds({ hyperliquid: ["kPEPE"] }))).toEqual(["kPEPE"]);
  });

  test("what a feed counted stands in the metrics", async () => {
    const on = await venue();
    const feeds = on.feeds({ okx: ["BTC-USDT-SWAP"] });
    await vi.waitFor(() => expect(on.said).not.toEqual([]), 5_000);
    on.peers[0]?.send("garbage");
    await vi.waitFor(() => expect(count(feeds)?.malformed).toBe(1), 5_000);
    const { registry } = openMetrics();
    countFeeds(registry, feeds.counts);
    expect(await registry.metrics()).toContain('breakwater_feed_count{venue="okx",what="malformed"} 1');
  });
});
