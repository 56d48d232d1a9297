import { QuantError } from "../errors.ts";
import { requireFinite, requirePositive } from "../options/checks.ts";
import { bracketMargin, liquidationPrice, type MarginBracket } from "./margin-brackets.ts";

/** A linear position in a cross-margined account. */
export interface CrossPosition {
  readonly symbol: string;
  /** Coins, long above zero. */
  readonly size: number;
  readonly entryPrice: number;
  readonly markPrice: number;
  readonly brackets: readonly MarginBracket[];
  /** Default: the tier's highest. */
  readonly leverage?: number;
}

/** A cross-margined account in one settlement currency. */
export interface CrossAccount {
  /** Wallet balance plus unrealised profit. */
  readonly equity: number;
  readonly initial: number;
  readonly maintenance: number;
  /** Maintenance margin over equity: liquidation begins at 1. Infinity where nothing is left. */
  readonly marginRatio: number;
  readonly positions: readonly {
    readonly symbol: string;
    readonly maintenance: number;
    readonly unrealised: number;
    /** With every other position held still; undefined where none exists. */
    readonly liquidationPrice: number | undefined;
  }[];
}

/**
 * Margin and liquidation prices of linear positions that share one wallet, in its currency.
 * Exact for venues with tiers of this kind and the tiers given; fees and funding still to be paid are left out.
 * Throws NOT_FINITE, OUT_OF_RANGE. Source: Binance support, cross margin mode of USDⓈ-M futures.
 */
export function crossAccount(walletBalance: number, positions: readonly CrossPosition[]): CrossAccount {
  requireFinite({ walletBalance });
  const lines = positions.map(({ symbol, size, entryPrice, markPrice, brackets, leverage }) => {
    requireFinite({ size });
    requirePositive({ entryPrice, markPrice });
    if (size === 0) throw new QuantError("OUT_OF_RANGE", `the position in ${symbol} is 0; leave it out`);
    const { initial, maintenance } = bracketMargin(brackets, Math.abs(size) * markPrice, leverage);
    return { symbol, size, entryPrice, brackets, initial, maintenance, unrealised: size * (markPrice - entryPrice) };
  });
  const sum = (pick: (line: (typeof lines)[number]) => number): number =>
    lines.reduce((total, line) => total + pick(line), 0);
  const [unrealised, maintenance] = [sum((line) => line.unrealised), sum((line) => line.maintenance)];
  const equity = walletBalance + unrealised;
  return {
    equity,
    initial: sum((line) => line.initial),
    maintenance,
    marginRatio: equity > 0 ? maintenance / equity : maintenance > 0 ? Infinity : 0,
    positions: lines.map((line) => ({
      symbol: line.symbol,
      maintenance: line.maintenance,
      unrealised: line.unrealised,
      liquidationPrice: liquidationPrice({
        size: line.size,
        settlement: "linear",
        entryPrice: line.entryPrice,
        collateral: walletBalance + (unrealised - line.unrealised) - (maintenance - line.maintenance),
        brackets: line.brackets,
      }),
    })),
  };
}
