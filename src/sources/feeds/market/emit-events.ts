import type { Market, Taker } from "../../../detectors/event.ts";
import type { Session } from "./json-parser.ts";

/** What a price or a size of something that happened can be. */
const isAmount = (value: number): boolean => value > 0 && value < Number.POSITIVE_INFINITY;

/** Hands a trade on. */
export function emitTrade(
  session: Session,
  market: Market,
  at: number,
  receivedAt: number,
  price: number,
  size: number,
  taker: Taker,
  buyer = "",
  seller = "",
): void {
  if (!isAmount(price) || !isAmount(size)) {
    session.counters.malformed += 1;
    return;
  }
  const { trade } = session.records;
  trade.market = market;
  trade.at = at;
  trade.receivedAt = receivedAt;
  trade.price = price;
  trade.size = size;
  trade.taker = taker;
  trade.buyer = buyer;
  trade.seller = seller;
  session.emit(trade);
}

/** Hands a best quote on, unless a side is missing. */
export function emitQuote(
  session: Session,
  market: Market,
  at: number,
  receivedAt: number,
  bid: number,
  bidSize: number,
  ask: number,
  askSize: number,
): void {
  if (!(bid > 0) || !(ask > 0)) return;
  const { quote } = session.records;
  Object.assign(quote, { market, at, receivedAt, bid, bidSize, ask, askSize });
  if (!(bidSize >= 0)) quote.bidSize = Number.NaN;
  if (!(askSize >= 0)) quote.askSize = Number.NaN;
  session.emit(quote);
}

/** Hands a mark and index price on, unless the mark is missing. */
export function emitMark(
  session: Session,
  market: Market,
  at: number,
  receivedAt: number,
  mark: number,
  index: number,
): void {
  if (!(mark > 0)) return;
  session.emit(Object.assign(session.records.mark, { market, at, receivedAt, mark, index }));
}

/** Hands a funding rate on, unless it or the time that it is for is missing. */
export function emitFunding(
  session: Session,
  market: Market,
  at: number,
  receivedAt: number,
  rate: number,
  intervalMs: number,
): void {
  if (!Number.isFinite(rate) || !(intervalMs > 0)) return;
  session.emit(Object.assign(session.records.funding, { market, at, receivedAt, rate, intervalMs }));
}

/** Hands last price, open interest and implied volatility on, unless all are missing. */
export function emitTicker(
  session: Session,
  market: Market,
  at: number,
  receivedAt: number,
  last: number,
  openInterest: number,
  impliedVolatility: number,
): void {
  if (Number.isNaN(last) && Number.isNaN(openInterest) && Number.isNaN(impliedVolatility)) return;
  session.emit(
    Object.assign(session.records.ticker, { market, at, receivedAt, last, openInterest, impliedVolatility }),
  );
}

/** What a venue says of one option; a price that is not above zero means that nobody offers it. */
interface OptionFigures {
  readonly bid: number;
  readonly bidSize: number;
  readonly ask: number;
  readonly askSize: number;
  readonly mark: number;
  readonly impliedVolatility: number;
  readonly forward: number;
}

/** Hands an option's figures on, unless it has no mark or no forward to be judged by. */
export function emitOption(
  session: Session,
  market: Market,
  at: number,
  receivedAt: number,
  figures: OptionFigures,
): void {
  if (market.option === undefined || !(figures.mark > 0) || !(figures.forward > 0)) return;
  const { option } = session.records;
  Object.assign(option, { market, at, receivedAt }, figures);
  if (!(option.bid > 0)) option.bid = Number.NaN;
  if (!(option.ask > 0)) option.ask = Number.NaN;
  if (!(option.impliedVolatility > 0)) option.impliedVolatility = Number.NaN;
  session.emit(option);
}

/** Hands a forced order on, unless its price or size is missing: sums that hold one such are no numbers any more. */
export function emitLiquidation(
  session: Session,
  market: Market,
  at: number,
  receivedAt: number,
  price: number,
  size: number,
  taker: Taker,
): void {
  if (!isAmount(price) || !isAmount(size)) {
    session.counters.malformed += 1;
    return;
  }
  session.emit(Object.assign(session.records.liquidation, { market, at, receivedAt, price, size, taker }));
}

/** "buy"/"Buy"/"BUY"/"B"/"bid" is 1, "sell"/"A"/"ask" is -1, anything else 0. */
export function takerOf(side: unknown): Taker {
  const letter = typeof side === "string" ? side[0]?.toLowerCase() : undefined;
  if (letter === "b") return 1;
  return letter === "s" || letter === "a" ? -1 : 0;
}
