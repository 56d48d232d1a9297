/**
 * How dangerous a deed is. T0 reading; T1 cancelling, reducing and freezing within caps; T2 a small hedge; T3 a large or
 * risk-increasing one; T4 unfreezing and changing the rules. T5 (withdrawing, moving funds out, creating keys) does not
 * exist as an action, so no rule can name it.
 */
export const TIERS = ["T0", "T1", "T2", "T3", "T4"] as const;
export type Tier = (typeof TIERS)[number];
