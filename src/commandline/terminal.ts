import { visible } from "../kernel/visible.ts";

/** What `paint` writes. All else that could move the cursor or hide a word came in somebody's text. */
// oxlint-disable-next-line no-control-regex -- the escape character is exactly what is looked for
const PAINTED = /(\u001b\[(?:[12]|22|3[1-39])m)/;

/**
 * Text as a terminal may have it: what a file, an exchange or a person wrote into it cannot rewrite a line that stands
 * there, hide another or speak to the terminal itself.
 */
export const printable = (text: string): string =>
  text
    .split(PAINTED)
    .map((part, at) => (at % 2 === 1 ? part : visible(part)))
    .join("");

/** One value as a line of JSON; the control characters that JSON itself lets through are written out. */
export const jsonLine = (value: unknown): string =>
  `${JSON.stringify(value).replaceAll(/\p{Cc}/gu, (one) => String.raw`\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`;

/** Text that a program may read as it is; a terminal is given it printable. */
export const forOutput = (text: string): string => (process.stdout.isTTY ? printable(text) : text);

/** Says a sentence on standard error. */
export const complain = (text: string): void => void process.stderr.write(`${printable(text)}\n`);

/** Writes one JSON line, or text for people. */
export const answer = (json: boolean | undefined, value: Record<string, unknown>, text: string): void => {
  process.stdout.write(json ? jsonLine(value) : `${printable(text)}\n`);
};

/** Exit code for arguments or a configuration that have to be written otherwise; 1 is for all else that failed. */
export const WRONG_USE = 2;

/** The exit code that an error ends the program with. */
export const exitCodeOf = (error: unknown): number =>
  ["CONFIG_INVALID", "INPUT_INVALID"].includes(String((error as { code?: unknown }).code)) ? WRONG_USE : 1;
