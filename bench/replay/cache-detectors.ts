import type { Workload } from "../workload.ts";
import { cached, playCache } from "./_cache.ts";

const cache = cached();

/** Our own cache, checksums verified, put into books and judged by every detector. An event is a level update, a quote or a trade. */
export const workload: Workload = {
  name: "cache to books to all detectors",
  unit: "ns/op",
  better: "lower",
  n: cache.events,
  rounds: 3,
  own: () => () => playCache(cache, true),
};
