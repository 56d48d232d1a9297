import type { Workload } from "../workload.ts";
import { linesOf, recording } from "./_messages.ts";

const MUTATIONS = 1_000_000;

/** Differences between the byte reader and JSON.parse over every recorded message and 10^6 mutated ones: must be 0. */
export const workload: Workload = {
  name: "byte reader against JSON, differences in a million mutated messages",
  unit: "differences",
  better: "lower",
  n: MUTATIONS,
  measuresItself: true,
  rounds: 1,
  own: async () => {
    const { compareReaders, mutate, random } = await import("./_fuzz.ts");
    return () => {
      let differences = 0;
      const seeds: Buffer[] = [];
      for (const [venue, symbol, decimals] of [
        ["binanceusdm", "BTCUSDT", 1],
        ["binancecoinm", "BTCUSD_PERP", 1],
        ["binance", "BTCUSDT", 2],
      ] as const) {
        const compare = compareReaders(symbol, decimals);
        const { bytes, starts, ends } = linesOf(recording(venue));
        for (let i = 0; i < starts.length; i += 1) {
          const message = bytes.subarray(starts[i], ends[i]);
          if (!compare(message)) differences += 1;
          if (message.length < 400 && i % 40 === 0) seeds.push(message);
        }
      }
      const next = random(1);
      const compare = compareReaders("BTCUSDT", 1);
      for (let i = 0; i < MUTATIONS; i += 1) if (!compare(mutate(seeds[i % seeds.length]!, next))) differences += 1;
      return differences;
    };
  },
};
