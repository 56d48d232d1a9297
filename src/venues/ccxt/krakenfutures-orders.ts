import { type Decimal, type Quantity, ZERO, add, div, isZero, less, mul } from "../../kernel/decimal.ts";
import { DeskError } from "../../kernel/errors.ts";
import type { Fill, VenueOrder } from "../../kernel/order.ts";
import { type Row, figure, flag, maybeFigure, maybeText, oneOf, row, rows, text } from "../answer.ts";
import { type Link, type Listing } from "./link.ts";
import { priceOrNull, together } from "./shape.ts";

const SIDES = { buy: "buy", sell: "sell", Buy: "buy", Sell: "sell" } as const;
/** Words of `orders/status`, which knows open orders and those that closed within seconds. */
const STATUS = {
  ENTERED_BOOK: "working",
  TRIGGER_PLACED: "working",
  FULLY_EXECUTED: "filled",
  CANCELLED: "cancelled",
  TRIGGER_ACTIVATION_FAILURE: "rejected",
  REJECTED: "rejected",
} as const;
/** Events of the order history; the latest of an order tells its state. */
const EVENTS = {
  OrderPlaced: "working",
  OrderUpdated: "working",
  OrderEdited: "working",
  OrderCancelled: "cancelled",
  OrderRejected: "rejected",
} as const;
const DAY_MS = 86_400_000;
const PAGE = 100;

/** A moment of the venue, in ms or as ISO text. Throws VENUE_ANSWER_INVALID. */
export function time(of: Row, key: string): Date {
  const raw = text(of, key);
  const at = new Date(/^\d+$/.test(raw) ? Number(raw) : raw);
  if (Number.isNaN(at.getTime())) throw new DeskError("VENUE_ANSWER_INVALID", `${key} was not a time`);
  return at;
}

/** A market's id as the venue's lists have it, in capitals. */
export const idOf = (of: Row, key: string): string => text(of, key).toUpperCase();

function openOrder(of: Row, listing: Listing): VenueOrder {
  const filledQuantity = figure<"quantity">(of, "filledSize");
  return {
    venueOrderId: text(of, "order_id"),
    clientOrderId: maybeText(of, "cliOrdId") ?? "",
    symbol: listing.byId(idOf(of, "symbol")).instrument.symbol,
    side: oneOf(of, "side", SIDES),
    quantity: add(figure<"quantity">(of, "unfilledSize"), filledQuantity),
    limitPrice: priceOrNull(maybeFigure(of, "limitPrice")),
    reduceOnly: flag(of, "reduceOnly"),
    state: "working",
    filledQuantity,
    averagePrice: null,
    feeUsd: null,
    updatedAt: time(of, "lastUpdateTime"),
  };
}

/** An order as `orders/status` and the history write it; what it filled for is summed from the fills. */
function order(
  of: Row,
  state: VenueOrder["state"],
  id: string,
  client: string,
  listing: Listing,
  fills: readonly Fill[],
): VenueOrder {
  const venueOrderId = text(of, id);
  const mine = fills.filter((one) => one.venueOrderId === venueOrderId);
  const traded = mine.reduce<Quantity>((total, one) => add(total, one.quantity), ZERO);
  const value = mine.reduce<Decimal>((total, one) => add(total, mul(one.quantity, one.price)), ZERO as Decimal);
  const filled = figure<"quantity">(of, "filled");
  const quantity = figure<"quantity">(of, "quantity");
  return {
    venueOrderId,
    clientOrderId: maybeText(of, client) ?? "",
    symbol: listing.byId(idOf(of, id === "uid" ? "tradeable" : "symbol")).instrument.symbol,
    side: oneOf(of, id === "uid" ? "direction" : "side", SIDES),
    quantity,
    limitPrice: priceOrNull(maybeFigure(of, "limitPrice")),
    reduceOnly: flag(of, "reduceOnly"),
    state: !less(filled, quantity) || !less(traded, quantity) ? "filled" : state,
    filledQuantity: less(filled, traded) ? traded : filled,
    averagePrice: isZero(traded) ? null : div<"price">(value, traded, 8, "half-even"),
    feeUsd: null,
    updatedAt: time(of, "lastUpdateTimestamp"),
  };
}

/** The venue tells the hundred fills before a time; those since a date are walked back to. */
export async function fillsSince(link: Link, since: Date): Promise<readonly Fill[]> {
  const listing = await link.listed();
  const all: Fill[] = [];
  let before: Date | undefined;
  for (;;) {
    const answer = row(
      await link.call("privateGetFills", before ? { lastFillTime: before.toISOString() } : {}),
      "fills",
    );
    const page = rows(answer["fills"], "fills");
    all.push(...page.filter((of) => listing.has(idOf(of, "symbol"))).map((of) => fill(of, listing)));
    const times = page.map((of) => time(of, "fillTime").getTime());
    const oldest = times.length > 0 ? new Date(Math.min(...times)) : undefined;
    // A page that brings nothing older would be asked for again and again.
    if (page.length < PAGE || !oldest || oldest <= since || oldest.getTime() === before?.getTime()) return all;
    before = oldest;
  }
}

function fill(of: Row, listing: Listing): Fill {
  return {
    venueOrderId: text(of, "order_id"),
    clientOrderId: maybeText(of, "cliOrdId") ?? "",
    symbol: listing.byId(idOf(of, "symbol")).instrument.symbol,
    side: oneOf(of, "side", SIDES),
    quantity: figure(of, "size"),
    price: figure(of, "price"),
    // The venue does not tell a fill's fee here; the account log has it later.
    feeUsd: ZERO,
    at: time(of, "fillTime"),
  };
}

/** Fills as far back as an order of the last day may have them. */
const recentFills = (link: Link): Promise<readonly Fill[]> => fillsSince(link, new Date(link.now().getTime() - DAY_MS));

/** Every resting order. */
export async function openOrders(link: Link): Promise<readonly VenueOrder[]> {
  const listing = await link.listed();
  return rows(row(await link.call("privateGetOpenorders"), "answer")["openOrders"], "openOrders").map((one) =>
    openOrder(one, listing),
  );
}

/** An order that is open, or closed within seconds; undefined where the venue does not know it. */
export async function byStatus(link: Link, clientOrderId: string): Promise<VenueOrder | undefined> {
  const listing = await link.listed();
  const found = rows(
    row(await link.call("privateGetOrdersStatus", { cliOrdIds: clientOrderId }), "answer")["orders"],
    "orders",
  );
  const [fills, one] = [await recentFills(link), found[0]];
  return one && order(row(one["order"], "order"), oneOf(one, "status", STATUS), "orderId", "cliOrdId", listing, fills);
}

/** The order's latest event of the last day; the history is read newest first. */
export async function byHistory(link: Link, clientOrderId: string): Promise<VenueOrder | undefined> {
  const listing = await link.listed();
  const since = link.now().getTime() - DAY_MS;
  const [answer, fills] = await together(
    link.call("historyGetOrders", { sort: "desc", since, count: 1000 }),
    recentFills(link),
  );
  for (const element of rows(row(answer, "history")["elements"], "elements")) {
    for (const [kind, body] of Object.entries(row(element["event"], "event"))) {
      const state = Object.hasOwn(EVENTS, kind) ? EVENTS[kind as keyof typeof EVENTS] : undefined;
      const inner = row(body, kind);
      const about = inner["order"] ?? inner["newOrder"];
      if (!state || about === undefined || maybeText(row(about, "order"), "clientId") !== clientOrderId) continue;
      return order(row(about, "order"), state, "uid", "clientId", listing, fills);
    }
  }
  return undefined;
}
