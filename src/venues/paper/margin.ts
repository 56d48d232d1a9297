import type { AccountState } from "../../kernel/account.ts";
import {
  type Decimal,
  type Price,
  type Quantity,
  type Ratio,
  type Usd,
  ZERO,
  abs,
  add,
  decimal,
  div,
  greater,
  isZero,
  less,
  max,
  min,
  mul,
  places,
  sign,
  sub,
  sum,
} from "../../kernel/decimal.ts";
import { type Instrument, notional, unrealisedUsd } from "../../kernel/instrument.ts";
import type { Position, VenueOrder } from "../../kernel/order.ts";
import { type Market, known } from "./market.ts";
import type { Book, Holding } from "./state.ts";

/** Maintenance rate of each slice of a position's notional in USD; larger positions need more on their upper slices. */
const TIERS = [
  { upToUsd: decimal<"usd">("250000"), rate: decimal<"ratio">("0.02") },
  { upToUsd: decimal<"usd">("1000000"), rate: decimal<"ratio">("0.05") },
  { upToUsd: decimal<"usd">("5000000"), rate: decimal<"ratio">("0.1") },
  { upToUsd: undefined, rate: decimal<"ratio">("0.2") },
] as const;
/** A short option needs this share of the index on top of its price (as Deribit's standard margin). */
const OPTION_RATE = decimal("0.075");
/** What must be free before risk may grow, as a multiple of maintenance margin. */
const INITIAL_MULTIPLE = decimal("1.25");

/** An account's figures at a market. */
export interface Valuation {
  readonly equityUsd: Usd;
  readonly maintenanceUsd: Usd;
  /** Null where equity is not positive. */
  readonly marginRatio: Ratio | null;
  readonly lines: readonly Line[];
}

/** One position's share of a valuation. */
interface Line {
  readonly instrument: Instrument;
  readonly holding: Holding;
  readonly markPrice: Price;
  readonly notionalUsd: Usd;
  readonly unrealisedUsd: Usd;
  readonly maintenanceUsd: Usd;
  readonly delta: Decimal<"base">;
}

/** Maintenance margin of a position, by slices. */
export function maintenance(one: Instrument, quantity: Quantity, mark: Price, index: Price): Usd {
  if (one.kind === "spot") return ZERO;
  if (one.kind === "option") {
    if (sign(quantity) >= 0) return ZERO;
    return mul(mul(abs(quantity), one.contractSize), add(mul<"price">(OPTION_RATE, index), mark));
  }
  const value = notional(one, quantity, mark);
  let from: Usd = ZERO;
  let total: Usd = ZERO;
  for (const { upToUsd, rate } of TIERS) {
    const to = upToUsd === undefined ? value : min(value, upToUsd);
    if (greater(to, from)) total = add(total, mul<"usd">(sub(to, from), rate));
    from = max(from, to);
  }
  return total;
}

/** Values a book at a market: cross margin over everything in it, coins at the index without haircut. */
export function valuate(book: Book, market: Market): Valuation {
  const lines = [...book.holdings].map(([symbol, holding]) => lineOf(known(symbol), holding, market));
  const coins = [...book.balances].map(([asset, total]) => worth(asset, total, market));
  const equityUsd = add(sum<"usd">(coins), sum(lines.map((one) => one.unrealisedUsd)));
  const maintenanceUsd = sum(lines.map((one) => one.maintenanceUsd));
  const marginRatio = sign(equityUsd) > 0 ? div<"ratio">(maintenanceUsd, equityUsd, 6, "up") : null;
  return { equityUsd, maintenanceUsd, marginRatio, lines };
}

/** Whether the venue closes this account: maintenance margin has reached equity. */
export const isLost = (one: Valuation): boolean =>
  greater(one.maintenanceUsd, ZERO) && !less(one.maintenanceUsd, one.equityUsd);

/** Whether a book may take on what it would hold after an order: options that are bought must be paid for in full. */
export function mayHold({ maintenanceUsd, equityUsd, lines }: Valuation): boolean {
  const bought = lines.filter(({ instrument, holding }) => instrument.kind === "option" && sign(holding.quantity) > 0);
  const paid = sum<"usd">(bought.map((one) => one.notionalUsd));
  return !greater(add(mul<"usd">(maintenanceUsd, INITIAL_MULTIPLE), paid), equityUsd);
}

function lineOf(instrument: Instrument, holding: Holding, market: Market): Line {
  const { price, index, delta } = market.mark(instrument);
  const { quantity, entryPrice } = holding;
  return {
    instrument,
    holding,
    markPrice: price,
    notionalUsd: notional(instrument, quantity, price),
    unrealisedUsd: unrealisedUsd(instrument, quantity, entryPrice, price),
    maintenanceUsd: maintenance(instrument, quantity, price, index),
    delta: mul(quantity, delta),
  };
}

const isCoin = (asset: string): boolean => asset === "BTC" || asset === "ETH";

function worth(asset: string, total: Decimal, market: Market): Usd {
  return isCoin(asset) ? mul(total, market.index(asset)) : (total as Usd);
}

/**
 * The account as the desk reads it. Coins held are positions in the spot market, so that the sum of `delta` over a base
 * coin is the whole exposure; `liquidationPrice` moves that coin alone and is null where no price of it is fatal.
 */
export function accountState(
  account: string,
  book: Book,
  openOrders: readonly VenueOrder[],
  market: Market,
): AccountState {
  const value = valuate(book, market);
  const spots = [...book.balances]
    .filter(([asset, total]) => isCoin(asset) && !isZero(total))
    .map(([asset, total]) =>
      lineOf(known(`${asset}/USDT`), { quantity: total as Quantity, entryPrice: market.index(asset) }, market),
    );
  const lines = [...value.lines, ...spots];
  return {
    account,
    venue: "paper",
    equityUsd: cents(value.equityUsd),
    maintenanceMarginUsd: cents(value.maintenanceUsd),
    marginRatio: value.marginRatio,
    balances: [...book.balances].map(([asset, total]) => ({
      asset,
      total: total as string,
      usd: cents(worth(asset, total, market)),
    })),
    positions: lines.map((one) => position(one, lines, value)),
    openOrders,
    at: market.at,
  };
}

const cents = (amount: Usd): Usd => places(amount, 2, "half-even");

function position(one: Line, lines: readonly Line[], value: Valuation): Position {
  return {
    symbol: one.instrument.symbol,
    quantity: one.holding.quantity,
    entryPrice: places(one.holding.entryPrice, 8, "half-even"),
    markPrice: one.markPrice,
    notionalUsd: cents(one.notionalUsd),
    unrealisedUsd: cents(one.unrealisedUsd),
    maintenanceMarginUsd: cents(one.maintenanceUsd),
    liquidationPrice: one.instrument.kind === "spot" ? null : liquidationPrice(one, lines, value),
    delta: places(one.delta, 8, "half-even"),
  };
}

/**
 * The mark of this coin at which maintenance reaches equity, everything else standing still: equity moves by the coin's
 * whole delta, maintenance in proportion to the price (exact within a tier, for options to first order).
 */
function liquidationPrice(one: Line, lines: readonly Line[], value: Valuation): Price | null {
  const same = lines.filter((other) => other.instrument.base === one.instrument.base);
  const mark =
    one.instrument.kind === "option"
      ? (same.find((other) => other.instrument.kind !== "option")?.markPrice ?? null)
      : one.markPrice;
  if (mark === null || isZero(mark)) return null;
  const delta = sum(same.map((other) => other.delta));
  const need = div(sum(same.map((other) => other.maintenanceUsd)), mark, 18, "half-even");
  const slope = sub<string>(delta, need);
  if (isZero(slope)) return null;
  const missing = sub(value.maintenanceUsd, value.equityUsd);
  const price = add<"price">(mark, div<"price">(missing, slope, 2, "half-even"));
  return sign(price) > 0 ? price : null;
}
