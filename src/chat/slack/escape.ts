import { oneLine, plain } from "../text.ts";

/** Slack's three control characters: with them escaped, no mention, link or date of a stranger's text comes alive. */
export const escapeMrkdwn = (text: string): string =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/**
 * One line of somebody's text inside our mrkdwn: escaped, and without the characters that would format it.
 * A full-width or similar look-alike keeps the reader's sense where dropping would not.
 */
export const quiet = (text: string): string =>
  escapeMrkdwn(
    oneLine(text)
      .replace(/\*/g, "∗")
      .replace(/`/g, "ˋ")
      .replace(/~/g, "∼")
      .replace(/(^|[^\p{L}\p{N}])_|_(?=$|[^\p{L}\p{N}])/gu, "$1＿"),
  );

/** Text inside a code block: escaped, and unable to close the block. */
export const inCode = (text: string): string => escapeMrkdwn(plain(text).replace(/`/g, "ˋ"));

/** What Slack escaped in text that a person typed. */
export const unescapeSlack = (text: string): string =>
  text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
