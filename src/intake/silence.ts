import type { Matcher } from "../db/schema.ts";
import { matches } from "./match.ts";
import { type Stage, halt } from "./passing.ts";
import { rows } from "./rows.ts";

const ACTIVE = `select id, matchers from breakwater.silences where until_at > now() order by id`;

/** Stops firing alerts that people silenced. What ceases is never hidden. */
export const silence: Stage = async (passing, { tx }) => {
  const firing = passing.filter((one) => one.alert.status === "firing");
  if (firing.length === 0) return;
  const active = await rows<{ readonly id: string; readonly matchers: readonly Matcher[] }>(tx, ACTIVE);
  if (active.length === 0) return;
  for (const one of firing) {
    const by = active.find(({ matchers }) => matches(matchers, one.alert));
    if (by) halt(one, "silenced", `silence:${by.id}`);
  }
};
