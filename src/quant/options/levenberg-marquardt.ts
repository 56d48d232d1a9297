import { QuantError } from "../errors.ts";
import { cholesky, choleskySolve, zeros } from "../matrix.ts";

/** A least-squares problem of few parameters. */
export interface FitProblem {
  readonly start: readonly number[];
  /** How many residuals there are. */
  readonly size: number;
  /** Writes the residuals at `parameters`; a parameter set without a value writes Infinity into the first. */
  readonly residuals: (parameters: Float64Array, out: Float64Array) => void;
  /** Most steps tried; default 200. */
  readonly steps?: number;
  /** Ends where a step lowers the cost by less than this share of it; default 1e-15. */
  readonly tolerance?: number;
}

/** The parameters found, half the sum of squared residuals there and the steps taken. */
export interface FitResult {
  readonly parameters: Float64Array;
  readonly cost: number;
  readonly steps: number;
}

function half(residuals: Float64Array): number {
  let sum = 0;
  for (const residual of residuals) sum += residual * residual;
  return 0.5 * sum;
}

/**
 * Least squares by Levenberg and Marquardt with a Jacobian by central differences.
 *
 * Ends where a step no longer lowers the cost by `tolerance` of itself or moves the parameters by 1e-12; after `steps` it
 * returns what it has, which callers judge by `cost`. Throws `NOT_FINITE` where the start has no residuals.
 * Source: Marquardt (1963); Nielsen's damping after Madsen, Nielsen and Tingleff (2004), 3.2.
 */
export function levenbergMarquardt(problem: FitProblem): FitResult {
  const { size, residuals, steps = 200, tolerance = 1e-15 } = problem;
  const count = problem.start.length;
  let parameters = Float64Array.from(problem.start);
  let now = new Float64Array(size);
  residuals(parameters, now);
  let cost = half(now);
  if (!Number.isFinite(cost))
    throw new QuantError("NOT_FINITE", "the fit's start has no finite residuals; give another start");
  let damping = -1;
  let growth = 2;
  let step = 0;
  let jacobian = differences(problem, parameters);
  while (step < steps) {
    step += 1;
    const gradient = new Float64Array(count);
    const normal = zeros(count, count);
    for (let a = 0; a < count; a += 1) {
      const column = jacobian[a]!;
      for (let i = 0; i < size; i += 1) gradient[a]! += column[i]! * now[i]!;
      for (let b = 0; b <= a; b += 1) {
        let sum = 0;
        for (let i = 0; i < size; i += 1) sum += column[i]! * jacobian[b]![i]!;
        normal.values[a * count + b] = sum;
        normal.values[b * count + a] = sum;
      }
    }
    if (damping < 0) damping = 1e-3;
    const damped = zeros(count, count);
    damped.values.set(normal.values);
    for (let a = 0; a < count; a += 1)
      damped.values[a * count + a]! += damping * (normal.values[a * count + a]! + 1e-14);
    const factor = cholesky(damped);
    const move =
      factor === undefined
        ? undefined
        : choleskySolve(
            factor,
            gradient.map((g) => -g),
          );
    const next = move === undefined ? undefined : parameters.map((p, a) => p + move[a]!);
    const there = new Float64Array(size);
    let nextCost = Infinity;
    if (next !== undefined) {
      residuals(next, there);
      nextCost = half(there);
    }
    if (next !== undefined && nextCost < cost) {
      const gained = cost - nextCost;
      const moved = Math.max(...next.map((p, a) => Math.abs(p - parameters[a]!) / (1 + Math.abs(p))));
      parameters = next;
      now = there;
      cost = nextCost;
      if (gained <= tolerance * cost || moved < 1e-13) break;
      damping = Math.max(damping / 5, 1e-14);
      growth = 2;
      jacobian = differences(problem, parameters);
    } else {
      damping *= growth;
      growth *= 2;
      if (damping > 1e14) break;
    }
  }
  return { parameters, cost, steps: step };
}

/** The Jacobian, a column a parameter. */
function differences(problem: FitProblem, parameters: Float64Array): Float64Array[] {
  return Array.from(parameters, (parameter, a) => {
    const h = 1e-5 * (1 + Math.abs(parameter));
    const up = new Float64Array(problem.size);
    const down = new Float64Array(problem.size);
    problem.residuals(
      parameters.map((p, b) => (b === a ? p + h : p)),
      up,
    );
    problem.residuals(
      parameters.map((p, b) => (b === a ? p - h : p)),
      down,
    );
    return up.map((value, i) => (value - down[i]!) / (2 * h));
  });
}
