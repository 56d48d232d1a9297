import { expect, test } from "vitest";
import { decimalsOf, plain, textOf, tickOf } from "../../../../src/sources/feeds/market/digits.ts";
import { unify } from "../../../../src/sources/feeds/market/symbols.ts";

test.each([
  ["binance", "BTCUSDT", "BTC/USDT", "spot"],
  ["binance", "ETHBTC", "ETH/BTC", "spot"],
  ["binance", "BTCFDUSD", "BTC/FDUSD", "spot"],
  ["binanceusdm", "1000PEPEUSDT", "1000PEPE/USDT:USDT", "perpetual"],
  ["binanceusdm", "BTCUSDT_240927", "BTC/USDT:USDT-240927", "future"],
  ["binancecoinm", "BTCUSD_PERP", "BTC/USD:BTC", "perpetual"],
  ["bybit", "XRPUSDT", "XRP/USDT:USDT", "perpetual"],
  ["bybit", "BTCUSD", "BTC/USD:BTC", "perpetual"],
  ["bybit", "BTCPERP", "BTC/USDC:USDC", "perpetual"],
  ["bybit", "BTC-27JUN25", "BTC/USDC:USDC-250627", "future"],
  ["bybit", "BTCUSDT-27JUN25", "BTC/USDT:USDT-250627", "future"],
  ["bybit", "BTCUSDH23", "BTC/USD:BTC-230331", "future"],
  ["bybit", "BTCUSDZ25", "BTC/USD:BTC-251226", "future"],
  ["bybit", "ETHUSDM26", "ETH/USD:ETH-260626", "future"],
  ["okx", "BTC-USDT", "BTC/USDT", "spot"],
  ["okx", "UNI-USD-SWAP", "UNI/USD:UNI", "perpetual"],
  ["okx", "BTC-USD-220527", "BTC/USD:BTC-220527", "future"],
  ["okx", "BTC-USD-220514-22000-C", "BTC/USD:BTC-220514-22000-C", "option"],
  ["deribit", "BTC-PERPETUAL", "BTC/USD:BTC", "perpetual"],
  ["deribit", "BTC-24SEP21-8000-P", "BTC/USD:BTC-210924-8000-P", "option"],
  ["deribit", "SOL_USDC-PERPETUAL", "SOL/USDC:USDC", "perpetual"],
  ["krakenfutures", "PI_XBTUSD", "BTC/USD:BTC", "perpetual"],
  ["krakenfutures", "PF_XBTUSD", "BTC/USD:USD", "perpetual"],
  ["kraken", "XBT/USD", "BTC/USD", "spot"],
  ["coinbase", "BTC-USD", "BTC/USD", "spot"],
  ["hyperliquid", "BTC", "BTC/USDC:USDC", "perpetual"],
  ["hyperliquid", "kPEPE", "KPEPE/USDC:USDC", "perpetual"],
  ["bitmex", "XBTUSD", "BTC/USD:BTC", "perpetual"],
  ["binance", "APPC/BTC", "APPC/BTC", "spot"],
  ["paper", "BTC/USDT:USDT-240927-70000-P", "BTC/USDT:USDT-240927-70000-P", "option"],
])("%s calls %s what all call %s", (venue, raw, instrument, type) => {
  expect(unify(venue, raw)).toMatchObject({ instrument, type });
});

test.each([
  ["deribit", "BTC-24SEP21-8000-P", "2021-09-24T08:00:00Z", { right: "put", strike: 8000 }],
  ["paper", "ETH/USDT:USDT-240927-2500-C", "2024-09-27T08:00:00Z", { right: "call", strike: 2500 }],
  ["binanceusdm", "BTCUSDT_240927", "2024-09-27T08:00:00Z", undefined],
  ["bybit", "BTCUSDU24", "2024-09-27T08:00:00Z", undefined],
])("%s's %s ends at %s", (venue, raw, end, option) => {
  expect(unify(venue, raw)).toMatchObject({ expiresAt: Date.parse(end), option });
});

test("what has no end has none, and a date that cannot be read is none", () => {
  expect(unify("deribit", "BTC-PERPETUAL").expiresAt).toBeNaN();
  expect(unify("binanceusdm", "BTCUSDT_SOON").expiresAt).toBeNaN();
});

test("prices become ticks by their digits and come back the same", () => {
  expect(decimalsOf("61837.63000000")).toBe(2);
  expect(tickOf("61837.63000000", 2)).toBe(6_183_763);
  expect(textOf(6_183_763, 2)).toBe("61837.63");
  expect(textOf(5, 3)).toBe("0.005");
  expect(tickOf("1.23", 1)).toBe(-1);
  expect(tickOf("99999999999", 2)).toBe(-1);
});

test("JSON numbers lose their exponent, and what is no plain decimal is refused", () => {
  expect(plain(0.0000005)).toBe("0.0000005");
  expect(plain("1e5")).toBeUndefined();
  expect(plain(-1)).toBeUndefined();
  expect(plain("")).toBeUndefined();
});
