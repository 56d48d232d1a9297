import { Decimal } from "decimal.js";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { QuantError } from "../../../src/quant/errors.ts";
import { seededRandom } from "../../../src/quant/random.ts";
import { fitGarch11, fitGjr, type GarchParameters } from "../../../src/quant/volatility/garch.ts";
import { differentiate, logLikelihood } from "../../../src/quant/volatility/garch-likelihood.ts";
import { sharedData } from "../../shared-data.ts";

const Exact = Decimal.clone({ precision: 50 });

function simulate(length: number, seed: number, gamma = 0): number[] {
  const random = seededRandom(seed);
  let variance = 1;
  return Array.from({ length }, () => {
    const shock = Math.sqrt(variance) * random.normal();
    variance = 0.05 + (0.1 + (shock < 0 ? gamma : 0)) * shock ** 2 + (0.85 - gamma / 2) * variance;
    return 0.03 + shock;
  });
}

/** The gradient of the log-likelihood in fifty digits. */
function exactGradient(returns: readonly number[], theta: readonly Decimal[]): Decimal[] {
  const [mu, omega, alpha, beta] = theta as [Decimal, Decimal, Decimal, Decimal];
  const residuals = returns.map((value) => new Exact(value).minus(mu));
  const n = returns.length;
  let square = residuals.reduce((sum, value) => sum.plus(value.times(value)), new Exact(0)).div(n);
  let slope = residuals
    .reduce((sum, value) => sum.plus(value), new Exact(0))
    .times(-2)
    .div(n);
  let variance = square;
  let first = [slope, new Exact(0), new Exact(0), new Exact(0)];
  const gradient = [new Exact(0), new Exact(0), new Exact(0), new Exact(0)];
  for (const residual of residuals) {
    const own = [alpha.times(slope), new Exact(1), square, variance];
    first = first.map((value, index) => value.times(beta).plus(own[index]!));
    variance = omega.plus(alpha.times(square)).plus(beta.times(variance));
    square = residual.times(residual);
    slope = residual.times(-2);
    const weight = square.div(variance).minus(1).div(variance).div(2);
    for (const [index, value] of first.entries()) gradient[index] = gradient[index]!.plus(weight.times(value));
    gradient[0] = gradient[0]!.plus(residual.div(variance));
  }
  return gradient;
}

function values(parameters: GarchParameters): number[] {
  return [parameters.mu, parameters.omega, parameters.alpha, parameters.beta];
}

function digits(errors: GarchParameters): string[] {
  return values(errors).map((value) => value.toPrecision(6));
}

describe.skipIf(!sharedData("garch-dmbp/dmbp.csv"))(
  "DM/GBP benchmark of Bollerslev and Ghysels (needs the shared data)",
  () => {
    const file = sharedData("garch-dmbp/dmbp.csv");
    const returns =
      file === undefined
        ? []
        : readFileSync(file, "utf8")
            .trim()
            .split("\n")
            .slice(1)
            .map((line) => Number(line.split(",")[1]));

    test("coefficients and log-likelihood agree with every published digit", () => {
      const fit = fitGarch11(returns);
      expect(values(fit).map((value) => value.toPrecision(6))).toEqual([
        "-0.00619041",
        "0.0107614",
        "0.153134",
        "0.805974",
      ]);
      expect(fit.logLikelihood).toBeCloseTo(-1106.60788, 5);
      expect(fit.onLimit).toEqual([]);
    });

    test("the three kinds of standard errors agree with Fiorentini, Calzolari and Panattoni", () => {
      const { hessian, outerProduct, robust } = fitGarch11(returns).standardErrors;
      expect(digits(hessian)).toEqual(["0.00846212", "0.00285271", "0.0265228", "0.0335527"]);
      expect(digits(outerProduct)).toEqual(["0.00843359", "0.00132298", "0.0139738", "0.0165604"]);
      expect(digits(robust)).toEqual(["0.00918935", "0.00649319", "0.0535317", "0.0724614"]);
    });

    test("at the estimate the fifty-digit gradient leaves less than 1e-10 of each coefficient to go", () => {
      const fit = fitGarch11(returns);
      expect(largestRemainingStep(returns, fit)).toBeLessThan(1e-10);
    });
  },
);

/** The Newton step still to go, relative to each coefficient, with the gradient in fifty digits. */
function largestRemainingStep(returns: readonly number[], fit: GarchParameters): number {
  const theta = values(fit).map((value) => new Exact(value));
  const gradient = exactGradient(returns, theta);
  const errors = fitGarch11(returns).standardErrors.hessian;
  // |step_i| ≤ se_i · √(gᵀ V g) ≤ se_i · Σ se_j |g_j|: an upper bound that needs no inverse.
  const reach = gradient.reduce((sum, value, index) => sum + Math.abs(value.toNumber()) * values(errors)[index]!, 0);
  return Math.max(...theta.map((value, index) => (reach * values(errors)[index]!) / Math.abs(value.toNumber())));
}

describe("GARCH(1,1)", () => {
  const returns = simulate(600, 11);

  test("the analytic Hessian agrees with differences of a fifty-digit gradient to ten digits", () => {
    const theta = [0.02, 0.06, 0.12, 0.8];
    const { hessian, gradient } = differentiate(returns, theta);
    const step = new Exact("1e-18");
    const exact = theta.map((value) => new Exact(value));
    const base = exactGradient(returns, exact);
    for (let row = 0; row < 4; row += 1) {
      expect(Math.abs(gradient[row]! / base[row]!.toNumber() - 1)).toBeLessThan(1e-11);
      const up = exactGradient(
        returns,
        exact.map((value, index) => (index === row ? value.plus(step) : value)),
      );
      const down = exactGradient(
        returns,
        exact.map((value, index) => (index === row ? value.minus(step) : value)),
      );
      for (let column = 0; column < 4; column += 1) {
        const difference = up[column]!.minus(down[column]!).div(step).div(2).toNumber();
        expect(Math.abs(hessian[row * 4 + column]! / difference - 1)).toBeLessThan(1e-10);
      }
    }
  });

  test("the estimate is the maximum to ten digits", () => {
    expect(largestRemainingStep(returns, fitGarch11(returns))).toBeLessThan(1e-10);
  });

  test("returns in another unit give the same model in that unit", () => {
    const [plain, scaled] = [fitGarch11(returns), fitGarch11(returns.map((value) => value / 1000))];
    expect(scaled.mu * 1000).toBeCloseTo(plain.mu, 10);
    expect(scaled.omega * 1e6).toBeCloseTo(plain.omega, 10);
    expect(scaled.alpha).toBeCloseTo(plain.alpha, 10);
    expect(scaled.standardErrors.robust.beta).toBeCloseTo(plain.standardErrors.robust.beta, 9);
    expect(scaled.logLikelihood).toBeCloseTo(plain.logLikelihood + 600 * Math.log(1000), 7);
  });

  test("forecasts start at the model's next variance and approach the long-run variance", () => {
    const fit = fitGarch11(returns);
    const forecast = fit.forecast(2000);
    const last = returns.at(-1)! - fit.mu;
    expect(forecast[0]).toBeCloseTo(
      fit.omega + fit.alpha * last ** 2 + fit.beta * fit.conditionalVariances.at(-1)!,
      12,
    );
    expect(forecast.at(-1)).toBeCloseTo(fit.omega / (1 - fit.alpha - fit.beta), 6);
    expect(fit.horizonVariance(3)).toBeCloseTo(forecast[0]! + forecast[1]! + forecast[2]!, 12);
  });

  test("a series without clusters of volatility still gets an answer and says which limit holds it", () => {
    const random = seededRandom(5);
    const flat = Array.from({ length: 400 }, (_, index) => (index % 2 === 0 ? 1 : -1) * (1 + 0.01 * random.normal()));
    const fit = fitGarch11(flat);
    expect(fit.onLimit.length).toBeGreaterThan(0);
    expect(values(fit).every(Number.isFinite)).toBe(true);
    expect(fit.forecast(5).every((value) => value > 0)).toBe(true);
  });

  test.each([
    ["EMPTY_SERIES", []],
    ["SERIES_TOO_SHORT", [0.1, 0.2]],
    ["NOT_FINITE", [...simulate(60, 1), Number.NaN]],
    ["OUT_OF_RANGE", Array.from({ length: 100 }, () => 0.5)],
  ])("bad input is named %s", (code, series) => {
    expect(() => fitGarch11(series)).toThrowError(expect.objectContaining({ name: "QuantError", code }) as QuantError);
  });

  test("fits on thirty simulated markets end at a maximum inside or on a named limit", () => {
    for (let seed = 100; seed < 130; seed += 1) {
      const series = simulate(300, seed);
      const fit = fitGarch11(series);
      const theta = values(fit);
      for (const [index, move] of [
        [0, 1e-3],
        [1, 1e-3],
        [2, 1e-3],
        [3, -1e-3],
      ] as const) {
        const moved = theta.map((value, at) => (at === index ? value + move : value));
        expect(logLikelihood(series, moved)).toBeLessThanOrEqual(fit.logLikelihood + 1e-9);
      }
    }
  });
});

describe("GJR", () => {
  test("a market that falls harder than it rises has gamma well above zero and a higher likelihood", () => {
    const series = simulate(3000, 21, 0.2);
    const [gjr, plain] = [fitGjr(series), fitGarch11(series)];
    expect(gjr.gamma).toBeGreaterThan(2 * gjr.standardErrors.robust.gamma);
    expect(gjr.logLikelihood).toBeGreaterThan(plain.logLikelihood + 5);
    expect(gjr.persistence).toBeCloseTo(gjr.alpha + gjr.gamma / 2 + gjr.beta, 14);
  });

  test("its analytic derivatives agree with differences", () => {
    const series = simulate(400, 22, 0.2);
    const theta = [0.02, 0.06, 0.08, 0.75, 0.12];
    const { gradient, hessian } = differentiate(series, theta);
    for (let row = 0; row < 5; row += 1) {
      const moved = (step: number): number[] => theta.map((value, index) => (index === row ? value + step : value));
      const slope = (logLikelihood(series, moved(1e-6)) - logLikelihood(series, moved(-1e-6))) / 2e-6;
      expect(Math.abs(gradient[row]! - slope)).toBeLessThan(1e-5 * Math.max(1, Math.abs(slope)));
      const [up, down] = [differentiate(series, moved(1e-6)), differentiate(series, moved(-1e-6))];
      for (let column = 0; column < 5; column += 1) {
        const curve = (up.gradient[column]! - down.gradient[column]!) / 2e-6;
        expect(Math.abs(hessian[row * 5 + column]! - curve)).toBeLessThan(1e-4 * Math.max(1, Math.abs(curve)));
      }
    }
  });
});
