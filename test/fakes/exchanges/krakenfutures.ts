import { type FakeOrder, type FakeVenue, Refused, type Route, asked } from "./core.ts";

const SYMBOL = "PF_XBTUSD";
const TIFS = { lmt: "GTC", ioc: "IOC", fok: "FOK", post: "PO" } as const;

const wrap = (body: object) => ({ result: "success", serverTime: new Date().toISOString(), ...body });
const iso = (ms: number): string => new Date(ms).toISOString();

const about = (one: FakeOrder) => ({
  orderId: `k-${one.id}`,
  cliOrdId: one.clientOrderId,
  type: "lmt",
  symbol: SYMBOL,
  side: one.side,
  quantity: one.quantity,
  filled: one.filled,
  limitPrice: one.price,
  reduceOnly: one.reduceOnly,
  timestamp: iso(one.createdAt),
  lastUpdateTimestamp: iso(one.updatedAt),
});

const event = (one: FakeOrder) => {
  const { orderId, cliOrdId, symbol, side, ...rest } = about(one);
  const order = {
    uid: orderId,
    clientId: cliOrdId,
    tradeable: symbol,
    direction: side === "buy" ? "Buy" : "Sell",
    ...rest,
    lastUpdateTimestamp: one.updatedAt,
  };
  return {
    timestamp: one.updatedAt,
    event: one.state === "cancelled" ? { OrderCancelled: { order } } : { OrderPlaced: { order } },
  };
};

const publicly = (answer: Route["answer"]): Route => ({ kind: "public", answer });
const reading = (answer: Route["answer"]): Route => ({ kind: "read", answer });
/** Refusals come as success with another status word. */
const refused = (status: string) => wrap({ sendStatus: { status, receivedTime: new Date().toISOString() } });

/** Kraken Futures API v3, the calls the adapter makes (docs.kraken.com/api/docs/futures-api). */
export const krakenfutures: FakeVenue = {
  enforcesIds: true,
  rateLimited: new Refused(200, { result: "error", serverTime: iso(0), error: "apiLimitExceeded" }),
  unavailable: new Refused(503, { result: "error", serverTime: iso(0), error: "Unavailable" }),
  mislead: (json) => json.replaceAll(SYMBOL, "PF_ETHUSD"),
  routes: {
    "GET /derivatives/api/v3/instruments": publicly(() =>
      wrap({
        instruments: [
          {
            symbol: SYMBOL,
            type: "flexible_futures",
            tickSize: 1,
            contractSize: 1,
            tradeable: true,
            contractValueTradePrecision: 4,
            openingDate: "2022-01-01T00:00:00.000Z",
            marginLevels: [
              { numNonContractUnits: 0, initialMargin: 0.02, maintenanceMargin: 0.01 },
              { numNonContractUnits: 500_000, initialMargin: 0.04, maintenanceMargin: 0.02 },
            ],
          },
        ],
      }),
    ),
    "GET /derivatives/api/v3/orderbook": publicly((_, { bids, asks }) => wrap({ orderBook: { bids, asks } })),
    "GET /derivatives/api/v3/tickers": publicly((_, { mark }) =>
      wrap({ tickers: [{ symbol: SYMBOL, markPrice: mark, indexPrice: 60_001.5, fundingRate: 0.6, last: mark }] }),
    ),
    "GET /derivatives/api/v3/accounts": reading((_, state) =>
      wrap({
        accounts: {
          cash: { type: "cashAccount", balances: { xbt: 0 } },
          flex: {
            type: "multiCollateralMarginAccount",
            currencies: { USD: { quantity: 190_000.5, value: 190_000.5, collateral: 190_000.5, available: 1 } },
            initialMargin: 60_000,
            maintenanceMargin: state.maintenance,
            portfolioValue: state.equity,
            marginEquity: state.equity,
          },
        },
      }),
    ),
    "GET /api/auth/v1/api-keys/v3/check": reading((_, { key }) => ({
      apiKey: "fake-key",
      accountUid: "a",
      iiban: null,
      createdAt: "2026-08-24T14:15:22Z",
      permissions: { general: "FULL_ACCESS", transfer: key.withdraws ? "FULL_ACCESS" : "NO_ACCESS" },
      allowedCidrBlock: null,
      allowedCidrBlocks: key.addresses.map((one) => `${one}/32`),
    })),
    "GET /derivatives/api/v3/openpositions": reading((_, { position, entry }) =>
      wrap({
        openPositions:
          position === 0
            ? []
            : [
                {
                  side: position > 0 ? "long" : "short",
                  symbol: SYMBOL,
                  price: entry,
                  size: Math.abs(position),
                  fillTime: iso(0),
                  unrealizedFunding: 0,
                },
              ],
      }),
    ),
    "GET /derivatives/api/v3/openorders": reading((_, state) =>
      wrap({
        openOrders: state
          .visible()
          .filter((one) => one.state === "open")
          .map((one) => ({
            order_id: `k-${one.id}`,
            cliOrdId: one.clientOrderId,
            symbol: SYMBOL,
            side: one.side,
            orderType: "lmt",
            limitPrice: one.price,
            unfilledSize: one.quantity - one.filled,
            filledSize: one.filled,
            receivedTime: iso(one.createdAt),
            status: "untouched",
            reduceOnly: one.reduceOnly,
            lastUpdateTime: iso(one.updatedAt),
          })),
      }),
    ),
    "GET /derivatives/api/v3/orders/status": reading((params, state) =>
      wrap({
        orders: state
          .visible()
          .filter((one) => one.clientOrderId === asked(params, "cliOrdIds") && one.state === "filled")
          .map((one) => ({ order: about(one), status: "FULLY_EXECUTED", updateReason: null, error: null })),
      }),
    ),
    "GET /api/history/v2/orders": reading((_, state) => ({
      accountUid: "a",
      len: 1,
      elements: state.visible().map(event).toReversed(),
    })),
    "POST /derivatives/api/v3/cancelallordersafter": {
      kind: "cancel",
      answer(params, { armed }) {
        const seconds = Number(asked(params, "timeout"));
        armed.set("account", seconds * 1_000);
        return wrap({ status: { currentTime: iso(Date.now()), triggerTime: iso(Date.now() + seconds * 1_000) } });
      },
    },
    "GET /api/history/v3/account-log": reading((params, { fills, transfers }) => ({
      accountUid: "a",
      logs: [
        ...fills.map((one, id) => ({
          id,
          date: iso(one.at),
          asset: "usd",
          info: "futures trade",
          margin_account: "flex",
          old_balance: 1,
          new_balance: 0.9,
        })),
        ...transfers
          .filter((one) => one.at >= Number(asked(params, "since")))
          .map((one, id) => ({
            id: 1_000 + id,
            date: iso(one.at),
            asset: "usd",
            info: "cross-exchange transfer",
            margin_account: "flex",
            old_balance: 10_000,
            new_balance: 10_000 + one.amount,
          })),
      ],
    })),
    "GET /derivatives/api/v3/fills": reading((params, { fills }) => {
      const before = asked(params, "lastFillTime");
      return wrap({
        fills: fills
          .filter((one) => before === "" || one.at < Date.parse(before))
          .slice(-100)
          .map((one) => ({
            fill_id: `${one.order.id}-${one.price}`,
            order_id: `k-${one.order.id}`,
            cliOrdId: one.order.clientOrderId,
            symbol: SYMBOL,
            side: one.order.side,
            size: one.quantity,
            price: one.price,
            fillTime: iso(one.at),
            fillType: "taker",
          })),
      });
    }),
    "POST /derivatives/api/v3/sendorder": {
      kind: "place",
      answer(params, state) {
        const said = state.submit({
          clientOrderId: asked(params, "cliOrdId"),
          side: asked(params, "side") === "buy" ? "buy" : "sell",
          quantity: Number(asked(params, "size")),
          price: Number(asked(params, "limitPrice")),
          tif: TIFS[asked(params, "orderType") as keyof typeof TIFS],
          reduceOnly: asked(params, "reduceOnly") === "true",
        });
        if (said === "duplicate") return refused("clientOrderIdAlreadyExist");
        if (said === "reduce-only") return refused("wouldNotReducePosition");
        if (said === "funds") return refused("insufficientAvailableFunds");
        if (said === "post-only") return refused("postWouldExecute");
        return wrap({
          sendStatus: {
            order_id: `k-${said.id}`,
            status: "placed",
            receivedTime: iso(said.createdAt),
            orderEvents: [{ type: "PLACE", order: about(said), reducedQuantity: null }],
          },
        });
      },
    },
    "POST /derivatives/api/v3/cancelorder": {
      kind: "cancel",
      answer(params, state) {
        const found = state.cancel(asked(params, "order_id").slice(2));
        return wrap({
          cancelStatus: found
            ? { status: "cancelled", order_id: asked(params, "order_id"), receivedTime: iso(0) }
            : { status: "notFound", receivedTime: iso(0) },
        });
      },
    },
  },
};
