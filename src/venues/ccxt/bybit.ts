import { type Decimal, ZERO, isZero, mul, neg, sum } from "../../kernel/decimal.ts";
import { type Instrument, baseQuantity, notional } from "../../kernel/instrument.ts";
import type { Fill, Position, TimeInForce, VenueOrder } from "../../kernel/order.ts";
import { type Row, figure, flag, instant, maybeFigure, maybeText, oneOf, row, rows, text, words } from "../answer.ts";
import { type Dialect, keyAndSecret } from "./dialect.ts";
import { type Link, type Listing, feeInUsd } from "./link.ts";
import { adlRank, joined, marginRatio, priceOrNull, sameId, together, withId } from "./shape.ts";

const STATES = {
  New: "working",
  PartiallyFilled: "working",
  Untriggered: "working",
  Triggered: "working",
  Filled: "filled",
  Cancelled: "cancelled",
  PartiallyFilledCanceled: "cancelled",
  Deactivated: "cancelled",
  Rejected: "rejected",
} as const;
const SIDES = { Buy: "buy", Sell: "sell" } as const;
const TIF: Readonly<Record<TimeInForce, string>> = { GTC: "GTC", IOC: "IOC", FOK: "FOK", PO: "PostOnly" };
/** As far back as one call for executions reaches. */
const REACH_MS = 7 * 86_400_000 - 60_000;
/** Each of these is asked apart: the venue takes one category and one settlement coin at a time. */
const BOOKS: readonly Row[] = [
  { category: "linear", settleCoin: "USDT" },
  { category: "linear", settleCoin: "USDC" },
  { category: "inverse" },
  { category: "option" },
];
const SPOT: Row = { category: "spot" };

const categoryOf = (one: Instrument): string =>
  one.kind === "option" || one.kind === "spot" ? one.kind : one.inverse ? "inverse" : "linear";

/** What a list's pages hold, page by page. */
async function results(link: Link, method: string, params: Row): Promise<readonly Row[]> {
  const all: Row[] = [];
  let cursor: string | undefined;
  do {
    const answer = row(await link.call(method, { ...params, ...(cursor === undefined ? {} : { cursor }) }), method);
    const result = row(answer["result"], "result");
    all.push(result);
    cursor = maybeText(result, "nextPageCursor");
  } while (cursor !== undefined);
  return all;
}

/** A list over all its pages. */
async function pages(
  link: Link,
  method: string,
  params: Row,
): Promise<readonly { readonly of: Row; readonly category: string }[]> {
  return (await results(link, method, params)).flatMap((result) => {
    const category = maybeText(result, "category") ?? text(params, "category");
    return rows(result["list"], "list").map((of) => ({ of, category }));
  });
}

function order(of: Row, category: string, listing: Listing): VenueOrder {
  return {
    venueOrderId: text(of, "orderId"),
    clientOrderId: maybeText(of, "orderLinkId") ?? "",
    symbol: listing.byId(text(of, "symbol"), category === "spot").instrument.symbol,
    side: oneOf(of, "side", SIDES),
    quantity: figure(of, "qty"),
    limitPrice: priceOrNull(maybeFigure(of, "price")),
    reduceOnly: flag(of, "reduceOnly"),
    state: oneOf(of, "orderStatus", STATES),
    filledQuantity: figure(of, "cumExecQty"),
    averagePrice: priceOrNull(maybeFigure(of, "avgPrice")),
    feeUsd: null,
    updatedAt: instant(of, "updatedTime"),
  };
}

async function ordersOf(link: Link, method: string, params: Row): Promise<readonly VenueOrder[]> {
  const listing = await link.listed();
  return (await pages(link, method, params)).map(({ of, category }) => order(of, category, listing));
}

async function position(of: Row, link: Link): Promise<Position> {
  const { instrument, id } = (await link.listed()).byId(text(of, "symbol"));
  const size = figure<"quantity">(of, "size");
  const quantity = oneOf(of, "side", SIDES) === "buy" ? size : neg(size);
  const markPrice = figure<"price">(of, "markPrice");
  // Inverse contracts tell value, profit and margin in coins.
  const usd = (amount: Decimal): Decimal<"usd"> =>
    instrument.inverse ? mul(amount, markPrice) : (amount as Decimal<"usd">);
  return {
    symbol: instrument.symbol,
    quantity,
    entryPrice: figure(of, "avgPrice"),
    markPrice,
    // The venue's own value of a position is that at its entry.
    notionalUsd: notional(instrument, quantity, markPrice),
    unrealisedUsd: usd(figure(of, "unrealisedPnl")),
    maintenanceMarginUsd: usd(maybeFigure(of, "positionMM") ?? ZERO),
    liquidationPrice: priceOrNull(maybeFigure(of, "liqPrice")),
    delta:
      instrument.kind === "option"
        ? mul(await optionDelta(link, id), quantity)
        : baseQuantity(instrument, quantity, markPrice),
    ...adlRank(of, "adlRankIndicator", 5),
  };
}

const optionDelta = async (link: Link, id: string): Promise<Decimal> =>
  figure(await ticker(link, "option", id), "delta");

async function ticker(link: Link, category: string, symbol: string): Promise<Row> {
  const answer = row(await link.call("publicGetV5MarketTickers", { category, symbol }), "tickers");
  return row(rows(row(answer["result"], "result")["list"], "list")[0], "ticker");
}

function fill(of: Row, category: string, listing: Listing): Fill {
  const { instrument } = listing.byId(text(of, "symbol"), category === "spot");
  const price = figure<"price">(of, "execPrice");
  const asset = maybeText(of, "feeCurrency") ?? instrument.settle;
  return {
    venueOrderId: text(of, "orderId"),
    clientOrderId: maybeText(of, "orderLinkId") ?? "",
    symbol: instrument.symbol,
    side: oneOf(of, "side", SIDES),
    quantity: figure(of, "execQty"),
    price,
    feeUsd: feeInUsd(figure(of, "execFee"), asset, instrument, price) ?? ZERO,
    at: instant(of, "execTime"),
  };
}

/** Executions that are trades of ours; funding and settlement are not. */
const TRADES = new Set(["Trade", "AdlTrade", "BustTrade"]);

/** Bybit unified accounts, API v5 (bybit-exchange.github.io/docs/v5). */
export const bybit: Dialect = {
  options: { options: { brokerId: "", enableUnifiedMargin: false, enableUnifiedAccount: true } },
  signing: keyAndSecret,
  // The id exists already; "submitted to the system for processing", "order creation timeout".
  doubtful: /"retCode":(110072|170141|170035|170146)\b/,
  // Of these, 170001, 170032 and 170234 are faults of the server or its network, which say nothing of the order.
  refused: /"retCode":1[17]0(?!(?<=170)(001|032|234))\d{3}\b/,
  amountsInUnits: false,

  async account(link) {
    const [wallet, lists] = await together(
      link.call("privateGetV5AccountWalletBalance", { accountType: "UNIFIED" }),
      together(...BOOKS.map((book) => pages(link, "privateGetV5PositionList", { ...book, limit: "200" }))),
    );
    const totals = row(rows(row(row(wallet, "wallet")["result"], "result")["list"], "list")[0], "account");
    const equityUsd = figure<"usd">(totals, "totalEquity");
    const held = lists.flat().filter(({ of }) => !isZero(maybeFigure(of, "size") ?? ZERO));
    const positions = await together(...held.map(({ of }) => position(of, link)));
    // In isolated margin the account has neither figure: each position is liquidated by itself, and no ratio is known.
    const told = maybeFigure<"usd">(totals, "totalMaintenanceMargin");
    const maintenanceMarginUsd = told ?? sum(positions.map((one) => one.maintenanceMarginUsd));
    // The venue liquidates by the margin balance: equity less what is no collateral, such as the value of options.
    const money = maybeFigure<"usd">(totals, "totalMarginBalance") ?? equityUsd;
    return {
      equityUsd,
      maintenanceMarginUsd,
      marginRatio: told === undefined && positions.length > 0 ? null : marginRatio(maintenanceMarginUsd, money),
      balances: rows(totals["coin"], "coin").map((one) => ({
        asset: text(one, "coin"),
        total: figure(one, "walletBalance"),
        usd: maybeFigure<"usd">(one, "usdValue") ?? ZERO,
      })),
      positions,
      at: link.now(),
    };
  },

  // bybit-exchange.github.io/docs/v5/user/apikey-info; "*" stands for every address.
  async keyRights(link) {
    const key = row(row(await link.call("privateGetV5UserQueryApi"), "answer")["result"], "key");
    const permissions = row(key["permissions"], "permissions");
    const rights = Object.keys(permissions).flatMap((group) =>
      words(permissions, group).map((one) => `${group}.${one}`),
    );
    const addresses = words(key, "ips").filter((one) => one !== "" && one !== "*");
    const ends = new Date(maybeText(key, "expiredAt") ?? 0);
    return {
      withdraws: words(permissions, "Wallet").includes("Withdraw"),
      addressBound: addresses.length > 0 && !words(key, "ips").includes("*"),
      rights: [...rights, ...(maybeText(key, "readOnly") === "1" ? ["read only"] : [])].toSorted(),
      addresses: addresses.toSorted(),
      // A key that does not end is said to have ended in 1970.
      expiresAt: ends.getTime() > 0 ? ends : null,
      others: null,
    };
  },

  async openOrders(link) {
    const lists = await together(
      ...[...BOOKS, SPOT].map((book) =>
        ordersOf(link, "privateGetV5OrderRealtime", { ...book, openOnly: "0", limit: "50" }),
      ),
    );
    return joined(...lists).filter((one) => one.state === "working");
  },

  lookUps(link, { instrument, id }, clientOrderId) {
    const asked = { category: categoryOf(instrument), symbol: id, orderLinkId: clientOrderId };
    const inOrders = (method: string) => async () => withId(await ordersOf(link, method, asked), clientOrderId);
    return [inOrders("privateGetV5OrderRealtime"), inOrders("privateGetV5OrderHistory")];
  },

  async fills(link, since) {
    const listing = await link.listed();
    const startTime = String(Math.max(since.getTime(), link.now().getTime() - REACH_MS));
    const books = ["linear", "inverse", "option", "spot"];
    const lists = await together(
      ...books.map((category) => pages(link, "privateGetV5ExecutionList", { category, startTime, limit: "100" })),
    );
    return lists
      .flat()
      .filter(({ of }) => TRADES.has(text(of, "execType")))
      .filter(({ of, category }) => listing.has(text(of, "symbol"), category === "spot"))
      .map(({ of, category }) => fill(of, category, listing));
  },

  // bybit-exchange.github.io/docs/v5/account/transaction-log
  async transfers(link, since) {
    const asked = { accountType: "UNIFIED", startTime: String(since.getTime()), limit: "50" };
    const lists = await together(
      ...["TRANSFER_IN", "TRANSFER_OUT"].map((type) =>
        results(link, "privateGetV5AccountTransactionLog", { ...asked, type }),
      ),
    );
    return lists
      .flat()
      .flatMap((result) => rows(result["list"], "list"))
      .map((one) => ({
        asset: text(one, "currency"),
        amount: figure(one, "change"),
        at: instant(one, "transactionTime"),
      }));
  },

  async marks(link, { instrument, id }) {
    const now = await ticker(link, categoryOf(instrument), id);
    return {
      markPrice: priceOrNull(maybeFigure(now, "markPrice")),
      indexPrice: priceOrNull(maybeFigure(now, "indexPrice")),
      fundingRate: maybeFigure(now, "fundingRate") ?? null,
    };
  },

  async isHedged(link, { instrument, id }) {
    if (instrument.kind === "spot" || instrument.kind === "option") return false;
    const held = await pages(link, "privateGetV5PositionList", { category: categoryOf(instrument), symbol: id });
    return held.some(({ of }) => text(of, "positionIdx") !== "0");
  },

  async place(link, { instrument, id }, wanted) {
    const answer = row(
      await link.call("privatePostV5OrderCreate", {
        category: categoryOf(instrument),
        symbol: id,
        side: wanted.side === "buy" ? "Buy" : "Sell",
        orderType: "Limit",
        qty: wanted.quantity,
        price: wanted.limitPrice,
        timeInForce: TIF[wanted.timeInForce],
        orderLinkId: wanted.clientOrderId,
        ...(wanted.reduceOnly ? { reduceOnly: true } : {}),
        ...(instrument.kind === "spot" || instrument.kind === "option" ? {} : { positionIdx: 0 }),
      }),
      "order",
    );
    const result = row(answer["result"], "result");
    return sameId({ venueOrderId: text(result, "orderId") }, maybeText(result, "orderLinkId"), wanted.clientOrderId);
  },

  armDeadMan: null,

  async cancel(link, { instrument, id }, venueOrderId) {
    await link.call("privatePostV5OrderCancel", {
      category: categoryOf(instrument),
      symbol: id,
      orderId: venueOrderId,
    });
    return "accepted";
  },
};
