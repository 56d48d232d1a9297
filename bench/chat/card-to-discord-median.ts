import type { Workload } from "../workload.ts";
import { postLatencies } from "./_post.ts";
import { quantile } from "./_slack.ts";

/** Goal: at most 15 ms. */
export const workload: Workload = {
  name: "alert committed to Discord's create message on the wire, 20/s, p50",
  unit: "ms",
  better: "lower",
  n: 260,
  measuresItself: true,
  rounds: 3,
  own: () => async () => quantile(await postLatencies("discord"), 0.5),
};
