const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Milliseconds of a duration such as "90s", "5m", "24h", "7d".
 * @throws RangeError where it is not one
 */
export function durationMs(text: string): number {
  const match = /^(\d{1,5})([smhd])$/.exec(text);
  if (!match) throw new RangeError(`"${text}" is not a duration; write 90s, 5m, 24h or 7d`);
  return Number(match[1]) * UNITS[match[2] as keyof typeof UNITS];
}

const NAMES = { s: "second", m: "minute", h: "hour", d: "day" } as const;

/** A duration as people read it: "2 minutes" of "2m", "1 hour" of "1h"; text that is none stays as it is. */
export const durationWords = (text: string): string =>
  text.replace(/^(\d{1,5})([smhd])$/, (_, count: string, unit: keyof typeof NAMES) =>
    count === "1" ? `1 ${NAMES[unit]}` : `${count} ${NAMES[unit]}s`,
  );

const rest = (value: number, unit: string): string => (value === 0 ? "" : ` ${value} ${unit}`);

/** A span for people: "45.0 s", "2 min 5 s", "30 min", "3 h 10 min". */
export function spanOf(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (seconds < 60) return `${(ms / 1_000).toFixed(1)} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min${rest(seconds % 60, "s")}`;
  return `${Math.floor(seconds / 3_600)} h${rest(Math.floor((seconds % 3_600) / 60), "min")}`;
}
