import { spanOf } from "../../kernel/duration.ts";
import { figure } from "./figures.ts";

const plain = (value: number): string => figure(String(Number(value.toPrecision(12))));

/** How a number of each unit is written; a unit that is not here is written after its number. */
const WORDS: Readonly<Record<string, (value: number) => string>> = {
  ms: (value) => spanOf(value).replace(/\.0 s$/, " s"),
  ratio: (value) => `${plain(value * 100)} %`,
  sigma: (value) => `${plain(value)} σ`,
  count: plain,
  usd: (value) => `${plain(value)} USD`,
  times: (value) => `${plain(value)} ×`,
  hour: (value) => `${plain(value)} h`,
};

/** A detector's setting as people read it: "30 s", "5 %", "10,000 USD", "4 ×". */
export const settingOf = (value: number, unit: string): string => WORDS[unit]?.(value) ?? `${plain(value)} ${unit}`;

/** A setting's name without its unit, in words: "quiet" of "quietMs", "spread times" of "spreadTimes". */
export const settingName = (name: string): string =>
  name.replace(/(?<=[a-z])(Ms|Ratio|Bps|Usd|Hours)$/, "").replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
