import { QuantError } from "../errors.ts";
import { requireFinite, requireNotNegative, requirePositive } from "../options/checks.ts";

/** The top of one book. Prices in the quote currency per coin, sizes in coins. */
export interface Quote {
  readonly venue: string;
  readonly symbol: string;
  readonly bid: number;
  readonly ask: number;
  readonly bidSize: number;
  readonly askSize: number;
  /** Taker fee in basis points. */
  readonly feeBps: number;
}

/** One order of an opportunity. */
export interface ArbitrageLeg {
  readonly venue: string;
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly quantity: number;
  readonly price: number;
}

/** A trade that earns net of fees, if every leg is filled at the prices seen. */
export interface Opportunity {
  readonly kind: "funding" | "basis" | "triangular" | "parity";
  readonly legs: readonly ArbitrageLeg[];
  /** Of the notional, before and after fees, over the whole life of the trade. */
  readonly grossBps: number;
  readonly netBps: number;
  /** In the quote currency, for the quantity in the legs. */
  readonly profit: number;
  /** Net per year, 0..; absent where the trade is over at once. */
  readonly yearlyRatio?: number;
  readonly words: string;
}

/** What an opportunity must bring to be told. */
export interface Threshold {
  /** Default 0. */
  readonly minimumNetBps?: number;
}

/** Throws NOT_FINITE, OUT_OF_RANGE or ARBITRAGE (a crossed book: stale, not free money). */
export function requireQuote({ symbol, bid, ask, bidSize, askSize, feeBps }: Quote): void {
  requirePositive({ [`the bid of ${symbol}`]: bid, [`the ask of ${symbol}`]: ask });
  requireNotNegative({ [`the bid size of ${symbol}`]: bidSize, [`the ask size of ${symbol}`]: askSize });
  requireFinite({ [`the fee of ${symbol}`]: feeBps });
  if (bid > ask)
    throw new QuantError("ARBITRAGE", `the book of ${symbol} is crossed (bid ${bid}, ask ${ask}); read it again`);
}

/** Best first, only those above the threshold. */
export function rankOpportunities(found: readonly Opportunity[], { minimumNetBps = 0 }: Threshold): Opportunity[] {
  return found
    .filter((one) => one.netBps > minimumNetBps && one.profit > 0)
    .sort((left, right) => right.netBps - left.netBps);
}

/** A perpetual with its funding. */
export interface PerpetualQuote extends Quote {
  /** Paid by longs to shorts per interval, as a ratio of the notional: 0.0001 is 1 bp. */
  readonly fundingRatio: number;
  readonly intervalHours: number;
}

/**
 * Pairs of perpetuals on one asset, long where funding is low and short where it is high, held `holdingHours` at the
 * present rates. Costs: crossing both books and taker fees, in and out. Throws NOT_FINITE, OUT_OF_RANGE, ARBITRAGE.
 */
export function fundingArbitrage(
  perpetuals: readonly PerpetualQuote[],
  options: Threshold & { readonly holdingHours: number },
): Opportunity[] {
  const { holdingHours } = options;
  requirePositive({ holdingHours });
  for (const one of perpetuals) {
    requireQuote(one);
    requirePositive({ [`the interval of ${one.symbol}`]: one.intervalHours });
    requireFinite({ [`the funding of ${one.symbol}`]: one.fundingRatio });
  }
  const earned = (one: PerpetualQuote): number => (one.fundingRatio * holdingHours) / one.intervalHours;
  const found = perpetuals.flatMap((long) =>
    perpetuals
      .filter((short) => short !== long && earned(short) > earned(long))
      .map((short): Opportunity => {
        const gross = earned(short) - earned(long);
        // In at ask and bid; out the same way, so each book's spread is paid once in full.
        const spreads = (long.ask - long.bid) / long.ask + (short.ask - short.bid) / short.bid;
        const net = gross - spreads - (2 * (long.feeBps + short.feeBps)) / 10_000;
        const quantity = Math.min(long.askSize, short.bidSize);
        const notional = quantity * long.ask;
        return {
          kind: "funding",
          legs: [leg(long, "buy", quantity), leg(short, "sell", quantity)],
          grossBps: gross * 10_000,
          netBps: net * 10_000,
          profit: net * notional,
          yearlyRatio: (net * 8760) / holdingHours,
          words: `Long ${long.symbol} at ${long.venue}, short ${short.symbol} at ${short.venue}: funding pays ${bps(gross)} over ${holdingHours} h, ${bps(net)} after spreads and fees.`,
        };
      }),
  );
  return rankOpportunities(found, options);
}

/** A dated future beside its spot. */
export interface DatedQuote extends Quote {
  readonly years: number;
  /** Charged at delivery, in basis points; default 0. */
  readonly deliveryFeeBps?: number;
}

/**
 * Cash and carry (buy spot, sell the future) and its reverse, held to delivery. `financeRate` is what the cash costs and
 * `borrowRate` what borrowed coins cost, per year; without `borrowRate` the reverse is not told.
 * Throws NOT_FINITE, OUT_OF_RANGE, ARBITRAGE.
 */
export function basisArbitrage(
  spots: readonly Quote[],
  futures: readonly DatedQuote[],
  options: Threshold & { readonly financeRate?: number; readonly borrowRate?: number } = {},
): Opportunity[] {
  const { financeRate = 0, borrowRate } = options;
  requireFinite({ financeRate, borrowRate: borrowRate ?? 0 });
  for (const one of [...spots, ...futures]) requireQuote(one);
  const found = spots.flatMap((spot) =>
    futures.flatMap((future): Opportunity[] => {
      requirePositive({ [`the time of ${future.symbol}`]: future.years });
      // Spot is bought now and sold at delivery's price; the future delivers itself.
      const fees = (2 * spot.feeBps + future.feeBps + (future.deliveryFeeBps ?? 0)) / 10_000;
      const carry = dated("basis", future.bid / spot.ask - 1, fees + financeRate * future.years, future.years, [
        leg(spot, "buy", Math.min(spot.askSize, future.bidSize)),
        leg(future, "sell", Math.min(spot.askSize, future.bidSize)),
      ]);
      if (borrowRate === undefined) return [carry];
      const reverse = dated("basis", 1 - future.ask / spot.bid, fees + borrowRate * future.years, future.years, [
        leg(spot, "sell", Math.min(spot.bidSize, future.askSize)),
        leg(future, "buy", Math.min(spot.bidSize, future.askSize)),
      ]);
      return [carry, reverse];
    }),
  );
  return rankOpportunities(found, options);
}

function dated(
  kind: "basis",
  gross: number,
  costs: number,
  years: number,
  legs: readonly [ArbitrageLeg, ArbitrageLeg],
): Opportunity {
  const net = gross - costs;
  const [first, second] = legs;
  return {
    kind,
    legs,
    grossBps: gross * 10_000,
    netBps: net * 10_000,
    profit: net * first.quantity * first.price,
    yearlyRatio: net / years,
    words: `${first.side === "buy" ? "Buy" : "Sell"} ${first.symbol} at ${first.venue}, ${second.side} ${second.symbol} at ${second.venue} to delivery: ${bps(gross)} of basis, ${bps(net)} after fees and financing (${((100 * net) / years).toFixed(1)} % a year).`,
  };
}

/** One order at the top of a book. */
export function leg(quote: Quote, side: "buy" | "sell", quantity: number): ArbitrageLeg {
  const { venue, symbol, bid, ask } = quote;
  return { venue, symbol, side, quantity, price: side === "buy" ? ask : bid };
}

/** A ratio in basis points, as people read it. */
export function bps(ratio: number): string {
  return `${(ratio * 10_000).toFixed(1)} bps`;
}
