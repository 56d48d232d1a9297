import { ZERO } from "../../kernel/decimal.ts";
import { type Row, figure, flag, instant, maybeFigure, maybeText, oneOf, row, rows, text } from "../answer.ts";
import {
  type StreamContext,
  type StreamOrder,
  type StreamReading,
  guarded,
  named,
  refusal,
  state,
  streamAlert,
} from "./reading.ts";

const VENUE = "deribit";
const SIDES = { buy: "buy", sell: "sell" } as const;
const STATES = {
  open: "working",
  untriggered: "working",
  filled: "filled",
  cancelled: "cancelled",
  rejected: "rejected",
} as const;
/** Codes of a refused login: invalid credentials, unauthorised, key out of scope. */
const LOGIN = new Set(["13004", "13009", "13021", "13666"]);

function order(of: Row, context: StreamContext): StreamOrder {
  return {
    symbol: named(context, text(of, "instrument_name")),
    venueOrderId: text(of, "order_id"),
    clientOrderId: maybeText(of, "label") ?? "",
    side: oneOf(of, "direction", SIDES),
    quantity: figure(of, "amount"),
    filledQuantity: maybeFigure(of, "filled_amount") ?? ZERO,
    state: oneOf(of, "order_state", STATES),
  };
}

function orders(list: readonly Row[], context: StreamContext): readonly StreamReading[] {
  return list.flatMap((one) => {
    const at = instant(one, "last_update_timestamp");
    const change = state(at, { what: "orders", orders: [order(one, context)] });
    if (!flag(one, "is_liquidation")) return [change];
    const alert = streamAlert(VENUE, context, "account.liquidation", at, {
      instrument: text(one, "instrument_name"),
      values: { quantity: figure(one, "amount") },
      deliveryId: `${text(one, "order_id")}-${text(one, "order_state")}`,
    });
    return [alert, change];
  });
}

/** A trade says "M", "T" or "MT" where its maker, taker or both were under liquidation. */
function trades(list: readonly Row[], context: StreamContext): readonly StreamReading[] {
  if (list.length === 0) return [{ kind: "control", what: "no trades" }];
  const alerts = list.flatMap((one) => {
    const own = text(one, "liquidity") === "M" ? "M" : "T";
    if (!(maybeText(one, "liquidation") ?? "").includes(own)) return [];
    return [
      streamAlert(VENUE, context, "account.liquidation", instant(one, "timestamp"), {
        instrument: text(one, "instrument_name"),
        values: { quantity: figure(one, "amount"), price: figure(one, "price") },
        deliveryId: text(one, "trade_id"),
      }),
    ];
  });
  const fills = list.map((one) => ({
    symbol: named(context, text(one, "instrument_name")),
    venueOrderId: text(one, "order_id"),
    side: oneOf(one, "direction", SIDES),
    quantity: figure<"quantity">(one, "amount"),
    price: figure<"price">(one, "price"),
  }));
  return [...alerts, state(context.receivedAt, { what: "fills", fills })];
}

function portfolio(of: Row, context: StreamContext): readonly StreamReading[] {
  const currency = text(of, "currency").toUpperCase();
  return [
    state(context.receivedAt, {
      what: "margin",
      currency,
      equity: figure(of, "equity"),
      maintenance: figure(of, "maintenance_margin"),
    }),
    state(context.receivedAt, { what: "balances", balances: [{ asset: currency, total: figure(of, "balance") }] }),
  ];
}

function changes(of: Row, context: StreamContext): readonly StreamReading[] {
  const held = rows(of["positions"] ?? [], "positions");
  const positions = held.map((one) => ({
    symbol: named(context, text(one, "instrument_name")),
    quantity: figure<"quantity">(one, "size"),
    entryPrice: maybeFigure<"price">(one, "average_price") ?? null,
  }));
  return [
    ...orders(rows(of["orders"] ?? [], "orders"), context),
    ...trades(rows(of["trades"] ?? [], "trades"), context),
    ...(positions.length > 0 ? [state(context.receivedAt, { what: "positions", positions })] : []),
  ];
}

const listOf = (value: unknown): readonly Row[] => rows(Array.isArray(value) ? value : [value], "data");

function subscription(params: Row, context: StreamContext): readonly StreamReading[] {
  const channel = text(params, "channel");
  const { data } = params;
  if (!channel.startsWith("user.")) return refusal(`${channel} is public market data, not an account's`);
  if (channel.startsWith("user.orders.")) return orders(listOf(data), context);
  if (channel.startsWith("user.trades.")) return trades(listOf(data), context);
  if (channel.startsWith("user.portfolio.")) return portfolio(row(data, "data"), context);
  if (channel.startsWith("user.changes.")) return changes(row(data, "data"), context);
  return refusal(`Deribit's channel ${channel} is not known here`);
}

function failure(of: Row, context: StreamContext): readonly StreamReading[] {
  const code = text(of, "code");
  const kind = LOGIN.has(code) ? "stream.auth-failed" : "stream.refused";
  return [
    streamAlert(VENUE, context, kind, context.receivedAt, { summary: `${code}: ${maybeText(of, "message") ?? ""}` }),
  ];
}

/** Reads one message of a Deribit connection: its subscriptions and its answers. Source: docs.deribit.com */
export function readDeribit(raw: unknown, context: StreamContext): readonly StreamReading[] {
  return guarded(() => {
    const of = row(raw, "message");
    if (of["method"] === "subscription") return subscription(row(of["params"], "params"), context);
    if (of["error"] !== undefined) return failure(row(of["error"], "error"), context);
    const { result } = of;
    if (Array.isArray(result) && result.every((one) => typeof one === "string"))
      return [{ kind: "control", what: "the subscription was confirmed" }];
    if (typeof result !== "object" || result === null || Array.isArray(result))
      return refusal("the answer holds no order");
    const body = row(result, "result");
    if (body["order"] !== undefined) return orders([row(body["order"], "order")], context);
    if (body["order_id"] !== undefined) return orders([body], context);
    return refusal("the answer to a request is not a message of the account's stream");
  });
}
