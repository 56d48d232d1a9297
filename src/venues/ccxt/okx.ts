import {
  type Decimal,
  type Usd,
  ZERO,
  abs,
  add,
  div,
  isZero,
  less,
  mul,
  neg,
  sign,
  sub,
} from "../../kernel/decimal.ts";
import { DeskError } from "../../kernel/errors.ts";
import { type Instrument, baseQuantity } from "../../kernel/instrument.ts";
import type { Fill, Position, TimeInForce, VenueOrder } from "../../kernel/order.ts";
import { type Row, figure, flag, instant, maybeFigure, maybeText, oneOf, row, rows, text } from "../answer.ts";
import { isDollar } from "../../kernel/dollar.ts";
import { type Dialect, keyAndSecret } from "./dialect.ts";
import { isA } from "./failures.ts";
import { type Link, type Listing, feeInUsd } from "./link.ts";
import { type Purse, adlRank, marginRatio, priceOrNull, sameId, together, withId, worstRatio } from "./shape.ts";

const STATES = {
  live: "working",
  partially_filled: "working",
  filled: "filled",
  canceled: "cancelled",
  mmp_canceled: "cancelled",
} as const;
const SIDES = { buy: "buy", sell: "sell" } as const;
const TYPES: Readonly<Record<TimeInForce, string>> = { GTC: "limit", IOC: "ioc", FOK: "fok", PO: "post_only" };
const INST_TYPES = { spot: "SPOT", perpetual: "SWAP", future: "FUTURES", option: "OPTION" } as const;
const PAGE = 100;

const data = async (link: Link, method: string, params: Row = {}): Promise<readonly Row[]> =>
  rows(row(await link.call(method, params), method)["data"], "data");

/** A list over all its pages, which go back by the last row's id. */
async function pages(link: Link, method: string, params: Row, id: string): Promise<readonly Row[]> {
  const all: Row[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await data(link, method, {
      ...params,
      limit: String(PAGE),
      ...(after === undefined ? {} : { after }),
    });
    all.push(...page);
    const last = page.at(-1);
    if (page.length < PAGE || !last) return all;
    after = text(last, id);
  }
}

const listedOf = (of: Row, listing: Listing): Instrument =>
  listing.byId(text(of, "instId"), text(of, "instType") === "SPOT").instrument;

function order(of: Row, listing: Listing): VenueOrder {
  return {
    venueOrderId: text(of, "ordId"),
    clientOrderId: maybeText(of, "clOrdId") ?? "",
    symbol: listedOf(of, listing).symbol,
    side: oneOf(of, "side", SIDES),
    quantity: figure(of, "sz"),
    limitPrice: priceOrNull(maybeFigure(of, "px")),
    reduceOnly: flag(of, "reduceOnly"),
    state: oneOf(of, "state", STATES),
    filledQuantity: maybeFigure(of, "accFillSz") ?? ZERO,
    averagePrice: priceOrNull(maybeFigure(of, "avgPx")),
    feeUsd: null,
    updatedAt: instant(of, "uTime"),
  };
}

function position(of: Row, listing: Listing): Position {
  const instrument = listedOf(of, listing);
  const size = figure<"quantity">(of, "pos");
  const quantity = text(of, "posSide") === "short" ? neg(abs(size)) : size;
  const markPrice = figure<"price">(of, "markPx");
  // Profit and margin are told in the settlement currency.
  const usd = (amount: Decimal): Usd =>
    isDollar(instrument.settle) ? (amount as Usd) : mul(amount, maybeFigure(of, "idxPx") ?? markPrice);
  return {
    symbol: instrument.symbol,
    quantity,
    entryPrice: figure(of, "avgPx"),
    markPrice,
    notionalUsd: abs(figure<"usd">(of, "notionalUsd")),
    unrealisedUsd: usd(figure(of, "upl")),
    maintenanceMarginUsd: usd(maybeFigure(of, "mmr") ?? ZERO),
    liquidationPrice: priceOrNull(maybeFigure(of, "liqPx")),
    delta: instrument.kind === "option" ? figure<"base">(of, "deltaBS") : baseQuantity(instrument, quantity, markPrice),
    ...adlRank(of, "adl", 5),
  };
}

function fill(of: Row, listing: Listing): Fill {
  const instrument = listedOf(of, listing);
  const price = figure<"price">(of, "fillPx");
  return {
    venueOrderId: text(of, "ordId"),
    clientOrderId: maybeText(of, "clOrdId") ?? "",
    symbol: instrument.symbol,
    side: oneOf(of, "side", SIDES),
    quantity: figure(of, "fillSz"),
    price,
    // OKX writes a fee that was paid as a negative amount.
    feeUsd: feeInUsd(neg(figure(of, "fee")), text(of, "feeCcy"), instrument, price) ?? ZERO,
    at: instant(of, "ts"),
  };
}

/** Maintenance margin in USD: the account's figure, or in single-currency mode the sum over its currencies. */
function maintenanceOf(totals: Row, currencies: readonly Row[]): Usd {
  const whole = maybeFigure<"usd">(totals, "mmr");
  if (whole !== undefined) return whole;
  let sum: Usd = ZERO;
  for (const one of currencies) {
    const [coins, equity, usd] = [maybeFigure(one, "mmr"), maybeFigure(one, "eq"), maybeFigure(one, "eqUsd")];
    if (coins === undefined || equity === undefined || usd === undefined || isZero(equity)) continue;
    sum = add(sum, mul<"usd">(coins, div(usd, equity, 12, "half-even")));
  }
  return sum;
}

/**
 * What is liquidated apart: isolated positions, and where the account has no margin of its own (spot and futures mode) each
 * currency with its cross positions.
 */
function pursesOf(totals: Row, currencies: readonly Row[], held: readonly Row[], equityUsd: Usd): readonly Purse[] {
  const isolated = held
    .filter((one) => maybeText(one, "mgnMode") === "isolated")
    .map((one): Purse => ({
      maintenance: maybeFigure(one, "mmr") ?? ZERO,
      equity: add(maybeFigure(one, "margin") ?? ZERO, figure(one, "upl")),
    }));
  const whole = maybeFigure(totals, "mmr");
  if (whole !== undefined) return [{ maintenance: whole, equity: equityUsd }, ...isolated];
  const crossed = currencies.map((one): Purse => ({
    maintenance: maybeFigure(one, "mmr") ?? ZERO,
    equity: sub(maybeFigure(one, "eq") ?? ZERO, maybeFigure(one, "isoEq") ?? ZERO),
  }));
  return [...crossed, ...isolated];
}

/** OKX, API v5 (okx.com/docs-v5). */
export const okx: Dialect = {
  // Without a broker id ccxt adds neither a tag nor a client order id of its own.
  options: { options: { brokerId: undefined } },
  signing: keyAndSecret,
  doubtful: /"sCode":"51016"/,
  // Of these, 51054 and 51149 are timeouts, which say nothing of the order.
  refused: /"sCode":"51(?!054|149)\d{3}"/,
  amountsInUnits: false,
  // ccxt takes `ctVal` alone; the face of an OKX contract is `ctVal` times `ctMult` (0.01 for options on one BTC).
  contractSize(market) {
    const about = row(market["info"], "info");
    const [value, times] = [maybeFigure(about, "ctVal"), maybeFigure(about, "ctMult")];
    return value === undefined || times === undefined ? undefined : mul(value, times);
  },

  async account(link) {
    const listing = await link.listed();
    const [balance, held] = await together(
      data(link, "privateGetAccountBalance"),
      data(link, "privateGetAccountPositions"),
    );
    const totals = row(balance[0], "balance");
    const currencies = rows(totals["details"], "details");
    const open = held.filter((one) => !isZero(maybeFigure(one, "pos") ?? ZERO));
    const equityUsd = maybeFigure<"usd">(totals, "adjEq") ?? figure<"usd">(totals, "totalEq");
    const maintenanceMarginUsd = maintenanceOf(totals, currencies);
    return {
      equityUsd,
      maintenanceMarginUsd,
      marginRatio:
        marginRatio(maintenanceMarginUsd, equityUsd) && worstRatio(pursesOf(totals, currencies, open, equityUsd)),
      balances: currencies.map((one) => ({
        asset: text(one, "ccy"),
        total: figure(one, "cashBal"),
        usd: maybeFigure<"usd">(one, "eqUsd") ?? ZERO,
      })),
      positions: open.map((one) => position(one, listing)),
      at: instant(totals, "uTime"),
    };
  },

  // okx.com/docs-v5, "Get account configuration": `perm` and `ip` are of the key that asks; no `ip` is every address.
  async keyRights(link) {
    const [key = {}] = await data(link, "privateGetAccountConfig");
    const permissions = text(key, "perm").split(",");
    const addresses = typeof key["ip"] === "string" ? key["ip"].split(",").filter((one) => one !== "") : null;
    return {
      withdraws: permissions.includes("withdraw"),
      addressBound: addresses && addresses.length > 0,
      rights: permissions.toSorted(),
      addresses: addresses && addresses.toSorted(),
      // A key that trades from any address ends after fourteen idle days, and this desk reads by it every few seconds.
      expiresAt: null,
      others: null,
    };
  },

  async openOrders(link) {
    const listing = await link.listed();
    return (await pages(link, "privateGetTradeOrdersPending", {}, "ordId")).map((one) => order(one, listing));
  },

  lookUps(link, { instrument, id }, clientOrderId) {
    const inList = (method: string, params: Row) => async () => {
      const listing = await link.listed();
      return withId(
        (await pages(link, method, params, "ordId")).map((one) => order(one, listing)),
        clientOrderId,
      );
    };
    return [
      async () => {
        try {
          const [found] = await data(link, "privateGetTradeOrder", { instId: id, clOrdId: clientOrderId });
          return found && order(found, await link.listed());
        } catch (error) {
          if (isA(error, "OrderNotFound")) return undefined;
          throw error;
        }
      },
      inList("privateGetTradeOrdersPending", { instId: id }),
      inList("privateGetTradeOrdersHistory", { instType: INST_TYPES[instrument.kind], instId: id }),
    ];
  },

  async fills(link, since) {
    const listing = await link.listed();
    const all = await pages(link, "privateGetTradeFills", { begin: String(since.getTime()) }, "billId");
    const ours = all.filter((one) => listing.has(text(one, "instId"), text(one, "instType") === "SPOT"));
    return ours.map((one) => fill(one, listing));
  },

  // okx.com/docs-v5, "Get bills details (last 7 days)": type 1 is a transfer.
  async transfers(link, since) {
    const asked = { type: "1", begin: String(since.getTime()) };
    return (await pages(link, "privateGetAccountBills", asked, "billId")).map((one) => ({
      asset: text(one, "ccy"),
      amount: figure(one, "balChg"),
      at: instant(one, "ts"),
    }));
  },

  async marks(link, { instrument, id }) {
    const quote = instrument.inverse ? "USD" : instrument.quote;
    const [mark, index, funding] = await together(
      data(link, "publicGetPublicMarkPrice", {
        instType: instrument.kind === "spot" ? "MARGIN" : INST_TYPES[instrument.kind],
        instId: id,
      }),
      data(link, "publicGetMarketIndexTickers", { instId: `${instrument.base}-${quote}` }),
      instrument.kind === "perpetual" ? data(link, "publicGetPublicFundingRate", { instId: id }) : Promise.resolve([]),
    );
    return {
      markPrice: mark[0] ? figure(mark[0], "markPx") : null,
      indexPrice: index[0] ? figure(index[0], "idxPx") : null,
      fundingRate: funding[0] ? (maybeFigure(funding[0], "fundingRate") ?? null) : null,
    };
  },

  isHedged: async (link) =>
    text(row((await data(link, "privateGetAccountConfig"))[0], "config"), "posMode") === "long_short_mode",

  // okx.com/docs-v5, "Place order": `tdMode` is the order's own, and one in the other mode finds no position to reduce.
  async marginMode(link, { id }, { side, quantity, reduceOnly }) {
    if (!reduceOnly) return "cross";
    const held = (await data(link, "privateGetAccountPositions", { instId: id })).filter(
      (one) => sign(maybeFigure(one, "pos") ?? ZERO) === (side === "sell" ? 1 : -1),
    );
    const whole = held.find((one) => !less(abs(figure(one, "pos")), quantity)) ?? held[0];
    return whole === undefined ? "cross" : oneOf(whole, "mgnMode", { cross: "cross", isolated: "isolated" } as const);
  },

  async place(link, { instrument, id }, wanted, marginMode = "cross") {
    const [answer] = await data(link, "privatePostTradeOrder", {
      instId: id,
      tdMode: instrument.kind === "spot" ? "cash" : marginMode,
      clOrdId: wanted.clientOrderId,
      side: wanted.side,
      ordType: TYPES[wanted.timeInForce],
      sz: wanted.quantity,
      px: wanted.limitPrice,
      ...(wanted.reduceOnly ? { reduceOnly: true } : {}),
    });
    const told = row(answer, "order");
    return sameId({ venueOrderId: text(told, "ordId") }, maybeText(told, "clOrdId"), wanted.clientOrderId);
  },

  async cancel(link, { id }, venueOrderId) {
    await link.call("privatePostTradeCancelOrder", { instId: id, ordId: venueOrderId });
    return "accepted";
  },

  // okx.com/docs-v5, "Cancel all after": 10 to 120 s for the whole account; a trigger time of 0 is a switch that is off.
  async armDeadMan(link, timeoutMs) {
    const asked = { timeOut: String(Math.floor(timeoutMs / 1_000)) };
    const [armed = {}] = await data(link, "privatePostTradeCancelAllAfter", asked);
    if (isZero(figure(armed, "triggerTime")))
      throw new DeskError("VENUE_ANSWER_INVALID", "okx did not confirm the switch: its trigger time was 0");
  },
};
