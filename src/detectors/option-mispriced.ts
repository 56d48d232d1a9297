import { QuantError } from "../quant/errors.ts";
import { black76 } from "../quant/options/black76.ts";
import { type SviFit, fitSvi } from "../quant/options/svi-fit.ts";
import { sviAt } from "../quant/options/svi.ts";
import { detector } from "./detector.ts";
import type { OptionEvent } from "./event.ts";
import { type Finding, NOTHING, firing, resolved, scoreOf } from "./finding.ts";
import { type Gate, createGate, pass } from "./gate.ts";
import { type Moments, type StrikeMark, familyOf, gather } from "./smiles.ts";

interface State {
  /** By venue, settlement and expiry. */
  readonly moments: Moments;
  /** By market's id. */
  readonly gates: (Gate | undefined)[];
}

const params = {
  limitRatio: {
    default: 0.06,
    unit: "ratio",
    about: "How far a volatility may lie beside the model's, as a share of it",
  },
  priceBps: { default: 5, unit: "bps", about: "What the gap must be worth, of the forward: more than an option's fee" },
  sigmas: { default: 4, unit: "sigma", about: "How far beside the model, in errors of the fit to the other strikes" },
  strikes: { default: 7, unit: "count", about: "Fewest strikes of an expiry that a smile is fitted to" },
  feeBps: { default: 3, unit: "bps", about: "Taker's fee of an option, of the index" },
  everyMs: { default: 10_000, unit: "ms", about: "How often an expiry is judged" },
} as const;
type Limits = { readonly [Name in keyof typeof params]: number };

/** Most strikes that may be set aside as suspects, as a share: where more stand apart, it is the model that is wrong. */
const MOST_SUSPECTS = 0.25;
/** An expiry that no smile passes through is judged again only after so many turns: the search for one is dear. */
const TURNS_OFF = 10;
/** Suspects tried in each round; the one without which the others fit best is set aside. */
const TRIED = 4;

/** A venue marks an option far from an arbitrage-free smile through the other strikes of its expiry. */
export const optionMispriced = detector(
  {
    name: "option-mispriced",
    title: "An option is marked apart from its smile",
    alert: "option.mispriced",
    stream: ["option"],
    scope: "asset",
    params,
    source: "Gatheral & Jacquier 2014 (SVI free of arbitrage), fitted without the suspect",
  },
  {
    init: (): State => ({ moments: new Map(), gates: [] }),
    step(state, event, p) {
      const key = `${familyOf(event.market)} ${event.market.expiresAt}`;
      const rows = gather(state.moments, key, event, p.everyMs);
      if (rows === undefined || rows.length < p.strikes) return NOTHING;
      const model = modelOf(rows, p.limitRatio);
      if (model !== undefined) return judge(state, model, rows, event, p);
      state.moments.get(key)!.judgedAt += (TURNS_OFF - 1) * p.everyMs;
      return NOTHING;
    },
  },
);

function judge(
  state: State,
  model: SviFit,
  rows: readonly StrikeMark[],
  event: OptionEvent,
  p: Limits,
): readonly Finding[] {
  const findings: Finding[] = [];
  for (const row of rows) {
    const modelled = volatility(model, row);
    const gap = row.sigma - modelled;
    const worth = priced(row, row.sigma) - priced(row, modelled);
    const worthBps = (worth / row.forward) * 1e4;
    const score = Math.min(
      scoreOf(Math.abs(gap) / modelled, p.limitRatio),
      scoreOf(Math.abs(worthBps), p.priceBps),
      scoreOf(Math.abs(gap), p.sigmas * model.rmse),
    );
    let gate = state.gates[row.market.id];
    if (gate === undefined) {
      if (score < 0.5) continue;
      gate = createGate();
      state.gates[row.market.id] = gate;
    }
    const verdict = pass(gate, score, event.at, { release: 0.7, holdMs: 20_000, quietMs: 60_000 });
    const own: OptionEvent = { ...event, market: row.market };
    if (verdict === "resolve") findings.push(resolved(own, `${row.market.instrument} is marked along its smile again`));
    if (verdict !== "fire") continue;
    const points = `${Math.abs(gap * 100).toFixed(1)} points`;
    const title = `${row.market.instrument} is marked ${points} ${gap > 0 ? "above" : "below"} its smile at ${row.market.venue}`;
    // What is left for one who takes the offer and hedges along the model.
    const edge = gap > 0 ? row.bid - priced(row, modelled) : priced(row, modelled) - row.ask;
    findings.push(
      firing(own, score, title, {
        markSigma: row.sigma,
        modelSigma: modelled,
        gapPoints: gap * 100,
        worthBps,
        edgeAfterFeesBps: (edge / row.forward) * 1e4 - p.feeBps,
        fitErrorPoints: model.rmse * 100,
        forwardUsd: row.forward,
        strikes: rows.length,
      }),
    );
  }
  return findings.length === 0 ? NOTHING : findings;
}

const volatility = (model: SviFit, { strike, forward, years }: StrikeMark): number =>
  Math.sqrt(Math.max(0, sviAt(model, Math.log(strike / forward)).w) / years);

const priced = ({ right: kind, forward, strike, years }: StrikeMark, sigma: number): number =>
  black76({ kind, forward, strike, years, sigma: Math.max(0, sigma) }).price;

/**
 * A smile through the strikes that agree with each other. Where one stands apart, those that could be the cause are left
 * out in turn: a wrong mark bends a fit of few strikes so much that its neighbours look wrong, too. Undefined where no
 * smile comes within half the limit of the strikes that stay.
 */
function modelOf(rows: readonly StrikeMark[], limit: number): SviFit | undefined {
  let kept = rows;
  let model = fitted(kept);
  const least = Math.max(5, Math.ceil(rows.length * (1 - MOST_SUSPECTS)));
  const apart = (row: StrikeMark): number => (model ? Math.abs(row.sigma / volatility(model, row) - 1) : 0);
  while (kept.length > least && (model === undefined || kept.some((row) => apart(row) > limit / 3))) {
    const suspects = kept.toSorted((left, right) => apart(right) - apart(left)).slice(0, TRIED);
    let best: { readonly rows: readonly StrikeMark[]; readonly model: SviFit } | undefined;
    for (const suspect of suspects) {
      const others = kept.filter((row) => row !== suspect);
      const without = fitted(others);
      if (without && without.rmse < (best?.model.rmse ?? Number.POSITIVE_INFINITY))
        best = { rows: others, model: without };
    }
    if (best === undefined) return undefined;
    kept = best.rows;
    model = best.model;
  }
  return model === undefined || kept.some((row) => apart(row) > limit / 2) ? undefined : model;
}

function fitted(rows: readonly StrikeMark[]): SviFit | undefined {
  try {
    return fitSvi(
      rows.map(({ strike, forward, sigma }) => ({ k: Math.log(strike / forward), sigma })),
      rows[0]?.years ?? Number.NaN,
    );
  } catch (error) {
    // No smile without arbitrage passes near these strikes; the surface detector says so.
    if (error instanceof QuantError) return undefined;
    throw error;
  }
}
