import { describe, expect, test } from "vitest";
import { binanceusdm } from "../../../src/venues/ccxt/binanceusdm.ts";
import { bybit } from "../../../src/venues/ccxt/bybit.ts";
import { deribit } from "../../../src/venues/ccxt/deribit.ts";
import { hyperliquid } from "../../../src/venues/ccxt/hyperliquid.ts";
import { krakenfutures } from "../../../src/venues/ccxt/krakenfutures.ts";
import { okx } from "../../../src/venues/ccxt/okx.ts";
import { NOW, listed, stubLink } from "./stub-link.ts";

const binanceAsset = (asset: string, marginBalance: string, maintMargin: string) => ({
  asset,
  walletBalance: marginBalance,
  marginBalance,
  maintMargin,
});
const binanceAccount = (total: string, maintenance: string, assets: readonly unknown[], positions: unknown[] = []) =>
  stubLink({
    fapiPrivateV3GetAccount: { totalMarginBalance: total, totalMaintMargin: maintenance, assets },
    fapiPrivateV3GetPositionRisk: positions,
  });

describe("Binance's margin ratio", () => {
  test("in single-asset mode is that of the asset nearest to liquidation, which the totals leave out", async () => {
    const assets = [binanceAsset("USDT", "100000", "0"), binanceAsset("USDC", "10000", "9500")];
    const state = await binanceusdm.account(binanceAccount("100000", "0", assets));
    expect(state).toMatchObject({ marginRatio: "0.95", equityUsd: "110000", maintenanceMarginUsd: "9500" });
  });

  test("in multi-assets mode is that of the whole, whatever one asset owes", async () => {
    const assets = [binanceAsset("USDT", "100000", "5000"), binanceAsset("USDC", "-10000", "4000")];
    const state = await binanceusdm.account(binanceAccount("90000", "9000", assets));
    expect(state).toMatchObject({ marginRatio: "0.1", equityUsd: "90000" });
  });

  test("is that of an isolated position which is nearer to liquidation than the account", async () => {
    const position = {
      symbol: "BTCUSDT",
      positionAmt: "1",
      entryPrice: "60000",
      markPrice: "59000",
      notional: "59000",
      unRealizedProfit: "-1000",
      maintMargin: "236",
      isolatedWallet: "1295",
    };
    const state = await binanceusdm.account(
      binanceAccount("100000", "236", [binanceAsset("USDT", "100000", "236")], [position]),
    );
    expect(state.marginRatio).toBe("0.8");
  });
});

const okxAccount = (totals: object, held: readonly unknown[] = []) =>
  stubLink({
    privateGetAccountBalance: { data: [{ uTime: "1", ...totals }] },
    privateGetAccountPositions: { data: held },
  });

describe("OKX's margin ratio", () => {
  const currency = (ccy: string, eq: string, eqUsd: string, mmr: string) => ({ ccy, eq, eqUsd, cashBal: eq, mmr });

  test("in spot and futures mode is that of the currency nearest to liquidation", async () => {
    const details = [currency("BTC", "10", "600000", ""), currency("USDT", "10000", "10000", "9000")];
    const state = await okx.account(okxAccount({ totalEq: "610000", adjEq: "", mmr: "", details }));
    expect(state.marginRatio).toBe("0.9");
  });

  test("is not known where a currency with positions has nothing left", async () => {
    const details = [currency("BTC", "10", "600000", ""), currency("USDT", "0", "0", "9000")];
    const state = await okx.account(okxAccount({ totalEq: "600000", adjEq: "", mmr: "", details }));
    expect(state.marginRatio).toBeNull();
  });

  test("is that of an isolated position which is nearer to liquidation than the account", async () => {
    const position = {
      instType: "SWAP",
      instId: "BTC-USDT-SWAP",
      mgnMode: "isolated",
      posSide: "net",
      pos: "1",
      avgPx: "60000",
      markPx: "59000",
      notionalUsd: "590",
      upl: "-10",
      margin: "15",
      mmr: "4",
    };
    const state = await okx.account(okxAccount({ totalEq: "1000", adjEq: "1000", mmr: "10", details: [] }, [position]));
    expect(state.marginRatio).toBe("0.8");
  });
});

describe("Bybit's margin ratio", () => {
  const none = { result: { list: [], nextPageCursor: "" } };
  const held = {
    result: {
      category: "linear",
      nextPageCursor: "",
      list: [
        {
          symbol: "BTCUSDT",
          side: "Buy",
          size: "1",
          avgPrice: "60000",
          markPrice: "60000",
          positionValue: "60000",
          unrealisedPnl: "0",
          positionMM: "300",
        },
      ],
    },
  };
  const account = (totals: object, positions: unknown = none) =>
    stubLink({
      privateGetV5AccountWalletBalance: { result: { list: [{ coin: [], ...totals }] } },
      privateGetV5PositionList: positions,
    });

  test("goes by the margin balance, not by equity with options and coins that are no collateral", async () => {
    const state = await bybit.account(
      account({ totalEquity: "100000", totalMarginBalance: "10000", totalMaintenanceMargin: "9000" }),
    );
    expect(state).toMatchObject({ equityUsd: "100000", marginRatio: "0.9" });
  });

  test("is not known in isolated margin, where the account has none", async () => {
    const isolated = { totalEquity: "100000", totalMarginBalance: "", totalMaintenanceMargin: "" };
    expect((await bybit.account(account(isolated, held))).marginRatio).toBeNull();
    expect((await bybit.account(account(isolated))).marginRatio).toBe("0");
  });
});

describe("Deribit's margin ratio", () => {
  const summary = (
    currency: string,
    equity: number,
    marginBalance: number,
    maintenance: number,
    more: object = {},
  ) => ({
    currency,
    equity,
    balance: equity,
    margin_balance: marginBalance,
    maintenance_margin: maintenance,
    cross_collateral_enabled: false,
    ...more,
  });
  const account = (summaries: readonly unknown[]) =>
    stubLink({
      privateGetGetAccountSummaries: { result: { summaries } },
      privateGetGetPositions: { result: [] },
      publicGetGetIndexPrice: { result: { index_price: 60_000 } },
    });

  test("goes by the margin balance, without the value of options", async () => {
    expect((await deribit.account(account([summary("BTC", 10, 2, 1.8)]))).marginRatio).toBe("0.9");
  });

  test("with cross collateral goes by the margin balance of the whole", async () => {
    const crossed = {
      cross_collateral_enabled: true,
      total_equity_usd: 600_000,
      total_margin_balance_usd: 100_000,
      total_maintenance_margin_usd: 90_000,
    };
    expect((await deribit.account(account([summary("BTC", 10, 10, 1, crossed)]))).marginRatio).toBe("0.9");
  });

  test("is not known where one currency needs margin and has nothing left", async () => {
    const state = await deribit.account(account([summary("BTC", 10, 10, 1), summary("ETH", -1, -1, 2)]));
    expect(state.marginRatio).toBeNull();
  });
});

describe("Hyperliquid", () => {
  const pepe = listed("7", { symbol: "KPEPE/USDC:USDC", base: "KPEPE", quote: "USDC", settle: "USDC" });
  const position = (leverage: object) => ({
    coin: "kPEPE",
    szi: "-1000",
    entryPx: "0.01",
    positionValue: "10",
    unrealizedPnl: "-3",
    maxLeverage: 10,
    marginUsed: "0.625",
    leverage,
  });
  const account = (leverage: object, orders: readonly unknown[] = []) =>
    stubLink(
      {
        "publicPostInfo clearinghouseState": {
          crossMarginSummary: { accountValue: "1000" },
          crossMaintenanceMarginUsed: "0.5",
          assetPositions: [{ position: position(leverage) }],
          time: NOW.getTime(),
        },
        "publicPostInfo metaAndAssetCtxs": [{ universe: [{ name: "kPEPE" }] }, [{ markPx: "0.01" }]],
        "publicPostInfo frontendOpenOrders": orders,
      },
      [pepe],
    );

  test("a position in thousands of a coin, which the venue writes with a small k, is read", async () => {
    const { positions } = await hyperliquid.account(account({ type: "cross", value: 5 }));
    expect(positions[0]).toMatchObject({ symbol: "KPEPE/USDC:USDC", quantity: "-1000", markPrice: "0.01" });
  });

  test("an isolated position nearer to liquidation than the account tells the margin ratio", async () => {
    expect((await hyperliquid.account(account({ type: "isolated", value: 5 }))).marginRatio).toBe("0.8");
  });

  test("an isolated position's open profit is no part of the cross account's money", async () => {
    const [isolated] = (await hyperliquid.account(account({ type: "isolated", value: 5 }))).balances;
    const [cross] = (await hyperliquid.account(account({ type: "cross", value: 5 }))).balances;
    expect([isolated?.total, cross?.total]).toEqual(["1000", "1003"]);
  });

  test("an order of the spot market does not keep the perpetuals' orders from being read", async () => {
    const order = { oid: 1, side: "B", origSz: "5", sz: "5", limitPx: "0.01", timestamp: NOW.getTime() };
    const orders = [
      { ...order, coin: "@107" },
      { ...order, coin: "kPEPE" },
    ];
    expect(await hyperliquid.openOrders(account({}, orders))).toMatchObject([{ symbol: "KPEPE/USDC:USDC" }]);
  });
});

test("Kraken's funding of an inverse contract, told in coins per dollar, is a share of the position", async () => {
  const ticker = { symbol: "PI_XBTUSD", markPrice: 50_000, fundingRate: 0.000000002 };
  const marks = await krakenfutures.marks(
    stubLink({ publicGetTickers: { tickers: [ticker] } }),
    listed("PI_XBTUSD", { inverse: true }),
  );
  expect(marks.fundingRate).toBe("0.0001");
});

test("Binance's fills are found in instruments first traded after a thousand others", async () => {
  const since = NOW.getTime() - 3_600_000;
  const busy = Array.from({ length: 1_000 }, (_, at) => ({ symbol: "BTCUSDT", tranId: at, time: String(since + at) }));
  const trade = {
    symbol: "ETHUSDT",
    id: 5,
    orderId: 1,
    side: "BUY",
    qty: "1",
    price: "3000",
    commission: "1",
    commissionAsset: "USDT",
    time: since + 2_000,
  };
  const link = stubLink({
    [`fapiPrivateGetIncome ${since}`]: busy,
    [`fapiPrivateGetIncome ${since + 999}`]: [busy[999], { symbol: "ETHUSDT", tranId: 1_000, time: since + 2_000 }],
    fapiPrivateGetUserTrades: [trade],
    fapiPrivateGetAllOrders: [],
  });
  const symbols = (await binanceusdm.fills(link, new Date(since))).map((one) => one.symbol);
  expect(symbols).toContain("unified ETHUSDT");
  // One for each instrument that is asked for; the stub answers both with the same trade.
  expect(symbols).toHaveLength(2);
});

test("a balance in the exponent form that some venues use for dust is read as what it is", async () => {
  const { balances } = await binanceusdm.account(
    binanceAccount("100", "0", [binanceAsset("USDT", "100", "0"), binanceAsset("BTC", "1.5E-7", "0")]),
  );
  expect(balances.map((one) => one.total)).toEqual(["100", "0.00000015"]);
});

describe("what a position is worth", () => {
  const held = (change: object) => ({
    symbol: "BTCUSD",
    side: "Buy",
    avgPrice: "30000",
    markPrice: "60000",
    unrealisedPnl: "0.5",
    positionMM: "0.005",
    ...change,
  });
  const account = (list: readonly unknown[], inverse: boolean) => {
    const { call, ...link } = stubLink({
      privateGetV5AccountWalletBalance: {
        result: {
          list: [{ totalEquity: "100000", totalMaintenanceMargin: "300", totalMarginBalance: "100000", coin: [] }],
        },
      },
    });
    const empty = { result: { list: [] } };
    return bybit.account({
      ...link,
      listed: async () => ({
        ...(await link.listed()),
        byId: (id) => listed(id, inverse ? { inverse: true, quote: "USD", settle: "BTC" } : {}),
      }),
      call: async (method, params) =>
        method !== "privateGetV5PositionList"
          ? call(method, params)
          : (params?.["category"] === "inverse") === inverse &&
              params?.["settleCoin"] !== "USDC" &&
              params?.["category"] !== "option"
            ? { result: { list, category: params?.["category"] } }
            : empty,
    });
  };

  test("at Bybit is counted at today's price, though the venue tells the value at entry: an inverse contract is its dollars", async () => {
    const { positions } = await account([held({ size: "30000", positionValue: "1" })], true);
    expect(positions[0]).toMatchObject({ notionalUsd: "30000", quantity: "30000", delta: "0.5" });
  });

  test("and a linear one its coins times the mark", async () => {
    const { positions } = await account([held({ size: "2", positionValue: "60000" })], false);
    expect(positions[0]).toMatchObject({ notionalUsd: "120000" });
  });

  test("at Binance is not told in dollars for a contract margined in bitcoin: such an account is refused, not misread", async () => {
    const position = {
      symbol: "ETHBTC",
      positionAmt: "100",
      entryPrice: "0.03",
      markPrice: "0.03",
      notional: "3",
      unRealizedProfit: "0",
      maintMargin: "0.03",
      isolatedWallet: "0",
    };
    const link = binanceAccount("100000", "0", [binanceAsset("USDT", "100000", "0")], [position]);
    const inBitcoin = {
      ...link,
      listed: async () => ({
        ...(await link.listed()),
        byId: (id: string) => listed(id, { symbol: "ETH/BTC:BTC", base: "ETH", quote: "BTC", settle: "BTC" }),
      }),
    };
    await expect(binanceusdm.account(inBitcoin)).rejects.toMatchObject({
      code: "NOT_SUPPORTED",
      message: expect.stringContaining("ETH/BTC:BTC") as string,
    });
  });
});
