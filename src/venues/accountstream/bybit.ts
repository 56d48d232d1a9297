import { ZERO, neg } from "../../kernel/decimal.ts";
import { type Row, figure, instant, maybeFigure, maybeText, oneOf, row, rows, text } from "../answer.ts";
import { type StreamContext, type StreamReading, guarded, named, refusal, state, streamAlert } from "./reading.ts";

const VENUE = "bybit";
const SIDES = { Buy: "buy", Sell: "sell" } as const;
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
const FORCED_ORDERS: Readonly<Record<string, "account.liquidation" | "account.deleveraging">> = {
  CreateByLiq: "account.liquidation",
  CreateByTakeOver_PassThrough: "account.liquidation",
  CreateByAdl_PassThrough: "account.deleveraging",
};
const FORCED_TRADES: Readonly<Record<string, "account.liquidation" | "account.deleveraging">> = {
  BustTrade: "account.liquidation",
  AdlTrade: "account.deleveraging",
};
const FORCED_POSITIONS: Readonly<Record<string, "account.liquidation" | "account.deleveraging">> = {
  Liq: "account.liquidation",
  Adl: "account.deleveraging",
};
const PUBLIC = /^(orderbook|publicTrade|trade|tickers|kline|liquidation|allLiquidation)\./;
/** Codes of a refused login: invalid key, error sign, permission denied, expired key. */
const LOGIN = new Set(["10003", "10004", "10005", "33004"]);

function orders(list: readonly Row[], at: Date, context: StreamContext): readonly StreamReading[] {
  const alerts = list.flatMap((one) => {
    const kind = FORCED_ORDERS[maybeText(one, "createType") ?? ""];
    if (!kind) return [];
    return [
      streamAlert(VENUE, context, kind, at, {
        instrument: text(one, "symbol"),
        values: { quantity: figure(one, "qty") },
        deliveryId: text(one, "orderId"),
      }),
    ];
  });
  const change = state(at, {
    what: "orders",
    orders: list.map((one) => ({
      symbol: named(context, text(one, "symbol")),
      venueOrderId: text(one, "orderId"),
      clientOrderId: maybeText(one, "orderLinkId") ?? "",
      side: oneOf(one, "side", SIDES),
      quantity: figure(one, "qty"),
      filledQuantity: maybeFigure(one, "cumExecQty") ?? ZERO,
      state: oneOf(one, "orderStatus", STATES),
    })),
  });
  return [...alerts, change];
}

function executions(list: readonly Row[], at: Date, context: StreamContext): readonly StreamReading[] {
  const alerts = list.flatMap((one) => {
    const kind = FORCED_TRADES[maybeText(one, "execType") ?? ""];
    if (!kind) return [];
    return [
      streamAlert(VENUE, context, kind, at, {
        instrument: text(one, "symbol"),
        values: { quantity: figure(one, "execQty"), price: figure(one, "execPrice") },
        deliveryId: text(one, "execId"),
      }),
    ];
  });
  const change = state(at, {
    what: "fills",
    fills: list.map((one) => ({
      symbol: named(context, text(one, "symbol")),
      venueOrderId: text(one, "orderId"),
      side: oneOf(one, "side", SIDES),
      quantity: figure(one, "execQty"),
      price: figure(one, "execPrice"),
    })),
  });
  return [...alerts, change];
}

function positions(list: readonly Row[], at: Date, context: StreamContext): readonly StreamReading[] {
  const alerts = list.flatMap((one) => {
    const kind = FORCED_POSITIONS[maybeText(one, "positionStatus") ?? ""];
    return kind
      ? [
          streamAlert(VENUE, context, kind, at, {
            instrument: text(one, "symbol"),
            values: { quantity: figure(one, "size") },
          }),
        ]
      : [];
  });
  const change = state(at, {
    what: "positions",
    positions: list.map((one) => {
      const size = figure<"quantity">(one, "size");
      return {
        symbol: named(context, text(one, "symbol")),
        quantity: maybeText(one, "side") === "Sell" ? neg(size) : size,
        entryPrice: maybeFigure<"price">(one, "entryPrice") ?? maybeFigure<"price">(one, "avgPrice") ?? null,
      };
    }),
  });
  return [...alerts, change];
}

function wallet(list: readonly Row[], at: Date): readonly StreamReading[] {
  return list.flatMap((one) => {
    const equity = maybeFigure(one, "totalEquity");
    const balances = rows(one["coin"] ?? [], "coin").map((coin) => ({
      asset: text(coin, "coin"),
      total: figure(coin, "walletBalance"),
    }));
    return [
      ...(equity === undefined
        ? []
        : [
            state(at, {
              what: "margin",
              currency: "USD",
              equity,
              maintenance: maybeFigure(one, "totalMaintenanceMargin") ?? ZERO,
            }),
          ]),
      state(at, { what: "balances", balances }),
    ];
  });
}

function reply(of: Row, context: StreamContext): readonly StreamReading[] {
  const op = text(of, "op");
  const code = maybeText(of, "retCode") ?? "0";
  const said = maybeText(of, "retMsg") ?? maybeText(of, "ret_msg") ?? "";
  if (of["success"] !== false && code === "0") return [{ kind: "control", what: `${op} was confirmed` }];
  const kind = op === "auth" || LOGIN.has(code) ? "stream.auth-failed" : "stream.refused";
  return [streamAlert(VENUE, context, kind, context.receivedAt, { summary: `${op}: ${said || code}` })];
}

/** Reads one message of Bybit's private stream. Source: bybit-exchange.github.io/docs/v5/websocket/private */
export function readBybit(raw: unknown, context: StreamContext): readonly StreamReading[] {
  return guarded(() => {
    const of = row(raw, "message");
    if (of["op"] !== undefined) return reply(of, context);
    const topic = maybeText(of, "topic");
    if (topic === undefined) return refusal("the message names no topic: it is not one of Bybit's private stream");
    if (PUBLIC.test(topic)) return refusal(`${topic} is public market data, not an account's`);
    const [name = ""] = topic.split(".");
    const read = { order: orders, execution: executions, position: positions, wallet }[name];
    if (!read) return refusal(`Bybit's topic ${topic} is not known here`);
    return read(rows(of["data"], "data"), instant(of, "creationTime"), context);
  });
}
