import { ZERO, abs, neg } from "../../kernel/decimal.ts";
import { type Row, figure, instant, maybeFigure, maybeText, oneOf, row, rows, text } from "../answer.ts";
import { type StreamContext, type StreamReading, guarded, named, refusal, state, streamAlert } from "./reading.ts";

const VENUE = "okx";
const SIDES = { buy: "buy", sell: "sell" } as const;
const STATES = {
  live: "working",
  partially_filled: "working",
  filled: "filled",
  canceled: "cancelled",
  mmp_canceled: "cancelled",
} as const;
const FORCED: Readonly<Record<string, "account.liquidation" | "account.deleveraging">> = {
  full_liquidation: "account.liquidation",
  partial_liquidation: "account.liquidation",
  adl: "account.deleveraging",
};
const PUBLIC =
  /^(books|bbo|tickers|trades|funding-rate|mark-price|index-|candle|liquidation-orders|adl-warning|open-interest|price-limit)/;
/** Codes of a refused login: key missing, wrong, expired, wrong signature, wrong passphrase, login needed. */
const LOGIN = new Set(["60004", "60005", "60007", "60009", "60011", "60018", "60024", "60032"]);

function orders(list: readonly Row[], context: StreamContext): readonly StreamReading[] {
  return list.flatMap((one) => {
    const at = instant(one, "uTime");
    const kind = FORCED[maybeText(one, "category") ?? ""];
    const change = state(at, {
      what: "orders",
      orders: [
        {
          symbol: named(context, text(one, "instId")),
          venueOrderId: text(one, "ordId"),
          clientOrderId: maybeText(one, "clOrdId") ?? "",
          side: oneOf(one, "side", SIDES),
          quantity: figure(one, "sz"),
          filledQuantity: maybeFigure(one, "accFillSz") ?? ZERO,
          state: oneOf(one, "state", STATES),
        },
      ],
    });
    if (!kind) return [change];
    const alert = streamAlert(VENUE, context, kind, at, {
      instrument: text(one, "instId"),
      summary: `order ${text(one, "ordId")} of the venue: ${text(one, "side")} ${text(one, "sz")} (${text(one, "category").replace("_", " ")})`,
      values: { quantity: figure(one, "sz"), filled: maybeFigure(one, "accFillSz") ?? ZERO },
      deliveryId: `${text(one, "ordId")}-${text(one, "state")}-${maybeText(one, "accFillSz") ?? "0"}`,
    });
    return [alert, change];
  });
}

function account(list: readonly Row[]): readonly StreamReading[] {
  return list.flatMap((one) => {
    const at = instant(one, "uTime");
    const equity = maybeFigure(one, "adjEq") ?? maybeFigure(one, "totalEq");
    const maintenance = maybeFigure(one, "mmr");
    const balances = rows(one["details"] ?? [], "details").map((coin) => ({
      asset: text(coin, "ccy"),
      total: maybeFigure(coin, "cashBal") ?? ZERO,
    }));
    return [
      ...(equity === undefined || maintenance === undefined
        ? []
        : [state(at, { what: "margin", currency: "USD", equity, maintenance })]),
      state(at, { what: "balances", balances }),
    ];
  });
}

function positions(list: readonly Row[], context: StreamContext): readonly StreamReading[] {
  if (list.length === 0) return [{ kind: "control", what: "no positions" }];
  return [
    state(context.receivedAt, {
      what: "positions",
      positions: list.map((one) => {
        const size = maybeFigure<"quantity">(one, "pos") ?? ZERO;
        return {
          symbol: named(context, text(one, "instId")),
          quantity: maybeText(one, "posSide") === "short" ? neg(abs(size)) : size,
          entryPrice: maybeFigure<"price">(one, "avgPx") ?? null,
        };
      }),
    }),
  ];
}

/** OKX's own warning that positions may be liquidated soon. */
function warnings(list: readonly Row[], context: StreamContext): readonly StreamReading[] {
  return list.map((one) =>
    streamAlert(
      VENUE,
      context,
      "margin.call",
      maybeText(one, "uTime") === undefined ? context.receivedAt : instant(one, "uTime"),
      {
        instrument: text(one, "instId"),
        summary: "the venue warns that the position may be liquidated",
        values: { quantity: maybeFigure(one, "pos") ?? ZERO },
      },
    ),
  );
}

function event(of: Row, context: StreamContext): readonly StreamReading[] {
  const name = text(of, "event");
  const code = maybeText(of, "code") ?? "0";
  if (name !== "error" && code === "0") return [{ kind: "control", what: `${name} was confirmed` }];
  const kind = name === "login" || LOGIN.has(code) ? "stream.auth-failed" : "stream.refused";
  return [
    streamAlert(VENUE, context, kind, context.receivedAt, { summary: `${code}: ${maybeText(of, "msg") ?? name}` }),
  ];
}

/** Reads one message of OKX's private stream. Source: okx.com/docs-v5, sections on WebSocket channels */
export function readOkx(raw: unknown, context: StreamContext): readonly StreamReading[] {
  return guarded(() => {
    const of = row(raw, "message");
    if (of["event"] !== undefined) return event(of, context);
    if (of["arg"] === undefined) return refusal("the message names no channel: it is not one of OKX's private stream");
    const channel = text(row(of["arg"], "arg"), "channel");
    if (PUBLIC.test(channel)) return refusal(`${channel} is public market data, not an account's`);
    const list = rows(of["data"], "data");
    if (channel === "orders") return orders(list, context);
    if (channel === "account") return account(list);
    if (channel === "positions") return positions(list, context);
    if (channel === "liquidation-warning") return warnings(list, context);
    if (channel === "orders-algo" || channel === "algo-advance")
      return [{ kind: "control", what: "a conditional order changed" }];
    return refusal(`OKX's channel ${channel} is not known here`);
  });
}
