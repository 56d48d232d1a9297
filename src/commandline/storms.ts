import { STORMS, type StormName } from "../venues/paper/storms.ts";

/** Names that --storm takes. */
export const STORM_NAMES = Object.keys(STORMS) as StormName[];
