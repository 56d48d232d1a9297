import type { PlanView, VotesView } from "../card.ts";
import type { Detail } from "../detail.ts";
import { fit, stamp } from "../text.ts";
import { fingerprint, isOpen, orderLines, planSize, votesLine } from "../wording.ts";
import { inCode, quiet } from "./escape.ts";
import { type Block, section } from "./blocks.ts";

/** Room for the orders' table in one section, its fences and its last line aside. */
const TABLE_MAX = 2_000;

/** The plan: what, how much, why; the exact orders in a code block; what changes, what stays, until when. */
export function planBlocks(plan: PlanView, detail: Detail): Block[] {
  const blocks = [
    section(
      [
        `*Plan ${plan.state}*: ${fit(planSize(plan), 120, quiet)}`,
        `*Fingerprint* ${fit(fingerprint(plan), 120, quiet)}`,
        fit(plan.reason, detail.sentence, quiet),
      ]
        .filter((line) => line !== "")
        .join("\n"),
    ),
  ];
  const { lines, more } = orderLines(plan, detail.orders, TABLE_MAX);
  if (lines.length > 0) {
    const table = fit(lines.join("\n"), TABLE_MAX, inCode);
    blocks.push(section(`\`\`\`\n${table}\n\`\`\`${more > 0 ? `\n${more} more in the console` : ""}`));
  }
  const short = Math.min(detail.sentence, 160);
  const then = [
    ...plan.changes
      .slice(0, detail.changes)
      .map((change) => fit(`${change.label}: ${change.before} → ${change.after}`, short, quiet)),
    ...plan.collars.slice(0, detail.changes).map((collar) => fit(`collar ${collar}`, short, quiet)),
    ...(plan.remains === "" ? [] : [fit(`stays: ${plan.remains}`, detail.sentence, quiet)]),
    ...(isOpen(plan) ? [`expires ${fit(stamp(plan.expiresAt), 40, quiet)}`] : []),
  ];
  if (then.length > 0) blocks.push(section(then.join("\n")));
  return blocks;
}

/** Who voted and what is left. */
export const votesBlock = (votes: VotesView, open: boolean, detail: Detail): Block =>
  section(`*Votes* ${fit(votesLine(votes, open), Math.max(300, detail.sentence), quiet)}`);
