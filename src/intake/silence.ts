import { matches } from "./match.ts";
import { type Stage, halt } from "./passing.ts";

/** Stops firing alerts that people silenced. What ceases is never hidden. */
export const silence: Stage = (passing, { silences }) => {
  if (silences.length === 0) return;
  for (const one of passing) {
    if (one.alert.status !== "firing") continue;
    const by = silences.find(({ matchers }) => matches(matchers, one.alert));
    if (by) halt(one, "silenced", `silence:${by.id}`);
  }
};
