import { type FakeOrder, type FakeVenue, Refused, type Route, asked, average } from "./core.ts";

const SYMBOL = "BTCUSDT";
const TIFS = { GTC: "GTC", IOC: "IOC", FOK: "FOK", GTX: "PO" } as const;
const STATES = { open: "NEW", filled: "FILLED", cancelled: "CANCELED" } as const;

const no = (code: number, msg: string): Refused => new Refused(400, { code, msg });

const order = (one: FakeOrder) => ({
  orderId: Number(one.id),
  symbol: SYMBOL,
  status:
    one.state === "cancelled" && one.tif !== "GTC"
      ? "EXPIRED"
      : one.state === "open" && one.filled > 0
        ? "PARTIALLY_FILLED"
        : STATES[one.state],
  clientOrderId: one.clientOrderId,
  price: String(one.price),
  avgPrice: String(average(one)),
  origQty: String(one.quantity),
  executedQty: String(one.filled),
  cumQuote: String(one.value),
  timeInForce: one.tif === "PO" ? "GTX" : one.tif,
  type: "LIMIT",
  reduceOnly: one.reduceOnly,
  side: one.side.toUpperCase(),
  positionSide: "BOTH",
  time: one.createdAt,
  updateTime: one.updatedAt,
});

const publicly = (answer: Route["answer"]): Route => ({ kind: "public", answer });
const reading = (answer: Route["answer"]): Route => ({ kind: "read", answer });

const symbol = (name: string, base: string) => ({
  symbol: name,
  pair: name,
  contractType: "PERPETUAL",
  deliveryDate: 4_133_404_800_000,
  onboardDate: 1_569_398_400_000,
  status: "TRADING",
  baseAsset: base,
  quoteAsset: "USDT",
  marginAsset: "USDT",
  pricePrecision: 2,
  quantityPrecision: 3,
  orderTypes: ["LIMIT", "MARKET"],
  timeInForce: ["GTC", "IOC", "FOK", "GTX"],
  filters: [
    { filterType: "PRICE_FILTER", minPrice: "0.10", maxPrice: "4529764", tickSize: "0.10" },
    { filterType: "LOT_SIZE", minQty: "0.001", maxQty: "1000", stepSize: "0.001" },
    { filterType: "MIN_NOTIONAL", notional: "100" },
  ],
});

/** Binance USD-M futures REST, the calls the adapter makes (developers.binance.com/docs/derivatives/usds-margined-futures). */
export const binanceusdm: FakeVenue = {
  enforcesIds: true,
  rateLimited: new Refused(429, { code: -1003, msg: "Too many requests; current limit is 2400 requests per minute." }),
  unavailable: new Refused(503, { code: -1000, msg: "Unknown error, please check your request or try again later." }),
  mislead: (json) => json.replaceAll(SYMBOL, "ETHUSDT"),
  routes: {
    "GET /fapi/v1/exchangeInfo": publicly(() => ({
      timezone: "UTC",
      rateLimits: [],
      exchangeFilters: [],
      symbols: [symbol(SYMBOL, "BTC"), symbol("ETHUSDT", "ETH")],
    })),
    "GET /fapi/v1/depth": publicly((_, { bids, asks }) => ({
      lastUpdateId: 1,
      E: Date.now(),
      T: Date.now(),
      bids: bids.map(([price, size]) => [String(price), String(size)]),
      asks: asks.map(([price, size]) => [String(price), String(size)]),
    })),
    "GET /fapi/v1/premiumIndex": publicly((_, { mark }) => ({
      symbol: SYMBOL,
      markPrice: String(mark),
      indexPrice: "60001.5",
      lastFundingRate: "0.00010000",
      nextFundingTime: 1,
      time: Date.now(),
    })),
    "GET /fapi/v3/account": reading((_, state) => ({
      totalMaintMargin: String(state.maintenance),
      totalMarginBalance: String(state.equity),
      totalWalletBalance: "190000",
      assets: [
        { asset: "USDT", walletBalance: "190000.00000000" },
        { asset: "BNB", walletBalance: "0.00000000" },
      ],
      positions: [],
    })),
    "GET /fapi/v3/positionRisk": reading((_, { position, entry, mark, maintenance, tellsRank }) => [
      {
        symbol: SYMBOL,
        positionSide: "BOTH",
        positionAmt: String(position),
        entryPrice: String(entry),
        markPrice: String(mark),
        unRealizedProfit: String(position * (mark - entry)),
        liquidationPrice: "45000.5",
        notional: String(position * mark),
        maintMargin: String(maintenance),
        ...(tellsRank ? { adl: 3 } : {}),
        updateTime: Date.now(),
      },
    ]),
    "GET /fapi/v1/openOrders": reading((_, state) =>
      state
        .visible()
        .filter((one) => one.state === "open")
        .map(order),
    ),
    // Orders that wait for a price are the algo service's since 2025-12-09; the other lists have none.
    "GET /fapi/v1/openAlgoOrders": reading(() => []),
    "GET /fapi/v1/allOrders": reading((_, state) => state.visible().map(order)),
    "GET /fapi/v1/order": reading((params, state) => {
      const found = state.visible().find((one) => one.clientOrderId === asked(params, "origClientOrderId"));
      if (!found) throw no(-2013, "Order does not exist.");
      return order(found);
    }),
    "GET /fapi/v1/userTrades": reading((params, { fills }) =>
      fills
        .filter((one) => one.at >= Number(asked(params, "startTime")))
        .map((one, id) => ({
          symbol: SYMBOL,
          id,
          orderId: Number(one.order.id),
          side: one.order.side.toUpperCase(),
          price: String(one.price),
          qty: String(one.quantity),
          commission: "0.0120",
          commissionAsset: "USDT",
          time: one.at,
        })),
    ),
    "GET /fapi/v1/income": reading((params, { fills, transfers }) => {
      const since = Number(asked(params, "startTime"));
      if (asked(params, "incomeType") === "TRANSFER")
        return transfers
          .filter((one) => one.at >= since)
          .map((one) => ({
            symbol: "",
            incomeType: "TRANSFER",
            income: one.amount.toFixed(8),
            asset: "USDT",
            info: "TRANSFER",
            time: one.at,
            tranId: one.at,
          }));
      if (asked(params, "incomeType") !== "COMMISSION") return [];
      return fills.map((one, at) => ({
        symbol: SYMBOL,
        incomeType: "COMMISSION",
        income: "-0.012",
        asset: "USDT",
        time: one.at,
        tranId: at,
      }));
    }),
    "GET /sapi/v1/account/apiRestrictions": reading((_, { key }) => ({
      ipRestrict: key.addresses.length > 0,
      createTime: 1_698_645_219_000,
      enableReading: true,
      enableWithdrawals: key.withdraws,
      enableInternalTransfer: false,
      permitsUniversalTransfer: false,
      enableFutures: true,
      ...(key.endsAt === null ? {} : { tradingAuthorityExpirationTime: key.endsAt }),
    })),
    "POST /fapi/v1/countdownCancelAll": {
      kind: "cancel",
      answer(params, { armed }) {
        const [of, countdownTime] = [asked(params, "symbol"), asked(params, "countdownTime")];
        armed.set(of, Number(countdownTime));
        return { symbol: of, countdownTime };
      },
    },
    "POST /fapi/v1/listenKey": reading(() => ({ listenKey: "listen-key" })),
    "PUT /fapi/v1/listenKey": reading(() => ({})),
    "GET /fapi/v1/positionSide/dual": { kind: "public", answer: (_, { hedged }) => ({ dualSidePosition: hedged }) },
    "POST /fapi/v1/order": {
      kind: "place",
      answer(params, state) {
        if (state.hedged) throw no(-4061, "Order's position side does not match user's setting.");
        const said = state.submit({
          clientOrderId: asked(params, "newClientOrderId"),
          side: asked(params, "side") === "BUY" ? "buy" : "sell",
          quantity: Number(asked(params, "quantity")),
          price: Number(asked(params, "price")),
          tif: TIFS[asked(params, "timeInForce") as keyof typeof TIFS],
          reduceOnly: asked(params, "reduceOnly") === "true",
        });
        if (said === "duplicate") throw no(-4116, "ClientOrderId is duplicated.");
        if (said === "reduce-only") throw no(-2022, "ReduceOnly Order is rejected.");
        if (said === "funds") throw no(-2019, "Margin is insufficient.");
        if (said === "post-only")
          throw no(-5022, "Due to the order could not be executed as maker, the Post Only order will be rejected.");
        return order(said);
      },
    },
    "DELETE /fapi/v1/order": {
      kind: "cancel",
      answer(params, state) {
        const found = state.cancel(asked(params, "orderId"));
        if (!found) throw no(-2011, "Unknown order sent.");
        return order(found);
      },
    },
  },
};
