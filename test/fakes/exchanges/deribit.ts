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

const NAME = "BTC-PERPETUAL";
/** USD a contract: the venue speaks of USD, the desk of contracts. */
const FACE = 10;
const TIFS = { good_til_cancelled: "GTC", immediate_or_cancel: "IOC", fill_or_kill: "FOK" } as const;
const TIF_NAMES = {
  GTC: "good_til_cancelled",
  IOC: "immediate_or_cancel",
  FOK: "fill_or_kill",
  PO: "good_til_cancelled",
} as const;

const wrap = (result: unknown) => ({ jsonrpc: "2.0", result, usIn: 1, usOut: 2, usDiff: 1, testnet: true });
const no = (code: number, message: string): Refused =>
  new Refused(400, { jsonrpc: "2.0", error: { code, message }, testnet: true });

const order = (one: FakeOrder) => ({
  order_id: `D-${one.id}`,
  label: one.clientOrderId,
  instrument_name: NAME,
  direction: one.side,
  order_type: "limit",
  order_state: one.state,
  price: one.price,
  amount: one.quantity * FACE,
  filled_amount: one.filled * FACE,
  average_price: average(one),
  time_in_force: TIF_NAMES[one.tif],
  post_only: one.tif === "PO",
  reduce_only: one.reduceOnly,
  creation_timestamp: one.createdAt,
  last_update_timestamp: one.updatedAt,
});

const trade = (one: FakeFill) => ({
  trade_id: `${one.order.id}-${one.price}`,
  order_id: `D-${one.order.id}`,
  label: one.order.clientOrderId,
  instrument_name: NAME,
  direction: one.order.side,
  amount: one.quantity * FACE,
  price: one.price,
  index_price: 60_001.5,
  mark_price: 60_000,
  fee: 1.6e-7,
  fee_currency: "BTC",
  timestamp: one.at,
});

/** Spreads and strategies of several instruments, which the venue lists among them. */
const COMBOS = [
  { instrument_name: "BTC-FS-25DEC26_PERP", kind: "future_combo", settlement_period: "perpetual", contract_size: FACE },
  { instrument_name: "BTC-STRD-25DEC26-60000", kind: "option_combo", settlement_period: "month", contract_size: 1 },
].map((one) => ({
  ...one,
  base_currency: "BTC",
  quote_currency: one.kind === "future_combo" ? "USD" : "BTC",
  counter_currency: "USD",
  settlement_currency: "BTC",
  min_trade_amount: one.contract_size,
  tick_size: 0.0005,
  is_active: true,
  expiration_timestamp: 1_798_185_600_000,
  creation_timestamp: 1_719_561_600_000,
}));

const publicly = (answer: Route["answer"]): Route => ({ kind: "public", answer });
const reading = (answer: Route["answer"]): Route => ({ kind: "read", answer });
const ofBtc = (params: Params, all: readonly unknown[]): readonly unknown[] =>
  ["BTC", "any", ""].includes(asked(params, "currency")) ? all : [];

const placing = (side: "buy" | "sell"): Route => ({
  kind: "place",
  answer(params, state) {
    const said = state.submit({
      clientOrderId: asked(params, "label"),
      side,
      quantity: Number(asked(params, "amount")) / FACE,
      price: Number(asked(params, "price")),
      tif: asked(params, "post_only") === "true" ? "PO" : TIFS[asked(params, "time_in_force") as keyof typeof TIFS],
      reduceOnly: asked(params, "reduce_only") === "true",
    });
    if (said === "reduce-only") throw no(11_095, "invalid_reduce_only_order");
    if (said === "funds") throw no(10_009, "not_enough_funds");
    if (said === "post-only") throw no(11_054, "post_only_reject");
    if (said === "duplicate") throw new Error("labels are not unique at Deribit");
    return wrap({ order: order(said), trades: [] });
  },
});

/** Deribit API v2 over HTTP, the calls the adapter makes (docs.deribit.com). */
export const deribit: FakeVenue = {
  enforcesIds: false,
  rateLimited: new Refused(429, { jsonrpc: "2.0", error: { code: 10_028, message: "too_many_requests" } }),
  unavailable: new Refused(503, { message: "Service Unavailable" }),
  mislead: (json) => json.replaceAll(NAME, "ETH-PERPETUAL"),
  routes: {
    "GET /api/v2/public/get_instruments": publicly(() =>
      wrap([
        {
          instrument_name: NAME,
          kind: "future",
          settlement_period: "perpetual",
          base_currency: "BTC",
          quote_currency: "USD",
          counter_currency: "USD",
          settlement_currency: "BTC",
          contract_size: FACE,
          min_trade_amount: 10,
          tick_size: 0.5,
          taker_commission: 0.0005,
          maker_commission: 0,
          is_active: true,
          expiration_timestamp: 32_503_708_800_000,
          creation_timestamp: 1_534_167_754_000,
        },
        {
          instrument_name: "BTC-25DEC26-60000-P",
          kind: "option",
          settlement_period: "month",
          base_currency: "BTC",
          quote_currency: "BTC",
          counter_currency: "USD",
          settlement_currency: "BTC",
          contract_size: 1,
          min_trade_amount: 0.1,
          tick_size: 0.0005,
          strike: 60_000,
          option_type: "put",
          is_active: true,
          expiration_timestamp: 1_798_185_600_000,
          creation_timestamp: 1_719_561_600_000,
        },
        ...COMBOS,
        {
          instrument_name: "BTC_USDC",
          kind: "spot",
          base_currency: "BTC",
          quote_currency: "USDC",
          counter_currency: "USDC",
          settlement_currency: "BTC",
          contract_size: 0.0001,
          min_trade_amount: 0.0001,
          tick_size: 1,
          is_active: true,
          expiration_timestamp: 32_503_708_800_000,
          creation_timestamp: 1_719_561_600_000,
        },
      ]),
    ),
    "GET /api/v2/public/get_order_book": publicly((_, { bids, asks }) =>
      wrap({
        instrument_name: NAME,
        timestamp: Date.now(),
        change_id: 1,
        bids: bids.map(([price, size]) => [price, size * FACE]),
        asks: asks.map(([price, size]) => [price, size * FACE]),
      }),
    ),
    "GET /api/v2/public/ticker": publicly((_, { mark }) =>
      wrap({
        instrument_name: NAME,
        mark_price: mark,
        index_price: 60_001.5,
        current_funding: 0.000_012,
        timestamp: Date.now(),
      }),
    ),
    "GET /api/v2/public/get_index_price": publicly(() =>
      wrap({ index_price: 60_000, estimated_delivery_price: 60_000 }),
    ),
    "GET /api/v2/private/get_account_summaries": reading((_, state) =>
      wrap({
        summaries: [
          {
            currency: "BTC",
            equity: state.equity / 60_000,
            balance: 3.1,
            maintenance_margin: state.maintenance / 60_000,
            delta_total: 0.01,
            cross_collateral_enabled: false,
          },
          { currency: "ETH", equity: 0, balance: 0, maintenance_margin: 0, cross_collateral_enabled: false },
        ],
      }),
    ),
    "GET /api/v2/private/get_transaction_log": reading((params, { transfers }) =>
      wrap({
        continuation: null,
        logs: transfers
          .filter((one) => one.at >= Number(asked(params, "start_timestamp")) && asked(params, "currency") === "ETH")
          .filter((one) => asked(params, "query") === (one.amount > 0 ? "deposit" : "withdrawal"))
          .map((one) => ({
            id: one.at,
            type: asked(params, "query"),
            currency: "ETH",
            change: one.amount,
            timestamp: one.at,
          })),
      }),
    ),
    "GET /api/v2/private/list_api_keys": reading((_, { key }) =>
      wrap([
        { id: 1, client_id: "another-key", max_scope: "wallet:read_write", ip_whitelist: [], enabled: true },
        {
          id: 2,
          client_id: "fake-key",
          max_scope: `account:read trade:read_write wallet:${key.withdraws ? "read_write" : "none"}`,
          ip_whitelist: key.addresses,
          enabled: true,
        },
      ]),
    ),
    "GET /api/v2/private/get_access_log": reading((params, { logins }) => {
      const [offset, count] = [Number(asked(params, "offset")), Number(asked(params, "count"))];
      const all = logins.map(({ word, ip, city, data }, at) => ({
        id: at + 1,
        timestamp: 1_764_000_000_000 + at * 60_000,
        result: word,
        ip,
        country: "Germany",
        city,
        ...(data === undefined ? {} : { data }),
      }));
      return wrap({ records_total: all.length, data: all.toReversed().slice(offset, offset + count) });
    }),
    "GET /api/v2/private/get_positions": reading((_, { position, entry, mark, maintenance }) =>
      wrap([
        {
          instrument_name: NAME,
          kind: "future",
          direction: position > 0 ? "buy" : position < 0 ? "sell" : "zero",
          size: position * FACE,
          size_currency: (position * FACE) / mark,
          average_price: entry,
          mark_price: mark,
          index_price: 60_000,
          floating_profit_loss: 0.000_028,
          maintenance_margin: maintenance / 60_000,
          estimated_liquidation_price: 45_000.5,
          delta: (position * FACE) / mark,
        },
      ]),
    ),
    "GET /api/v2/private/get_open_orders": reading((_, state) =>
      wrap(
        state
          .visible()
          .filter((one) => one.state === "open")
          .map(order),
      ),
    ),
    "GET /api/v2/private/get_order_state_by_label": reading((params, state) =>
      wrap(
        ofBtc(
          params,
          state
            .visible()
            .filter((one) => one.clientOrderId === asked(params, "label"))
            .map(order),
        ),
      ),
    ),
    "GET /api/v2/private/get_order_history_by_currency": reading((params, state) =>
      wrap(
        ofBtc(
          params,
          state
            .visible()
            .filter((one) => one.state !== "open")
            .map(order),
        ),
      ),
    ),
    "GET /api/v2/private/get_user_trades_by_currency_and_time": reading((params, { fills }) =>
      wrap({
        has_more: false,
        trades: ofBtc(params, fills.filter((one) => one.at >= Number(asked(params, "start_timestamp"))).map(trade)),
      }),
    ),
    "GET /api/v2/private/buy": placing("buy"),
    "GET /api/v2/private/sell": placing("sell"),
    "GET /api/v2/private/cancel": {
      kind: "cancel",
      answer(params, state) {
        const found = state.cancel(asked(params, "order_id").slice(2));
        if (!found) throw no(11_044, "not_open_order");
        return wrap(order(found));
      },
    },
  },
};
