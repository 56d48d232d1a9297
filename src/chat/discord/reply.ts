import type { Reply } from "../surface.ts";
import { columns, fit, plain } from "../text.ts";
import { escapeMarkdown, inCode, quiet } from "./escape.ts";
import { DISCORD } from "./limits.ts";

/** Room for the table beside the text and the fences. */
const TEXT_MAX = 700;
const TABLE_MAX = DISCORD.content - TEXT_MAX - 20;

/** What the person reads back. */
export function renderReply(reply: Reply): { readonly content: string; readonly allowed_mentions: { parse: never[] } } {
  const said = `${reply.ok ? "" : "⚠ "}${plain(reply.text).trim() || (reply.ok ? "Done." : "Nothing was done.")}`;
  const { table, link } = reply;
  const where = link === undefined ? "" : `\n[${quiet(link.label)}](<${link.url}>)`;
  if (table === undefined)
    return {
      content: `${fit(said, DISCORD.content - where.length, escapeMarkdown)}${where}`,
      allowed_mentions: { parse: [] },
    };
  const lines = columns([table.columns, ...table.rows.slice(0, 40)]);
  const content = `${fit(said, TEXT_MAX - where.length, escapeMarkdown)}${where}\n\`\`\`\n${fit(lines.join("\n"), TABLE_MAX, inCode)}\n\`\`\``;
  return { content, allowed_mentions: { parse: [] } };
}
