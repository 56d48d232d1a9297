import { oneLine, plain } from "../text.ts";

/** Markdown, mentions, masked and bare links of a stranger's text become the characters they are. */
export const escapeMarkdown = (text: string): string =>
  text
    .replace(/[\\*_~`|>#[\]()<@]/g, "\\$&")
    .replace(/:(?=\/\/)/g, "\\:")
    .replace(/^([-+]|\d+\.)(?=\s)/gm, "\\$1");

/** One line of somebody's text inside our markdown. */
export const quiet = (text: string): string => escapeMarkdown(oneLine(text));

/** Text inside a code block, unable to close it; nothing else is parsed there. */
export const inCode = (text: string): string => plain(text).replace(/`/g, "ˋ");
