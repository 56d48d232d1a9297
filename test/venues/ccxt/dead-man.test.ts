import { describe, expect, test } from "vitest";
import { decimal } from "../../../src/kernel/decimal.ts";
import type { OrderRequest } from "../../../src/kernel/order.ts";
import { CAPABILITIES } from "../../../src/venues/capabilities.ts";
import type { CcxtVenueName } from "../../../src/venues/ccxt/open.ts";
import { binanceusdm } from "../../fakes/exchanges/binanceusdm.ts";
import { bybit } from "../../fakes/exchanges/bybit.ts";
import type { FakeVenue } from "../../fakes/exchanges/core.ts";
import { deribit } from "../../fakes/exchanges/deribit.ts";
import { hyperliquid } from "../../fakes/exchanges/hyperliquid.ts";
import { krakenfutures } from "../../fakes/exchanges/krakenfutures.ts";
import { okx } from "../../fakes/exchanges/okx.ts";
import { hexId, plainId, rigs, wordId } from "./rig.ts";

const ARMED: readonly [CcxtVenueName, FakeVenue, string, (name: string) => string, string][] = [
  ["binanceusdm", binanceusdm, "BTC/USDT:USDT", wordId, "BTCUSDT"],
  ["okx", okx, "BTC/USDT:USDT", plainId, "account"],
  ["krakenfutures", krakenfutures, "BTC/USD:USD", wordId, "account"],
  ["hyperliquid", hyperliquid, "BTC/USDC:USDC", hexId, "account"],
];

describe("a venue's dead-man switch", () => {
  for (const [name, fake, symbol, id, scope] of ARMED) {
    const rig = rigs(name, fake, symbol, id);
    test(`${name}: is armed on the wire, and what rests is gone once the desk is silent for that long`, async () => {
      const on = await rig();
      const { reader, trader } = on.venue;
      const order: OrderRequest = {
        account: "desk-1",
        symbol,
        side: "buy",
        quantity: on.quantity,
        limitPrice: decimal("50000"),
        timeInForce: "GTC",
        reduceOnly: false,
        clientOrderId: id("rests"),
      };
      expect(await trader.place(order)).toMatchObject({ outcome: "accepted" });
      await trader.armDeadMan("desk-1", 60_000, [symbol]);
      expect(on.fake.state().armed).toEqual(new Map([[scope, 60_000]]));
      on.fake.state().silence(59_000);
      expect(await reader.openOrders("desk-1")).toHaveLength(1);
      on.fake.state().silence(60_000);
      expect(await reader.openOrders("desk-1")).toEqual([]);
    });
    test(`${name}: a switch that the venue did not confirm is an error`, async () => {
      const on = await rig();
      on.fake.fail("cancel", "unavailable");
      await expect(on.venue.trader.armDeadMan("desk-1", 60_000, [symbol])).rejects.toMatchObject({
        code: "VENUE_UNAVAILABLE",
      });
      on.fake.fail("cancel", "malformed");
      await expect(on.venue.trader.armDeadMan("desk-1", 60_000, [symbol])).rejects.toMatchObject({
        code: "VENUE_ANSWER_INVALID",
      });
      await expect(on.venue.trader.armDeadMan("other", 60_000, [])).rejects.toMatchObject({ code: "UNKNOWN_ACCOUNT" });
    });
  }

  const off = rigs(
    "okx",
    {
      ...okx,
      routes: {
        ...okx.routes,
        "POST /api/v5/trade/cancel-all-after": {
          kind: "cancel",
          answer: () => ({ code: "0", msg: "", data: [{ triggerTime: "0", tag: "", ts: "1" }] }),
        },
      },
    },
    "BTC/USDT:USDT",
    plainId,
  );
  test("an answer that says the switch is off is no confirmation", async () => {
    await expect((await off()).venue.trader.armDeadMan("desk-1", 60_000, [])).rejects.toMatchObject({
      code: "VENUE_ANSWER_INVALID",
    });
  });

  for (const [name, fake] of [
    ["bybit", bybit],
    ["deribit", deribit],
  ] as const) {
    const rig = rigs(name, fake, "BTC/USDT:USDT", wordId);
    test(`${name}: hangs on a connection and is not pretended to be armed`, async () => {
      expect(CAPABILITIES[name].deadMan).toBe("connection");
      await expect((await rig()).venue.trader.armDeadMan("desk-1", 60_000, [])).rejects.toMatchObject({
        code: "NOT_SUPPORTED",
      });
    });
  }
});
