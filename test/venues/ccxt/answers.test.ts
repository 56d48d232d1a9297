import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { exact } from "../../../src/venues/answer.ts";
import { bybit } from "../../../src/venues/ccxt/bybit.ts";
import { deribit } from "../../../src/venues/ccxt/deribit.ts";
import type { Dialect } from "../../../src/venues/ccxt/dialect.ts";
import { isA, placeFailure, readFailure } from "../../../src/venues/ccxt/failures.ts";
import { krakenfutures } from "../../../src/venues/ccxt/krakenfutures.ts";
import { okx } from "../../../src/venues/ccxt/okx.ts";
import { walked } from "../../../src/venues/ccxt/shape.ts";
import type { OrderRequest } from "../../../src/kernel/order.ts";
import { sharedData } from "../../shared-data.ts";
import { listed, stubLink } from "./stub-link.ts";

const folder = sharedData("exchange-private-payloads");
const recorded = (file: string): unknown => JSON.parse(readFileSync(`${folder ?? ""}/${file}`, "utf8"));
const empty = { result: { list: [], nextPageCursor: "" } };

describe.skipIf(!folder)("recorded REST answers (shared data exchange-private-payloads, left out where absent)", () => {
  test("Bybit's wallet and positions become an account", async () => {
    const link = stubLink({
      privateGetV5AccountWalletBalance: recorded("bybit/http_get_wallet_balance.json"),
      privateGetV5PositionList: empty,
      "privateGetV5PositionList USDT": recorded("bybit/http_get_positions.json"),
    });
    const state = await bybit.account(link);
    expect(Number(state.equityUsd)).toBeGreaterThan(0);
    expect(state.balances.length).toBeGreaterThan(0);
    expect(state.positions.every((one) => Number(one.markPrice) > 0 && one.symbol.startsWith("unified"))).toBe(true);
  });

  test("Bybit's orders are read one by one", async () => {
    const orders = await bybit.openOrders(
      stubLink({
        privateGetV5OrderRealtime: empty,
        "privateGetV5OrderRealtime USDT": recorded("bybit/http_get_orders_realtime.json"),
      }),
    );
    expect(orders.every((one) => one.state === "working")).toBe(true);
  });

  test("OKX's balance, positions and orders are read", async () => {
    const link = stubLink({
      privateGetAccountBalance: recorded("okx/http_get_account_balance.json"),
      privateGetAccountPositions: recorded("okx/http_get_positions.json"),
      privateGetTradeOrdersPending: recorded("okx/http_get_orders_pending.json"),
    });
    const state = await okx.account(link);
    expect(Number(state.equityUsd)).toBeGreaterThan(0);
    expect((await okx.openOrders(link)).length).toBeGreaterThan(0);
  });

  test("Deribit's summaries become one account in USD", async () => {
    const link = stubLink({
      privateGetGetAccountSummaries: recorded("deribit/http_get_account_summaries.json"),
      privateGetGetPositions: { result: [] },
      publicGetGetIndexPrice: { result: { index_price: 30_000 } },
    });
    const state = await deribit.account(link);
    expect(Number(state.equityUsd)).toBeGreaterThan(0);
    expect(state.marginRatio === null || Number(state.marginRatio) >= 0).toBe(true);
  });
});

describe("numbers in answers", () => {
  test.each([
    ["0.00000016", "1.6e-7"],
    ["15000", "1.5e4"],
    ["-0.5", "-5E-1"],
    ["60000.1", "60000.10"],
  ])("%s is read from %s", (value, written) => {
    expect(exact(written, "figure")).toBe(value);
  });

  test.each(["NaN", "Infinity", "", "1,5", "0x10", "1e999"])("%s is refused", (written) => {
    expect(() => exact(written, "figure")).toThrow(expect.objectContaining({ code: "VENUE_ANSWER_INVALID" }) as Error);
  });
});

/** Classes that stand for ccxt's, which is not loaded here: the map goes by their names. */
class BaseError extends Error {}
class ExchangeError extends BaseError {}
class InvalidOrder extends ExchangeError {}
class OrderNotFound extends InvalidOrder {}
class DuplicateOrderId extends InvalidOrder {}
class AuthenticationError extends ExchangeError {}
class PermissionDenied extends AuthenticationError {}
class OperationFailed extends BaseError {}
class NetworkError extends OperationFailed {}
class RequestTimeout extends NetworkError {}
class RateLimitExceeded extends NetworkError {}
class BadResponse extends OperationFailed {}

describe("errors of the library", () => {
  const codes: Pick<Dialect, "doubtful" | "refused"> = { doubtful: /"code":7\b/, refused: /"code":5\d\b/ };
  test.each([
    [new InvalidOrder("no"), "rejected", "VENUE_REJECTED"],
    [new OrderNotFound("no"), "unknown", "VENUE_REJECTED"],
    [new DuplicateOrderId("no"), "unknown", "VENUE_REJECTED"],
    [new RequestTimeout("late"), "unknown", "VENUE_UNAVAILABLE"],
    [new NetworkError("reset"), "unknown", "VENUE_UNAVAILABLE"],
    [new RateLimitExceeded("slow down"), "unknown", "VENUE_RATE_LIMITED"],
    [new BadResponse("<html>"), "unknown", "VENUE_ANSWER_INVALID"],
    [new TypeError("cannot read"), "unknown", "VENUE_ANSWER_INVALID"],
    [new ExchangeError('{"code":99}'), "unknown", "VENUE_REJECTED"],
    [new ExchangeError('{"code":51}'), "rejected", "VENUE_REJECTED"],
    [new InvalidOrder('{"code":7}'), "unknown", "VENUE_REJECTED"],
    [new PermissionDenied("read only"), "rejected", "VENUE_REJECTED"],
  ] as const)("%s while placing leaves the order %s, while reading it is %s", (error, outcome, code) => {
    expect(placeFailure(error, codes).outcome).toBe(outcome);
    expect(readFailure(error, "binanceusdm", "the account").code).toBe(code);
  });

  test.each([
    ["deribit", deribit, '{"error":{"code":11094,"message":"internal_server_error"}}'],
    ["bybit", bybit, '{"retCode":170001,"retMsg":"Internal error"}'],
    ["bybit", bybit, '{"retCode":170032,"retMsg":"Network error. Please try again later"}'],
    ["bybit", bybit, '{"retCode":170234,"retMsg":"System Error"}'],
    ["okx", okx, '{"data":[{"sCode":"51149","sMsg":"Order timed out. Please try again."}]}'],
    ["okx", okx, '{"data":[{"sCode":"51054","sMsg":"Request timed out. Please try again."}]}'],
  ] as const)(
    "a fault of %s's own servers is no refusal of the order, whatever family its code is of",
    (_, dialect, said) => {
      expect(placeFailure(new ExchangeError(said), dialect).outcome).toBe("unknown");
    },
  );

  test.each([
    ['{"retCode":170146,"retMsg":"Order creation timeout"}', "unknown"],
    ['{"retCode":170035,"retMsg":"Submitted to the system for processing!"}', "unknown"],
    ['{"retCode":110072,"retMsg":"OrderLinkedID is duplicate"}', "unknown"],
    ['{"retCode":110001,"retMsg":"Order does not exist"}', "rejected"],
    ['{"retCode":110032,"retMsg":"Illegal order"}', "rejected"],
    ['{"retCode":110007,"retMsg":"Insufficient available balance"}', "rejected"],
  ])("Bybit's %s leaves the order %s, though the library takes all of them for invalid orders", (said, outcome) => {
    expect(placeFailure(new InvalidOrder(said), bybit).outcome).toBe(outcome);
    expect(placeFailure(new ExchangeError(said), bybit).outcome).toBe(outcome);
  });

  const krakenSays = (status: string) => {
    const link = stubLink({ privatePostSendorder: { result: "success", sendStatus: { status, order_id: "1" } } });
    const order = {
      account: "a",
      symbol: "BTC/USD:USD",
      side: "buy",
      quantity: "1",
      limitPrice: "1",
      timeInForce: "IOC",
    };
    return krakenfutures
      .place(link, listed("PF_XBTUSD"), {
        ...order,
        reduceOnly: false,
        clientOrderId: "one",
      } as unknown as OrderRequest)
      .then(
        () => "accepted",
        (error: unknown) => placeFailure(error, krakenfutures).outcome,
      );
  };
  test.each([
    ["placed", "accepted"],
    ["insufficientAvailableFunds", "rejected"],
    ["wouldNotReducePosition", "rejected"],
    ["clientOrderIdAlreadyExist", "unknown"],
    ["attempted", "unknown"],
    ["a word that came later", "unknown"],
  ])("Kraken's %s leaves the order %s: only a known no is one", async (status, outcome) => {
    expect(await krakenSays(status)).toBe(outcome);
  });

  test("a class counts as its ancestors too", () => {
    expect(isA(new OrderNotFound("x"), "InvalidOrder")).toBe(true);
    expect(isA(new InvalidOrder("x"), "OrderNotFound")).toBe(false);
  });
});

describe("lists in pages", () => {
  const entries = Array.from({ length: 25 }, (_, id) => ({ id: String(id), at: Math.floor(id / 4) }));
  const from = (at: number) => entries.filter((one) => one.at >= at).slice(0, 10);

  test("all pages are read, and what stands on two of them counts once", async () => {
    const all = await walked({
      page: async ({ at }) => from(Number(at)),
      id: "id",
      full: 10,
      first: { at: 0 },
      next: (last) => ({ at: last["at"] }),
    });
    expect(all).toEqual(entries);
  });

  test("a venue that repeats its page does not hold us for ever", async () => {
    const all = await walked({ page: async () => from(0), id: "id", full: 10, first: {}, next: () => ({}) });
    expect(all).toHaveLength(10);
  });
});
