import { describe, expect, test } from "vitest";
import { perpetualLeg } from "../../src/exposure/hedge-instruments.ts";
import { perpetualsOf } from "../../src/exposure/instruments.ts";
import { indexOf } from "../../src/exposure/holdings.ts";
import { decimal } from "../../src/kernel/decimal.ts";
import type { Instrument } from "../../src/kernel/instrument.ts";
import type { BookTop, VenueReader } from "../../src/venues/venue.ts";

/** A market as Binance lists its USD-M contracts, among them those on bitcoin: "ETHBTC" is quoted and settled in BTC. */
const market = (base: string, quote: string, settle = quote, kind: Instrument["kind"] = "perpetual"): Instrument => ({
  venue: "binanceusdm",
  symbol: kind === "spot" ? `${base}/${quote}` : `${base}/${quote}:${settle}`,
  kind,
  base,
  quote,
  settle,
  inverse: settle === base,
  contractSize: decimal("1"),
  tickSize: decimal("0.00001"),
  lotSize: decimal("0.001"),
  minQuantity: decimal("0.001"),
});
const listing = (...all: readonly Instrument[]) => new Map(all.map((one) => [one.symbol, one]));

describe("a day of funding", () => {
  test.each([
    ["binanceusdm", 9],
    ["hyperliquid", 72],
    ["krakenfutures", 72],
  ])(
    "at %s costs %s USD for a rate of 0.1 % on 3,000 USD: venues that charge hourly quote it for the hour",
    (venue, usd) => {
      const level = [[decimal("3000"), decimal("10")]] as BookTop["bids"];
      const book = { bids: level, asks: level, fundingRate: decimal("0.001") } as unknown as BookTop;
      const ground = {
        account: "a",
        venue,
        indexUsd: 3000,
        fees: { linearBps: 5, optionBps: 3, optionCapRatio: 0.1 },
        collarBps: 500,
      };
      const leg = perpetualLeg(market("ETH", "USDT"), book, decimal("3000"), ground, true);
      expect(leg?.holdingUsdPerDay).toBeCloseTo(usd, 9);
    },
  );
});

describe("the perpetuals that hedge a coin", () => {
  test("are counted in dollars: one that is quoted in bitcoin prices no coin and carries bitcoin as well", () => {
    const all = listing(market("ETH", "BTC"), market("ETH", "USDT"), market("ETH", "USD", "ETH"));
    expect(perpetualsOf(all, "ETH").map((one) => one.symbol)).toEqual(["ETH/USDT:USDT", "ETH/USD:ETH"]);
  });

  test("begin with the one in USDT where there is one: it is the main market, and most accounts hold nothing else for margin", () => {
    const all = listing(market("ETH", "USDC"), market("ETH", "USDT"));
    expect(perpetualsOf(all, "ETH")[0]?.symbol).toBe("ETH/USDT:USDT");
  });

  test("and the coin's index come from a market in dollars, also where only spot is listed", async () => {
    const prices: Record<string, string> = { "ETH/BTC:BTC": "0.03", "ETH/BTC": "0.03", "ETH/USDT": "3000" };
    const reader = {
      book: async (symbol: string): Promise<BookTop> => ({
        symbol,
        bids: [],
        asks: [],
        markPrice: decimal(prices[symbol] ?? "0"),
        indexPrice: null,
        fundingRate: null,
        at: new Date(0),
      }),
    } as unknown as VenueReader;
    const all = listing(
      market("ETH", "BTC"),
      market("ETH", "BTC", "BTC", "spot"),
      market("ETH", "USDT", "USDT", "spot"),
    );
    expect(await indexOf(reader, all, "ETH")).toBe(3000);
  });
});
