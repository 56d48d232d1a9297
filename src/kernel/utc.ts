/** An instant for people, to the minute, UTC: "2026-11-27 14:02". */
export const utcMinute = (at: Date): string => at.toISOString().slice(0, 16).replace("T", " ");

/** An instant for people, to the second, UTC: "2026-11-27 14:02:07". */
export const utcSecond = (at: Date): string => at.toISOString().slice(0, 19).replace("T", " ");
