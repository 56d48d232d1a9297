import pc from "picocolors";

/** Colours by what they mean to a person at a terminal; the words carry it all without them. */
export interface Paint {
  good(text: string): string;
  warn(text: string): string;
  bad(text: string): string;
  quiet(text: string): string;
  strong(text: string): string;
}

/**
 * Paint for a stream: none into a file or pipe, none with NO_COLOR or a dumb terminal; FORCE_COLOR paints all the same.
 * @see https://no-color.org
 */
export function paintFor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Paint {
  const wanted = env["FORCE_COLOR"] ? env["FORCE_COLOR"] !== "0" : stream.isTTY === true && env["TERM"] !== "dumb";
  const colours = pc.createColors(wanted && !env["NO_COLOR"]);
  return {
    good: colours.green,
    warn: colours.yellow,
    bad: (text) => colours.bold(colours.red(text)),
    quiet: colours.dim,
    strong: colours.bold,
  };
}

/** Paint for standard output. */
export const paint: Paint = paintFor(process.stdout, process.env);
