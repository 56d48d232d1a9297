import { correlate } from "./intake/correlate.ts";
import { dedupe } from "./intake/dedupe.ts";
import { fingerprint } from "./intake/fingerprint.ts";
import { inhibit } from "./intake/inhibit.ts";
import { normalise } from "./intake/normalise.ts";
import type { Stage } from "./intake/passing.ts";
import { silence } from "./intake/silence.ts";

/** What happens to an alert, in order. A stage passes it on or says why it stops. */
export const PATH = [normalise, fingerprint, dedupe, silence, inhibit, correlate] as const satisfies readonly Stage[];
