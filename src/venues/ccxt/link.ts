import { type Decimal, type Price, type Usd, ZERO, decimal, div, isZero, mul } from "../../kernel/decimal.ts";
import { DeskError } from "../../kernel/errors.ts";
import type { Instrument } from "../../kernel/instrument.ts";
import type { VenueName } from "../capabilities.ts";
import { isDollar } from "../../kernel/dollar.ts";
import { type Row, exact, row, text } from "../answer.ts";

/** The few members of a ccxt exchange that are used; all numbers in its answers are strings. */
export interface CcxtExchange {
  readonly id: string;
  markets: Readonly<Record<string, Row>> | undefined;
  loadMarkets(reload?: boolean): Promise<unknown>;
  fetchOrderBook(symbol: string, limit?: number): Promise<unknown>;
  createOrder(symbol: string, type: string, side: string, amount: string, price: string, params: Row): Promise<unknown>;
  cancelOrder(id: string, symbol: string): Promise<unknown>;
  cancelAllOrdersAfter(timeoutMs: number): Promise<unknown>;
  ethGetAddressFromPrivateKey(privateKey: string): string;
}

/** An instrument with the name the venue gives it. */
export interface Listed {
  readonly instrument: Instrument;
  readonly id: string;
}

/** A connection to one account at one venue. */
export interface Link {
  readonly venue: VenueName;
  readonly exchange: CcxtExchange;
  /** One signed or public call of the venue's own API, by ccxt's implicit name such as "fapiPrivateGetOrder". */
  call(method: string, params?: Row): Promise<unknown>;
  /** What the venue lists, loaded once. */
  listed(): Promise<Listing>;
  /** Loads the listing anew unless that was done within the last minute; whether it was. */
  relisted(): Promise<boolean>;
  readonly walletAddress: string;
  /** The address of the wallet that signs, where the venue knows keys by it. */
  keyAddress(): string;
  now(): Date;
}

/** The instruments of a venue, by symbol and by the venue's own name. */
export interface Listing {
  readonly bySymbol: ReadonlyMap<string, Listed>;
  /** @throws DeskError VENUE_ANSWER_INVALID where the venue names something it does not list, or not yet */
  byId(id: string, spot?: boolean): Listed;
  /** Whether the venue lists this name today; past trades may be in what has expired. */
  has(id: string, spot?: boolean): boolean;
  /** @throws DeskError UNKNOWN_INSTRUMENT */
  symbol(symbol: string): Listed;
}

/** Calls ccxt's implicit method of this name. */
export async function callImplicit(exchange: CcxtExchange, method: string, params: Row): Promise<unknown> {
  const found = (exchange as unknown as Readonly<Record<string, unknown>>)[method];
  if (typeof found !== "function") throw new TypeError(`ccxt's ${exchange.id} has no method ${method}`);
  return (found as (input: Row) => Promise<unknown>).call(exchange, params);
}

/** How a venue tells sizes. */
export interface Sizing {
  /** True where the venue's amounts are units of the contract's face, not contracts. */
  readonly amountsInUnits: boolean;
  /** The size of one contract, where ccxt's figure is not the whole of it. */
  readonly contractSize?: (market: Row) => Decimal | undefined;
}

/** Builds the listing from ccxt's markets; kinds the desk does not trade are left out, as are markets without tick or lot. */
export function listingOf(venue: VenueName, exchange: CcxtExchange, how: Sizing): Listing {
  const all = Object.values(exchange.markets ?? {}).flatMap((market): Listed[] => {
    const instrument = instrumentOf(venue, market, how);
    return instrument ? [{ instrument, id: text(market, "id") }] : [];
  });
  const bySymbol = new Map(all.map((one) => [one.instrument.symbol, one]));
  const byId = new Map(all.map((one) => [key(one.id, one.instrument.kind === "spot"), one]));
  return {
    bySymbol,
    has: (id, spot = false) => byId.has(key(id, spot)),
    byId: (id, spot = false) => {
      const found = byId.get(key(id, spot));
      if (!found) throw unlisted(venue, id);
      return found;
    },
    symbol: (symbol) => {
      const found = bySymbol.get(symbol);
      if (!found) throw new DeskError("UNKNOWN_INSTRUMENT", `${venue} does not list ${symbol}; check the symbol`);
      return found;
    },
  };
}

const key = (id: string, spot: boolean): string => `${spot ? "spot" : "contract"} ${id}`;

const UNLISTED = { unlisted: true } as const;

/** The error for a name that the venue's listing lacks. */
export const unlisted = (venue: string, id: string): DeskError =>
  new DeskError("VENUE_ANSWER_INVALID", `${venue} spoke of ${id}, which it does not list; nothing was concluded`, {
    cause: UNLISTED,
  });

/** Whether reading failed because the venue named something that may have been listed since we looked. */
export const isUnlisted = (error: unknown): boolean => error instanceof DeskError && error.cause === UNLISTED;

const KINDS = { spot: "spot", swap: "perpetual", future: "future", option: "option" } as const;

/** One market of ccxt as an instrument; undefined where the desk has no use for it. */
function instrumentOf(
  venue: VenueName,
  market: Row,
  { amountsInUnits, contractSize: own }: Sizing,
): Instrument | undefined {
  const type = market["type"];
  if (typeof type !== "string" || !Object.hasOwn(KINDS, type)) return undefined;
  // What has no unified name, as Deribit's spreads and strategies, is several instruments in one.
  if (!text(market, "symbol").includes("/")) return undefined;
  const kind = KINDS[type as keyof typeof KINDS];
  const precision = row(market["precision"], "precision");
  if (precision["price"] === undefined || precision["amount"] === undefined) return undefined;
  const told = kind === "spot" ? decimal("1") : exact(text(market, "contractSize"), "contractSize");
  const contractSize = own?.(market) ?? told;
  const lots = exact<"quantity">(text(precision, "amount"), "precision.amount");
  const lotSize = amountsInUnits ? div<"quantity">(lots, contractSize, 12, "up") : lots;
  if (isZero(contractSize) || isZero(lotSize)) return undefined;
  const limits = row(row(market["limits"], "limits")["amount"] ?? {}, "limits.amount");
  const smallest = limits["min"] === undefined ? lots : exact<"quantity">(text(limits, "min"), "limits.amount.min");
  const minQuantity = amountsInUnits ? div<"quantity">(smallest, contractSize, 12, "up") : smallest;
  const base = text(market, "base");
  const settle = kind === "spot" ? text(market, "quote") : text(market, "settle");
  // Coin-settled options are priced in the coin itself: their quote is the coin, and a contract is `contractSize` coins.
  const coinOption = kind === "option" && settle === base;
  return {
    venue,
    symbol: text(market, "symbol"),
    kind,
    base,
    quote: coinOption ? base : text(market, "quote"),
    settle,
    inverse: market["inverse"] === true && kind !== "option",
    contractSize,
    tickSize: exact<"price">(text(precision, "price"), "precision.price"),
    lotSize,
    minQuantity: isZero(minQuantity) ? lotSize : minQuantity,
    ...(kind === "future" || kind === "option" ? { expiryAt: new Date(Number(text(market, "expiry"))) } : {}),
    ...(kind === "option"
      ? {
          strike: exact<"price">(text(market, "strike"), "strike"),
          optionKind: market["optionType"] === "put" ? ("put" as const) : ("call" as const),
        }
      : {}),
  };
}

/** A fee in USD: dollars as they are, the instrument's own coin at the trade's price; null for any other asset. */
export function feeInUsd(amount: Decimal, asset: string, one: Instrument, price: Price): Usd | null {
  if (isZero(amount)) return ZERO;
  if (isDollar(asset)) return amount as Usd;
  return asset.toUpperCase() === one.base ? mul<"usd">(amount, price) : null;
}
