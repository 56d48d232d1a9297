import type { Chart } from "./finding.ts";

const BARS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;
/** As many as a line on a phone holds beside its words. */
const MOST_BARS = 24;

/** Every so-manieth value, so that at most `most` remain, the last one among them. */
function thinned(values: readonly number[], most: number): readonly number[] {
  const step = Math.ceil(values.length / most);
  return values.filter((_, at) => (values.length - 1 - at) % step === 0);
}

const short = (value: number): string => String(Number(value.toPrecision(5)));

/**
 * A small chart as one line of text, which every surface shows alike: "price ▁▂▂▇ from 1 to 1.34". Empty where there are
 * fewer than three values to draw.
 */
export function sparkline({ title, value }: Chart): string {
  const finite = value.filter((one) => Number.isFinite(one));
  if (finite.length < 3) return "";
  const shown = thinned(finite, MOST_BARS);
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  const level = (one: number): number =>
    high === low ? 0 : Math.min(BARS.length - 1, Math.floor(((one - low) / (high - low)) * BARS.length));
  const bars = shown.map((one) => BARS[level(one)]).join("");
  return `${title} ${bars} from ${short(finite[0]!)} to ${short(finite.at(-1)!)}`;
}
