import type { AccountState } from "../../kernel/account.ts";
import type { Clock } from "../../kernel/clock.ts";
import { DeskError, messageOf } from "../../kernel/errors.ts";
import type { Fill, PlaceOutcome } from "../../kernel/order.ts";
import type { Venue, VenueReader, VenueTrader } from "../venue.ts";
import type { CallFacts, Faults, PaperCall, PaperEffect } from "./faults.ts";
import { type Floor, venueOrder, workingOrders } from "./floor.ts";
import type { Journal } from "./journal.ts";
import { LISTED, instrumentOf, optionsListed } from "./listing.ts";
import { accountState } from "./margin.ts";
import { depthOf, levelsFor } from "./matching.ts";
import { submit, withdraw } from "./orders.ts";
import { type Book, clientKey } from "./state.ts";

/** What the two halves work with. */
export interface VenueParts {
  readonly floor: Floor;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly journal: Journal;
  readonly latencyMs: number;
  /** For how long a new order is not found by its client order id. */
  readonly hiddenMs: () => number;
  readonly watch: (account: string, onChange: () => void, onGone: (why: string) => void) => () => void;
}

/** The paper exchange as the desk sees it: the port's two halves over the exchange's floor. */
export function paperVenue(parts: VenueParts): Venue {
  return { reader: reader(parts), trader: trader(parts) };
}

const never = (): Promise<never> => new Promise(() => {});

function reader({ floor, clock, faults, latencyMs, hiddenMs, watch }: VenueParts): VenueReader {
  const { state } = floor;
  const reading = async <T>(call: PaperCall, facts: CallFacts, read: () => T): Promise<T> => {
    if (latencyMs > 0) await clock.sleep(latencyMs);
    const fault = faults.next(call, facts);
    if (!fault) return read();
    if (fault.delayMs) await clock.sleep(fault.delayMs);
    if (fault.effect === "hang") return never();
    throw readFault(call, fault.effect);
  };
  const bookFor = (account: string): Book => {
    const book = state.accounts.get(account);
    if (!book)
      throw new DeskError(
        "UNKNOWN_ACCOUNT",
        `the paper exchange has no account ${account}; known are ${[...state.accounts.keys()].join(", ") || "none"}`,
      );
    return book;
  };
  const open = (account: string) => workingOrders(state, account).map(venueOrder);

  return {
    venue: "paper",
    environment: "paper",
    instruments: () =>
      reading("instruments", {}, () => {
        const listed = [...LISTED, ...optionsListed(floor.storm, clock.now())];
        return new Map(listed.map((one) => [one.symbol, one]));
      }),
    book: (symbol, depth) =>
      reading("book", { symbol }, () => {
        const one = instrumentOf(symbol);
        if (!one)
          throw new DeskError("UNKNOWN_INSTRUMENT", `the paper exchange does not list ${symbol}; check the symbol`);
        const market = floor.market();
        const mark = market.mark(one);
        return {
          symbol,
          bids: depthOf(levelsFor(state, market, floor.taken, one, "sell"), depth),
          asks: depthOf(levelsFor(state, market, floor.taken, one, "buy"), depth),
          markPrice: mark.price,
          indexPrice: mark.index,
          fundingRate: one.kind === "perpetual" ? market.fundingRate(one) : null,
          at: market.at,
        };
      }),
    account: (account): Promise<AccountState> =>
      reading("account", { account }, () => accountState(account, bookFor(account), open(account), floor.market())),
    openOrders: (account) =>
      reading("openOrders", { account }, () => {
        bookFor(account);
        return open(account);
      }),
    orderByClientId: (account, symbol, clientOrderId) =>
      reading("orderByClientId", { account, symbol, clientOrderId }, () => {
        bookFor(account);
        const id = state.byClientId.get(clientKey(account, clientOrderId));
        const order = id === undefined ? undefined : state.orders.get(id);
        if (!order || order.symbol !== symbol) return null;
        const seenFor = clock.now().getTime() - order.acceptedAt.getTime();
        return hiddenMs() > 0 && seenFor < hiddenMs() ? null : venueOrder(order);
      }),
    fills: (account, since) =>
      reading("fills", { account }, () => {
        bookFor(account);
        return state.fills
          .filter((one) => one.account === account && new Date(one.at) >= since)
          .map((one): Fill => ({
            venueOrderId: one.order,
            clientOrderId: one.clientOrderId,
            symbol: one.symbol,
            side: one.side,
            quantity: one.quantity,
            price: one.price,
            feeUsd: one.feeUsd,
            at: new Date(one.at),
          }));
      }),
    // Nobody pays in here or takes out: an account has what it was opened with.
    transfers: (account) =>
      reading("transfers", { account }, () => {
        bookFor(account);
        return [];
      }),
    watchAccount: async (account, listener) => {
      bookFor(account);
      const stop = watch(
        account,
        () => listener.onChange(),
        (why) => listener.onGone(why),
      );
      return async () => stop();
    },
    close: async () => {},
  };
}

function readFault(call: PaperCall, effect: PaperEffect): DeskError {
  if (effect === "rate-limited")
    return new DeskError(
      "VENUE_RATE_LIMITED",
      `the paper exchange refused ${call}: too many requests; wait before asking again`,
    );
  if (effect === "malformed")
    return new DeskError(
      "VENUE_ANSWER_INVALID",
      `the paper exchange's answer to ${call} could not be read; nothing was concluded from it`,
    );
  return new DeskError("VENUE_UNAVAILABLE", `the paper exchange did not answer ${call} (${effect}); try again`);
}

/** Waits for the disk; the reason where it failed. */
async function onDisk(journal: Journal): Promise<string | undefined> {
  try {
    await journal.flush();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

const UNCLEAR: Readonly<Record<Exclude<PaperEffect, "reject" | "hang">, string>> = {
  "timeout-after": "the answer did not arrive in time",
  "timeout-before": "the answer did not arrive in time",
  "rate-limited": "the venue answered 429, too many requests",
  unavailable: "the venue answered 503, service unavailable",
  malformed: "the venue's answer could not be read",
};

function trader({ floor, clock, faults, journal, latencyMs }: VenueParts): VenueTrader {
  return {
    async place(order): Promise<PlaceOutcome> {
      if (latencyMs > 0) await clock.sleep(latencyMs);
      const fault = faults.next("place", order);
      if (fault?.effect === "reject") return { outcome: "rejected", reason: fault.reason ?? "refused by the venue" };
      const reaches =
        !fault || fault.effect === "timeout-after" || fault.effect === "malformed" || fault.effect === "hang";
      const verdict = reaches ? submit(floor, order) : undefined;
      const stored = await onDisk(journal);
      if (stored !== undefined)
        return { outcome: "unknown", reason: `the exchange could not store the order: ${stored}` };
      if (fault?.delayMs) await clock.sleep(fault.delayMs);
      if (fault?.effect === "hang") return never();
      if (fault) return { outcome: "unknown", reason: UNCLEAR[fault.effect] };
      if (!verdict) throw new TypeError("an order that met no fault has no verdict");
      if ("order" in verdict) return { outcome: "accepted", order: venueOrder(verdict.order) };
      // A duplicate is no refusal of the order that exists: whoever asked looks it up by its id.
      return { outcome: verdict.exists ? "unknown" : "rejected", reason: verdict.refused };
    },
    async cancel(account, symbol, venueOrderId) {
      if (latencyMs > 0) await clock.sleep(latencyMs);
      const fault = faults.next("cancel", { account, symbol });
      const reaches =
        !fault || fault.effect === "timeout-after" || fault.effect === "malformed" || fault.effect === "hang";
      const verdict = reaches ? withdraw(floor, account, symbol, venueOrderId) : "unknown";
      if ((await onDisk(journal)) !== undefined) return "unknown";
      if (fault?.delayMs) await clock.sleep(fault.delayMs);
      if (fault?.effect === "hang") return never();
      return fault ? "unknown" : verdict;
    },
    async armDeadMan(account, timeoutMs) {
      if (latencyMs > 0) await clock.sleep(latencyMs);
      const fault = faults.next("armDeadMan", { account });
      if (fault?.effect === "hang") return never();
      if (fault) throw readFault("armDeadMan", fault.effect);
      if (!floor.state.accounts.has(account))
        throw new DeskError("UNKNOWN_ACCOUNT", `the paper exchange has no account ${account}`);
      const now = floor.now();
      const until = new Date(now.getTime() + timeoutMs).toISOString();
      floor.record({ deed: "armed", account, until, at: now.toISOString() });
      return journal.flush();
    },
  };
}
