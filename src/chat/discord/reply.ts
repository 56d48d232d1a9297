import type { Reply } from "../surface.ts";
import { aligned, fit, plain } from "../text.ts";
import { rowsMore } from "../wording.ts";
import { escapeMarkdown, inCode, quiet } from "./escape.ts";
import { DISCORD } from "./limits.ts";

/** Beside a table a text is cut to this. */
const TEXT_MAX = 700;
/** Fences, and the line that says how many rows were left out. */
const AROUND = 100;

/** What the person reads back. */
export function renderReply(reply: Reply): { readonly content: string; readonly allowed_mentions: { parse: never[] } } {
  const said = `${reply.ok ? "" : "⚠ "}${plain(reply.text).trim() || (reply.ok ? "Done." : "Nothing was done.")}`;
  const { table, link } = reply;
  const where = link === undefined ? "" : `\n[${quiet(link.label)}](<${link.url}>)`;
  const room = (table === undefined ? DISCORD.content : TEXT_MAX) - where.length;
  const text = `${fit(said, room, escapeMarkdown)}${where}`;
  if (table === undefined) return { content: text, allowed_mentions: { parse: [] } };
  const left = DISCORD.content - text.length - AROUND;
  const { lines, more } = aligned([table.columns, ...table.rows], left);
  const fenced = `\`\`\`\n${fit(lines.join("\n"), left, inCode)}\n\`\`\``;
  return {
    content: [text, fenced, ...(more > 0 ? [rowsMore(more)] : [])].join("\n"),
    allowed_mentions: { parse: [] },
  };
}
