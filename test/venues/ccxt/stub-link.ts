import { decimal } from "../../../src/kernel/decimal.ts";
import type { Instrument } from "../../../src/kernel/instrument.ts";
import type { Link, Listed } from "../../../src/venues/ccxt/link.ts";

/** The venue's time at which all that a stub answers is read. */
export const NOW = new Date("2026-11-22T10:00:00Z");

/** An instrument as a venue lists it under its id: a linear perpetual with one coin a contract, unless changed. */
export const listed = (id: string, change: Partial<Instrument> = {}): Listed => ({
  id,
  instrument: {
    venue: "stub",
    symbol: `unified ${id}`,
    kind: "perpetual",
    base: id,
    quote: "USDT",
    settle: "USDT",
    inverse: false,
    contractSize: decimal("1"),
    tickSize: decimal("0.1"),
    lotSize: decimal("0.001"),
    minQuantity: decimal("0.001"),
    ...change,
  },
});

const fail = (): never => {
  throw new Error("not asked for here");
};

/**
 * A link to a venue whose calls answer with what is given by method, or by method and what is asked about: "method USDT".
 * What was not given is an error, so that a dialect asks for nothing that a test did not think of.
 */
export function stubLink(answers: Readonly<Record<string, unknown>>, known: readonly Listed[] = []): Link {
  return {
    venue: "bybit",
    exchange: {
      id: "stub",
      markets: {},
      loadMarkets: fail,
      fetchOrderBook: fail,
      createOrder: fail,
      cancelOrder: fail,
      cancelAllOrdersAfter: fail,
      ethGetAddressFromPrivateKey: fail,
    },
    walletAddress: "",
    keyAddress: fail,
    now: () => NOW,
    relisted: async () => false,
    listed: async () => ({
      bySymbol: new Map(known.map((one) => [one.instrument.symbol, one])),
      byId: (id) => listed(id),
      has: () => true,
      symbol: (symbol) => listed(symbol),
    }),
    call: async (method, params = {}) => {
      const about = params["type"] ?? params["startTime"] ?? params["settleCoin"];
      const found = (typeof about === "string" ? answers[`${method} ${about}`] : undefined) ?? answers[method];
      if (found === undefined) throw new Error(`${method} was not given`);
      return found;
    },
  };
}
