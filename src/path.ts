import { correlate } from "./intake/correlate.ts";
import { dedupe } from "./intake/dedupe.ts";
import { fingerprint } from "./intake/fingerprint.ts";
import { inhibit } from "./intake/inhibit.ts";
import { normalise } from "./intake/normalise.ts";
import type { Arrival, Stage } from "./intake/passing.ts";
import { silence } from "./intake/silence.ts";

/** What happens to an alert first, in order, before anything is asked of the database. */
export const ARRIVAL = [normalise, fingerprint] as const satisfies readonly Arrival[];

/** What happens to it then, under the desk's lock. A stage passes it on or says why it stops. */
export const PATH = [dedupe, silence, inhibit, correlate] as const satisfies readonly Stage[];
