import type { Environment } from "../../kernel/account.ts";
import type { Clock } from "../../kernel/clock.ts";
import { type Decimal, type Price, ZERO, compare, greater, less } from "../../kernel/decimal.ts";
import { DeskError, messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { OrderRequest, PlaceOutcome, VenueOrder } from "../../kernel/order.ts";
import { CAPABILITIES } from "../capabilities.ts";
import type { AccountListener, Venue, VenueReader, VenueTrader } from "../venue.ts";
import { exact, row } from "../answer.ts";
import type { Dialect, MarginMode } from "./dialect.ts";
import { isA, placeFailure, readFailure } from "./failures.ts";
import { type Link, type Listed, isUnlisted } from "./link.ts";
import { toContracts, together } from "./shape.ts";

/** What the adapter is built from. */
export interface AdapterParts {
  readonly link: Link;
  /** A second connection with a rate budget of its own, so that polling never delays an order. */
  readonly urgent: Link;
  readonly dialect: Dialect;
  readonly account: string;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly log: Log;
  /** Follows the account's private stream; resolves to what closes it. */
  readonly follow: (listener: AccountListener) => Promise<() => Promise<void>>;
  readonly close: () => Promise<void>;
}

/** The port over one account of one ccxt venue. */
export function ccxtVenue(parts: AdapterParts): Venue {
  return { reader: reader(parts), trader: trader(parts) };
}

function reader({ link, dialect, account, environment, clock, log, follow, close }: AdapterParts): VenueReader {
  const { venue } = link;
  const reading = async <T>(what: string, read: () => Promise<T>): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      if (!isUnlisted(error) || !(await relistedQuietly(link))) throw readFailure(error, venue, what);
    }
    try {
      return await read();
    } catch (error) {
      throw readFailure(error, venue, what);
    }
  };
  const ours = (id: string): void => {
    if (id !== account)
      throw new DeskError("UNKNOWN_ACCOUNT", `this connection to ${venue} is for account ${account}, not ${id}`);
  };

  return {
    venue,
    environment,
    instruments: () =>
      reading("what it lists", async () => {
        const { bySymbol } = await link.listed();
        return new Map([...bySymbol].map(([symbol, one]) => [symbol, one.instrument]));
      }),
    book: (symbol, depth) =>
      reading(`the book of ${symbol}`, async () => {
        const one = (await link.listed()).symbol(symbol);
        const [book, marks] = await together(
          link.exchange.fetchOrderBook(symbol, bookDepth(depth)),
          dialect.marks(link, one),
        );
        const sides = row(book, "book");
        return {
          symbol,
          bids: levels(sides["bids"], one, dialect)
            .toSorted(([a], [b]) => compare(b, a))
            .slice(0, depth),
          asks: levels(sides["asks"], one, dialect)
            .toSorted(([a], [b]) => compare(a, b))
            .slice(0, depth),
          ...marks,
          at: typeof sides["timestamp"] === "number" ? new Date(sides["timestamp"]) : clock.now(),
        };
      }),
    account: (id) =>
      reading(`the state of ${id}`, async () => {
        ours(id);
        const [state, openOrders] = await together(dialect.account(link), dialect.openOrders(link));
        return { ...state, account, venue, openOrders };
      }),
    openOrders: (id) =>
      reading(`the open orders of ${id}`, async () => {
        ours(id);
        const open = await dialect.openOrders(link);
        try {
          return [...open, ...((await dialect.waitingOrders?.(link)) ?? [])];
        } catch (error) {
          // What is known to rest must not wait for what is not: it is cancelled first. Only "none" has to be the whole truth.
          if (open.length === 0) throw error;
          log.warn({ venue, reason: messageOf(error) }, "venue.waiting_orders_not_read");
          return open;
        }
      }),
    orderByClientId: (id, symbol, clientOrderId) =>
      reading(`order ${clientOrderId}`, async () => {
        ours(id);
        const one = (await link.listed()).symbol(symbol);
        for (const lookUp of dialect.lookUps(link, one, clientOrderId)) {
          const found = await lookUp();
          if (found) return checked(found, symbol, clientOrderId);
        }
        return null;
      }),
    fills: (id, since) =>
      reading(`the fills of ${id}`, async () => {
        ours(id);
        const all = await dialect.fills(link, since);
        return all.filter((fill) => fill.at >= since).toSorted((a, b) => a.at.getTime() - b.at.getTime());
      }),
    transfers: (id, since) =>
      reading(`the transfers of ${id}`, async () => {
        ours(id);
        return (await dialect.transfers(link, since)).filter((one) => one.at >= since);
      }),
    watchAccount: (id, listener) =>
      reading(`the stream of ${id}`, () => {
        ours(id);
        return follow(listener);
      }),
    keyRights: (id) =>
      reading(`the key of ${id}`, async () => {
        ours(id);
        // Test systems guard nothing of worth, and Binance's has no such call.
        return environment === "live" && dialect.keyRights ? dialect.keyRights(link) : null;
      }),
    accessLog: (id, after) =>
      reading(`the log of logins of ${id}`, async () => {
        ours(id);
        return environment === "live" && dialect.accessLog ? dialect.accessLog(link, after) : null;
      }),
    close,
  };
}

function trader({ urgent: link, dialect, account, clock, log }: AdapterParts): VenueTrader {
  const { venue } = link;
  const { clientOrderId } = CAPABILITIES[venue];
  const modes = new Map<string, { readonly hedged: boolean; readonly at: number }>();
  // The mode is read before the first order and again after five minutes; the question is dear (Binance: weight 30 of
  // 2,400 a minute), and an order in the wrong mode is refused by the venues, never placed on the other side.
  const isHedged = async (one: Listed): Promise<boolean> => {
    const { symbol } = one.instrument;
    const known = modes.get(symbol);
    if (known && link.now().getTime() - known.at < MODE_MS) return known.hedged;
    const hedged = await dialect.isHedged(link, one);
    modes.set(symbol, { hedged, at: link.now().getTime() });
    return hedged;
  };
  return {
    async place(order, _consent, notAfter): Promise<PlaceOutcome> {
      let one: Listed;
      let marginMode: MarginMode | undefined;
      try {
        if (order.account !== account)
          return { outcome: "rejected", reason: `this connection to ${venue} is for account ${account}` };
        if (order.clientOrderId.length > clientOrderId.maxLength || !clientOrderId.pattern.test(order.clientOrderId)) {
          return { outcome: "rejected", reason: `${venue} does not take the client order id ${order.clientOrderId}` };
        }
        one = (await link.listed()).symbol(order.symbol);
        if (await isHedged(one)) {
          return {
            outcome: "rejected",
            reason: `the account is in hedge mode, in which ${venue} could open the other side; switch it to one-way mode`,
          };
        }
        marginMode = await dialect.marginMode?.(link, one, order);
        if (notAfter !== undefined && clock.now() > notAfter)
          return { outcome: "rejected", reason: `not sent: ${venue} answered too slowly on how to trade` };
      } catch (error) {
        // Nothing was sent yet, so this is a no, whatever went wrong.
        return { outcome: "rejected", reason: `not sent: ${readFailure(error, venue, "how to trade").message}` };
      }
      try {
        const answer = await dialect.place(link, one, order, marginMode);
        return {
          outcome: "accepted",
          order: "symbol" in answer ? confirmed(answer, order) : taken(order, answer.venueOrderId, link),
        };
      } catch (error) {
        const failure = placeFailure(error, dialect);
        log.warn({ venue, clientOrderId: order.clientOrderId, ...failure }, "venue.place_failed");
        return failure;
      }
    },
    async cancel(id, symbol, venueOrderId) {
      if (id !== account)
        throw new DeskError("UNKNOWN_ACCOUNT", `this connection to ${venue} is for account ${account}, not ${id}`);
      try {
        return await dialect.cancel(link, (await link.listed()).symbol(symbol), venueOrderId);
      } catch (error) {
        if (isA(error, "OrderNotFound")) return "gone";
        log.warn({ venue, venueOrderId, reason: messageOf(error) }, "venue.cancel_failed");
        return "unknown";
      }
    },
    async armDeadMan(id, timeoutMs, symbols) {
      if (id !== account)
        throw new DeskError("UNKNOWN_ACCOUNT", `this connection to ${venue} is for account ${account}, not ${id}`);
      const { armDeadMan } = dialect;
      if (armDeadMan === null)
        throw new DeskError(
          "NOT_SUPPORTED",
          `the dead-man switch of ${venue} hangs on a connection, which is not kept`,
        );
      try {
        const listing = await link.listed();
        await armDeadMan(
          link,
          timeoutMs,
          symbols.map((symbol) => listing.symbol(symbol)),
        );
      } catch (error) {
        throw readFailure(error, venue, `that the dead-man switch of ${id} is armed`);
      }
    },
  };
}

/** Whether the listing is newer now; where it could not be read, the first failure is the one to report. */
async function relistedQuietly(link: Link): Promise<boolean> {
  try {
    return await link.relisted();
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}

const MODE_MS = 300_000;

/** Depths that venues take: the next of a common series. */
const bookDepth = (depth: number): number => [5, 10, 20, 50, 100].find((one) => one >= depth) ?? 100;

function levels(value: unknown, one: Listed, dialect: Dialect): (readonly [Price, Decimal])[] {
  if (!Array.isArray(value)) throw new DeskError("VENUE_ANSWER_INVALID", "a side of the book was not a list");
  return value.map((level: unknown) => {
    const [price, amount] = Array.isArray(level) ? (level as unknown[]) : [];
    const size = exact(String(amount), "size");
    return [
      exact<"price">(String(price), "price"),
      dialect.amountsInUnits ? toContracts(size, one.instrument) : size,
    ] as const;
  });
}

/** An order looked up must be the one that was asked for. */
function checked(found: VenueOrder, symbol: string, clientOrderId: string): VenueOrder {
  if (found.symbol !== symbol || found.clientOrderId !== clientOrderId) {
    throw new DeskError(
      "VENUE_ANSWER_INVALID",
      `asked for order ${clientOrderId} in ${symbol}, the venue answered with ${found.clientOrderId || "another"} in ${found.symbol}`,
    );
  }
  return found;
}

/** The answer to a sent order must be about that order. */
function confirmed(answer: VenueOrder, order: OrderRequest): VenueOrder {
  const { symbol, clientOrderId, side, quantity } = checked(answer, order.symbol, order.clientOrderId);
  if (
    side !== order.side ||
    quantity !== order.quantity ||
    less(answer.filledQuantity, ZERO) ||
    greater(answer.filledQuantity, quantity)
  ) {
    throw new DeskError(
      "VENUE_ANSWER_INVALID",
      `the venue's answer to ${clientOrderId} speaks of ${side} ${quantity} ${symbol}, ${order.side} ${order.quantity} was sent`,
    );
  }
  return answer;
}

/** An order of which the venue only told the id: taken, and nothing more is known yet. */
function taken(order: OrderRequest, venueOrderId: string, link: Link): VenueOrder {
  return {
    venueOrderId,
    clientOrderId: order.clientOrderId,
    symbol: order.symbol,
    side: order.side,
    quantity: order.quantity,
    limitPrice: order.limitPrice,
    reduceOnly: order.reduceOnly,
    state: "working",
    filledQuantity: ZERO,
    averagePrice: null,
    feeUsd: null,
    updatedAt: link.now(),
  };
}
