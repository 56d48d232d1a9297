/** How much of a card is shown; each step down shortens texts first, and only the last ones leave sections out. */
export interface Detail {
  /** UTF-16 units of the two lines, of a fact, a step, and of the plan's longer sentences. */
  readonly line: number;
  readonly fact: number;
  readonly step: number;
  readonly sentence: number;
  readonly orders: number;
  readonly facts: number;
  readonly steps: number;
  readonly changes: number;
}

/** From all of it to hardly more than severity, title, plan size and buttons; a renderer takes the first that fits. */
const DETAILS: readonly Detail[] = [
  { line: 600, fact: 200, step: 160, sentence: 600, orders: 10, facts: 8, steps: 10, changes: 6 },
  { line: 300, fact: 120, step: 100, sentence: 300, orders: 10, facts: 8, steps: 10, changes: 6 },
  { line: 200, fact: 80, step: 80, sentence: 200, orders: 6, facts: 6, steps: 6, changes: 4 },
  { line: 140, fact: 60, step: 60, sentence: 140, orders: 4, facts: 4, steps: 3, changes: 2 },
  { line: 100, fact: 40, step: 0, sentence: 100, orders: 2, facts: 2, steps: 0, changes: 0 },
  { line: 60, fact: 0, step: 0, sentence: 60, orders: 1, facts: 0, steps: 0, changes: 0 },
];

/** The first rendering that fits, else the smallest one. */
export function firstThatFits<T>(draw: (detail: Detail) => T, fits: (drawn: T) => boolean): T {
  let drawn: T | undefined;
  for (const detail of DETAILS) {
    drawn = draw(detail);
    if (fits(drawn)) return drawn;
  }
  return drawn as T;
}

/** At most two lines stand on a card. */
export const LINES_MAX = 2;

/** A token as it may stand on a platform: our alphabet, our length; anything else could not be one of ours. */
export const safeToken = (token: string): string => token.replace(/[^A-Za-z0-9:_-]/g, "_").slice(0, 64) || "_";

/** Buttons with their tokens made safe, each token once: platforms refuse two alike. */
export function distinct<B extends { readonly token: string }>(buttons: readonly B[]): B[] {
  const seen = new Map<string, B>();
  for (const button of buttons) {
    const token = safeToken(button.token);
    if (!seen.has(token)) seen.set(token, { ...button, token });
  }
  return [...seen.values()];
}

/** Where the incident stands in the console, or null where the desk has no address people can open. */
export function consoleLink(base: string | null, path: string): string | null {
  if (base === null || !/^\/[A-Za-z0-9/_-]{0,200}$/.test(path)) return null;
  return URL.canParse(path, base) ? new URL(path, base).href : null;
}
