import { describe, expect, test } from "vitest";
import type { CcxtVenueName } from "../../../src/venues/ccxt/open.ts";
import { binanceusdm } from "../../fakes/exchanges/binanceusdm.ts";
import { bybit } from "../../fakes/exchanges/bybit.ts";
import type { FakeVenue } from "../../fakes/exchanges/core.ts";
import { deribit } from "../../fakes/exchanges/deribit.ts";
import { hyperliquid } from "../../fakes/exchanges/hyperliquid.ts";
import { krakenfutures } from "../../fakes/exchanges/krakenfutures.ts";
import { okx } from "../../fakes/exchanges/okx.ts";
import { rigs, wordId } from "./rig.ts";

const VENUES = { binanceusdm, bybit, okx, deribit, krakenfutures, hyperliquid } as const satisfies Record<
  CcxtVenueName,
  FakeVenue
>;
const ASSETS = {
  binanceusdm: "USDT",
  bybit: "USDT",
  okx: "USDT",
  deribit: "ETH",
  krakenfutures: "USD",
  hyperliquid: "USDC",
} as const satisfies Record<CcxtVenueName, string>;

describe("what came into an account and left it", () => {
  for (const [name, fake] of Object.entries(VENUES) as [CcxtVenueName, FakeVenue][]) {
    const rig = rigs(name, fake, "BTC/USDT:USDT", wordId);
    test(`${name}: is told since a moment, signed, and is no trade, fee or funding`, async () => {
      const on = await rig();
      const now = Date.now();
      const { transfers } = on.fake.state();
      transfers.push(
        { amount: 900, at: now - 60_000 },
        { amount: 2_500.5, at: now - 20_000 },
        { amount: -1_000, at: now - 10_000 },
      );
      const told = await on.venue.reader.transfers("desk-1", new Date(now - 30_000));
      expect(told.map(({ asset, amount, at }) => [asset, Number(amount), at.getTime()])).toEqual([
        [ASSETS[name], 2_500.5, now - 20_000],
        [ASSETS[name], -1_000, now - 10_000],
      ]);
    });
    test(`${name}: a venue that does not answer is an error, never "nothing"`, async () => {
      const on = await rig();
      for (let calls = 0; calls < 8; calls += 1) on.fake.fail("read", "unavailable");
      await expect(on.venue.reader.transfers("desk-1", new Date())).rejects.toMatchObject({
        code: "VENUE_UNAVAILABLE",
      });
    });
  }

  const odd = rigs(
    "hyperliquid",
    {
      ...hyperliquid,
      routes: {
        "POST /info": () => ({ kind: "read", answer: () => [{ time: Date.now(), delta: { type: "somethingNew" } }] }),
      },
    },
    "BTC/USDC:USDC",
    wordId,
  );
  test("an entry of a kind that is not known is an error", async () => {
    await expect((await odd()).venue.reader.transfers("desk-1", new Date())).rejects.toMatchObject({
      code: "VENUE_ANSWER_INVALID",
    });
  });
});
