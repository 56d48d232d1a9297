import {
  type FakeFill,
  type FakeOrder,
  type FakeVenue,
  type Params,
  Refused,
  type Route,
  asked,
  average,
} from "./core.ts";

const SYMBOL = "BTCUSDT";
const TIFS = { GTC: "GTC", IOC: "IOC", FOK: "FOK", PostOnly: "PO" } as const;
const STATES = { open: "New", filled: "Filled", cancelled: "Cancelled" } as const;

const wrap = (result: unknown) => ({ retCode: 0, retMsg: "OK", result, retExtInfo: {}, time: Date.now() });
/** Bybit answers errors with status 200. */
const no = (retCode: number, retMsg: string): Refused =>
  new Refused(200, { retCode, retMsg, result: {}, retExtInfo: {}, time: Date.now() });
const list = (params: Params, all: readonly unknown[]) =>
  wrap({
    category: asked(params, "category"),
    list: asked(params, "category") === "linear" && asked(params, "settleCoin") !== "USDC" ? all : [],
    nextPageCursor: "",
  });

const order = (one: FakeOrder) => ({
  orderId: `b-${one.id}`,
  orderLinkId: one.clientOrderId,
  symbol: SYMBOL,
  side: one.side === "buy" ? "Buy" : "Sell",
  orderType: "Limit",
  price: String(one.price),
  qty: String(one.quantity),
  cumExecQty: String(one.filled),
  cumExecValue: String(one.value),
  leavesQty: String(one.quantity - one.filled),
  avgPrice: one.filled > 0 ? String(average(one)) : "",
  orderStatus:
    one.filled > 0 && one.state === "open"
      ? "PartiallyFilled"
      : one.filled > 0 && one.state === "cancelled"
        ? "PartiallyFilledCanceled"
        : STATES[one.state],
  timeInForce: one.tif,
  reduceOnly: one.reduceOnly,
  tpslMode: "",
  createdTime: String(one.createdAt),
  updatedTime: String(one.updatedAt),
});

const execution = (one: FakeFill) => ({
  symbol: SYMBOL,
  orderId: `b-${one.order.id}`,
  orderLinkId: one.order.clientOrderId,
  side: one.order.side === "buy" ? "Buy" : "Sell",
  execId: `${one.order.id}-${one.price}`,
  execPrice: String(one.price),
  execQty: String(one.quantity),
  execFee: "0.0660",
  feeCurrency: "",
  execType: "Trade",
  execTime: String(one.at),
});

const publicly = (answer: Route["answer"]): Route => ({ kind: "public", answer });
const reading = (answer: Route["answer"]): Route => ({ kind: "read", answer });
const wanted = (params: Params, one: FakeOrder): boolean => {
  const id = asked(params, "orderLinkId");
  return id === "" || id === one.clientOrderId;
};

/** Bybit API v5, the calls the adapter makes (bybit-exchange.github.io/docs/v5). */
export const bybit: FakeVenue = {
  enforcesIds: true,
  rateLimited: new Refused(200, { retCode: 10006, retMsg: "Too many visits!", result: {}, retExtInfo: {}, time: 1 }),
  unavailable: new Refused(503, { message: "Service Unavailable" }),
  mislead: (json) => json.replace(/"orderLinkId":"[^"]*"/, '"orderLinkId":"somebody-elses"'),
  routes: {
    "GET /v5/market/instruments-info": publicly((params) =>
      list(
        params,
        asked(params, "status") === "PreLaunch"
          ? []
          : [
              {
                symbol: SYMBOL,
                contractType: "LinearPerpetual",
                status: "Trading",
                baseCoin: "BTC",
                quoteCoin: "USDT",
                settleCoin: "USDT",
                launchTime: "1585526400000",
                deliveryTime: "0",
                priceScale: "2",
                leverageFilter: { minLeverage: "1", maxLeverage: "100.00", leverageStep: "0.01" },
                priceFilter: { minPrice: "0.10", maxPrice: "1999999.80", tickSize: "0.10" },
                lotSizeFilter: {
                  maxOrderQty: "1190.000",
                  minOrderQty: "0.001",
                  qtyStep: "0.001",
                  minNotionalValue: "5",
                },
              },
            ],
      ),
    ),
    "GET /v5/market/tickers": publicly((params, { mark }) =>
      list(params, [
        {
          symbol: SYMBOL,
          lastPrice: String(mark),
          markPrice: String(mark),
          indexPrice: "60001.5",
          fundingRate: "0.0001",
        },
      ]),
    ),
    "GET /v5/market/orderbook": publicly((_, { bids, asks }) =>
      wrap({
        s: SYMBOL,
        ts: Date.now(),
        u: 1,
        b: bids.map(([price, size]) => [String(price), String(size)]),
        a: asks.map(([price, size]) => [String(price), String(size)]),
      }),
    ),
    "GET /v5/account/wallet-balance": reading((_, state) =>
      wrap({
        list: [
          {
            accountType: "UNIFIED",
            totalEquity: String(state.equity),
            totalMaintenanceMargin: String(state.maintenance),
            accountMMRate: "0.15",
            coin: [{ coin: "USDT", equity: "190000", walletBalance: "190000", usdValue: "190010.5" }],
          },
        ],
      }),
    ),
    "GET /v5/position/list": {
      kind: "public",
      answer: (params, { position, entry, mark, maintenance, hedged }) =>
        list(params, [
          {
            symbol: SYMBOL,
            positionIdx: hedged ? 1 : 0,
            side: position > 0 ? "Buy" : position < 0 ? "Sell" : "",
            size: String(Math.abs(position)),
            avgPrice: String(entry),
            markPrice: String(mark),
            positionValue: String(Math.abs(position) * entry),
            unrealisedPnl: String(position * (mark - entry)),
            positionMM: String(maintenance),
            liqPrice: "45000.50",
            adlRankIndicator: 4,
            updatedTime: String(Date.now()),
          },
        ]),
    },
    "GET /v5/account/transaction-log": reading((params, { transfers }) =>
      wrap({
        nextPageCursor: "",
        list: transfers
          .filter((one) => one.at >= Number(asked(params, "startTime")))
          .filter((one) => asked(params, "type") === (one.amount > 0 ? "TRANSFER_IN" : "TRANSFER_OUT"))
          .map((one) => ({
            id: String(one.at),
            type: asked(params, "type"),
            currency: "USDT",
            change: String(one.amount),
            transactionTime: String(one.at),
          })),
      }),
    ),
    "GET /v5/user/query-api": reading((_, { key }) =>
      wrap({
        id: "13770661",
        apiKey: "fake-key",
        readOnly: 0,
        permissions: {
          ContractTrade: ["Order", "Position"],
          Wallet: key.withdraws ? ["AccountTransfer", "Withdraw"] : [],
        },
        ips: key.addresses.length > 0 ? key.addresses : ["*"],
        expiredAt: `${new Date(key.endsAt ?? 0).toISOString().slice(0, 19)}Z`,
        deadlineDay: key.endsAt === null ? -2 : 27,
      }),
    ),
    "GET /v5/order/realtime": reading((params, state) =>
      list(
        params,
        state
          .visible()
          .filter((one) => wanted(params, one) && (asked(params, "orderLinkId") !== "" || one.state === "open"))
          .map(order),
      ),
    ),
    "GET /v5/order/history": reading((params, state) =>
      list(
        params,
        state
          .visible()
          .filter((one) => wanted(params, one))
          .map(order),
      ),
    ),
    "GET /v5/execution/list": reading((params, { fills }) =>
      list(params, fills.filter((one) => one.at >= Number(asked(params, "startTime"))).map(execution)),
    ),
    "POST /v5/order/create": {
      kind: "place",
      answer(params, state) {
        const said = state.submit({
          clientOrderId: asked(params, "orderLinkId"),
          side: asked(params, "side") === "Buy" ? "buy" : "sell",
          quantity: Number(asked(params, "qty")),
          price: Number(asked(params, "price")),
          tif: TIFS[asked(params, "timeInForce") as keyof typeof TIFS],
          reduceOnly: asked(params, "reduceOnly") === "true",
        });
        if (said === "duplicate") throw no(110_072, "OrderLinkedID is duplicate");
        if (said === "reduce-only") throw no(110_017, "current position is zero, cannot fix reduce-only order qty");
        if (said === "funds") throw no(110_007, "ab not enough for new order");
        if (said === "post-only") throw no(110_093, "post only order would trade");
        return wrap({ orderId: `b-${said.id}`, orderLinkId: said.clientOrderId });
      },
    },
    "POST /v5/order/cancel": {
      kind: "cancel",
      answer(params, state) {
        const found = state.cancel(asked(params, "orderId").slice(2));
        if (!found) throw no(110_001, "order not exists or too late to cancel");
        return wrap({ orderId: `b-${found.id}`, orderLinkId: found.clientOrderId });
      },
    },
  },
};
