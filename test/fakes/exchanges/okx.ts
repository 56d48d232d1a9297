import { type FakeFill, type FakeOrder, type FakeVenue, Refused, type Route, asked, average } from "./core.ts";

const ID = "BTC-USDT-SWAP";
const TIFS = { limit: "GTC", ioc: "IOC", fok: "FOK", post_only: "PO" } as const;
const TYPES = { GTC: "limit", IOC: "ioc", FOK: "fok", PO: "post_only" } as const;

const wrap = (data: readonly unknown[]) => ({ code: "0", msg: "", data });
/** OKX answers errors of an order with status 200, code 1 and the reason in `sCode`. */
const no = (sCode: string, sMsg: string, clOrdId = ""): Refused =>
  new Refused(200, { code: "1", msg: "All operations failed", data: [{ ordId: "", clOrdId, sCode, sMsg }] });
const flat = (code: string, msg: string): Refused => new Refused(200, { code, msg, data: [] });

const order = (one: FakeOrder) => ({
  instType: "SWAP",
  instId: ID,
  ordId: `9${one.id}`,
  clOrdId: one.clientOrderId,
  side: one.side,
  ordType: TYPES[one.tif],
  px: String(one.price),
  sz: String(one.quantity),
  accFillSz: String(one.filled),
  avgPx: one.filled > 0 ? String(average(one)) : "",
  state:
    one.state === "cancelled"
      ? "canceled"
      : one.state === "filled"
        ? "filled"
        : one.filled > 0
          ? "partially_filled"
          : "live",
  reduceOnly: String(one.reduceOnly),
  fee: "-0.06",
  feeCcy: "USDT",
  cTime: String(one.createdAt),
  uTime: String(one.updatedAt),
});

const trade = (one: FakeFill) => ({
  instType: "SWAP",
  instId: ID,
  billId: `${one.order.id}-${one.price}`,
  ordId: `9${one.order.id}`,
  clOrdId: one.order.clientOrderId,
  side: one.order.side,
  fillPx: String(one.price),
  fillSz: String(one.quantity),
  fee: "-0.06",
  feeCcy: "USDT",
  ts: String(one.at),
});

const publicly = (answer: Route["answer"]): Route => ({ kind: "public", answer });
const reading = (answer: Route["answer"]): Route => ({ kind: "read", answer });

/** OKX API v5, the calls the adapter makes (okx.com/docs-v5). */
export const okx: FakeVenue = {
  enforcesIds: true,
  rateLimited: new Refused(429, { code: "50011", msg: "Too Many Requests", data: [] }),
  unavailable: new Refused(503, { code: "50001", msg: "Service temporarily unavailable. Try again later", data: [] }),
  mislead: (json) => json.replace(/"clOrdId":"[^"]*"/, '"clOrdId":"somebodyelses"'),
  routes: {
    "GET /api/v5/public/instruments": publicly((params) =>
      wrap(
        asked(params, "instType") === "SWAP"
          ? [
              {
                instType: "SWAP",
                instId: ID,
                uly: "BTC-USDT",
                instFamily: "BTC-USDT",
                baseCcy: "",
                quoteCcy: "",
                settleCcy: "USDT",
                ctType: "linear",
                ctVal: "0.01",
                ctMult: "1",
                ctValCcy: "BTC",
                lever: "100",
                lotSz: "0.01",
                minSz: "0.01",
                tickSz: "0.1",
                state: "live",
                expTime: "",
                listTime: "1606468572000",
              },
            ]
          : [],
      ),
    ),
    "GET /api/v5/public/mark-price": publicly((_, { mark }) =>
      wrap([{ instType: "SWAP", instId: ID, markPx: String(mark), ts: String(Date.now()) }]),
    ),
    "GET /api/v5/market/index-tickers": publicly(() =>
      wrap([{ instId: "BTC-USDT", idxPx: "60001.5", ts: String(Date.now()) }]),
    ),
    "GET /api/v5/public/funding-rate": publicly(() => wrap([{ instId: ID, fundingRate: "0.0001", fundingTime: "1" }])),
    "GET /api/v5/market/books": publicly((_, { bids, asks }) =>
      wrap([
        {
          bids: bids.map(([price, size]) => [String(price), String(size), "0", "1"]),
          asks: asks.map(([price, size]) => [String(price), String(size), "0", "1"]),
          ts: String(Date.now()),
        },
      ]),
    ),
    "GET /api/v5/account/config": {
      kind: "public",
      answer: (_, { hedged, key }) =>
        wrap([
          {
            acctLv: "3",
            posMode: hedged ? "long_short_mode" : "net_mode",
            perm: key.withdraws ? "read_only,trade,withdraw" : "read_only,trade",
            ip: key.addresses.join(","),
          },
        ]),
    },
    "GET /api/v5/account/balance": reading((_, state) =>
      wrap([
        {
          totalEq: String(state.equity),
          adjEq: String(state.equity),
          mmr: String(state.maintenance),
          mgnRatio: String(state.equity / state.maintenance),
          uTime: String(Date.now()),
          details: [{ ccy: "USDT", eq: "190000", eqUsd: "190010.5", cashBal: "190000", mmr: "" }],
        },
      ]),
    ),
    "GET /api/v5/account/positions": reading((_, { position, entry, mark, maintenance }) =>
      wrap([
        {
          instType: "SWAP",
          instId: ID,
          posSide: "net",
          mgnMode: "cross",
          pos: String(position),
          avgPx: String(entry),
          markPx: String(mark),
          notionalUsd: String(Math.abs(position) * 0.01 * mark),
          upl: String(position * 0.01 * (mark - entry)),
          mmr: String(maintenance),
          liqPx: "45000.5",
          adl: "5",
          uTime: String(Date.now()),
        },
      ]),
    ),
    "POST /api/v5/trade/cancel-all-after": {
      kind: "cancel",
      answer(params, { armed }) {
        const seconds = Number(asked(params, "timeOut"));
        if (seconds < 10 || seconds > 120) throw flat("51000", "Parameter timeOut error");
        armed.set("account", seconds * 1_000);
        const now = Date.now();
        return wrap([{ triggerTime: String(now + seconds * 1_000), tag: "", ts: String(now) }]);
      },
    },
    "GET /api/v5/account/bills": reading((params, { transfers }) =>
      wrap(
        transfers
          .filter((one) => one.at >= Number(asked(params, "begin")) && asked(params, "type") === "1")
          .map((one) => ({
            billId: String(one.at),
            type: "1",
            subType: one.amount > 0 ? "11" : "12",
            ccy: "USDT",
            balChg: String(one.amount),
            ts: String(one.at),
          })),
      ),
    ),
    "GET /api/v5/trade/orders-pending": reading((_, state) =>
      wrap(
        state
          .visible()
          .filter((one) => one.state === "open")
          .map(order),
      ),
    ),
    "GET /api/v5/trade/orders-history": reading((_, state) =>
      wrap(
        state
          .visible()
          .filter((one) => one.state !== "open")
          .map(order),
      ),
    ),
    "GET /api/v5/trade/fills": reading((params, { fills }) =>
      wrap(fills.filter((one) => one.at >= Number(asked(params, "begin"))).map(trade)),
    ),
    "GET /api/v5/trade/order": reading((params, state) => {
      const found = state.visible().find((one) => one.clientOrderId === asked(params, "clOrdId"));
      if (!found) throw flat("51603", "Order does not exist");
      return wrap([order(found)]);
    }),
    "POST /api/v5/trade/order": {
      kind: "place",
      answer(params, state) {
        const clientOrderId = asked(params, "clOrdId");
        const said = state.submit({
          clientOrderId,
          side: asked(params, "side") === "buy" ? "buy" : "sell",
          quantity: Number(asked(params, "sz")),
          price: Number(asked(params, "px")),
          tif: TIFS[asked(params, "ordType") as keyof typeof TIFS],
          reduceOnly: asked(params, "reduceOnly") === "true",
        });
        if (said === "duplicate") throw no("51016", "Duplicated client order ID", clientOrderId);
        if (said === "reduce-only")
          throw no("51169", "Order failed because you don't have any positions in this direction", clientOrderId);
        if (said === "funds") throw no("51008", "Order failed. Insufficient USDT margin in account", clientOrderId);
        if (said === "post-only") throw no("51124", "post only would trade", clientOrderId);
        return wrap([{ ordId: `9${said.id}`, clOrdId: clientOrderId, tag: "", sCode: "0", sMsg: "" }]);
      },
    },
    "POST /api/v5/trade/cancel-order": {
      kind: "cancel",
      answer(params, state) {
        const found = state.cancel(asked(params, "ordId").slice(1));
        if (!found) throw no("51401", "Cancellation failed as the order is already canceled.");
        return wrap([{ ordId: `9${found.id}`, clOrdId: found.clientOrderId, sCode: "0", sMsg: "" }]);
      },
    },
  },
};
