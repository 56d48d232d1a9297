import { GREEKS, levelCost, middlePrice, type HedgeGreeks, type HedgeInstrument } from "./instruments.ts";
import type { FilledProblem } from "./hedge-program.ts";
import type { HedgePlan, HedgeTrade } from "./minimum-cost.ts";

const NAMES: Readonly<Record<keyof HedgeGreeks, string>> = {
  deltaUsd: "delta",
  gammaUsdPerPercent: "gamma",
  vegaUsdPerPoint: "vega",
};

const UNITS: Readonly<Record<keyof HedgeGreeks, string>> = {
  deltaUsd: "USD",
  gammaUsdPerPercent: "USD of delta a percent",
  vegaUsdPerPoint: "USD a point",
};

type Numbers = Omit<HedgePlan, "why" | "remains">;

/** Says why this hedge and what remains, one sentence each, for cards and the ledger. */
export function hedgeWords(problem: FilledProblem, plan: Numbers): Pick<HedgePlan, "why" | "remains"> {
  return { why: reasons(problem, plan), remains: leftOpen(problem, plan) };
}

function reasons(problem: FilledProblem, plan: Numbers): string[] {
  const { trades, before, costUsd, gapRatio } = plan;
  const hedged = GREEKS.filter((name) => problem.hedge.includes(name));
  const state = hedged.map((name) => {
    const target = problem.target?.[name] ?? 0;
    return `${NAMES[name]} of ${amount(before[name])} ${UNITS[name]} against ${amount(target)} ± ${amount(problem.band?.[name] ?? 0)}`;
  });
  const first = `The book has ${listed(state)}.`;
  if (trades.length === 0) return [first, "No trade that brings it closer is worth its cost."];
  const total = trades.reduce((sum, trade) => sum + trade.notionalUsd, 0);
  const bound =
    gapRatio < 5e-4
      ? "no other set of orders within the limits is cheaper"
      : `at most ${(100 * gapRatio).toFixed(1)} % above the cheapest conceivable`;
  const margins = hedged
    .filter((name) => plan.prices[name] !== 0)
    .map(
      (name) =>
        `${NAMES[name]} ${name === "deltaUsd" ? `${(10_000 * Math.abs(plan.prices[name])).toFixed(1)} bps` : `${amount(Math.abs(plan.prices[name]))} USD a unit`}`,
    );
  return [
    first,
    ...trades.map((trade) => tradeReason(problem, trade, hedged)),
    `Together ${amount(costUsd)} USD, ${((10_000 * costUsd) / total).toFixed(1)} bps of the ${amount(total)} USD traded: ${bound}.`,
    ...(margins.length > 0 ? [`The last unit costs: ${listed(margins)}.`] : []),
    ...nextBest(problem, plan, hedged),
  ];
}

function tradeReason(problem: FilledProblem, trade: HedgeTrade, hedged: readonly (keyof HedgeGreeks)[]): string {
  const parts = [`spread ${amount(trade.spreadUsd)}`, `fees ${amount(trade.feeUsd)}`];
  if (trade.holdingUsd !== 0) {
    const does = trade.holdingUsd < 0 ? "earning" : "paying";
    parts.push(`${does} ${amount(Math.abs(trade.holdingUsd))} to hold it ${amount(problem.horizonDays)} d`);
  }
  if (trade.basisSdUsd > 0) parts.push(`basis risk ${amount(trade.basisSdUsd)}`);
  const brings = hedged
    .filter((name) => trade.adds[name] !== 0)
    .map((name) => `${amount(trade.adds[name])} ${UNITS[name]} of ${NAMES[name]}`);
  const cost = trade.spreadUsd + trade.feeUsd + trade.holdingUsd;
  const does = `${trade.side === "buy" ? "Buy" : "Sell"} ${amount(trade.quantity)} ${trade.symbol} at ${trade.venue}`;
  return `${does}: adds ${listed(brings)} for ${amount(cost)} USD (${parts.join(", ")}).`;
}

/** The instrument not used that comes closest, at the marginal prices of the Greeks. */
function nextBest(
  problem: FilledProblem,
  { trades, prices }: Numbers,
  hedged: readonly (keyof HedgeGreeks)[],
): string[] {
  const used = new Set(trades.map((trade) => JSON.stringify([trade.symbol, trade.venue])));
  let best: { instrument: HedgeInstrument; dearness: number } | undefined;
  for (const instrument of problem.instruments) {
    if (used.has(JSON.stringify([instrument.symbol, instrument.venue]))) continue;
    const worth = hedged.reduce((sum, name) => sum + prices[name] * instrument.greeks[name], 0);
    const sign = Math.sign(worth);
    const level = (sign > 0 ? instrument.asks : instrument.bids)[0];
    if (sign === 0 || level === undefined) continue;
    const { spreadUsd, feeUsd } = levelCost(instrument, level, middlePrice(instrument));
    const holding = sign * (instrument.holdingUsdPerDay ?? 0) * problem.horizonDays;
    const dearness =
      (spreadUsd + feeUsd + holding + problem.basisAversion * (instrument.basisSdUsd ?? 0)) / Math.abs(worth);
    if (best === undefined || dearness < best.dearness) best = { instrument, dearness };
  }
  if (best === undefined) return [];
  const { symbol, venue } = best.instrument;
  if (best.dearness < 1.005)
    return [`The next best is ${symbol} at ${venue}, about as good: whole lots or limits decided.`];
  return [`The next best is ${symbol} at ${venue}, which would cost ${best.dearness.toFixed(2)} times what it brings.`];
}

function leftOpen(problem: FilledProblem, { before, after, trades }: Numbers): string[] {
  const out = GREEKS.filter((name) => before[name] !== 0 || after[name] !== 0).map((name) => {
    const left = `${capital(NAMES[name])} of ${amount(after[name])} ${UNITS[name]} remains`;
    if (!problem.hedge.includes(name)) return `${left}: it was not asked to be hedged.`;
    const off = Math.abs(after[name] - (problem.target?.[name] ?? 0)) - (problem.band?.[name] ?? 0);
    if (off <= 1e-6 * Math.max(1, Math.abs(before[name]))) return `${left}, within its band.`;
    return `${left}, ${amount(off)} beyond its band: lots, depth or limits allow no more, or the rest costs more than it is worth.`;
  });
  const basis = Math.hypot(...trades.map((trade) => trade.basisSdUsd));
  if (basis > 0)
    out.push(`The hedge itself may miss by about ${amount(basis)} USD (one standard deviation) through basis.`);
  return out;
}

function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** A number as people read it: thousands apart, no more digits than matter. */
function amount(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 1 ? 2 : 4;
  const text = new Intl.NumberFormat("en-US", { maximumFractionDigits: digits }).format(value);
  return text === "-0" ? "0" : text;
}
