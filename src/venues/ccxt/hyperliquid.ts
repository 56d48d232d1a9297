import {
  type Decimal,
  type Price,
  type Usd,
  ZERO,
  abs,
  add,
  decimal,
  div,
  isZero,
  less,
  mul,
  neg,
  roundTo,
  sub,
  sum,
} from "../../kernel/decimal.ts";
import { DeskError } from "../../kernel/errors.ts";
import { baseQuantity } from "../../kernel/instrument.ts";
import type { OrderRequest, Position, TimeInForce, VenueOrder } from "../../kernel/order.ts";
import { type Row, figure, flag, instant, maybeFigure, maybeText, row, rows, text } from "../answer.ts";
import type { Dialect } from "./dialect.ts";
import { baseOf, byHistory, byStatus, fillsSince, info, openOrders, perpetualOf } from "./hyperliquid-orders.ts";
import { type Link, type Listing } from "./link.ts";
import { type Purse, marginRatio, priceOrNull, together, withId, worstRatio } from "./shape.ts";

const TIF: Readonly<Record<Exclude<TimeInForce, "FOK">, string>> = { GTC: "Gtc", IOC: "Ioc", PO: "Alo" };
/** "Tick and lot size": prices have at most five significant figures; whole numbers are always allowed. */
const FIGURES = 5;

/**
 * The limit in as many figures as the venue takes, on the inside: ccxt would round it to the nearest, which may lie beyond the
 * price that was approved. An instrument's tick is that of the price at which it was listed here.
 */
function limitFor({ side, limitPrice }: OrderRequest): Price {
  const [whole = "", fraction = ""] = limitPrice.split(".");
  const places =
    whole === "0" ? (/^0*/.exec(fraction)?.[0].length ?? 0) + FIGURES : Math.max(0, FIGURES - whole.length);
  return roundTo(
    limitPrice,
    div(decimal("1"), decimal(`1${"0".repeat(places)}`), places, "down"),
    side === "buy" ? "down" : "up",
  );
}

/** An order that may not rest, from the venue's word on what it filled at once. */
function ended(order: OrderRequest, filled: Row, at: Date): VenueOrder {
  const filledQuantity = figure<"quantity">(filled, "totalSz");
  return {
    venueOrderId: text(filled, "oid"),
    clientOrderId: order.clientOrderId,
    symbol: order.symbol,
    side: order.side,
    quantity: order.quantity,
    limitPrice: order.limitPrice,
    reduceOnly: order.reduceOnly,
    state: less(filledQuantity, order.quantity) ? "cancelled" : "filled",
    filledQuantity,
    averagePrice: priceOrNull(maybeFigure(filled, "avgPx")),
    feeUsd: null,
    updatedAt: at,
  };
}

/** @throws DeskError VENUE_ANSWER_INVALID where the key is no agent of the account */
async function beAgent(link: Link, key: string): Promise<void> {
  const answer = row(await link.call("publicPostInfo", { type: "userRole", user: key }), "role");
  const master = text(answer, "role") === "agent" ? text(row(answer["data"], "data"), "user") : "";
  if (master.toLowerCase() !== link.walletAddress.toLowerCase())
    throw new DeskError("VENUE_ANSWER_INVALID", "hyperliquid does not know the key as an agent of the account");
}

/** Each market's context by its coin, as symbols have it. */
async function contexts(link: Link): Promise<ReadonlyMap<string, Row>> {
  const answer = await link.call("publicPostInfo", { type: "metaAndAssetCtxs" });
  const [meta, list] = Array.isArray(answer) ? (answer as unknown[]) : [];
  const names = rows(row(meta, "meta")["universe"], "universe").map((one) => text(one, "name"));
  const all = rows(list, "contexts");
  return new Map(names.map((name, at) => [baseOf(name), row(all[at], name)]));
}

/** Maintenance is half of the initial margin at the market's highest leverage. */
const maintenanceOf = (of: Row): Usd =>
  mul(
    abs(figure<"usd">(of, "positionValue")),
    div(decimal("1"), mul(decimal("2"), figure(of, "maxLeverage")), 12, "up"),
  );

async function position(of: Row, marks: ReadonlyMap<string, Row>, listing: Listing): Promise<Position> {
  const coin = text(of, "coin");
  const { instrument } = perpetualOf(coin, listing);
  const quantity = figure<"quantity">(of, "szi");
  const markPrice = figure<"price">(row(marks.get(baseOf(coin)), coin), "markPx");
  const notionalUsd = abs(figure<"usd">(of, "positionValue"));
  return {
    symbol: instrument.symbol,
    quantity,
    entryPrice: figure(of, "entryPx"),
    markPrice,
    notionalUsd,
    unrealisedUsd: figure(of, "unrealizedPnl"),
    maintenanceMarginUsd: maintenanceOf(of),
    liquidationPrice: priceOrNull(maybeFigure(of, "liquidationPx")),
    delta: baseQuantity(instrument, quantity, markPrice),
  };
}

/**
 * What an entry of the ledger moved into the perpetuals' account; null where it did not touch it.
 * @throws DeskError VENUE_ANSWER_INVALID for a kind that is not known
 */
function movedBy(delta: Row, wallet: string): Decimal | null {
  const usdc = (): Decimal => figure(delta, "usdc");
  const kind = text(delta, "type");
  switch (kind) {
    case "deposit":
    case "vaultDistribution":
      return usdc();
    case "withdraw":
    case "vaultCreate":
    case "vaultDeposit":
      return neg(usdc());
    case "vaultWithdraw":
      return figure(delta, "netWithdrawnUsd");
    case "accountClassTransfer":
      return flag(delta, "toPerp") ? usdc() : neg(usdc());
    case "internalTransfer":
    case "subAccountTransfer":
      if (text(delta, "destination").toLowerCase() === wallet.toLowerCase()) return usdc();
      return neg(add(usdc(), maybeFigure(delta, "fee") ?? ZERO));
    case "liquidation":
    case "spotTransfer":
    case "spotGenesis":
      return null;
    default:
      throw new DeskError("VENUE_ANSWER_INVALID", `hyperliquid's ledger has a "${kind}", which is not known`);
  }
}

/** Hyperliquid perpetuals (hyperliquid.gitbook.io/hyperliquid-docs). Client order ids are 0x and 32 hexadecimal digits. */
export const hyperliquid: Dialect = {
  options: { options: { fetchMarkets: { types: ["swap"] } } },
  overrides: {
    // ccxt would sign an approval of its own builder's fee and set itself as the referrer, on loading and on each order.
    initializeClient: async () => true,
    handleBuilderFeeApproval: async () => false,
    setRef: async () => undefined,
  },
  signing: ({ apiKey, apiSecret }) => ({ walletAddress: apiKey.reveal(), privateKey: apiSecret.reveal() }),
  doubtful: /uplicate cloid|cloid already/i,
  refused: /"statuses":\[\{"error":/,
  amountsInUnits: false,

  async account(link) {
    const listing = await link.listed();
    const [answer, marks] = await together(info(link, "clearinghouseState"), contexts(link));
    const state = row(answer, "state");
    const equityUsd = figure<"usd">(row(state["crossMarginSummary"], "summary"), "accountValue");
    const maintenanceMarginUsd = figure<"usd">(state, "crossMaintenanceMarginUsed");
    const held = rows(state["assetPositions"], "positions").map((one) => row(one["position"], "position"));
    const open = held.filter((one) => !isZero(figure(one, "szi")));
    const isIsolated = (one: Row): boolean => maybeText(row(one["leverage"] ?? {}, "leverage"), "type") === "isolated";
    // An isolated position is liquidated by itself; what it uses is all that stands for it, its profit included.
    const isolated = open
      .filter(isIsolated)
      .map((one): Purse => ({ maintenance: maintenanceOf(one), equity: figure(one, "marginUsed") }));
    const crossed = { maintenance: maintenanceMarginUsd, equity: equityUsd };
    // The venue's `totalRawUsd` has the positions' cost taken off; money is equity without open profit of its own.
    const crossedOnes = held.filter((one) => !isIsolated(one));
    const cash = sub(equityUsd, sum(crossedOnes.map((one) => figure<"usd">(one, "unrealizedPnl"))));
    return {
      equityUsd,
      maintenanceMarginUsd,
      marginRatio: marginRatio(maintenanceMarginUsd, equityUsd) && worstRatio([crossed, ...isolated]),
      balances: [{ asset: "USDC", total: cash, usd: cash }],
      positions: await together(...open.map((one) => position(one, marks, listing))),
      at: instant(state, "time"),
    };
  },

  /**
   * "Approve an API wallet": an agent may trade and nothing else; the account's own key may do anything. `extraAgents` tells
   * agents with a name and until when each is good; one without a name is known by its role alone.
   */
  async keyRights(link) {
    const key = link.keyAddress().toLowerCase();
    const agents = rows(await info(link, "extraAgents"), "agents");
    const addressOf = (of: Row): string => text(of, "address").toLowerCase();
    const mine = agents.find((one) => addressOf(one) === key);
    const own = key === link.walletAddress.toLowerCase();
    if (!mine && !own) await beAgent(link, key);
    return {
      withdraws: own,
      // The venue binds no key to an address.
      addressBound: null,
      rights: [own ? "everything" : "trade"],
      addresses: null,
      expiresAt: mine ? instant(mine, "validUntil") : null,
      others: agents.filter((one) => one !== mine).map((one) => `${text(one, "name")} (${addressOf(one)})`),
    };
  },

  openOrders,

  lookUps: (link, _one, clientOrderId) => [
    () => byStatus(link, clientOrderId),
    async () => withId(await openOrders(link), clientOrderId),
    () => byHistory(link, clientOrderId),
  ],

  fills: fillsSince,

  async transfers(link, since) {
    const all = rows(await info(link, "userNonFundingLedgerUpdates", { startTime: since.getTime() }), "updates");
    return all.flatMap((one) => {
      const amount = movedBy(row(one["delta"], "delta"), link.walletAddress);
      return amount === null ? [] : [{ asset: "USDC", amount, at: instant(one, "time") }];
    });
  },

  async marks(link, { instrument }) {
    const now = row((await contexts(link)).get(instrument.base), instrument.base);
    return {
      markPrice: figure(now, "markPx"),
      indexPrice: figure(now, "oraclePx"),
      fundingRate: maybeFigure(now, "funding") ?? null,
    };
  },

  // Hyperliquid nets always.
  isHedged: async () => false,

  async place(link, { instrument }, wanted) {
    if (wanted.timeInForce === "FOK") throw new DeskError("NOT_SUPPORTED", "hyperliquid has no fill-or-kill; use IOC");
    const answer = await link.exchange.createOrder(
      instrument.symbol,
      "limit",
      wanted.side,
      wanted.quantity,
      limitFor(wanted),
      {
        clientOrderId: wanted.clientOrderId,
        timeInForce: TIF[wanted.timeInForce],
        reduceOnly: wanted.reduceOnly,
      },
    );
    const told = row(row(answer, "order")["info"], "info");
    const about = row(told["resting"] ?? told["filled"], "status");
    const named = maybeText(about, "cloid");
    if (named !== undefined && named !== wanted.clientOrderId) {
      throw new DeskError(
        "VENUE_ANSWER_INVALID",
        `order ${wanted.clientOrderId} was sent, hyperliquid answered for ${named}`,
      );
    }
    return wanted.timeInForce === "IOC" && told["filled"] !== undefined
      ? ended(wanted, about, link.now())
      : { venueOrderId: text(about, "oid") };
  },

  // "Schedule cancel": for accounts that traded a million dollars; it may fire ten times a day.
  async armDeadMan(link, timeoutMs) {
    const answer = row(await link.exchange.cancelAllOrdersAfter(timeoutMs), "answer");
    if (text(answer, "status") !== "ok")
      throw new DeskError(
        "VENUE_ANSWER_INVALID",
        `hyperliquid did not confirm the switch: ${text(answer, "response")}`,
      );
  },

  async cancel(link, { instrument }, venueOrderId) {
    await link.exchange.cancelOrder(venueOrderId, instrument.symbol);
    return "accepted";
  },
};
