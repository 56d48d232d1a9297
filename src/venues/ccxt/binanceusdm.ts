import { type Usd, ZERO, abs, add, compare, isZero, sum } from "../../kernel/decimal.ts";
import type { AccountState } from "../../kernel/account.ts";
import { DeskError } from "../../kernel/errors.ts";
import { baseQuantity } from "../../kernel/instrument.ts";
import type { Fill, Position, TimeInForce, VenueOrder } from "../../kernel/order.ts";
import { type Row, figure, flag, instant, maybeFigure, maybeText, oneOf, row, rows, said, text } from "../answer.ts";
import { isDollar } from "../../kernel/dollar.ts";
import { type Dialect, keyAndSecret } from "./dialect.ts";
import { isA } from "./failures.ts";
import { type Link, type Listing, feeInUsd } from "./link.ts";
import { type Purse, adlRank, marginRatio, priceOrNull, together, walked, whole, withId, worstRatio } from "./shape.ts";

const STATES = {
  NEW: "working",
  PARTIALLY_FILLED: "working",
  FILLED: "filled",
  CANCELED: "cancelled",
  EXPIRED: "expired",
  EXPIRED_IN_MATCH: "expired",
  REJECTED: "rejected",
  // The venue's own orders, which close a position at once.
  NEW_INSURANCE: "filled",
  NEW_ADL: "filled",
} as const;
const SIDES = { BUY: "buy", SELL: "sell" } as const;
const TIF: Readonly<Record<TimeInForce, string>> = { GTC: "GTC", IOC: "IOC", FOK: "FOK", PO: "GTX" };
const PAGE = 1000;
/** As far back as one call for trades or orders reaches. */
const REACH_MS = 7 * 86_400_000 - 60_000;

function order(of: Row, listing: Listing): VenueOrder {
  return {
    venueOrderId: text(of, "orderId"),
    clientOrderId: maybeText(of, "clientOrderId") ?? "",
    symbol: listing.byId(text(of, "symbol")).instrument.symbol,
    side: oneOf(of, "side", SIDES),
    quantity: figure(of, "origQty"),
    limitPrice: priceOrNull(maybeFigure(of, "price")),
    reduceOnly: flag(of, "reduceOnly"),
    state: oneOf(of, "status", STATES),
    filledQuantity: figure(of, "executedQty"),
    averagePrice: priceOrNull(maybeFigure(of, "avgPrice")),
    feeUsd: null,
    updatedAt: instant(of, "updateTime"),
  };
}

/** What marks the id of an order of the algo service, which counts its own. */
const ALGO = "algo-";

function waitingOrder(of: Row, listing: Listing): VenueOrder {
  return {
    venueOrderId: `${ALGO}${text(of, "algoId")}`,
    clientOrderId: maybeText(of, "clientAlgoId") ?? "",
    symbol: listing.byId(text(of, "symbol")).instrument.symbol,
    side: oneOf(of, "side", SIDES),
    quantity: maybeFigure(of, "quantity") ?? ZERO,
    limitPrice: priceOrNull(maybeFigure(of, "price")),
    // One that closes the position whole has no quantity of its own.
    reduceOnly: flag(of, "reduceOnly") || flag(of, "closePosition"),
    state: "working",
    filledQuantity: ZERO,
    averagePrice: null,
    feeUsd: null,
    updatedAt: instant(of, "updateTime"),
  };
}

function position(of: Row, listing: Listing): Position {
  const { instrument } = listing.byId(text(of, "symbol"));
  if (!isDollar(instrument.quote))
    throw new DeskError(
      "NOT_SUPPORTED",
      `the account holds ${instrument.symbol}, which Binance counts in ${instrument.quote}; only contracts in dollars are read, so close it or hold it in another account`,
    );
  const quantity = figure<"quantity">(of, "positionAmt");
  const markPrice = figure<"price">(of, "markPrice");
  return {
    symbol: instrument.symbol,
    quantity,
    entryPrice: figure(of, "entryPrice"),
    markPrice,
    notionalUsd: abs(figure<"usd">(of, "notional")),
    unrealisedUsd: figure(of, "unRealizedProfit"),
    maintenanceMarginUsd: figure(of, "maintMargin"),
    liquidationPrice: priceOrNull(maybeFigure(of, "liquidationPrice")),
    delta: baseQuantity(instrument, quantity, markPrice),
    // The same quantile, 0 to 4, as `adlQuantile` tells apart; here it costs no call of its own.
    ...adlRank(of, "adl", 4),
  };
}

interface Margin {
  readonly equityUsd: Usd;
  readonly maintenanceMarginUsd: Usd;
  readonly marginRatio: AccountState["marginRatio"];
}

/**
 * In single-asset mode the venue's totals count USDT alone, and what is margined in another asset is liquidated by itself;
 * the answer does not name the mode, but other assets then have money that the totals leave out. Isolated positions are
 * liquidated by themselves in either mode.
 */
function marginOf(totals: Row, assets: readonly Row[], held: readonly Row[]): Margin {
  const equityUsd = figure<"usd">(totals, "totalMarginBalance");
  const maintenanceMarginUsd = figure<"usd">(totals, "totalMaintMargin");
  const isolated = held
    .filter((one) => !isZero(maybeFigure(one, "isolatedWallet") ?? ZERO))
    .map((one): Purse => ({
      maintenance: figure(one, "maintMargin"),
      equity: add(figure(one, "isolatedWallet"), figure(one, "unRealizedProfit")),
    }));
  const purses = assets.map((one) => ({
    asset: text(one, "asset"),
    maintenance: maybeFigure<"usd">(one, "maintMargin") ?? ZERO,
    equity: maybeFigure<"usd">(one, "marginBalance") ?? ZERO,
  }));
  const tether = purses.find((one) => one.asset === "USDT") ?? { maintenance: ZERO, equity: ZERO };
  const left = purses.some((one) => one.asset !== "USDT" && !(isZero(one.maintenance) && isZero(one.equity)));
  const tetherAlone =
    compare(tether.equity, equityUsd) === 0 && compare(tether.maintenance, maintenanceMarginUsd) === 0;
  if (!left || !tetherAlone) {
    const all = { maintenance: maintenanceMarginUsd, equity: equityUsd };
    const whole = marginRatio(maintenanceMarginUsd, equityUsd);
    return { equityUsd, maintenanceMarginUsd, marginRatio: whole && worstRatio([all, ...isolated]) };
  }
  const dollars = purses.filter((one) => isDollar(one.asset));
  return {
    equityUsd: sum(dollars.map((one) => one.equity)),
    maintenanceMarginUsd: sum(dollars.map((one) => one.maintenance)),
    marginRatio: worstRatio([...purses, ...isolated]),
  };
}

const ordersOf = async (link: Link, method: string, params: Row): Promise<readonly VenueOrder[]> => {
  const listing = await link.listed();
  return rows(await link.call(method, params), "orders").map((one) => order(one, listing));
};

const sinceMs = (link: Link, since: Date): string => String(Math.max(since.getTime(), link.now().getTime() - REACH_MS));

/** Symbols in which the account traded, by its commissions. */
async function tradedIds(link: Link, startTime: string): Promise<readonly string[]> {
  const asked = { incomeType: "COMMISSION", limit: String(PAGE) };
  const income = await walked({
    page: async (params) => rows(await link.call("fapiPrivateGetIncome", params), "income"),
    id: "tranId",
    full: PAGE,
    first: { ...asked, startTime },
    next: (last) => ({ ...asked, startTime: text(last, "time") }),
  });
  const listing = await link.listed();
  return [...new Set(income.map((one) => text(one, "symbol")))].filter((id) => listing.has(id));
}

/** All of an instrument's trades or orders since a time; the first page goes by time, the following by id. */
const allSince = (link: Link, method: string, symbol: string, startTime: string, id: string, from: string) =>
  walked({
    page: async (params) => rows(await link.call(method, params), method),
    id,
    full: PAGE,
    first: { symbol, startTime, limit: String(PAGE) },
    next: (last) => ({ symbol, [from]: String(BigInt(text(last, id)) + 1n), limit: String(PAGE) }),
  });

async function fillsOf(link: Link, id: string, startTime: string): Promise<readonly Fill[]> {
  const listing = await link.listed();
  const [trades, orders] = await together(
    allSince(link, "fapiPrivateGetUserTrades", id, startTime, "id", "fromId"),
    allSince(link, "fapiPrivateGetAllOrders", id, startTime, "orderId", "orderId"),
  );
  const names = new Map(orders.map((one) => [text(one, "orderId"), text(one, "clientOrderId")]));
  return trades.map((one): Fill => {
    const { instrument } = listing.byId(text(one, "symbol"));
    const price = figure<"price">(one, "price");
    const venueOrderId = text(one, "orderId");
    return {
      venueOrderId,
      clientOrderId: names.get(venueOrderId) ?? "",
      symbol: instrument.symbol,
      side: oneOf(one, "side", SIDES),
      quantity: figure(one, "qty"),
      price,
      // A discount paid in another coin (BNB) has no price here; it is left out rather than guessed.
      feeUsd: feeInUsd(figure(one, "commission"), text(one, "commissionAsset"), instrument, price) ?? ZERO,
      at: instant(one, "time"),
    };
  });
}

const unlessMissing = async (look: () => Promise<VenueOrder>): Promise<VenueOrder | undefined> => {
  try {
    return await look();
  } catch (error) {
    if (isA(error, "OrderNotFound")) return undefined;
    throw error;
  }
};

/** Binance USD-M futures (developers.binance.com/docs/derivatives/usds-margined-futures). */
export const binanceusdm: Dialect = {
  options: { options: { fetchMargins: false, warnOnFetchOpenOrdersWithoutSymbol: false } },
  signing: keyAndSecret,
  doubtful: /"code":-4116/,
  refused: /"code":-[245]\d{3}\b/,
  amountsInUnits: false,

  async account(link) {
    const listing = await link.listed();
    const [account, risks] = await together(
      link.call("fapiPrivateV3GetAccount"),
      link.call("fapiPrivateV3GetPositionRisk"),
    );
    const totals = row(account, "account");
    const assets = rows(totals["assets"], "assets");
    const held = rows(risks, "positions").filter((one) => !isZero(figure(one, "positionAmt")));
    const balances = assets.filter((one) => !isZero(figure(one, "walletBalance")));
    return {
      ...marginOf(totals, assets, held),
      balances: balances.map((one) => ({
        asset: text(one, "asset"),
        total: figure(one, "walletBalance"),
        usd: isDollar(text(one, "asset")) ? figure<"usd">(one, "walletBalance") : ZERO,
      })),
      positions: held.map((one) => position(one, listing)),
      at: link.now(),
    };
  },

  // developers.binance.com/docs/wallet/account/api-key-permission
  async keyRights(link) {
    const key = row(await link.call("sapiGetAccountApiRestrictions"), "key");
    const rights = Object.keys(key).filter((name) => /^(enable|permits)/.test(name) && flag(key, name));
    return {
      withdraws: said(key, "enableWithdrawals"),
      addressBound: said(key, "ipRestrict"),
      rights: rights.toSorted(),
      // Whether it is bound is told, not to what.
      addresses: null,
      // Told where trading by the key ends by itself, as without bound addresses it does.
      expiresAt: key["tradingAuthorityExpirationTime"] ? instant(key, "tradingAuthorityExpirationTime") : null,
      others: null,
    };
  },

  openOrders: (link) => ordersOf(link, "fapiPrivateGetOpenOrders", {}),

  // "Current all algo open orders": since 2025-12-09 stops and their like are in no other list.
  async waitingOrders(link) {
    const listing = await link.listed();
    const all = rows(await link.call("fapiPrivateGetOpenAlgoOrders"), "algo orders");
    return all.map((one) => waitingOrder(one, listing));
  },

  lookUps: (link, { id }, clientOrderId) => [
    () =>
      unlessMissing(async () => {
        const answer = await link.call("fapiPrivateGetOrder", { symbol: id, origClientOrderId: clientOrderId });
        return order(row(answer, "order"), await link.listed());
      }),
    async () => withId(await ordersOf(link, "fapiPrivateGetOpenOrders", { symbol: id }), clientOrderId),
    async () => withId(await ordersOf(link, "fapiPrivateGetAllOrders", { symbol: id, limit: "1000" }), clientOrderId),
  ],

  async fills(link, since) {
    const startTime = sinceMs(link, since);
    const lists = await together(...(await tradedIds(link, startTime)).map((id) => fillsOf(link, id, startTime)));
    return lists.flat();
  },

  async transfers(link, since) {
    const lists = await together(
      ...["TRANSFER", "INTERNAL_TRANSFER"].map(async (incomeType) => {
        const asked = { incomeType, startTime: sinceMs(link, since), limit: String(PAGE) };
        return whole(rows(await link.call("fapiPrivateGetIncome", asked), "income"), PAGE);
      }),
    );
    return lists.flat().map((one) => ({
      asset: text(one, "asset"),
      amount: figure(one, "income"),
      at: instant(one, "time"),
    }));
  },

  async marks(link, { id }) {
    const answer = row(await link.call("fapiPublicGetPremiumIndex", { symbol: id }), "premium index");
    return {
      markPrice: figure(answer, "markPrice"),
      indexPrice: figure(answer, "indexPrice"),
      fundingRate: maybeFigure(answer, "lastFundingRate") ?? null,
    };
  },

  isHedged: async (link) =>
    flag(row(await link.call("fapiPrivateGetPositionSideDual"), "position mode"), "dualSidePosition"),

  async place(link, { id }, wanted) {
    const answer = await link.call("fapiPrivatePostOrder", {
      symbol: id,
      side: wanted.side.toUpperCase(),
      type: "LIMIT",
      timeInForce: TIF[wanted.timeInForce],
      quantity: wanted.quantity,
      price: wanted.limitPrice,
      newClientOrderId: wanted.clientOrderId,
      newOrderRespType: "RESULT",
      ...(wanted.reduceOnly ? { reduceOnly: "true" } : {}),
    });
    return order(row(answer, "order"), await link.listed());
  },

  async cancel(link, { id }, venueOrderId) {
    if (venueOrderId.startsWith(ALGO))
      await link.call("fapiPrivateDeleteAlgoOrder", { algoId: venueOrderId.slice(ALGO.length) });
    else await link.call("fapiPrivateDeleteOrder", { symbol: id, orderId: venueOrderId });
    return "accepted";
  },

  // "Auto-cancel all open orders": per symbol, in ms; what rests elsewhere is not touched.
  async armDeadMan(link, timeoutMs, symbols) {
    await together(
      ...symbols.map(async ({ id }) => {
        const asked = { symbol: id, countdownTime: String(timeoutMs) };
        const answer = row(await link.call("fapiPrivatePostCountdownCancelAll", asked), "countdown");
        if (text(answer, "symbol") !== id || text(answer, "countdownTime") !== asked.countdownTime)
          throw new DeskError("VENUE_ANSWER_INVALID", `binanceusdm did not confirm the countdown of ${id}`);
      }),
    );
  },
};
