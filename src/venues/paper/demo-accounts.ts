import { type Decimal, type Price, type Quantity, decimal, fromFloat, sub, toFloat } from "../../kernel/decimal.ts";
import type { OrderRequest } from "../../kernel/order.ts";
import { optionsListed } from "./listing.ts";
import { valuate } from "./margin.ts";
import { NO_PINS, known, openMarket } from "./market.ts";
import type { Book, Holding } from "./state.ts";
import { STORMS, type Storm, type StormName } from "./storms.ts";

/** An account as it stands when it is first opened; what the journal already knows of it wins. */
export interface AccountSeed {
  readonly account: string;
  /** Amount by asset, decimal strings; coins "BTC" and "ETH" count at the index, all else as US dollars. */
  readonly balances: Readonly<Record<string, string>>;
  readonly positions: readonly { readonly symbol: string; readonly quantity: string; readonly entryPrice: string }[];
  readonly orders: readonly Omit<OrderRequest, "account">[];
}

const POSITION_USD = 4_000_000;
const SHORT_CALLS = 0.04;

const price = (value: number): Price => fromFloat(value, decimal("0.01"), "half-even");
const size = (value: number, lot: Decimal): Quantity => fromFloat(value, lot, "down");

/**
 * The demo's two accounts, sized to the storm so that the story holds in each: paper-a is 4 M USD long BTC perpetuals,
 * short some calls, with four resting orders, and comes to a margin ratio of 0.88 by the end of the first wave; paper-b holds
 * coins hedged by short perpetuals and stays safe. At speed 1 paper-a passes 0.80 after 8-15 s and is lost after some 75 s.
 * @param now sets which options are listed
 * @param btcUsd bitcoin's price at the start; the storm's own where left out
 */
export function demoAccounts(stormName: StormName, now: Date, btcUsd?: number): readonly AccountSeed[] {
  const storm: Storm = { ...STORMS[stormName], ...(btcUsd === undefined ? {} : { btcUsd }) };
  const btc = size(POSITION_USD / storm.btcUsd, decimal("0.001"));
  const call = optionsListed(storm, now).find(
    (one) =>
      one.base === "BTC" &&
      one.optionKind === "call" &&
      one.strike !== undefined &&
      toFloat(one.strike) > storm.btcUsd * 1.05,
  );
  if (!call) throw new TypeError("the paper exchange lists no call above its own starting price");
  const market = openMarket(storm, 1);
  const premium = market(0, now, NO_PINS).mark(call).price;
  const calls = size(toFloat(btc) * SHORT_CALLS, call.lotSize);
  const positions = [
    { symbol: "BTC/USDT:USDT", quantity: btc, entryPrice: price(storm.btcUsd) },
    { symbol: call.symbol, quantity: sub<"quantity">(decimal("0"), calls), entryPrice: premium },
  ];

  const wave = storm.legs.find((leg) => leg.untilMs === storm.firstWaveMs) ?? storm.legs[0] ?? storm.start;
  const after = market(storm.firstWaveMs, now, {
    prices: new Map([["BTC", price(storm.btcUsd * wave.btc * (1 + wave.basis))]]),
    depth: 1,
  });
  const book: Book = { balances: new Map(), holdings: new Map(positions.map((one) => [one.symbol, one as Holding])) };
  const value = valuate(book, after);
  const cash = toFloat(value.maintenanceUsd) / storm.endangeredRatio - toFloat(value.equityUsd);

  const order = (side: "buy" | "sell", share: number, part: number, number: number): Omit<OrderRequest, "account"> => ({
    symbol: "BTC/USDT:USDT",
    side,
    quantity: size(toFloat(btc) * part, decimal("0.001")),
    limitPrice: fromFloat(storm.btcUsd * share, known("BTC/USDT:USDT").tickSize, "half-even"),
    timeInForce: "GTC",
    reduceOnly: false,
    clientOrderId: `resting-${number}`,
  });
  const eth = size(900_000 / storm.ethUsd, decimal("0.01"));
  const coins = size(1_200_000 / storm.btcUsd, decimal("0.001"));
  return [
    {
      account: "paper-a",
      balances: { USDT: fromFloat(cash, decimal("0.01"), "half-even") },
      positions,
      orders: [
        order("buy", wave.btc * 0.93, 0.05, 1),
        order("buy", wave.btc * 0.9, 0.05, 2),
        order("sell", 1.04, 0.05, 3),
        order("sell", 1.06, 0.05, 4),
      ],
    },
    {
      account: "paper-b",
      balances: { USDT: "150000", BTC: coins, ETH: eth },
      positions: [
        {
          symbol: "BTC/USDT:USDT",
          quantity: sub<"quantity">(decimal("0"), size(1_100_000 / storm.btcUsd, decimal("0.001"))),
          entryPrice: price(storm.btcUsd),
        },
        {
          symbol: "ETH/USDT:USDT",
          quantity: sub<"quantity">(decimal("0"), size(700_000 / storm.ethUsd, decimal("0.01"))),
          entryPrice: price(storm.ethUsd),
        },
      ],
      orders: [],
    },
  ];
}
