import type { PlanView, VotesView } from "../card.ts";
import type { Detail } from "../detail.ts";
import { fit, stamp } from "../text.ts";
import { fingerprint, isOpen, orderLines, planSize, votesLine } from "../wording.ts";
import { inCode, quiet } from "./escape.ts";
import { DISCORD } from "./limits.ts";
import type { EmbedField } from "./render.ts";

/** Room for the fences and the line "n more in the console". */
const TABLE_MAX = DISCORD.embedFieldValue - 60;

const field = (name: string, lines: readonly string[]): EmbedField => ({
  name,
  value: lines.filter((line) => line !== "").join("\n"),
  inline: false,
});

/** The plan as embed fields: what and why, the exact orders, what changes and until when. */
export function planFields(plan: PlanView, detail: Detail): EmbedField[] {
  const { lines, more } = orderLines(plan, detail.orders, TABLE_MAX);
  const short = Math.min(detail.sentence, 60);
  return [
    field(`Plan ${plan.state}`, [
      fit(planSize(plan), 120, quiet),
      fit(`fingerprint ${fingerprint(plan)}`, 200, quiet),
      fit(plan.reason, detail.sentence, quiet),
    ]),
    ...(lines.length === 0
      ? []
      : [
          field("Orders", [
            `\`\`\`\n${fit(lines.join("\n"), TABLE_MAX, inCode)}\n\`\`\``,
            more > 0 ? `${more} more in the console` : "",
          ]),
        ]),
    ...[
      field("Then", [
        ...plan.changes
          .slice(0, detail.changes)
          .map((change) => fit(`${change.label}: ${change.before} → ${change.after}`, short, quiet)),
        ...plan.collars.slice(0, detail.changes).map((collar) => fit(`collar ${collar}`, short, quiet)),
        plan.remains === "" ? "" : fit(`stays: ${plan.remains}`, Math.min(detail.sentence, 200), quiet),
        isOpen(plan) ? `expires ${fit(stamp(plan.expiresAt), 40, quiet)}` : "",
      ]),
    ].filter((one) => one.value !== ""),
  ];
}

/** Who voted and what is left. */
export const votesField = (votes: VotesView, open: boolean, detail: Detail): EmbedField =>
  field("Votes", [fit(votesLine(votes, open), Math.max(300, detail.sentence), quiet)]);
