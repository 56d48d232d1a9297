import { describe, expect, test } from "vitest";
import { fitHeston } from "../../../src/quant/options/heston-calibration.ts";
import { heston } from "../../../src/quant/options/heston.ts";
import { impliedVolatility } from "../../../src/quant/options/implied-volatility.ts";

describe("calibrating Heston", () => {
  test("to a surface it made itself finds the parameters again", () => {
    const truth = { v0: 0.42, kappa: 3, theta: 0.6, volOfVol: 1.4, correlation: -0.35 };
    const points = [0.05, 0.25, 0.8].flatMap((years) =>
      [-1.5, -0.7, 0, 0.7, 1.5].map((z) => {
        const strike = 100 * Math.exp(z * 0.7 * Math.sqrt(years));
        const kind = strike < 100 ? ("put" as const) : ("call" as const);
        const { price } = heston({ kind, spot: 100, strike, years, rate: 0, ...truth });
        return { forward: 100, strike, years, sigma: impliedVolatility({ kind, forward: 100, strike, years, price }) };
      }),
    );
    const fit = fitHeston(points);
    expect(fit.rmse).toBeLessThan(1e-7);
    for (const name of ["v0", "kappa", "theta", "volOfVol", "correlation"] as const) {
      expect(Math.abs(fit[name] / truth[name] - 1)).toBeLessThan(1e-4);
    }
  });

  test("needs five points and finite ones", () => {
    const point = { forward: 100, strike: 100, years: 0.1, sigma: 0.5 };
    expect(() => fitHeston([point, point])).toThrow(expect.objectContaining({ code: "SERIES_TOO_SHORT" }));
    expect(() => fitHeston(Array.from({ length: 5 }, () => ({ ...point, sigma: NaN })))).toThrow(
      expect.objectContaining({ code: "NOT_FINITE" }),
    );
  });
});
