import { type Decimal, type Quantity, ZERO, add, div, isZero, max, mul, sub } from "../../kernel/decimal.ts";
import { DeskError } from "../../kernel/errors.ts";
import type { Fill, VenueOrder } from "../../kernel/order.ts";
import { type Row, figure, flag, instant, maybeFigure, maybeText, oneOf, row, rows, text } from "../answer.ts";
import { isA } from "./failures.ts";
import { type Link, type Listed, type Listing, unlisted } from "./link.ts";
import { priceOrNull, walked } from "./shape.ts";

const SIDES = { B: "buy", A: "sell" } as const;

/** Asks the venue about the link's wallet. */
export const info = (link: Link, type: string, params: Row = {}): Promise<unknown> =>
  link.call("publicPostInfo", { type, user: link.walletAddress, ...params });

/** A coin's name as symbols have it. */
export const baseOf = (coin: string): string => coin.toUpperCase();

/** The perpetual of a coin; the venue names them so everywhere but in orders. */
export function perpetualOf(coin: string, listing: Listing): Listed {
  const found = [...listing.bySymbol.values()].find(
    (one) => one.instrument.kind === "perpetual" && one.instrument.base === baseOf(coin),
  );
  if (!found) throw unlisted("hyperliquid", coin);
  return found;
}

function stateOf(word: string): VenueOrder["state"] {
  if (word === "open" || word === "triggered") return "working";
  if (word === "filled") return "filled";
  if (word.toLowerCase().endsWith("canceled") || word === "scheduledCancel") return "cancelled";
  if (word.endsWith("ejected")) return "rejected";
  throw new DeskError(
    "VENUE_ANSWER_INVALID",
    `hyperliquid's order state "${word}" is not known; nothing was concluded`,
  );
}

function order(of: Row, word: string, at: Date, fills: readonly Fill[], listing: Listing): VenueOrder {
  const venueOrderId = text(of, "oid");
  const mine = fills.filter((one) => one.venueOrderId === venueOrderId);
  const traded = mine.reduce<Quantity>((total, one) => add(total, one.quantity), ZERO);
  const value = mine.reduce<Decimal>((total, one) => add(total, mul(one.quantity, one.price)), ZERO as Decimal);
  const quantity = figure<"quantity">(of, "origSz");
  const state = stateOf(word);
  // `sz` is what was still open when the state last changed, so that fills may tell of more.
  const filled = state === "filled" ? quantity : max(traded, sub(quantity, figure<"quantity">(of, "sz")));
  return {
    venueOrderId,
    clientOrderId: maybeText(of, "cloid") ?? "",
    symbol: perpetualOf(text(of, "coin"), listing).instrument.symbol,
    side: oneOf(of, "side", SIDES),
    quantity,
    limitPrice: priceOrNull(maybeFigure(of, "limitPx")),
    reduceOnly: flag(of, "reduceOnly"),
    state,
    filledQuantity: filled,
    averagePrice: isZero(traded) ? null : div<"price">(value, traded, 8, "half-even"),
    feeUsd: null,
    updatedAt: at,
  };
}

const PAGE = 2000;

/** Fills since a moment, oldest first. */
export async function fillsSince(link: Link, since: Date): Promise<readonly Fill[]> {
  const listing = await link.listed();
  const coins = new Set([...listing.bySymbol.values()].map((one) => one.instrument.base));
  const all = await walked({
    page: async (params) => rows(await info(link, "userFillsByTime", params), "fills"),
    id: "tid",
    full: PAGE,
    first: { startTime: since.getTime() },
    next: (last) => ({ startTime: instant(last, "time").getTime() }),
  });
  return all
    .filter((of) => coins.has(baseOf(text(of, "coin"))))
    .map((of) => ({
      venueOrderId: text(of, "oid"),
      clientOrderId: maybeText(of, "cloid") ?? "",
      symbol: perpetualOf(text(of, "coin"), listing).instrument.symbol,
      side: oneOf(of, "side", SIDES),
      quantity: figure(of, "sz"),
      price: figure(of, "px"),
      feeUsd: figure(of, "fee"),
      at: instant(of, "time"),
    }));
}

/** Fills as far back as an order of the last day may have them. */
const recentFills = (link: Link): Promise<readonly Fill[]> =>
  fillsSince(link, new Date(link.now().getTime() - 86_400_000));

/** Every resting order of a perpetual. */
export async function openOrders(link: Link): Promise<readonly VenueOrder[]> {
  const listing = await link.listed();
  const all = rows(await info(link, "frontendOpenOrders"), "open orders");
  // Orders of the spot market, which is not read, stand in the same list: "@107", "PURR/USDC".
  const perpetuals = all.filter((one) => !/^@|\//.test(text(one, "coin")));
  return perpetuals.map((one) => order(one, "open", instant(one, "timestamp"), [], listing));
}

/** An order by its id; undefined where the venue does not know it. */
export async function byStatus(link: Link, clientOrderId: string): Promise<VenueOrder | undefined> {
  const listing = await link.listed();
  try {
    const answer = row(await info(link, "orderStatus", { oid: clientOrderId }), "order status");
    if (text(answer, "status") === "unknownOid") return undefined;
    const found = row(answer["order"], "order");
    return order(
      row(found["order"], "order"),
      text(found, "status"),
      instant(found, "statusTimestamp"),
      await recentFills(link),
      listing,
    );
  } catch (error) {
    if (isA(error, "OrderNotFound")) return undefined;
    throw error;
  }
}

/** An order among those that ended lately; undefined where it is not. */
export async function byHistory(link: Link, clientOrderId: string): Promise<VenueOrder | undefined> {
  const listing = await link.listed();
  const all = rows(await info(link, "historicalOrders"), "history");
  const mine = all.filter((one) => maybeText(row(one["order"], "order"), "cloid") === clientOrderId);
  const latest = mine.toSorted(
    (a, b) => instant(b, "statusTimestamp").getTime() - instant(a, "statusTimestamp").getTime(),
  )[0];
  return (
    latest &&
    order(
      row(latest["order"], "order"),
      text(latest, "status"),
      instant(latest, "statusTimestamp"),
      await recentFills(link),
      listing,
    )
  );
}
