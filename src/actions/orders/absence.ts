import { CAPABILITIES, type VenueName } from "../../venues/capabilities.ts";

/** The longest time from an order's mark to its leaving, whatever its venue. */
const LONGEST_MS = 10_000;

const horizonOf = (venue: string): number => CAPABILITIES[venue as VenueName].lookUpHorizonMs;

/**
 * How long after its mark an order may still leave. Whoever stood still for longer, as a paused machine does, may have been
 * taken for dead and the order for absent, so it sends nothing any more.
 */
export const leavesWithinMs = (venue: string): number => Math.min(LONGEST_MS, horizonOf(venue));

/** How long after its mark an order's absence at the venue proves that it was not placed: the last moment to leave, and the venue's horizon. */
export const absentAfterMs = (venue: string): number => leavesWithinMs(venue) + horizonOf(venue);
