/** Nodes in -1..1 and weights of the Gauss–Legendre rule. */
export interface Quadrature {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

/**
 * The Gauss–Legendre rule of `count` points: exact for polynomials up to degree 2 count - 1.
 *
 * Roots by Newton's method from Tricomi's estimate; full double precision. Source: Davis and Rabinowitz (1984), 2.7.
 */
export function gaussLegendre(count: number): Quadrature {
  const nodes = new Float64Array(count);
  const weights = new Float64Array(count);
  for (let i = 0; i < count; i += 1) {
    let x = -Math.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    let slope = 1;
    for (let step = 0; step < 10; step += 1) {
      let before = 1;
      let at = x;
      for (let n = 2; n <= count; n += 1) [before, at] = [at, ((2 * n - 1) * x * at - (n - 1) * before) / n];
      slope = (count * (x * at - before)) / (x * x - 1);
      x -= at / slope;
    }
    nodes[i] = x;
    weights[i] = 2 / ((1 - x * x) * slope * slope);
  }
  return { nodes, weights };
}
