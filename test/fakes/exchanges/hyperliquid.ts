import { type FakeOrder, type FakeState, type FakeVenue, type Params, Refused, type Route, asked } from "./core.ts";

/** The wallet of the private key 0x222…: what the tests sign with. */
const AGENT = "0x1563915e194d8cfba1943570603f7606a3115508";

const TIFS = { Gtc: "GTC", Ioc: "IOC", Alo: "PO" } as const;

const order = (one: FakeOrder) => ({
  coin: "BTC",
  side: one.side === "buy" ? "B" : "A",
  limitPx: String(one.price),
  sz: String(one.quantity - one.filled),
  oid: Number(one.id),
  timestamp: one.createdAt,
  origSz: String(one.quantity),
  cloid: one.clientOrderId,
  reduceOnly: one.reduceOnly,
  orderType: "Limit",
  tif: "Gtc",
});
const word = (one: FakeOrder): string => (one.state === "cancelled" ? "canceled" : one.state);

const reading = (answer: Route["answer"]): Route => ({ kind: "read", answer });
const publicly = (answer: Route["answer"]): Route => ({ kind: "public", answer });

const INFO: Readonly<Record<string, Route>> = {
  metaAndAssetCtxs: publicly((_, { mark }) => [
    {
      universe: [
        { name: "BTC", szDecimals: 5, maxLeverage: 40 },
        { name: "ETH", szDecimals: 4, maxLeverage: 25 },
      ],
    },
    [
      { markPx: String(mark), oraclePx: "60001.5", funding: "0.0000125", midPx: String(mark) },
      { markPx: "3000", oraclePx: "3001", funding: "0", midPx: "3000" },
    ],
  ]),
  l2Book: publicly((_, { bids, asks }) => ({
    coin: "BTC",
    time: Date.now(),
    levels: [bids, asks].map((side) => side.map(([price, size]) => ({ px: String(price), sz: String(size), n: 1 }))),
  })),
  clearinghouseState: reading((_, { equity, maintenance, position, entry, mark }) => ({
    marginSummary: { accountValue: String(equity), totalRawUsd: "190000" },
    crossMarginSummary: { accountValue: String(equity), totalRawUsd: "190000" },
    crossMaintenanceMarginUsed: String(maintenance),
    withdrawable: "1",
    assetPositions: [
      {
        type: "oneWay",
        position: {
          coin: "BTC",
          szi: String(position),
          entryPx: String(entry),
          positionValue: String(position * mark),
          unrealizedPnl: "10000",
          liquidationPx: "45000.5",
          maxLeverage: 40,
        },
      },
    ],
    time: Date.now(),
  })),
  frontendOpenOrders: reading((_, state) =>
    state
      .visible()
      .filter((one) => one.state === "open")
      .map(order),
  ),
  orderStatus: reading((params, state) => {
    const found = state.visible().find((one) => one.clientOrderId === asked(params, "oid"));
    return found
      ? { status: "order", order: { order: order(found), status: word(found), statusTimestamp: found.updatedAt } }
      : { status: "unknownOid" };
  }),
  historicalOrders: reading((_, state) =>
    state.visible().map((one) => ({ order: order(one), status: word(one), statusTimestamp: one.updatedAt })),
  ),
  userNonFundingLedgerUpdates: reading((params, { transfers }) =>
    transfers
      .filter((one) => one.at >= Number(asked(params, "startTime")))
      .map((one) => ({
        time: one.at,
        hash: `0x${one.at}`,
        delta: { type: "accountClassTransfer", usdc: String(Math.abs(one.amount)), toPerp: one.amount > 0 },
      })),
  ),
  // Agents without a name are not listed: ours has one where it ends.
  extraAgents: reading((_, { key, otherKeys }) => [
    ...(key.endsAt === null ? [] : [{ name: "desk", address: AGENT, validUntil: key.endsAt }]),
    ...otherKeys.map((name, at) => ({
      name,
      address: `0x${String(at + 7).repeat(40)}`,
      validUntil: 1_900_000_000_000,
    })),
  ]),
  userRole: reading((params) =>
    asked(params, "user") === AGENT ? { role: "agent", data: { user: `0x${"1".repeat(40)}` } } : { role: "missing" },
  ),
  userFillsByTime: reading((params, { fills }) =>
    fills
      .filter((one) => one.at >= Number(asked(params, "startTime")))
      .map((one, tid) => ({
        tid,
        coin: "BTC",
        px: String(one.price),
        sz: String(one.quantity),
        side: one.order.side === "buy" ? "B" : "A",
        time: one.at,
        oid: Number(one.order.id),
        cloid: one.order.clientOrderId,
        fee: "0.05",
        feeToken: "USDC",
      })),
  ),
};

const ok = (type: string, statuses: readonly unknown[]) => ({ status: "ok", response: { type, data: { statuses } } });

function place(params: Params, state: FakeState): unknown {
  const { orders } = params["action"] as {
    orders: { b: boolean; p: string; s: string; r: boolean; c?: string; t: { limit: { tif: keyof typeof TIFS } } }[];
  };
  const [one] = orders;
  if (!one) throw new Error("an order action without orders");
  const said = state.submit({
    clientOrderId: one.c ?? "",
    side: one.b ? "buy" : "sell",
    quantity: Number(one.s),
    price: Number(one.p),
    tif: TIFS[one.t.limit.tif],
    reduceOnly: one.r,
  });
  if (said === "reduce-only") return ok("order", [{ error: "Reduce only order would increase position. asset=0" }]);
  if (said === "funds") return ok("order", [{ error: "Insufficient margin to place order. asset=0" }]);
  if (said === "post-only")
    return ok("order", [{ error: "Post only order would have immediately matched, bbo was 59990@60010. asset=0" }]);
  if (said === "duplicate") throw new Error("not enforced here");
  if (said.state === "open") return ok("order", [{ resting: { oid: Number(said.id), cloid: said.clientOrderId } }]);
  return ok("order", [
    { filled: { totalSz: String(said.filled), avgPx: "60010", oid: Number(said.id), cloid: said.clientOrderId } },
  ]);
}

const cancel: Route = {
  kind: "cancel",
  answer(params, state) {
    const { cancels } = params["action"] as { cancels: { o: number }[] };
    const found = state.cancel(String(cancels[0]?.o));
    return ok(
      "cancel",
      found ? ["success"] : [{ error: "Order was never placed, already canceled, or filled. asset=0" }],
    );
  },
};

const schedule: Route = {
  kind: "cancel",
  answer(params, state) {
    const { time } = params["action"] as { time: number };
    state.armed.set("account", time - Number(params["nonce"]));
    return { status: "ok", response: { type: "default" } };
  },
};

/** Hyperliquid's info and exchange addresses, the calls the adapter makes (hyperliquid.gitbook.io/hyperliquid-docs). */
export const hyperliquid: FakeVenue = {
  enforcesIds: false,
  rateLimited: new Refused(429, { error: "Too many requests" }),
  unavailable: new Refused(502, { error: "Bad Gateway" }),
  mislead: (json) => json.replace(/"cloid":"[^"]*"/, '"cloid":"0x00000000000000000000000000000000"'),
  routes: {
    "POST /info": (params) =>
      INFO[asked(params, "type")] ??
      publicly(() => {
        throw new Refused(422, { error: `unknown type ${asked(params, "type")}` });
      }),
    "POST /exchange": (params) => {
      const { type } = params["action"] as { type: string };
      if (type === "order") return { kind: "place", answer: place };
      if (type === "cancel") return cancel;
      if (type === "scheduleCancel") return schedule;
      // Anything else would be an action nobody asked for, such as the approval of a builder's fee.
      return {
        kind: "place",
        answer: () => {
          throw new Error(`the adapter must never send a ${type} action`);
        },
      };
    },
  },
};
