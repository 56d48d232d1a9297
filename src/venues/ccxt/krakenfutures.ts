import { type Quantity, type Usd, ZERO, div, isZero, less, mul, neg, sub } from "../../kernel/decimal.ts";
import { DeskError } from "../../kernel/errors.ts";
import { baseQuantity, notional, unrealisedUsd } from "../../kernel/instrument.ts";
import type { Position, TimeInForce } from "../../kernel/order.ts";
import { type Row, figure, maybeFigure, maybeText, oneOf, row, rows, text, words } from "../answer.ts";
import { isDollar } from "../../kernel/dollar.ts";
import { type Dialect, keyAndSecret } from "./dialect.ts";
import { byHistory, byStatus, fillsSince, idOf, openOrders, time } from "./krakenfutures-orders.ts";
import { type Link, type Listed } from "./link.ts";
import { marginRatio, priceOrNull, together, whole, withId } from "./shape.ts";

const TYPES: Readonly<Record<TimeInForce, string>> = { GTC: "lmt", IOC: "ioc", FOK: "fok", PO: "post" };
const LOG_PAGE = 5_000;
/** Answers to `sendorder` in which the order exists or existed. */
const TAKEN = new Set(["placed", "partiallyFilled", "filled", "cancelled"]);
/** Answers that are a clear no; any other word, such as a new one, leaves the order to be looked up. */
const REFUSED = new Set([
  "clientOrderIdInvalid",
  "clientOrderIdTooLong",
  "contractSuspended",
  "insufficientAvailableFunds",
  "invalidOrderType",
  "invalidPrice",
  "invalidSide",
  "invalidSize",
  "iocWouldNotExecute",
  "marketInactive",
  "marketSuspended",
  "maxPositionViolation",
  "outsidePriceCollar",
  "postWouldExecute",
  "reduceOnlyWouldIncreasePosition",
  "selfFill",
  "tooManySmallOrders",
  "wouldCauseLiquidation",
  "wouldNotReducePosition",
]);

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
  doubtful: /clientOrderIdAlreadyExist/,
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
        total: figure(row(one, asset), "quantity"),
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
    if (REFUSED.has(word)) throw new DeskError("VENUE_REJECTED", `kraken refused the order: ${word}`);
    if (!TAKEN.has(word))
      throw new DeskError(
        "ORDER_OUTCOME_UNKNOWN",
        `kraken says "${word.slice(0, 60)}" of the order, which is not known here`,
      );
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
