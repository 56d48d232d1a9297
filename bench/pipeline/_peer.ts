import { existsSync } from "node:fs";
import type { Workload } from "../workload.ts";
import { ALERTMANAGER, startAlertmanager } from "./_alertmanager.ts";
import { measured } from "./_load.ts";
import type { Target } from "./_target.ts";

/** The same measurement on Debian's Alertmanager where it is installed. */
export const againstAlertmanager = (measure: (target: Target) => Promise<number>): Pick<Workload, "peer"> =>
  existsSync(ALERTMANAGER)
    ? { peer: { name: "Debian's Alertmanager", load: measured(startAlertmanager, measure) } }
    : {};
