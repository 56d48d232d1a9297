/** One argument of a command, as menus, help and forms show it. */
export interface CommandArg {
  /** Lower-case, at most 32 of [a-z0-9_-]. */
  readonly name: string;
  readonly summary: string;
  readonly required: boolean;
  /** The only values taken; shown as a menu. */
  readonly choices?: readonly string[];
  /**
   * Left out, a form asks for it: always, or where the first argument is one of these words ("note" of
   * `/incident note`). Only for required arguments of that word.
   */
  readonly ask?: true | readonly string[];
}

/** What a command says of itself: the same head gives Slack's and Discord's menus, the forms and help. */
export interface CommandHead {
  /** Lower-case, at most 32 of [a-z0-9_-], without the slash. */
  readonly name: string;
  readonly summary: string;
  readonly args: readonly CommandArg[];
}

/** Quotes that phones write instead of straight ones. */
const CURLY = /[\u201c\u201d\u201e\u00ab\u00bb]/g;

/** Words of a typed line; double quotes hold a word together and a backslash takes the next character as it is. */
export function words(text: string): string[] {
  const found: string[] = [];
  let word = "";
  let inWord = false;
  let quoted = false;
  const line = text.replace(CURLY, '"');
  for (let at = 0; at < line.length; at += 1) {
    const letter = line.charAt(at);
    if (letter === "\\" && at + 1 < line.length) {
      at += 1;
      word += line.charAt(at);
      inWord = true;
    } else if (letter === '"') {
      quoted = !quoted;
      inWord = true;
    } else if (!quoted && /\s/.test(letter)) {
      if (inWord) found.push(word);
      word = "";
      inWord = false;
    } else {
      word += letter;
      inWord = true;
    }
  }
  if (inWord) found.push(word);
  return found;
}

/** A value as `words` gives it back; curly quotes come back straight. */
export const quoted = (value: string): string => {
  const straight = value.replace(CURLY, '"');
  return /^[^\s"\\=]+$/.test(straight) ? straight : `"${straight.replace(/["\\]/g, "\\$&")}"`;
};

/**
 * The command line that means these values: in the head's order; what follows a left-out argument is named, so that
 * nothing slips into its place.
 * @example commandText(hedge, { asset: "BTC", account: "paper a" }) // '/hedge BTC account="paper a"'
 */
export function commandText(head: CommandHead, values: Readonly<Record<string, string>>): string {
  const parts = [`/${head.name}`];
  let gap = false;
  for (const arg of head.args) {
    const value = Object.hasOwn(values, arg.name) ? values[arg.name] : undefined;
    if (value === undefined || value === "") gap = true;
    else parts.push(gap ? `${arg.name}=${quoted(value)}` : quoted(value));
  }
  return parts.join(" ");
}

/** Values of a typed line by argument: `name=value` anywhere, the rest in order, the last argument takes what is left over. */
export function commandValues(head: CommandHead, typed: readonly string[]): Record<string, string> {
  const values: Record<string, string> = {};
  const rest: string[] = [];
  for (const word of typed) {
    const named = head.args.find((arg) => word.startsWith(`${arg.name}=`));
    if (named && values[named.name] === undefined) values[named.name] = word.slice(named.name.length + 1);
    else rest.push(word);
  }
  const open = head.args.filter((arg) => values[arg.name] === undefined);
  open.forEach((arg, at) => {
    const value = at === open.length - 1 ? rest.slice(at).join(" ") : rest[at];
    if (value !== undefined && value !== "") values[arg.name] = value;
  });
  return values;
}
