import { type Decimal, type Usd, ZERO, abs, decimal, isZero, mul, sum } from "../../kernel/decimal.ts";
import type { AccessAction, AccessEntry } from "../../kernel/access.ts";
import { DeskError, messageOf } from "../../kernel/errors.ts";
import type { Instrument } from "../../kernel/instrument.ts";
import type { Fill, Position, TimeInForce, VenueOrder } from "../../kernel/order.ts";
import { type Row, figure, flag, instant, maybeFigure, maybeText, oneOf, row, rows, text, words } from "../answer.ts";
import { isDollar } from "../../kernel/dollar.ts";
import { type Dialect, keyAndSecret } from "./dialect.ts";
import { type Link, type Listing, feeInUsd } from "./link.ts";
import {
  type Purse,
  marginRatio,
  priceOrNull,
  sameId,
  toContracts,
  toUnits,
  together,
  walked,
  whole,
  worstRatio,
} from "./shape.ts";

const STATES = {
  open: "working",
  untriggered: "working",
  filled: "filled",
  cancelled: "cancelled",
  rejected: "rejected",
} as const;
const SIDES = { buy: "buy", sell: "sell" } as const;
const TIF: Readonly<Record<TimeInForce, string>> = {
  GTC: "good_til_cancelled",
  IOC: "immediate_or_cancel",
  FOK: "fill_or_kill",
  PO: "good_til_cancelled",
};

const result = async (link: Link, method: string, params: Row = {}): Promise<unknown> =>
  row(await link.call(method, params), method)["result"];

/** A name of the venue's, which are unlike in spot and in contracts: "BTC_USDC", "BTC_USDC-PERPETUAL". */
const listedAs = (name: string, listing: Listing): Instrument =>
  listing.byId(name, !listing.has(name) && listing.has(name, true)).instrument;

/** Spreads and strategies, "BTC-FS-25DEC26_PERP", are named by their kind; the desk knows none. */
const isCombo = (name: string): boolean => /^[A-Z0-9_]+-[A-Z]{2,}-/.test(name);

function order(of: Row, listing: Listing): VenueOrder {
  const instrument = listedAs(text(of, "instrument_name"), listing);
  return {
    venueOrderId: text(of, "order_id"),
    clientOrderId: maybeText(of, "label") ?? "",
    symbol: instrument.symbol,
    side: oneOf(of, "direction", SIDES),
    quantity: toContracts(figure(of, "amount"), instrument),
    limitPrice: text(of, "price") === "market_price" ? null : priceOrNull(figure(of, "price")),
    reduceOnly: flag(of, "reduce_only"),
    state: oneOf(of, "order_state", STATES),
    filledQuantity: toContracts(maybeFigure(of, "filled_amount") ?? ZERO, instrument),
    averagePrice: priceOrNull(maybeFigure(of, "average_price")),
    feeUsd: null,
    updatedAt: instant(of, "last_update_timestamp"),
  };
}

function position(of: Row, listing: Listing): Position {
  const { instrument } = listing.byId(text(of, "instrument_name"));
  const index = figure<"price">(of, "index_price");
  // Deribit tells margin and profit in the settlement coin, and inverse sizes in USD.
  const usd = (amount: Decimal): Usd => (isDollar(instrument.settle) ? (amount as Usd) : mul(amount, index));
  const size = figure(of, "size");
  return {
    symbol: instrument.symbol,
    quantity: toContracts(size, instrument),
    entryPrice: figure(of, "average_price"),
    markPrice: figure(of, "mark_price"),
    notionalUsd: instrument.inverse ? abs(size as Usd) : mul<"usd">(abs(size), index),
    unrealisedUsd: usd(figure(of, "floating_profit_loss")),
    maintenanceMarginUsd: usd(figure(of, "maintenance_margin")),
    liquidationPrice: priceOrNull(maybeFigure(of, "estimated_liquidation_price")),
    delta: figure(of, "delta"),
  };
}

function fill(of: Row, listing: Listing): Fill {
  const instrument = listedAs(text(of, "instrument_name"), listing);
  const price = figure<"price">(of, "price");
  return {
    venueOrderId: text(of, "order_id"),
    clientOrderId: maybeText(of, "label") ?? "",
    symbol: instrument.symbol,
    side: oneOf(of, "direction", SIDES),
    quantity: toContracts(figure(of, "amount"), instrument),
    price,
    feeUsd: feeInUsd(figure(of, "fee"), text(of, "fee_currency"), instrument, figure(of, "index_price")) ?? ZERO,
    at: instant(of, "timestamp"),
  };
}

/** What one unit of a currency is worth. */
async function worth(link: Link, currency: string): Promise<Usd> {
  if (isDollar(currency)) return decimal("1");
  return figure(
    row(await result(link, "publicGetGetIndexPrice", { index_name: `${currency.toLowerCase()}_usd` }), "index"),
    "index_price",
  );
}

/** One currency of the account. */
interface Held extends Purse {
  readonly asset: string;
  readonly total: string;
  readonly usd: Usd;
  readonly maintenanceUsd: Usd;
}

async function purse(of: Row, link: Link): Promise<Held> {
  const asset = text(of, "currency");
  const price = await worth(link, asset);
  const [coins, maintenance] = [figure(of, "equity"), figure(of, "maintenance_margin")];
  return {
    asset,
    total: figure(of, "balance"),
    usd: mul<"usd">(coins, price),
    maintenanceUsd: mul<"usd">(maintenance, price),
    maintenance,
    // Liquidation goes by the margin balance, to which under standard margin the value of options does not belong.
    equity: maybeFigure(of, "margin_balance") ?? coins,
  };
}

const PAGE = 1000;
const LOG_PAGE = 100;
const ACCESS_PAGE = 100;
const ACCESS_MOST = 1000;

/** Words of the access log; any other is told as a change of credentials, by its own word. */
const ACCESS: Readonly<Record<string, AccessAction>> = {
  success: "login",
  failure: "login-refused",
  new_api_key: "key-created",
  removed_api_key: "key-deleted",
  changed_scope: "key-changed",
  disabled_api_key: "key-changed",
  enabled_api_key: "key-changed",
  reset_api_key: "key-changed",
  changed_whitelist: "key-addresses",
};

function accessEntry(of: Row): AccessEntry {
  // The documentation calls the word `log`, and `result` in its example.
  const word = maybeText(of, "log") ?? text(of, "result");
  const about = typeof of["data"] === "string" ? of["data"] : "";
  return {
    id: Number(text(of, "id")),
    action: ACCESS[word] ?? "credentials-changed",
    address: maybeText(of, "ip") ?? "",
    place: [maybeText(of, "city"), maybeText(of, "country")].filter((one) => one !== undefined).join(", "),
    detail: [word.replaceAll("_", " "), about].filter((one) => one !== "").join(" "),
    at: instant(of, "timestamp"),
  };
}
/** Up to a minute ahead, because the venue's clock may be. */
const until = (link: Link): Row => ({ end_timestamp: link.now().getTime() + 60_000, count: PAGE, sorting: "asc" });

const currencyOf = (one: Instrument): string => one.settle;

/** Deribit, API v2 (docs.deribit.com). Labels are not unique there, so an id found twice is an error for people. */
export const deribit: Dialect = {
  options: {},
  signing: keyAndSecret,
  doubtful: null,
  // Of these, 11094 is a fault of the server, which says nothing of the order.
  refused: /"code":11(?!094)\d{3}\b/,
  amountsInUnits: true,

  async account(link) {
    const listing = await link.listed();
    const [answer, held] = await together(
      result(link, "privateGetGetAccountSummaries", { extended: true }),
      result(link, "privateGetGetPositions", { currency: "any" }),
    );
    const summaries = rows(row(answer, "summaries")["summaries"], "summaries");
    const used = summaries.filter(
      (one) => !isZero(figure(one, "equity")) || !isZero(figure(one, "maintenance_margin")),
    );
    const purses = await together(...used.map((one) => purse(one, link)));
    const crossed = summaries.find((one) => flag(one, "cross_collateral_enabled"));
    const equityUsd = (crossed && maybeFigure<"usd">(crossed, "total_equity_usd")) ?? sum(purses.map((one) => one.usd));
    const maintenanceMarginUsd =
      (crossed && maybeFigure<"usd">(crossed, "total_maintenance_margin_usd")) ??
      sum(purses.map((one) => one.maintenanceUsd));
    const money = (crossed && maybeFigure<"usd">(crossed, "total_margin_balance_usd")) ?? equityUsd;
    return {
      equityUsd,
      maintenanceMarginUsd,
      // Without cross collateral each currency is liquidated by itself: the account is as near to it as its worst one.
      marginRatio: crossed
        ? marginRatio(maintenanceMarginUsd, money)
        : marginRatio(maintenanceMarginUsd, equityUsd) && worstRatio(purses),
      balances: purses.map(({ asset, total, usd }) => ({ asset, total, usd })),
      positions: rows(held, "positions")
        .filter((one) => !isZero(figure(one, "size")))
        .map((one) => position(one, listing)),
      at: link.now(),
    };
  },

  // docs.deribit.com/#private-list_api_keys; keys from before the allow-list have none, which is every address.
  async keyRights(link) {
    const keys = rows(await result(link, "privateGetListApiKeys"), "keys");
    const key = keys.find((one) => maybeText(one, "client_id") === link.walletAddress);
    if (!key) throw new DeskError("VENUE_ANSWER_INVALID", "deribit does not list the key that asked");
    const scopes = text(key, "max_scope").split(/\s+/);
    const addresses = key["ip_whitelist"] === undefined ? [] : words(key, "ip_whitelist");
    return {
      withdraws: scopes.includes("wallet:read_write"),
      addressBound: addresses.length > 0,
      rights: scopes.toSorted(),
      addresses: addresses.toSorted(),
      expiresAt: null,
      // New and removed keys stand in the log of logins.
      others: null,
    };
  },

  // docs.deribit.com, private/get_access_log (`account:read`): newest first.
  async accessLog(link, after) {
    const entries: AccessEntry[] = [];
    for (let offset = 0; offset < ACCESS_MOST; offset += ACCESS_PAGE) {
      const answer = await result(link, "privateGetGetAccessLog", { offset, count: ACCESS_PAGE });
      // The documentation's example wraps the list, its schema does not.
      const page = rows(Array.isArray(answer) ? answer : row(answer, "log")["data"], "log").map(accessEntry);
      entries.push(...page);
      if (page.length < ACCESS_PAGE || page.some((one) => one.id <= after)) break;
    }
    return entries.filter((one) => one.id > after);
  },

  async openOrders(link) {
    const listing = await link.listed();
    const all = rows(await result(link, "privateGetGetOpenOrders"), "orders");
    return all.filter((one) => !isCombo(text(one, "instrument_name"))).map((one) => order(one, listing));
  },

  lookUps(link, { instrument }, clientOrderId) {
    const inList = (method: string, params: Row) => async () => {
      const listing = await link.listed();
      const all = rows(await result(link, method, params), "orders");
      const mine = all.filter((one) => maybeText(one, "label") === clientOrderId).map((one) => order(one, listing));
      if (mine.length > 1) {
        throw new DeskError(
          "VENUE_ANSWER_INVALID",
          `deribit has ${mine.length} orders with the label ${clientOrderId}; compare them by hand`,
        );
      }
      return mine[0];
    };
    const currency = currencyOf(instrument);
    return [
      inList("privateGetGetOrderStateByLabel", { currency, label: clientOrderId }),
      inList("privateGetGetOpenOrders", {}),
      inList("privateGetGetOrderHistoryByCurrency", {
        currency,
        count: 100,
        include_old: true,
        include_unfilled: true,
      }),
    ];
  },

  async fills(link, since) {
    const listing = await link.listed();
    const currencies = [...new Set([...listing.bySymbol.values()].map((one) => one.instrument.settle))];
    const tradesIn = (currency: string) =>
      walked({
        page: async (params) =>
          rows(
            row(await result(link, "privateGetGetUserTradesByCurrencyAndTime", params), "trades")["trades"],
            "trades",
          ),
        id: "trade_id",
        full: PAGE,
        first: { currency, ...until(link), start_timestamp: since.getTime() },
        next: (last) => ({ currency, ...until(link), start_timestamp: instant(last, "timestamp").getTime() }),
      });
    const lists = await together(...currencies.map(tradesIn));
    return lists
      .flat()
      .filter((of) => [false, true].some((spot) => listing.has(text(of, "instrument_name"), spot)))
      .map((of) => fill(of, listing));
  },

  // docs.deribit.com, private/get_transaction_log; an emptied purse is asked too, and each word of the filter apart.
  async transfers(link, since) {
    const summaries = row(await result(link, "privateGetGetAccountSummaries", { extended: true }), "summaries");
    const currencies = rows(summaries["summaries"], "summaries").map((one) => text(one, "currency"));
    const asked = { start_timestamp: since.getTime(), end_timestamp: link.now().getTime() + 60_000, count: LOG_PAGE };
    const lists = await together(
      ...currencies.flatMap((currency) =>
        ["transfer", "deposit", "withdrawal"].map(async (query) => {
          const answer = await result(link, "privateGetGetTransactionLog", { ...asked, currency, query });
          return whole(rows(row(answer, "log")["logs"], "logs"), LOG_PAGE);
        }),
      ),
    );
    // A row that several words find is one row.
    const byId = new Map(lists.flat().map((one) => [`${text(one, "currency")} ${text(one, "id")}`, one]));
    return [...byId.values()].map((one) => ({
      asset: text(one, "currency"),
      amount: figure(one, "change"),
      at: instant(one, "timestamp"),
    }));
  },

  async marks(link, { id }) {
    const now = row(await result(link, "publicGetTicker", { instrument_name: id }), "ticker");
    return {
      markPrice: figure(now, "mark_price"),
      indexPrice: figure(now, "index_price"),
      fundingRate: maybeFigure(now, "current_funding") ?? null,
    };
  },

  // Deribit nets always.
  isHedged: async () => false,

  async place(link, { instrument, id }, wanted) {
    const answer = await result(link, wanted.side === "buy" ? "privateGetBuy" : "privateGetSell", {
      instrument_name: id,
      amount: toUnits(wanted.quantity, instrument),
      type: "limit",
      price: wanted.limitPrice,
      label: wanted.clientOrderId,
      time_in_force: TIF[wanted.timeInForce],
      ...(wanted.reduceOnly ? { reduce_only: true } : {}),
      ...(wanted.timeInForce === "PO" ? { post_only: true, reject_post_only: true } : {}),
    });
    const told = order(row(row(answer, "answer")["order"], "order"), await link.listed());
    return sameId(told, told.clientOrderId, wanted.clientOrderId);
  },

  armDeadMan: null,

  async cancel(link, _one, venueOrderId) {
    try {
      await link.call("privateGetCancel", { order_id: venueOrderId });
      return "accepted";
    } catch (error) {
      // not_open_order: ccxt takes it for an invalid order like any other.
      if (messageOf(error).includes('"code":11044')) return "gone";
      throw error;
    }
  },
};
