import { decimal } from "../../kernel/decimal.ts";
import { type Row, figure, instant, maybeFigure, maybeText, oneOf, row, rows, text } from "../answer.ts";
import { type StreamContext, type StreamReading, guarded, named, refusal, state, streamAlert } from "./reading.ts";

const VENUE = "binanceusdm";
const SIDES = { BUY: "buy", SELL: "sell" } as const;
const STATES = {
  NEW: "working",
  PARTIALLY_FILLED: "working",
  FILLED: "filled",
  CANCELED: "cancelled",
  EXPIRED: "expired",
  EXPIRED_IN_MATCH: "expired",
  REJECTED: "rejected",
  NEW_INSURANCE: "filled",
  NEW_ADL: "filled",
} as const;
/** Public streams, which an account stream never carries. */
const PUBLIC = new Set([
  "aggTrade",
  "bookTicker",
  "depthUpdate",
  "forceOrder",
  "markPriceUpdate",
  "24hrTicker",
  "trade",
  "kline",
]);
const CONTROL: Readonly<Record<string, string>> = {
  ACCOUNT_CONFIG_UPDATE: "leverage or margin mode changed",
  ALGO_UPDATE: "a conditional order changed",
  CONDITIONAL_ORDER_TRIGGER_REJECT: "a conditional order was not placed",
  TRADE_LITE: "a trade was told early; the order update follows",
};

function marginCall(of: Row, context: StreamContext): readonly StreamReading[] {
  return rows(of["p"], "p").map((one) =>
    streamAlert(VENUE, context, "margin.call", instant(of, "E"), {
      instrument: text(one, "s"),
      summary: `position ${text(one, "pa")} at mark ${text(one, "mp")} needs ${text(one, "mm")} maintenance margin`,
      values: {
        quantity: figure(one, "pa"),
        markPrice: figure(one, "mp"),
        unrealisedUsd: figure(one, "up"),
        maintenanceMarginUsd: figure(one, "mm"),
        ...(maybeFigure(of, "cw") === undefined ? {} : { crossWalletUsd: figure(of, "cw") }),
      },
    }),
  );
}

function accountUpdate(of: Row, context: StreamContext): readonly StreamReading[] {
  const at = instant(of, "T");
  const body = row(of["a"], "a");
  const balances = rows(body["B"] ?? [], "B").map((one) => ({ asset: text(one, "a"), total: figure(one, "wb") }));
  const positions = rows(body["P"] ?? [], "P").map((one) => ({
    symbol: named(context, text(one, "s")),
    quantity: figure<"quantity">(one, "pa"),
    entryPrice: maybeFigure<"price">(one, "ep") ?? null,
  }));
  const reason = text(body, "m");
  return [
    ...(balances.length > 0 ? [state(at, { what: "balances", balances })] : []),
    ...(positions.length > 0 ? [state(at, { what: "positions", positions })] : []),
    ...(balances.length + positions.length === 0
      ? [{ kind: "control", what: `account update (${reason})` } as const]
      : []),
  ];
}

/** The venue's own orders announce themselves by their client order id, and by execution type CALCULATED. */
function forcedKind(of: Row): "account.liquidation" | "account.deleveraging" | undefined {
  const [id, status, execution] = [maybeText(of, "c") ?? "", text(of, "X"), text(of, "x")];
  if (status === "NEW_ADL" || id.startsWith("adl_autoclose")) return "account.deleveraging";
  if (status === "NEW_INSURANCE" || id.startsWith("autoclose-") || execution === "CALCULATED")
    return "account.liquidation";
  return undefined;
}

function orderUpdate(of: Row, context: StreamContext): readonly StreamReading[] {
  const at = instant(of, "T");
  const one = row(of["o"], "o");
  const symbol = text(one, "s");
  const forced = forcedKind(one);
  const change = state(at, {
    what: "orders",
    orders: [
      {
        symbol: named(context, symbol),
        venueOrderId: text(one, "i"),
        clientOrderId: maybeText(one, "c") ?? "",
        side: oneOf(one, "S", SIDES),
        quantity: figure(one, "q"),
        filledQuantity: figure(one, "z"),
        state: oneOf(one, "X", STATES),
      },
    ],
  });
  if (!forced) return [change];
  const alert = streamAlert(VENUE, context, forced, at, {
    instrument: symbol,
    summary: `order ${text(one, "i")} of the venue: ${text(one, "S").toLowerCase()} ${text(one, "q")} at ${text(one, "p")}`,
    values: { quantity: figure(one, "q"), filled: figure(one, "z"), price: figure(one, "p") },
    deliveryId: `${text(one, "i")}-${maybeText(one, "t") ?? decimal("0")}-${text(one, "X")}`,
  });
  return [alert, change];
}

/**
 * Reads one message of Binance's USD-M user data stream.
 * Source: developers.binance.com/docs/derivatives/usds-margined-futures/user-data-streams
 */
export function readBinance(raw: unknown, context: StreamContext): readonly StreamReading[] {
  return guarded(() => {
    const of = row(raw, "message");
    const event = maybeText(of, "e");
    if (event === undefined) return refusal("the message names no event: it is not one of Binance's user data stream");
    if (PUBLIC.has(event)) return refusal(`${event} is public market data, not an account's`);
    if (event === "MARGIN_CALL") return marginCall(of, context);
    if (event === "ACCOUNT_UPDATE") return accountUpdate(of, context);
    if (event === "ORDER_TRADE_UPDATE") return orderUpdate(of, context);
    if (event === "listenKeyExpired") {
      return [
        streamAlert(VENUE, context, "stream.expired", instant(of, "E"), {
          summary: "the listen key expired; the account is polled until a new stream is open",
        }),
      ];
    }
    const what = CONTROL[event];
    return what === undefined ? refusal(`Binance's event ${event} is not known here`) : [{ kind: "control", what }];
  });
}
