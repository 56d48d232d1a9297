import { assert, double, integer, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { inverseOfPositiveDefinite, leastSquares, multiply, zeros } from "../../src/quant/matrix.ts";
import { normalCdf } from "../../src/quant/normal.ts";
import { sampleVariance } from "../../src/quant/series.ts";
import { chiSquaredSurvival, logGamma, studentTwoSided } from "../../src/quant/statistics.ts";

function relative(found: number, exact: number): number {
  return Math.abs(found / exact - 1);
}

describe("distributions", () => {
  test("ln Γ at whole and half numbers", () => {
    let factorial = 1;
    for (let n = 3; n < 60; n += 1) {
      factorial *= n - 1;
      expect(relative(logGamma(n), Math.log(factorial))).toBeLessThan(5e-15);
    }
    expect(relative(logGamma(0.5), 0.5 * Math.log(Math.PI))).toBeLessThan(1e-14);
  });

  test("chi-squared with one degree is twice the normal tail, with four exp(−x/2)(1 + x/2)", () => {
    for (let x = 0.01; x < 200; x *= 1.37) {
      expect(relative(chiSquaredSurvival(x, 1), 2 * normalCdf(-Math.sqrt(x)))).toBeLessThan(1e-12);
      expect(relative(chiSquaredSurvival(x, 4), Math.exp(-x / 2) * (1 + x / 2))).toBeLessThan(1e-12);
    }
    expect(chiSquaredSurvival(0, 1)).toBe(1);
  });

  test("Student's t with two degrees in closed form, with very many the normal law", () => {
    for (let t = 0.01; t < 40; t *= 1.6) {
      expect(relative(studentTwoSided(t, 2), 1 - t / Math.sqrt(2 + t * t))).toBeLessThan(1e-10);
      expect(studentTwoSided(-t, 7)).toBe(studentTwoSided(t, 7));
    }
    expect(studentTwoSided(1.96, 1e7)).toBeCloseTo(2 * normalCdf(-1.96), 7);
  });

  test("more degrees than zero are needed", () => {
    expect(() => chiSquaredSurvival(1, 0)).toThrowError(/degrees/);
    expect(() => studentTwoSided(Number.NaN, 3)).toThrowError(expect.objectContaining({ code: "NOT_FINITE" }) as Error);
  });
});

describe("matrices", () => {
  test("the inverse of a positive definite matrix times the matrix is one; of another there is none", () => {
    const matrix = { rows: 3, columns: 3, values: Float64Array.from([4, 1, 0.5, 1, 3, 0.2, 0.5, 0.2, 2]) };
    const product = multiply(inverseOfPositiveDefinite(matrix)!, matrix);
    for (let row = 0; row < 3; row += 1) {
      for (let column = 0; column < 3; column += 1)
        expect(product.values[3 * row + column]).toBeCloseTo(row === column ? 1 : 0, 14);
    }
    expect(inverseOfPositiveDefinite({ rows: 2, columns: 2, values: Float64Array.from([1, 2, 2, 1]) })).toBeUndefined();
  });

  test("a line through exact points is found, however far from zero the points lie", () => {
    assert(
      property(
        double({ min: -5, max: 5, noNaN: true }),
        double({ min: -5, max: 5, noNaN: true }),
        integer({ min: -1000, max: 1000 }),
        (slope, level, shift) => {
          const design = zeros(20, 2);
          const target = new Float64Array(20);
          for (let row = 0; row < 20; row += 1) {
            design.values.set([1, row + shift], 2 * row);
            target[row] = level + slope * (row + shift);
          }
          const { coefficients, residuals } = leastSquares(design, target);
          expect(coefficients[1]).toBeCloseTo(slope, 8);
          expect(Math.max(...residuals.map(Math.abs))).toBeLessThan(1e-8);
        },
      ),
    );
  });

  test("regressors that depend on one another are refused", () => {
    const design = { rows: 4, columns: 2, values: Float64Array.from([1, 2, 1, 2, 1, 2, 1, 2]) };
    expect(() => leastSquares(design, [1, 2, 3, 4])).toThrowError(
      expect.objectContaining({ code: "NO_CONVERGENCE" }) as Error,
    );
  });

  test("the variance does not suffer from a large mean", () => {
    expect(sampleVariance([1e9 + 1, 1e9 + 2, 1e9 + 3])).toBeCloseTo(1, 9);
  });
});
