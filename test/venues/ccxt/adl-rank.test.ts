import { describe, expect, test } from "vitest";
import { adlRank } from "../../../src/venues/ccxt/shape.ts";
import { binanceusdm } from "../../fakes/exchanges/binanceusdm.ts";
import { bybit } from "../../fakes/exchanges/bybit.ts";
import { deribit } from "../../fakes/exchanges/deribit.ts";
import { okx } from "../../fakes/exchanges/okx.ts";
import { plainId, rigs, wordId } from "./rig.ts";

const BTC = "BTC/USDT:USDT";

describe("our place in the auto-deleveraging queue", () => {
  const venues = [
    ["Binance tells it as 3 of 4", rigs("binanceusdm", binanceusdm, BTC, wordId), "0.75"],
    ["Bybit tells it as 4 of 5", rigs("bybit", bybit, BTC, wordId), "0.8"],
    ["OKX tells it as 5 of 5", rigs("okx", okx, BTC, plainId), "1"],
    ["Deribit does not tell it", rigs("deribit", deribit, "BTC/USD:BTC", wordId), undefined],
  ] as const;

  test.each(venues)("%s", async (_, open, rank) => {
    const on = await open();
    const { positions } = await on.venue.reader.account(on.account);
    expect(positions).toHaveLength(1);
    expect(positions[0]!.adlRankRatio).toBe(rank);
  });

  test.each([
    ["0", 4, "0"],
    ["4", 4, "1"],
    ["", 5, undefined],
    ["6", 5, undefined],
    ["-1", 5, undefined],
    ["high", 5, undefined],
  ])("lights %j of %i are a rank of %s", (lights, most, rank) => {
    expect(adlRank({ adl: lights }, "adl", most).adlRankRatio).toBe(rank);
  });
});
