import { expect, test } from "vitest";
import { enforcesReduceOnly } from "../../src/venues/capabilities.ts";

test.each([
  ["okx", "BTC/USDT:USDT", true],
  ["okx", "BTC/USD:BTC", true],
  ["okx", "BTC/USD:BTC-261225", true],
  ["okx", "BTC/USD:BTC-261225-100000-C", false],
  ["deribit", "BTC/USD:BTC-261225-100000-P", true],
  ["bybit", "BTC/USDT:USDT-261225-100000-C", true],
  ["binanceusdm", "BTC/USDT:USDT-261225", true],
  ["paper", "BTC/USDT", false],
  ["another", "BTC/USDT:USDT", false],
])("that %s keeps a reduce-only order in %s from adding to risk is %s", (venue, symbol, holds) => {
  expect(enforcesReduceOnly(venue, symbol)).toBe(holds);
});
