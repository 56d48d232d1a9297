import { QuantError } from "../errors.ts";
import { requireFinite, requireNotNegative, requirePositive } from "../options/checks.ts";

/** One tier: positions with notional above `floor` pay `maintenanceRatio` of it, less `deduction`. */
export interface MarginBracket {
  readonly floor: number;
  readonly cap: number;
  /** Maintenance margin per notional, 0..1. */
  readonly maintenanceRatio: number;
  /** The venue's "cum" or "maintenance amount", which makes the margin continuous across tiers. */
  readonly deduction: number;
  /** 1 / the highest leverage. */
  readonly initialRatio: number;
}

/**
 * Builds tiers from (cap, maintenance ratio, highest leverage), lowest first, with the deductions that make the margin
 * continuous: floor · (ratio − ratio before) + deduction before. Throws EMPTY_SERIES, OUT_OF_RANGE.
 * Source: Binance support, "Leverage and Margin of USDⓈ-M Futures" and "How to Calculate Liquidation Price of COIN-M
 * Futures Contracts".
 */
export function marginBrackets(
  tiers: readonly (readonly [cap: number, maintenanceRatio: number, leverage: number])[],
): MarginBracket[] {
  if (tiers.length === 0) throw new QuantError("EMPTY_SERIES", "there are no margin tiers; at least one is needed");
  const out: MarginBracket[] = [];
  for (const [cap, maintenanceRatio, leverage] of tiers) {
    const before = out.at(-1);
    const floor = before?.cap ?? 0;
    if (!(cap > floor && maintenanceRatio > (before?.maintenanceRatio ?? 0) && maintenanceRatio < 1 && leverage >= 1)) {
      throw new QuantError(
        "OUT_OF_RANGE",
        `the tier up to ${cap} does not rise above the one before; give them lowest first`,
      );
    }
    const deduction =
      before === undefined ? 0 : before.deduction + floor * (maintenanceRatio - before.maintenanceRatio);
    out.push({ floor, cap, maintenanceRatio, deduction, initialRatio: 1 / leverage });
  }
  return out;
}

/**
 * Binance's BTCUSDT perpetual tiers, notional in USDT. Venues change tiers often: pass the account's own (ccxt
 * `fetchLeverageTiers`) where they are at hand. Source: Binance announcement of 2021-03-18.
 */
export const BINANCE_BTCUSDT_2021: readonly MarginBracket[] = marginBrackets([
  [50_000, 0.004, 125],
  [250_000, 0.005, 100],
  [1_000_000, 0.01, 50],
  [10_000_000, 0.025, 20],
  [20_000_000, 0.05, 10],
  [50_000_000, 0.1, 5],
  [100_000_000, 0.125, 4],
  [200_000_000, 0.15, 3],
  [300_000_000, 0.25, 2],
  [500_000_000, 0.5, 1],
]);

/** What a position must have behind it, in the notional's unit. */
export interface MarginRequirement {
  readonly initial: number;
  readonly maintenance: number;
}

/** The tier of a notional (≥ 0); above the last cap the last tier. */
export function bracketOf(brackets: readonly MarginBracket[], notional: number): MarginBracket {
  requireNotNegative({ notional });
  const found = brackets.find((bracket) => notional <= bracket.cap) ?? brackets.at(-1);
  if (found === undefined) throw new QuantError("EMPTY_SERIES", "there are no margin tiers; at least one is needed");
  return found;
}

/**
 * Margin of one position: maintenance = notional · ratio − deduction, initial = notional / leverage (the tier's highest
 * where none is given). Exact for the tiers given. Throws OUT_OF_RANGE where the leverage is above the tier's.
 */
export function bracketMargin(
  brackets: readonly MarginBracket[],
  notional: number,
  leverage?: number,
): MarginRequirement {
  const { maintenanceRatio, deduction, initialRatio } = bracketOf(brackets, notional);
  if (leverage !== undefined) requirePositive({ leverage });
  const ratio = leverage === undefined ? initialRatio : 1 / leverage;
  if (ratio < initialRatio * (1 - 1e-12)) {
    throw new QuantError(
      "OUT_OF_RANGE",
      `leverage ${leverage} is above the ${1 / initialRatio} allowed for a notional of ${notional}`,
    );
  }
  return { initial: notional * ratio, maintenance: Math.max(0, notional * maintenanceRatio - deduction) };
}

/** One position whose liquidation price is wanted, with what stands behind it. */
export interface LeveragedPosition {
  /** Linear: coins. Inverse: USD of contracts. Long above zero; not zero. */
  readonly size: number;
  readonly settlement: "linear" | "inverse";
  readonly entryPrice: number;
  /**
   * What stands behind it without its own unrealised profit, in the settlement currency. Isolated: the position's
   * margin. Cross: wallet balance + unrealised profit of all other positions − their maintenance margins.
   */
  readonly collateral: number;
  readonly brackets: readonly MarginBracket[];
}

/**
 * The mark price at which collateral plus unrealised profit equals the maintenance margin, by the venue's formula in
 * the tier that holds at that price; undefined where no price above zero liquidates.
 *
 * Exact for Binance and other venues with tiers of this kind, given the same tiers and the mark (not the last) price;
 * it leaves out the liquidation fee and funding still to be paid, and in cross mode other positions are held still.
 * Throws NOT_FINITE, OUT_OF_RANGE. Source: Binance support, "Liquidation price of USDⓈ-M / COIN-M futures contracts".
 */
export function liquidationPrice(position: LeveragedPosition): number | undefined {
  const { size, settlement, entryPrice, collateral, brackets } = position;
  requireFinite({ size, collateral });
  requirePositive({ entryPrice });
  if (size === 0) throw new QuantError("OUT_OF_RANGE", "size was 0; a position of nothing has no liquidation price");
  const amount = Math.abs(size);
  const side = Math.sign(size);
  // Margin grows with the notional, so the tier that contains its own solution is found by walking them.
  const fits = brackets
    .map((bracket, index) => {
      const price =
        settlement === "linear"
          ? (collateral + bracket.deduction - size * entryPrice) / (amount * bracket.maintenanceRatio - size)
          : (amount * bracket.maintenanceRatio + size) / (collateral + bracket.deduction + size / entryPrice);
      const notional = settlement === "linear" ? amount * price : amount / price;
      const last = index === brackets.length - 1;
      const slack = 1e-9 * notional;
      return price > 0 && notional >= bracket.floor - slack && (last || notional <= bracket.cap + slack)
        ? price
        : undefined;
    })
    .filter((price) => price !== undefined);
  if (fits.length === 0) return undefined;
  return side > 0 ? Math.max(...fits) : Math.min(...fits);
}
