import type { DeskFile } from "../config.ts";
import { durationMs } from "../kernel/duration.ts";
import type { Conditions } from "../policy/judging/gather.ts";
import { reconciled } from "../policy/judging/reconciled.ts";

/** The facts that rules name under `when`, as this desk's file says where to find them. */
export const conditionsOf = (
  { monitor }: Pick<DeskFile, "monitor">,
  deadManArmed: Conditions["deadManArmed"],
): Conditions => {
  const staleAfterMs = durationMs(monitor.staleAfter);
  return {
    staleAfterMs,
    deadManArmed,
    reconcilerHealthy: (tx, account, at) => reconciled(tx, account, at, staleAfterMs),
  };
};
