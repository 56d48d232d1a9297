import {
  type Decimal,
  type Quantity,
  type Usd,
  ZERO,
  add,
  div,
  isZero,
  less,
  mul,
  neg,
  sub,
} from "../../kernel/decimal.ts";
import { DeskError } from "../../kernel/errors.ts";
import { baseQuantity, notional, unrealisedUsd } from "../../kernel/instrument.ts";
import type { Fill, Position, TimeInForce, VenueOrder } from "../../kernel/order.ts";
import { type Row, figure, flag, maybeFigure, maybeText, oneOf, row, rows, text, words } from "../answer.ts";
import { isDollar } from "../dollar.ts";
import { type Dialect, keyAndSecret } from "./dialect.ts";
import { type Link, type Listed, type Listing } from "./link.ts";
import { marginRatio, priceOrNull, together, whole, withId } from "./shape.ts";

const SIDES = { buy: "buy", sell: "sell", Buy: "buy", Sell: "sell" } as const;
const TYPES: Readonly<Record<TimeInForce, string>> = { GTC: "lmt", IOC: "ioc", FOK: "fok", PO: "post" };
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
const LOG_PAGE = 5_000;
/** Answers to `sendorder` in which the order exists or existed. */
const TAKEN = new Set(["placed", "partiallyFilled", "filled", "cancelled"]);

function time(of: Row, key: string): Date {
  const raw = text(of, key);
  const at = new Date(/^\d+$/.test(raw) ? Number(raw) : raw);
  if (Number.isNaN(at.getTime())) throw new DeskError("VENUE_ANSWER_INVALID", `${key} was not a time`);
  return at;
}

const idOf = (of: Row, key: string): string => text(of, key).toUpperCase();

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
async function fillsSince(link: Link, since: Date): Promise<readonly Fill[]> {
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

async function openOrders(link: Link): Promise<readonly VenueOrder[]> {
  const listing = await link.listed();
  return rows(row(await link.call("privateGetOpenorders"), "answer")["openOrders"], "openOrders").map((one) =>
    openOrder(one, listing),
  );
}

async function byStatus(link: Link, clientOrderId: string): Promise<VenueOrder | undefined> {
  const listing = await link.listed();
  const found = rows(
    row(await link.call("privateGetOrdersStatus", { cliOrdIds: clientOrderId }), "answer")["orders"],
    "orders",
  );
  const [fills, one] = [await recentFills(link), found[0]];
  return one && order(row(one["order"], "order"), oneOf(one, "status", STATUS), "orderId", "cliOrdId", listing, fills);
}

/** The order's latest event of the last day; the history is read newest first. */
async function byHistory(link: Link, clientOrderId: string): Promise<VenueOrder | undefined> {
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

/** Maintenance margin by the levels of the instrument's own schedule. */
function maintenance(link: Link, one: Listed, quantity: Quantity, value: Usd): Usd {
  const market = row(link.exchange.markets?.[one.instrument.symbol], one.instrument.symbol);
  const levels = rows(row(market["info"], "info")["marginLevels"] ?? [], "marginLevels");
  const size = one.instrument.inverse ? quantity : value;
  const reached = levels.filter(
    (level) => !less(size, maybeFigure(level, "numNonContractUnits") ?? maybeFigure(level, "contracts") ?? ZERO),
  );
  const level = reached.at(-1) ?? levels[0];
  return level ? mul<"usd">(value, figure(level, "maintenanceMargin")) : ZERO;
}

async function tickers(link: Link): Promise<ReadonlyMap<string, Row>> {
  const answer = row(await link.call("publicGetTickers"), "tickers");
  return new Map(rows(answer["tickers"], "tickers").map((one) => [idOf(one, "symbol"), one]));
}

async function positions(link: Link): Promise<readonly Position[]> {
  const listing = await link.listed();
  const [answer, marks] = await together(link.call("privateGetOpenpositions"), tickers(link));
  return rows(row(answer, "positions")["openPositions"], "openPositions").map((of) => {
    const one = listing.byId(idOf(of, "symbol"));
    const { instrument } = one;
    const size = figure<"quantity">(of, "size");
    const quantity = oneOf(of, "side", { long: 1, short: -1 } as const) > 0 ? size : neg(size);
    const markPrice = figure<"price">(row(marks.get(one.id.toUpperCase()), "ticker"), "markPrice");
    const entryPrice = figure<"price">(of, "price");
    const notionalUsd = notional(instrument, quantity, markPrice);
    return {
      symbol: instrument.symbol,
      quantity,
      entryPrice,
      markPrice,
      notionalUsd,
      unrealisedUsd: unrealisedUsd(instrument, quantity, entryPrice, markPrice),
      maintenanceMarginUsd: maintenance(link, one, size, notionalUsd),
      liquidationPrice: null,
      delta: baseQuantity(instrument, quantity, markPrice),
    };
  });
}

/** Kraken Futures, API v3, multi-collateral account (docs.kraken.com/api/docs/futures-api). */
export const krakenfutures: Dialect = {
  options: {
    // The venue's service for keys, which ccxt does not know; signed as its history is.
    urls: { api: { auth: "https://futures.kraken.com/api/auth/" } },
    api: { auth: { get: { "api-keys/v3/check": { cost: 1 } } } },
    options: {
      access: { auth: { GET: { "api-keys/v3/check": "private" } } },
      versions: { auth: { GET: { "api-keys/v3/check": "v1" } } },
    },
  },
  signing: keyAndSecret,
  duplicate: /clientOrderIdAlreadyExist/,
  refused: /"result":"error","error":"(invalidArgument|notFound)/,
  amountsInUnits: false,

  async account(link) {
    const [answer, held] = await together(link.call("privateGetAccounts"), positions(link));
    const accounts = row(row(answer, "answer")["accounts"], "accounts");
    const flex = row(accounts["flex"], "flex");
    for (const [name, one] of Object.entries(accounts)) {
      const margin = row(one, name)["marginRequirements"];
      if (margin !== undefined && name !== "flex" && !isZero(maybeFigure(row(margin, name), "mm") ?? ZERO)) {
        throw new DeskError(
          "NOT_SUPPORTED",
          `the single-collateral account ${name} at Kraken has positions; only the multi-collateral account is read`,
        );
      }
    }
    const equityUsd = figure<"usd">(flex, "marginEquity");
    const maintenanceMarginUsd = figure<"usd">(flex, "maintenanceMargin");
    return {
      equityUsd,
      maintenanceMarginUsd,
      marginRatio: marginRatio(maintenanceMarginUsd, equityUsd),
      balances: Object.entries(row(flex["currencies"], "currencies")).map(([asset, one]) => ({
        asset,
        total: text(row(one, asset), "quantity"),
        usd:
          maybeFigure<"usd">(row(one, asset), "value") ??
          (isDollar(asset) ? figure<"usd">(row(one, asset), "quantity") : ZERO),
      })),
      positions: held,
      at: link.now(),
    };
  },

  // docs.kraken.com, "Check v3 API key"; it tells no end, since keys have none.
  async keyRights(link) {
    const key = row(await link.call("authGetApiKeysV3Check"), "key");
    const may = row(key["permissions"], "permissions");
    const [general, transfer] = [text(may, "general"), text(may, "transfer")];
    const ranges = words(key, "allowedCidrBlocks");
    return {
      // Full access to transfers takes money to the account's spot wallet; whether beyond it is not told.
      withdraws: transfer === "FULL_ACCESS" ? null : false,
      addressBound: ranges.length > 0 && !ranges.some((one) => one.endsWith("/0")),
      rights: [`general ${general}`, `transfer ${transfer}`],
      addresses: ranges.toSorted(),
      expiresAt: null,
      others: null,
    };
  },

  openOrders,

  lookUps: (link, _one, clientOrderId) => [
    async () => withId(await openOrders(link), clientOrderId),
    () => byStatus(link, clientOrderId),
    () => byHistory(link, clientOrderId),
  ],

  fills: (link, since) => fillsSince(link, since),

  // docs.kraken.com, "Get account log": of single-collateral accounts nothing is read, so nothing of them counts here.
  async transfers(link, since) {
    const answer = await link.call("historyGetAccountLog", { since: since.getTime(), sort: "asc", count: LOG_PAGE });
    return whole(rows(row(answer, "log")["logs"], "logs"), LOG_PAGE)
      .filter((one) => text(one, "info").includes("transfer"))
      .filter((one) => oneOf(one, "margin_account", { flex: true, cash: false } as const))
      .map((one) => ({
        asset: text(one, "asset").toUpperCase(),
        amount: sub(figure(one, "new_balance"), figure(one, "old_balance")),
        at: time(one, "date"),
      }));
  },

  async marks(link, { instrument, id }) {
    const now = row((await tickers(link)).get(id.toUpperCase()), "ticker");
    const [mark, rate] = [figure<"price">(now, "markPrice"), maybeFigure(now, "fundingRate")];
    return {
      markPrice: mark,
      indexPrice: priceOrNull(maybeFigure(now, "indexPrice")),
      // The venue states an absolute rate per contract and hour: in the quote currency, for an inverse contract in coins.
      fundingRate:
        rate === undefined || isZero(mark)
          ? null
          : instrument.inverse
            ? mul(rate, mark)
            : div(rate, mark, 12, "half-even"),
    };
  },

  // Kraken nets always.
  isHedged: async () => false,

  async place(link, { id }, wanted) {
    const answer = row(
      await link.call("privatePostSendorder", {
        orderType: TYPES[wanted.timeInForce],
        symbol: id,
        side: wanted.side,
        size: wanted.quantity,
        limitPrice: wanted.limitPrice,
        cliOrdId: wanted.clientOrderId,
        ...(wanted.reduceOnly ? { reduceOnly: true } : {}),
      }),
      "answer",
    );
    const status = row(answer["sendStatus"], "sendStatus");
    const word = text(status, "status");
    if (word === "clientOrderIdAlreadyExist")
      throw new DeskError("ORDER_OUTCOME_UNKNOWN", `kraken already has an order ${wanted.clientOrderId}`);
    if (!TAKEN.has(word)) throw new DeskError("VENUE_REJECTED", `kraken refused the order: ${word}`);
    const events = rows(status["orderEvents"] ?? [], "orderEvents");
    for (const event of events) {
      const about = event["order"] ?? event["orderPriorExecution"] ?? event["new"];
      if (about !== undefined) named(row(about, "order"), id, wanted.clientOrderId);
    }
    return { venueOrderId: text(status, "order_id") };
  },

  // docs.kraken.com, "Dead man's switch": in seconds for the whole account; a trigger time of 0 is a switch that is off.
  async armDeadMan(link, timeoutMs) {
    const asked = { timeout: Math.floor(timeoutMs / 1_000) };
    const answer = row(await link.call("privatePostCancelallordersafter", asked), "switch");
    if (text(row(answer["status"], "status"), "triggerTime") === "0")
      throw new DeskError("VENUE_ANSWER_INVALID", "krakenfutures did not confirm the switch: its trigger time was 0");
  },

  async cancel(link, _one, venueOrderId) {
    const answer = row(await link.call("privatePostCancelorder", { order_id: venueOrderId }), "answer");
    const word = text(row(answer["cancelStatus"], "cancelStatus"), "status");
    return word === "cancelled" ? "accepted" : "gone";
  },
};

function named(of: Row, id: string, clientOrderId: string): void {
  if (idOf(of, "symbol") === id.toUpperCase() && maybeText(of, "cliOrdId") === clientOrderId) return;
  throw new DeskError("VENUE_ANSWER_INVALID", `order ${clientOrderId} in ${id} was sent, kraken answered for another`);
}
