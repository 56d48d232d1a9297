import { hashed } from "./hash.ts";

/** One synthetic level: distance from the middle as a share of the price, and its size as a share of the side's depth. */
export interface Rung {
  readonly offset: number;
  readonly share: number;
}

const RUNGS = 24;
/** Distance of the last rung: the depth of a side is what lies within one and a half per cent. */
const REACH = 0.015;

/**
 * The shape of one side of a synthetic book: thin at the touch, thicker behind, uneven as real ones are. The spread widens
 * as depth falls (inversely, to 20 basis points at most).
 * @param depth share of a calm day's depth, above 0
 * @param salt integers that make the unevenness differ by side, symbol and moment
 */
export function ladder(depth: number, calmSpread: number, ...salt: readonly number[]): readonly Rung[] {
  const half = Math.min(calmSpread / Math.max(depth, 0.01), 0.002) / 2;
  const rungs: Rung[] = [];
  let total = 0;
  for (let rung = 0; rung < RUNGS; rung += 1) {
    const place = rung / (RUNGS - 1);
    const share = (0.3 + place) * (0.6 + 0.8 * hashed(...salt, rung));
    total += share;
    rungs.push({ offset: half + (REACH - half) * place ** 1.7, share });
  }
  return rungs.map(({ offset, share }) => ({ offset, share: share / total }));
}
