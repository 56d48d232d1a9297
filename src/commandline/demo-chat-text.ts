import { type Markup, html } from "../chat/console/markup.ts";
import type { Bag } from "./demo-fakes.ts";

/** A member that should be an object; an empty one where it is none. */
export const bag = (value: unknown): Bag =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Bag) : {};
/** A member that should be a list of objects. */
export const bags = (value: unknown): readonly Bag[] => (Array.isArray(value) ? value.map(bag) : []);
/** A text, or the text in a text object. */
export const textOf = (value: unknown): string =>
  typeof value === "string" ? value : typeof value === "object" && value !== null ? textOf(bag(value)["text"]) : "";

const unescapeSlack = (text: string): string =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
const unescapeDiscord = (text: string): string => text.replaceAll(/\\([^A-Za-z0-9\s])/g, "$1");

const link = (url: string, label: string): Markup =>
  html`<a href="${url}" target="_blank" rel="noopener noreferrer">${label}</a>`;
const code = (text: string): Markup => html`<pre tabindex="0">${text}</pre>`;

/** Draws what `pattern` finds, and the text between as it is. */
function drawn(
  text: string,
  pattern: RegExp,
  plain: (text: string) => string,
  draw: (match: string[]) => Markup | string,
): Markup {
  const parts: (Markup | string)[] = [];
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    parts.push(plain(text.slice(at, match.index)), draw([...match]));
    at = match.index + match[0].length;
  }
  parts.push(plain(text.slice(at)));
  return html`${parts.map((one) => html`${one}`)}`;
}

/** Slack's mrkdwn, as far as cards and answers use it: code, links of our own, bold. */
export const mrkdwn = (text: string): Markup =>
  drawn(
    text,
    /```\n?([^]*?)\n?```\n?|<(https?:[^|>]+)\|([^>]+)>|\*([^*\n]+)\*/g,
    unescapeSlack,
    ([, block, url, label, bold]) =>
      block !== undefined
        ? code(unescapeSlack(block))
        : url !== undefined
          ? link(unescapeSlack(url), unescapeSlack(label ?? ""))
          : html`<b>${unescapeSlack(bold ?? "")}</b>`,
  );

/** Discord's markdown, as far as cards and answers use it; an escaped sign is that sign. */
export const markdown = (text: string): Markup =>
  drawn(
    text,
    /```\n?([^]*?)\n?```\n?|\\([^A-Za-z0-9\s])|\[((?:\\.|[^\]\\])+)\]\(<?(https?:[^)>]+)>?\)|\*\*((?:\\.|[^*\\])+)\*\*/g,
    (plain) => plain,
    ([, block, sign, label, url, bold]) =>
      block !== undefined
        ? code(block)
        : sign !== undefined
          ? sign
          : url !== undefined
            ? link(url, unescapeDiscord(label ?? ""))
            : html`<b>${unescapeDiscord(bold ?? "")}</b>`,
  );
