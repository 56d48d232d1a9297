import type { Chart } from "../../chat/picture/chart.ts";
import type { VolatilityReport } from "../../exposure/exposure.ts";
import type { GreeksReport } from "../../exposure/greeks.ts";
import type { BookRisk } from "../../exposure/risk.ts";
import type { ExpirySmile } from "../../exposure/smile.ts";
import {
  type Decimal,
  type Ratio,
  abs,
  compare,
  decimal,
  grouped,
  mul,
  percent,
  places,
  sign,
} from "../../kernel/decimal.ts";
import { spanOf } from "../../kernel/duration.ts";

const HUNDRED = decimal("100");
/** Expiries drawn together. */
const SMILES_SHOWN = 3;
const BARS_SHOWN = 12;

const signed = (value: Decimal): string => (sign(value) > 0 ? `+${percent(value, 0)}` : percent(value, 0));
const points = (sigma: Ratio): string => places(mul(sigma, HUNDRED), 2, "half-even");

/** What an account earns or loses where all coins and their volatilities move at once. */
export function stressChart({ account, stress }: BookRisk): Chart {
  const { priceMoves, volMoves, profitUsd } = stress;
  const cells = profitUsd.flatMap((row, at) =>
    row.map((profit, column) => ({ profit, price: priceMoves[column], vol: volMoves[at] })),
  );
  const worst = cells.toSorted((left, right) => compare(left.profit, right.profit))[0];
  const title =
    worst?.price === undefined || worst.vol === undefined || sign(worst.profit) >= 0
      ? `${account} loses in none of these moves`
      : `${account} loses ${grouped(abs(worst.profit), 0)} USD at ${signed(worst.price)}, volatility ${signed(worst.vol)}`;
  return {
    kind: "heat",
    title,
    unit: "USD",
    across: { name: "all coins move", labels: priceMoves.map(signed) },
    down: { name: "volatility", labels: volMoves.map(signed) },
    values: profitUsd,
  };
}

/** Where the coin that can liquidate an account may go within a day, and where that happens; null where nothing can. */
export function fanChart({ account, liquidation }: BookRisk): Chart | null {
  if (liquidation === null) return null;
  const { asset, fan, below, above, dayRatio } = liquidation;
  // A limit far beyond the fan would press the fan flat; the title names it all the same.
  const [widest] = fan.bands;
  const [low, high] = [Number(widest?.low.at(-1)), Number(widest?.high.at(-1))];
  const near = (price: number): boolean => price > low - (high - low) && price < high + (high - low);
  const where = [...(below ? [`below ${grouped(below, 0)}`] : []), ...(above ? [`above ${grouped(above, 0)}`] : [])];
  const title =
    where.length === 0
      ? `No price of ${asset} liquidates ${account}`
      : `${asset} ${where.join(" or ")} liquidates ${account}: ${percent(dayRatio, 2)} within a day`;
  return {
    kind: "fan",
    title,
    unit: `${asset}, USD`,
    hours: fan.hours.map(String),
    middle: fan.middle,
    bands: fan.bands.map(({ probability, low: from, high: to }) => ({
      name: `${Math.round(probability * 100)} %`,
      low: from,
      high: to,
    })),
    limits: [below, above]
      .filter((price) => price !== null && near(Number(price)))
      .map((price) => ({ label: "liquidation", value: String(price) })),
  };
}

/** One axis holds bars that differ no more than this many times; beyond it the smaller ones are not seen. */
const ONE_AXIS = decimal("10");

/**
 * Realised volatility by estimator and implied volatility by expiry, side by side; null where nothing is known. Where
 * realised is so far above implied that its bars would hide the others, as in a storm of minutes, only implied is drawn
 * and the title says both.
 */
export function volatilityChart({ asset, estimates, smiles }: VolatilityReport): Chart | null {
  const realised = estimates.estimates.flatMap((one) =>
    one.sigma === null ? [] : [{ label: one.name, value: one.sigma }],
  );
  const implied = smiles.map((one) => ({ label: one.expiryAt.toISOString().slice(0, 10), value: one.atm }));
  const [first] = realised;
  const [nearest] = implied;
  if (first === undefined && nearest === undefined) return null;
  const dwarfed =
    first !== undefined && nearest !== undefined && compare(first.value, mul(nearest.value, ONE_AXIS)) > 0;
  const said = [
    ...(nearest ? [`implied ${percent(nearest.value)} at the money`] : []),
    ...(first
      ? [`realised ${percent(first.value)}${dwarfed ? ` over ${spanOf(estimates.spanMs)}, beyond this axis` : ""}`]
      : []),
  ];
  return {
    kind: "bars",
    title: `${asset}: ${said.join(", ")}`,
    unit: dwarfed ? "% a year, implied" : "% a year",
    bars: [...(dwarfed ? [] : realised), ...implied].map(({ label, value }) => ({
      label,
      value: places(mul(value, HUNDRED), 1, "half-even"),
    })),
  };
}

/** Volatilities of the venue's marks, and the fits free of arbitrage through them; null where no mark is usable. */
export function smileChart(asset: string, smiles: readonly ExpirySmile[]): Chart | null {
  const [nearest] = smiles;
  if (nearest === undefined) return null;
  const skew = nearest.skew === null ? "" : `, skew ${points(nearest.skew)} points`;
  return {
    kind: "curves",
    title: `${asset} smile: ${percent(nearest.atm)} at the money${skew}`,
    unit: "% a year",
    across: "strike, USD; dots are marks, lines the fit",
    curves: smiles.slice(0, SMILES_SHOWN).map((smile) => ({
      name: smile.expiryAt.toISOString().slice(0, 10),
      dots: smile.strikes.map((one) => [one.strike, points(one.sigma)] as const),
      line: smile.curve.map((one) => [one.strike, points(one.sigma)] as const),
    })),
    places: [{ label: "forward", across: nearest.forward }],
  };
}

/** Delta by account and coin, the largest first; null where nothing moves. */
export function deltaChart({ lines }: GreeksReport): Chart | null {
  const own = lines
    .filter((one) => one.account !== null && one.asset !== null)
    .toSorted((left, right) => compare(abs(right.deltaUsd), abs(left.deltaUsd)));
  const [largest] = own;
  if (largest === undefined) return null;
  return {
    kind: "bars",
    title: `Largest delta: ${grouped(largest.deltaUsd, 0)} USD of ${largest.asset ?? ""} in ${largest.account ?? ""}`,
    unit: "USD of delta",
    bars: own.slice(0, BARS_SHOWN).map((one) => ({
      label: `${one.account ?? ""} ${one.asset ?? ""}`,
      value: places(one.deltaUsd, 0, "half-even"),
    })),
  };
}
