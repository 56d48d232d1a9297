/** 20,000 crypto options in columns: F about 60,000, 1 h .. 2 y, sigma 0.15 .. 2.5, up to 4 standard deviations from the money. */
export const ROWS = 20_000;

export interface Chain {
  readonly kinds: Int8Array;
  readonly forwards: Float64Array;
  readonly strikes: Float64Array;
  readonly years: Float64Array;
  readonly sigmas: Float64Array;
}

/** The same chain on every call: a linear congruential generator with a fixed seed. */
export function chain(): Chain {
  let state = 20_240_808;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const column = (): Float64Array => new Float64Array(ROWS);
  const made: Chain = {
    kinds: new Int8Array(ROWS),
    forwards: column(),
    strikes: column(),
    years: column(),
    sigmas: column(),
  };
  for (let i = 0; i < ROWS; i += 1) {
    const years = Math.exp(Math.log(1 / 8760) + random() * Math.log(2 * 8760));
    const sigma = Math.exp(Math.log(0.15) + random() * Math.log(2.5 / 0.15));
    const forward = 60_000 * (0.95 + 0.1 * random());
    made.kinds[i] = random() < 0.5 ? 1 : -1;
    made.forwards[i] = forward;
    made.years[i] = years;
    made.sigmas[i] = sigma;
    made.strikes[i] = forward * Math.exp((8 * random() - 4) * sigma * Math.sqrt(years));
  }
  return made;
}

/** The chain's undiscounted prices, by Breakwater: both sides imply volatility from the same quotes. */
export async function prices(options: Chain): Promise<Float64Array> {
  const { black76Batch, greekColumns } = await import("../../src/quant/options/black76-batch.ts");
  const out = greekColumns(ROWS);
  black76Batch(out, options);
  return out.price;
}
