import type { Reply } from "../surface.ts";
import { aligned, clip, fit, plain } from "../text.ts";
import { rowsMore } from "../wording.ts";
import { type Block, context, section } from "./blocks.ts";
import { escapeMrkdwn, inCode, quiet } from "./escape.ts";
import { SLACK } from "./limits.ts";

/** Room for a table in its section; the console has it whole. */
const TABLE_MAX = 2_800;
const PICTURE_FOLLOWS = "The picture comes to your direct messages with this app.";

/** What the person reads back, as text and blocks that nothing can come alive in. */
export function renderReply(reply: Reply): { readonly text: string; readonly blocks: readonly Block[] } {
  const said = `${reply.ok ? "" : "⚠ "}${plain(reply.text).trim() || (reply.ok ? "Done." : "Nothing was done.")}`;
  const blocks = [section(fit(said, SLACK.section, escapeMrkdwn))];
  if (reply.table !== undefined) {
    const { lines, more } = aligned([reply.table.columns, ...reply.table.rows], TABLE_MAX);
    blocks.push(section(`\`\`\`\n${fit(lines.join("\n"), TABLE_MAX, inCode)}\n\`\`\``));
    if (more > 0) blocks.push(context(rowsMore(more)));
  }
  // The address is ours and the label too: nothing of them was typed by a stranger.
  if (reply.link !== undefined) blocks.push(section(`<${escapeMrkdwn(reply.link.url)}|${quiet(reply.link.label)}>`));
  if (reply.charts !== undefined && reply.charts.length > 0) blocks.push(context(PICTURE_FOLLOWS));
  return { text: fit(clip(said, SLACK.text), SLACK.text, escapeMrkdwn), blocks };
}
