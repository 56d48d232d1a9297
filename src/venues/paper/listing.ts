import { decimal } from "../../kernel/decimal.ts";
import type { Instrument } from "../../kernel/instrument.ts";
import type { StormShape } from "../../quant/scenario/storm.ts";

const DAY_MS = 86_400_000;
/** Expiries, in weeks after the next Friday. */
const OPTION_WEEKS = [1, 5, 13];
const STRIKES = [0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3];

const contract = (
  symbol: string,
  kind: Instrument["kind"],
  tickSize: string,
  lotSize: string,
  contractSize = "1",
): Instrument => {
  const [pair = "", settle] = symbol.split(":");
  const [base = "", quote = ""] = pair.split("/");
  return {
    venue: "paper",
    symbol,
    kind,
    base,
    quote,
    settle: settle?.split("-")[0] ?? quote,
    inverse: settle === base,
    contractSize: decimal(contractSize),
    tickSize: decimal(tickSize),
    lotSize: decimal(lotSize),
    minQuantity: decimal(lotSize),
  };
};

/** What is always listed. */
export const LISTED: readonly Instrument[] = [
  contract("BTC/USDT:USDT", "perpetual", "0.1", "0.001"),
  contract("ETH/USDT:USDT", "perpetual", "0.01", "0.01"),
  contract("BTC/USD:BTC", "perpetual", "0.5", "1", "100"),
  contract("BTC/USDT", "spot", "0.01", "0.00001"),
  contract("ETH/USDT", "spot", "0.01", "0.0001"),
];

/**
 * Options listed at `now`: calls and puts on BTC and ETH at eight strikes around the storm's starting price, for three
 * Fridays at 08:00 UTC. They are linear: one contract is one coin, priced and settled in USDT, margined like futures.
 */
export function optionsListed(shape: StormShape, now: Date): readonly Instrument[] {
  const coins = [
    { base: "BTC", start: shape.btcUsd, grid: shape.btcUsd > 20_000 ? 1_000 : 250 },
    { base: "ETH", start: shape.ethUsd, grid: shape.ethUsd > 1_000 ? 50 : 5 },
  ];
  return OPTION_WEEKS.flatMap((weeks) => {
    const expiryAt = fridayAfter(now, weeks);
    return coins.flatMap(({ base, start, grid }) =>
      STRIKES.flatMap((share) => {
        const strike = String(Math.round((start * share) / grid) * grid);
        return (["call", "put"] as const).map((kind) => option(base, expiryAt, strike, kind));
      }),
    );
  });
}

/** The instrument behind a symbol of the paper exchange, also where it is no longer listed; undefined where it never could be. */
export function instrumentOf(symbol: string): Instrument | undefined {
  const fixed = LISTED.find((one) => one.symbol === symbol);
  if (fixed) return fixed;
  const parts = /^(BTC|ETH)\/USDT:USDT-(\d{2})(\d{2})(\d{2})-(\d+)-([CP])$/.exec(symbol);
  if (!parts) return undefined;
  const [, base = "", year = "", month = "", day = "", strike = "", letter] = parts;
  const expiryAt = new Date(Date.UTC(2000 + Number(year), Number(month) - 1, Number(day), 8));
  return option(base, expiryAt, strike, letter === "C" ? "call" : "put");
}

function option(base: string, expiryAt: Date, strike: string, kind: "call" | "put"): Instrument {
  const date = expiryAt.toISOString().slice(2, 10).replaceAll("-", "");
  const symbol = `${base}/USDT:USDT-${date}-${strike}-${kind === "call" ? "C" : "P"}`;
  const tick = base === "BTC" ? "1" : "0.1";
  return { ...contract(symbol, "option", tick, "0.1"), expiryAt, strike: decimal(strike), optionKind: kind };
}

function fridayAfter(now: Date, weeks: number): Date {
  const midnight = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate());
  const ahead = (5 - now.getUTCDay() + 7) % 7;
  return new Date(midnight + (ahead + 7 * weeks) * DAY_MS + 8 * 3_600_000);
}
