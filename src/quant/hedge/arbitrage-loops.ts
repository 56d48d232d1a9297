import { requireFinite, requireNotNegative, requirePositive } from "../options/checks.ts";
import {
  bps,
  leg,
  rankOpportunities,
  requireQuote,
  type ArbitrageLeg,
  type Opportunity,
  type Quote,
  type Threshold,
} from "./arbitrage.ts";

/** A spot market between two currencies; sizes in base. */
export interface SpotQuote extends Quote {
  readonly base: string;
  readonly quote: string;
}

interface Hop {
  readonly from: string;
  readonly to: string;
  readonly market: SpotQuote;
  readonly side: "buy" | "sell";
  /** Units of `to` for one of `from`, without and with the fee. */
  readonly rate: number;
  readonly netRate: number;
  /** Most units of `from` that the top of the book takes. */
  readonly room: number;
}

/**
 * Loops of three trades on one venue that return to the currency `start` with more than they began with, fees taken
 * from what each trade brings. Throws NOT_FINITE, OUT_OF_RANGE, ARBITRAGE (a crossed book).
 */
export function triangularArbitrage(
  markets: readonly SpotQuote[],
  start: string,
  options: Threshold = {},
): Opportunity[] {
  for (const market of markets) requireQuote(market);
  const hops = markets.flatMap((market): Hop[] => {
    const keep = 1 - market.feeBps / 10_000;
    const buy = {
      from: market.quote,
      to: market.base,
      market,
      side: "buy" as const,
      rate: 1 / market.ask,
      room: market.askSize * market.ask,
    };
    const sell = {
      from: market.base,
      to: market.quote,
      market,
      side: "sell" as const,
      rate: market.bid,
      room: market.bidSize,
    };
    return [buy, sell].map((hop) => ({ ...hop, netRate: hop.rate * keep }));
  });
  const next = (hop: Hop): Hop[] =>
    hops.filter(
      (other) => other.from === hop.to && other.market !== hop.market && other.market.venue === hop.market.venue,
    );
  const loops = hops
    .filter((hop) => hop.from === start)
    .flatMap((first) =>
      next(first).flatMap((second) =>
        next(second)
          .filter((third) => third.to === start && third.market !== first.market)
          .map((third): [Hop, Hop, Hop] => [first, second, third]),
      ),
    );
  return rankOpportunities(
    loops.map((loop) => opportunityOf(loop, start)),
    options,
  );
}

function opportunityOf(loop: readonly [Hop, Hop, Hop], start: string): Opportunity {
  // Each book's room told in units of the start currency, along the way that money goes.
  let [reached, amount] = [1, Infinity];
  for (const hop of loop) {
    amount = Math.min(amount, hop.room / reached);
    reached *= hop.netRate;
  }
  const gross = loop.reduce((product, hop) => product * hop.rate, 1) - 1;
  const net = reached - 1;
  let carried = amount;
  const legs = loop.map((hop): ArbitrageLeg => {
    const quantity = hop.side === "buy" ? carried * hop.rate : carried;
    carried *= hop.netRate;
    return leg(hop.market, hop.side, quantity);
  });
  return {
    kind: "triangular",
    legs,
    grossBps: gross * 10_000,
    netBps: net * 10_000,
    profit: net * amount,
    words: `${loop.map((hop) => hop.from).join(" → ")} → ${start} at ${loop[0].market.venue}: ${bps(gross)} round, ${bps(net)} after fees.`,
  };
}

/** A call and a put of one strike and expiry with the future of that expiry, prices in USD per coin. */
export interface ParityQuotes {
  readonly call: Quote;
  readonly put: Quote;
  readonly future: Quote;
  readonly strike: number;
  readonly years: number;
  /** Continuously compounded, for what is locked until expiry; default 0. */
  readonly rate?: number;
  /** What holding `future` to expiry costs a year, of its price; default 0. For spot that stands in: what the cash costs. */
  readonly carryRate?: number;
  /** Venue's fee per coin of each option in USD, where it is not `feeBps` of the premium (Deribit: 0.03 % of the index, at most 12.5 % of the premium). */
  readonly optionFeeUsd?: number;
}

/**
 * Conversions (buy future and put, sell call) and reversals against put–call parity C − P = e^{−rT}(F − K), net of
 * fees of all three legs; the future's price is fixed by its trade. Throws NOT_FINITE, OUT_OF_RANGE, ARBITRAGE.
 * Source: Stoll, J. of Finance 24 (1969).
 */
export function parityArbitrage(quotes: readonly ParityQuotes[], options: Threshold = {}): Opportunity[] {
  const found = quotes.flatMap(
    ({ call, put, future, strike, years, rate = 0, carryRate = 0, optionFeeUsd }): Opportunity[] => {
      for (const one of [call, put, future]) requireQuote(one);
      requirePositive({ strike });
      requireNotNegative({ years, optionFeeUsd: optionFeeUsd ?? 0 });
      requireFinite({ rate, carryRate });
      const discount = Math.exp(-rate * years);
      const optionFee = (quote: Quote, price: number): number => optionFeeUsd ?? (price * quote.feeBps) / 10_000;
      const build = (name: string, sign: 1 | -1): Opportunity => {
        const [callPrice, putPrice, futurePrice] =
          sign > 0 ? [call.bid, put.ask, future.ask] : [call.ask, put.bid, future.bid];
        const gross = sign * (callPrice - putPrice - discount * (futurePrice - strike));
        const carry = futurePrice * carryRate * years;
        const fees =
          optionFee(call, callPrice) + optionFee(put, putPrice) + (futurePrice * future.feeBps) / 10_000 + carry;
        const quantity =
          sign > 0
            ? Math.min(call.bidSize, put.askSize, future.askSize)
            : Math.min(call.askSize, put.bidSize, future.bidSize);
        const [sell, buy] = sign > 0 ? (["sell", "buy"] as const) : (["buy", "sell"] as const);
        const net = gross - fees;
        return {
          kind: "parity",
          legs: [leg(future, buy, quantity), leg(put, buy, quantity), leg(call, sell, quantity)],
          grossBps: (gross / futurePrice) * 10_000,
          netBps: (net / futurePrice) * 10_000,
          profit: net * quantity,
          ...(years > 0 ? { yearlyRatio: net / futurePrice / years } : {}),
          words: `${name} at ${strike} on ${call.venue}: call and put are ${gross.toFixed(2)} USD a coin away from parity, ${net.toFixed(2)} after fees.`,
        };
      };
      return [build("Conversion", 1), build("Reversal", -1)];
    },
  );
  return rankOpportunities(found, options);
}
