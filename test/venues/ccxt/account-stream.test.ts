import { describe, expect, test, vi } from "vitest";
import type { Alert } from "../../../src/kernel/alert.ts";
import type { CcxtVenueName } from "../../../src/venues/ccxt/open.ts";
import { binanceusdm } from "../../fakes/exchanges/binanceusdm.ts";
import { bybit } from "../../fakes/exchanges/bybit.ts";
import type { FakeVenue } from "../../fakes/exchanges/core.ts";
import { deribit } from "../../fakes/exchanges/deribit.ts";
import { hyperliquid } from "../../fakes/exchanges/hyperliquid.ts";
import { krakenfutures } from "../../fakes/exchanges/krakenfutures.ts";
import { okx } from "../../fakes/exchanges/okx.ts";
import { hexId, plainId, rigs, wordId } from "./rig.ts";

interface Case {
  readonly venue: CcxtVenueName;
  readonly fake: FakeVenue;
  readonly symbol: string;
  /** A message by which the venue says that it liquidates. */
  readonly warning: unknown;
  readonly kind: string;
}

const CASES: readonly Case[] = [
  {
    venue: "binanceusdm",
    fake: binanceusdm,
    symbol: "BTC/USDT:USDT",
    warning: {
      e: "MARGIN_CALL",
      E: 1_700_000_000_000,
      cw: "3",
      p: [{ s: "BTCUSDT", ps: "LONG", pa: "1", mp: "9", up: "-1", mm: "2", mt: "CROSSED", iw: "0" }],
    },
    kind: "margin.call",
  },
  {
    venue: "bybit",
    fake: bybit,
    symbol: "BTC/USDT:USDT",
    warning: {
      topic: "position",
      creationTime: 1_700_000_000_000,
      data: [
        { symbol: "BTCUSDT", side: "Sell", size: "2", entryPrice: "9", positionStatus: "Liq", category: "linear" },
      ],
    },
    kind: "account.liquidation",
  },
  {
    venue: "okx",
    fake: okx,
    symbol: "BTC/USDT:USDT",
    warning: {
      arg: { channel: "orders", instType: "SWAP" },
      data: [
        {
          instId: "BTC-USDT-SWAP",
          ordId: "9",
          clOrdId: "x",
          side: "sell",
          sz: "2",
          accFillSz: "0",
          state: "live",
          uTime: "1700000000000",
          category: "full_liquidation",
          instType: "SWAP",
        },
      ],
    },
    kind: "account.liquidation",
  },
  {
    venue: "deribit",
    fake: deribit,
    symbol: "BTC/USD:BTC",
    warning: {
      jsonrpc: "2.0",
      method: "subscription",
      params: {
        channel: "user.orders.any.any.raw",
        data: {
          order_id: "D1",
          label: "x",
          instrument_name: "BTC-PERPETUAL",
          direction: "sell",
          amount: 20,
          filled_amount: 0,
          order_state: "open",
          last_update_timestamp: 1_700_000_000_000,
          is_liquidation: true,
        },
      },
    },
    kind: "account.liquidation",
  },
];

describe.each(CASES)("the private stream of $venue", ({ venue, fake, symbol, warning, kind }) => {
  const rig = rigs(venue, fake, symbol, venue === "okx" ? plainId : wordId);

  test("is signed in to; the venue's warning becomes an alert, and after a cut it is there again", async () => {
    const on = await rig();
    const alerts: Alert[] = [];
    const gone: string[] = [];
    let changes = 0;
    const leave = await on.venue.reader.watchAccount?.("desk-1", {
      onChange: () => (changes += 1),
      onAlert: (alert) => alerts.push(alert),
      onGone: (why) => gone.push(why),
    });
    const { streams } = on.fake;
    const ready = () => expect(streams.open() > 0 && streams.signedIn() > 0 ? "ready" : "waiting").toBe("ready");
    await vi.waitFor(ready, 5_000);
    if (venue !== "binanceusdm") await vi.waitFor(() => expect(streams.subscribed.length).toBeGreaterThan(0), 5_000);
    streams.push(warning);
    await vi.waitFor(() => expect(alerts.map((one) => one.kind)).toContain(kind), 5_000);
    expect(alerts[0]).toMatchObject({ severity: "critical", labels: { account: "desk-1", venue, instrument: symbol } });

    const before = [streams.signedIn(), alerts.length];
    streams.cut();
    await vi.waitFor(() => expect(gone).toHaveLength(1), 5_000);
    await vi.waitFor(() => expect(streams.signedIn()).toBeGreaterThan(before[0] ?? 0), 10_000);
    await vi.waitFor(ready, 5_000);
    await vi.waitFor(() => {
      streams.push(warning);
      expect(alerts.length).toBeGreaterThan(before[1] ?? 0);
    }, 5_000);

    await leave?.();
    await vi.waitFor(() => expect(streams.open()).toBe(0), 5_000);
    expect(changes).toBeGreaterThanOrEqual(venue === "binanceusdm" ? 1 : 2);
  });
});

describe("a stream that the venue lets expire", () => {
  const rig = rigs("binanceusdm", binanceusdm, "BTC/USDT:USDT", wordId);

  test("is opened again, though its connection is still there", async () => {
    const on = await rig();
    const gone: string[] = [];
    const leave = await on.venue.reader.watchAccount?.("desk-1", {
      onChange: () => undefined,
      onAlert: () => undefined,
      onGone: (why) => gone.push(why),
    });
    const { streams } = on.fake;
    await vi.waitFor(() => expect(streams.open()).toBeGreaterThan(0), 5_000);
    const before = streams.signedIn();
    streams.push({ e: "listenKeyExpired", E: 1_700_000_000_000, listenKey: "old" });
    await vi.waitFor(() => expect(gone).toEqual(["the venue ended the stream"]), 5_000);
    await vi.waitFor(() => expect(streams.signedIn()).toBeGreaterThan(before), 10_000);
    await leave?.();
  });
});

const HINTED = [
  {
    venue: "krakenfutures",
    fake: krakenfutures,
    symbol: "BTC/USD:USD",
    channels: ["open_orders", "balances", "open_positions"],
    said: { feed: "open_orders", order_id: "K1", is_cancel: true, reason: "cancelled_by_user" },
  },
  {
    venue: "hyperliquid",
    fake: hyperliquid,
    symbol: "BTC/USDC:USDC",
    channels: ["orderUpdates", "clearinghouseState"],
    said: { channel: "orderUpdates", data: [] },
  },
] as const;

describe.each(HINTED)("the private stream of $venue", ({ venue, fake, symbol, channels, said }) => {
  const rig = rigs(venue, fake, symbol, venue === "krakenfutures" ? wordId : hexId);

  test("is subscribed to; whatever it says makes the desk look, and after a cut it is there again", async () => {
    const on = await rig();
    const gone: string[] = [];
    const alerts: Alert[] = [];
    let changes = 0;
    const leave = await on.venue.reader.watchAccount?.("desk-1", {
      onChange: () => (changes += 1),
      onAlert: (alert) => alerts.push(alert),
      onGone: (why) => gone.push(why),
    });
    const { streams } = on.fake;
    const speaks = async (): Promise<void> => {
      await vi.waitFor(() => expect(streams.subscribed).toEqual(expect.arrayContaining([...channels])), 5_000);
      const before = changes;
      streams.push(said);
      await vi.waitFor(() => expect(changes).toBeGreaterThan(before), 5_000);
    };
    await speaks();
    streams.subscribed.length = 0;
    streams.cut();
    await vi.waitFor(() => expect(gone).toHaveLength(1), 5_000);
    await speaks();
    expect(alerts).toEqual([]);

    await leave?.();
    await vi.waitFor(() => expect(streams.open()).toBe(0), 5_000);
  });
});
