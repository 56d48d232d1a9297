import { describe, expect, onTestFinished, test } from "vitest";
import {
  type Price,
  type Quantity,
  add,
  compare,
  greater,
  isDecimal,
  isZero,
  neg,
  sign,
} from "../../src/kernel/decimal.ts";
import { DeskError, type ErrorCode } from "../../src/kernel/errors.ts";
import { type OrderRequest, TERMINAL } from "../../src/kernel/order.ts";
import type { Capabilities } from "../../src/venues/capabilities.ts";
import type { Venue } from "../../src/venues/venue.ts";

/** What the far side can be told to do to the next matching call. */
export type RigFault = "accept-then-hang" | "drop" | "rate-limited" | "unavailable" | "malformed" | "wrong-symbol";

/** One venue with the far side's controls; every case opens a fresh one. */
export interface VenueRig {
  readonly venue: Venue;
  readonly account: string;
  /** A linear perpetual in which the account is long. */
  readonly symbol: string;
  /** A quantity that the venue takes and the account can carry; at most half the open position. */
  readonly quantity: Quantity;
  /** An amount that no account could carry. */
  readonly absurdQuantity: Quantity;
  /** Prices at which nothing of the kind trades at once, and at which it does. */
  readonly restingBuy: Price;
  readonly crossingBuy: Price;
  readonly crossingSell: Price;
  clientOrderId(name: string): string;
  /** The next call of this kind fails so. Reading faults hit every kind of read. */
  fail(call: "place" | "cancel" | "read", fault: RigFault): void;
  /** New orders stay invisible to look-ups from now on, until `advance`. */
  hideNewOrders(): void;
  /** Lets that time pass. */
  showNewOrders(): Promise<void>;
  /** How often the far side took an order with this id, by its own book. */
  taken(clientOrderId: string): number;
  /** How many placing requests reached the far side. */
  placingRequests(): number;
  /** Makes the book hold less than `quantity` at the crossing prices. */
  thin(): void;
  /** Whether the account's stream tells of orders placed here; a fake's stream says what it is told to. */
  readonly streamsOrders: boolean;
  close(): Promise<void>;
}

const codeOf = async (reading: Promise<unknown>): Promise<ErrorCode | "no error"> => {
  try {
    await reading;
    return "no error";
  } catch (error) {
    if (error instanceof DeskError) return error.code;
    throw error;
  }
};
const held = async (on: VenueRig): Promise<Quantity> =>
  (await on.venue.reader.account(on.account)).positions.find((one) => one.symbol === on.symbol)?.quantity ??
  ("0" as Quantity);

const order = (on: VenueRig, name: string, change: Partial<OrderRequest> = {}): OrderRequest => ({
  account: on.account,
  symbol: on.symbol,
  side: "buy",
  quantity: on.quantity,
  limitPrice: on.restingBuy,
  timeInForce: "GTC",
  reduceOnly: false,
  clientOrderId: on.clientOrderId(name),
  ...change,
});
/** Numbered cases that every adapter of the port passes; those a venue cannot meet are left out by its capabilities. */
export function venueContract(name: string, capabilities: Capabilities, open: () => Promise<VenueRig>): void {
  const rig = async (): Promise<VenueRig> => {
    const one = await open();
    onTestFinished(() => one.close());
    return one;
  };
  describe(`${name} keeps the venue contract`, () => {
    test("V01 lists instruments with positive ticks, lots and contract sizes, and only kinds it claims", async () => {
      const on = await rig();
      const listed = await on.venue.reader.instruments();
      expect(listed.get(on.symbol)?.kind).toBe("perpetual");
      for (const one of listed.values()) {
        for (const figure of [one.tickSize, one.lotSize, one.contractSize, one.minQuantity])
          expect(sign(figure)).toBe(1);
        const kind = one.kind === "option" || one.kind === "spot" ? one.kind : one.inverse ? "inverse" : "linear";
        expect(capabilities.contracts).toContain(kind);
      }
    });

    test("V02 shows the book best first, bids below asks, as decimals", async () => {
      const on = await rig();
      const book = await on.venue.reader.book(on.symbol, 5);
      expect(book.symbol).toBe(on.symbol);
      const [bid, ask] = [book.bids[0], book.asks[0]];
      expect(bid && ask && greater(ask[0], bid[0])).toBe(true);
      for (const [price, quantity] of [...book.bids, ...book.asks])
        expect(isDecimal(price) && isDecimal(quantity)).toBe(true);
      expect(book.bids.map(([price]) => price)).toEqual(
        book.bids.map(([price]) => price).toSorted((a, b) => compare(b, a)),
      );
      expect(book.asks.map(([price]) => price)).toEqual(book.asks.map(([price]) => price).toSorted(compare));
    });

    test("V03 reads the account: equity, margin ratio and a signed position, all decimals", async () => {
      const on = await rig();
      const state = await on.venue.reader.account(on.account);
      expect(state.account).toBe(on.account);
      expect(state.venue).toBe(on.venue.reader.venue);
      expect(sign(state.equityUsd)).toBe(1);
      expect(state.marginRatio !== null && greater(state.marginRatio, "0" as Quantity)).toBe(true);
      const position = state.positions.find((one) => one.symbol === on.symbol);
      expect(position && sign(position.quantity)).toBe(1);
      expect(position && sign(position.delta)).toBe(1);
      for (const figure of [
        position?.entryPrice,
        position?.markPrice,
        position?.notionalUsd,
        position?.maintenanceMarginUsd,
      ]) {
        expect(isDecimal(figure)).toBe(true);
      }
    });

    test("V04 a limit order away from the market rests and is found by its client order id", async () => {
      const on = await rig();
      const wanted = order(on, "v04");
      const said = await on.venue.trader.place(wanted);
      expect(said.outcome).toBe("accepted");
      const open = await on.venue.reader.openOrders(on.account);
      const mine = open.find((one) => one.clientOrderId === wanted.clientOrderId);
      expect(mine).toMatchObject({
        symbol: on.symbol,
        side: "buy",
        quantity: wanted.quantity,
        limitPrice: wanted.limitPrice,
        state: "working",
        filledQuantity: "0",
      });
      const found = await on.venue.reader.orderByClientId(on.account, on.symbol, wanted.clientOrderId);
      expect(found).toMatchObject({ venueOrderId: mine?.venueOrderId, state: "working" });
      expect((await on.venue.reader.account(on.account)).openOrders.map((one) => one.venueOrderId)).toContain(
        mine?.venueOrderId,
      );
    });

    test("V05 a cancelled order leaves the open orders and is still found, as cancelled", async () => {
      const on = await rig();
      const wanted = order(on, "v05");
      const said = await on.venue.trader.place(wanted);
      if (said.outcome !== "accepted") throw new Error(said.reason);
      expect(await on.venue.trader.cancel(on.account, on.symbol, said.order.venueOrderId)).toBe("accepted");
      const open = await on.venue.reader.openOrders(on.account);
      expect(open.map((one) => one.clientOrderId)).not.toContain(wanted.clientOrderId);
      expect((await on.venue.reader.orderByClientId(on.account, on.symbol, wanted.clientOrderId))?.state).toBe(
        "cancelled",
      );
    });

    test("V06 cancelling an order twice says it is gone", async () => {
      const on = await rig();
      const said = await on.venue.trader.place(order(on, "v06"));
      if (said.outcome !== "accepted") throw new Error(said.reason);
      await on.venue.trader.cancel(on.account, on.symbol, said.order.venueOrderId);
      expect(await on.venue.trader.cancel(on.account, on.symbol, said.order.venueOrderId)).toBe("gone");
    });

    test("V07 a crossing order trades at once; fills and the position tell the same", async () => {
      const on = await rig();
      const [before, since] = [await held(on), new Date(0)];
      const wanted = order(on, "v07", { limitPrice: on.crossingBuy, timeInForce: "IOC" });
      expect((await on.venue.trader.place(wanted)).outcome).toBe("accepted");
      const found = await on.venue.reader.orderByClientId(on.account, on.symbol, wanted.clientOrderId);
      expect(found).toMatchObject({ state: "filled", filledQuantity: wanted.quantity });
      expect(found?.averagePrice !== null && found !== null && !greater(found.averagePrice, wanted.limitPrice)).toBe(
        true,
      );
      const fills = (await on.venue.reader.fills(on.account, since)).filter(
        (one) => one.venueOrderId === found?.venueOrderId,
      );
      expect(fills.map((one) => one.quantity).reduce((sum, one) => add(sum, one), "0" as Quantity)).toBe(
        wanted.quantity,
      );
      expect(await held(on)).toBe(add(before, wanted.quantity));
    });

    test("V08 a filled order is still found by its client order id", async () => {
      const on = await rig();
      const wanted = order(on, "v08", {
        side: "sell",
        limitPrice: on.crossingSell,
        timeInForce: "IOC",
        reduceOnly: true,
      });
      const said = await on.venue.trader.place(wanted);
      expect(said.outcome).toBe("accepted");
      const found = await on.venue.reader.orderByClientId(on.account, on.symbol, wanted.clientOrderId);
      expect(found).toMatchObject({ clientOrderId: wanted.clientOrderId, side: "sell", state: "filled" });
      expect(TERMINAL.has(found?.state ?? "working")).toBe(true);
    });

    test("V09 an id the venue never heard of is null, not an error", async () => {
      const on = await rig();
      expect(await on.venue.reader.orderByClientId(on.account, on.symbol, on.clientOrderId("never"))).toBeNull();
    });

    test.runIf(capabilities.enforcesClientOrderId)(
      "V10 a second order with the same client order id is not placed; the answer says to look it up",
      async () => {
        const on = await rig();
        const wanted = order(on, "v10");
        expect((await on.venue.trader.place(wanted)).outcome).toBe("accepted");
        expect((await on.venue.trader.place(wanted)).outcome).toBe("unknown");
        expect(on.taken(wanted.clientOrderId)).toBe(1);
        expect((await on.venue.reader.orderByClientId(on.account, on.symbol, wanted.clientOrderId))?.state).toBe(
          "working",
        );
      },
    );

    test.runIf(capabilities.reduceOnly.length > 0)(
      "V11 a reduce-only order that would add to the position is not filled",
      async () => {
        const on = await rig();
        const before = await held(on);
        const wanted = order(on, "v11", { limitPrice: on.crossingBuy, timeInForce: "IOC", reduceOnly: true });
        const said = await on.venue.trader.place(wanted);
        expect(said.outcome === "rejected" || (said.outcome === "accepted" && isZero(said.order.filledQuantity))).toBe(
          true,
        );
        expect(await held(on)).toBe(before);
      },
    );

    test.runIf(capabilities.reduceOnly.length > 0)("V12 a reduce-only order shrinks the position", async () => {
      const on = await rig();
      const before = await held(on);
      const wanted = order(on, "v12", {
        side: "sell",
        limitPrice: on.crossingSell,
        timeInForce: "IOC",
        reduceOnly: true,
      });
      expect((await on.venue.trader.place(wanted)).outcome).toBe("accepted");
      expect(await held(on)).toBe(add(before, neg(wanted.quantity)));
    });

    test("V13 a timeout after acceptance is unknown; the order is found by its id and exists once", async () => {
      const on = await rig();
      const wanted = order(on, "v13");
      on.fail("place", "accept-then-hang");
      expect((await on.venue.trader.place(wanted)).outcome).toBe("unknown");
      expect(on.taken(wanted.clientOrderId)).toBe(1);
      expect((await on.venue.reader.orderByClientId(on.account, on.symbol, wanted.clientOrderId))?.state).toBe(
        "working",
      );
    });

    test("V14 an order lost on the way is unknown, and the look-up says null", async () => {
      const on = await rig();
      const wanted = order(on, "v14");
      on.fail("place", "drop");
      expect((await on.venue.trader.place(wanted)).outcome).toBe("unknown");
      expect(on.taken(wanted.clientOrderId)).toBe(0);
      expect(await on.venue.reader.orderByClientId(on.account, on.symbol, wanted.clientOrderId)).toBeNull();
    });

    test.each(["rate-limited", "unavailable", "malformed", "wrong-symbol", "drop"] as const)(
      "V15 placing answered with %s is unknown and is sent exactly once",
      async (fault) => {
        const on = await rig();
        await on.venue.reader.instruments();
        on.fail("place", fault);
        const said = await on.venue.trader.place(order(on, `v15${fault.slice(0, 3)}`));
        expect(said.outcome).toBe("unknown");
        expect(said.outcome === "unknown" && said.reason.length > 0).toBe(true);
        expect(on.placingRequests()).toBe(1);
      },
    );

    test("V16 a clear refusal is rejected, with the venue's own words, and nothing exists", async () => {
      const on = await rig();
      const wanted = order(on, "v16", { quantity: on.absurdQuantity });
      const said = await on.venue.trader.place(wanted);
      expect(said).toMatchObject({ outcome: "rejected" });
      expect(said.outcome === "rejected" && said.reason.length > 3).toBe(true);
      expect(on.taken(wanted.clientOrderId)).toBe(0);
    });

    test.each([
      ["rate-limited", "VENUE_RATE_LIMITED"],
      ["unavailable", "VENUE_UNAVAILABLE"],
      ["drop", "VENUE_UNAVAILABLE"],
      ["malformed", "VENUE_ANSWER_INVALID"],
    ] as const)("V17 reading answered with %s throws %s, never a guess", async (fault, code) => {
      const on = await rig();
      await on.venue.reader.instruments();
      on.fail("read", fault);
      expect(await codeOf(on.venue.reader.account(on.account))).toBe(code);
      on.fail("read", fault);
      expect(await codeOf(on.venue.reader.openOrders(on.account))).toBe(code);
      on.fail("read", fault);
      expect(await codeOf(on.venue.reader.orderByClientId(on.account, on.symbol, on.clientOrderId("v17")))).toBe(code);
    });

    test("V18 a new order that look-ups do not see yet is null first and found later", async () => {
      const on = await rig();
      on.hideNewOrders();
      const wanted = order(on, "v18");
      await on.venue.trader.place(wanted);
      expect(await on.venue.reader.orderByClientId(on.account, on.symbol, wanted.clientOrderId)).toBeNull();
      await on.showNewOrders();
      expect((await on.venue.reader.orderByClientId(on.account, on.symbol, wanted.clientOrderId))?.state).toBe(
        "working",
      );
    });

    test("V19 a cancel without an answer is unknown, and re-reading tells the truth", async () => {
      const on = await rig();
      const said = await on.venue.trader.place(order(on, "v19"));
      if (said.outcome !== "accepted") throw new Error(said.reason);
      on.fail("cancel", "accept-then-hang");
      expect(await on.venue.trader.cancel(on.account, on.symbol, said.order.venueOrderId)).toBe("unknown");
      expect((await on.venue.reader.openOrders(on.account)).map((one) => one.venueOrderId)).not.toContain(
        said.order.venueOrderId,
      );
    });

    test("V20 an order larger than the book is partly filled, and what is left is not working", async () => {
      const on = await rig();
      on.thin();
      const wanted = order(on, "v20", { limitPrice: on.crossingBuy, timeInForce: "IOC" });
      expect((await on.venue.trader.place(wanted)).outcome).toBe("accepted");
      const found = await on.venue.reader.orderByClientId(on.account, on.symbol, wanted.clientOrderId);
      expect(
        found && greater(found.filledQuantity, "0" as Quantity) && greater(wanted.quantity, found.filledQuantity),
      ).toBe(true);
      expect(found && TERMINAL.has(found.state)).toBe(true);
    });

    test("V21 fills before a date are left out", async () => {
      const on = await rig();
      await on.venue.trader.place(order(on, "v21", { limitPrice: on.crossingBuy, timeInForce: "IOC" }));
      const fills = await on.venue.reader.fills(on.account, new Date(0));
      expect(fills.length).toBeGreaterThan(0);
      const last = Math.max(...fills.map((one) => one.at.getTime()));
      expect(await on.venue.reader.fills(on.account, new Date(last + 1))).toEqual([]);
    });

    test("V22 another desk account is unknown here, for reading and for placing", async () => {
      const on = await rig();
      expect(await codeOf(on.venue.reader.account("somebody-else"))).toBe("UNKNOWN_ACCOUNT");
      expect((await on.venue.trader.place(order(on, "v22", { account: "somebody-else" }))).outcome).toBe("rejected");
      expect(on.taken(on.clientOrderId("v22"))).toBe(0);
    });

    test("V23 an instrument the venue does not list is refused before anything is sent", async () => {
      const on = await rig();
      expect(await codeOf(on.venue.reader.book("NOPE/USDT:USDT", 1))).toBe("UNKNOWN_INSTRUMENT");
      expect((await on.venue.trader.place(order(on, "v23", { symbol: "NOPE/USDT:USDT" }))).outcome).toBe("rejected");
      expect(on.taken(on.clientOrderId("v23"))).toBe(0);
    });

    test("V24 where account changes are streamed, the watcher hears of an order and can leave", async () => {
      const on = await rig();
      const { watchAccount } = on.venue.reader;
      if (!watchAccount || !on.streamsOrders) return;
      let heard = 0;
      const leave = await watchAccount(on.account, {
        onChange: () => (heard += 1),
        onAlert: () => {},
        onGone: () => {},
      });
      await on.venue.trader.place(order(on, "v24"));
      expect(heard).toBeGreaterThan(0);
      await leave();
      const before = heard;
      await on.venue.trader.place(order(on, "v24b"));
      expect(heard).toBe(before);
    });
  });
}
