import type { Card, PlanView, StepView, VotesView } from "./card.ts";
import { CUT, aligned, clip, oneLine, stamp } from "./text.ts";

/** How loud a severity looks: a mark that survives grey screens beside the word. */
const SEVERITY_MARK = { critical: "🔴", high: "🟠", medium: "🟡", low: "🔵", info: "⚪" } as const;

/** Said on every surface where a request could not become a row. */
export const STORE_FAILED =
  "Nothing was done: the desk could not store your request. Try again, or look at the console.";

const STEP_MARK = { running: "▶", waiting: "⏳", done: "✅", failed: "❌", skipped: "⏭" } as const;

/** "🔴 CRITICAL · Margin ratio of paper-a was 0.83", the title cut so that the severity always stands. */
export function headline(card: Card, max: number): string {
  const severity = `${SEVERITY_MARK[card.severity]} ${card.severity.toUpperCase()} · `;
  return severity + clip(oneLine(card.title) || "untitled", Math.max(1, max - severity.length));
}

/** "INC-7 · LIVE · acknowledged · taken by ana · playbook margin-breach". */
export const standing = (card: Card): string =>
  [
    oneLine(card.incident),
    card.environment.toUpperCase(),
    card.status,
    card.owner === null
      ? card.status === "resolved"
        ? "nobody took it"
        : "nobody has taken it"
      : `taken by ${clip(oneLine(card.owner), 60)}`,
    ...(card.playbook === null ? [] : [`playbook ${clip(oneLine(card.playbook), 60)}`]),
  ].join(" · ");

/** "as of 2026-11-22 10:03:22 UTC · version 4". */
export const asOf = (card: Card): string => `as of ${stamp(card.asOf)} · version ${card.version}`;

/** One step as a line. */
export const stepLine = (step: StepView): string =>
  `${STEP_MARK[step.state]} ${oneLine(step.name)}${step.note === undefined ? "" : `: ${oneLine(step.note)}`}`;

/** Symbols and figures of an order stand whole: two options differ in their last letters. */
const ORDER_CELLS = [48] as const;

/** The plan's orders as aligned lines: at most `max`, and what `room` units hold; how many were left out. */
export function orderLines(
  plan: PlanView,
  max: number,
  room: number,
): { readonly lines: readonly string[]; readonly more: number } {
  const rows = plan.orders
    .slice(0, max)
    .map((order) => [
      order.side.toUpperCase(),
      order.quantity,
      order.instrument,
      `@ ${order.limitPrice}`,
      `$${order.notionalUsd}`,
      `${order.account}${order.reduceOnly ? " reduce-only" : ""}`,
      ...(order.state === undefined ? [] : [order.state]),
    ]);
  const { lines } = aligned(rows, room, ORDER_CELLS);
  return { lines, more: plan.orders.length - lines.length };
}

/** What stands below a table that was cut. */
export const rowsMore = (more: number): string =>
  `${more} more ${more === 1 ? "row" : "rows"}; the same command in the console shows them all.`;

/** "2 orders, $12,000, 1 cancel": what the plan would send, in numbers. */
export const planSize = (plan: PlanView): string =>
  [
    `${plan.orders.length} ${plan.orders.length === 1 ? "order" : "orders"}, $${clip(oneLine(plan.notionalUsd), 40)}`,
    ...(plan.cancels === 0 ? [] : [`${plan.cancels} ${plan.cancels === 1 ? "cancel" : "cancels"}`]),
  ].join(", ");

/** The plan's identity as people compare it: four words and the hash's beginning. */
export const fingerprint = (plan: PlanView): string =>
  `${clip(oneLine(plan.words), 60)} (${clip(oneLine(plan.hash), 12)})`;

/** Whether people are still asked. */
export const isOpen = (plan: PlanView | null): boolean => plan?.state === "proposed";

/** "1 of 2 approvals (risk, trader): ana approved on slack; open until …", the end of its time only while it is open. */
export function votesLine(votes: VotesView, open: boolean): string {
  const approvals = votes.given.filter((vote) => vote.decision === "approve").length;
  const given = votes.given
    .slice(0, 8)
    .map(
      (vote) =>
        `${clip(oneLine(vote.person), 40)} ${vote.decision === "approve" ? "approved" : "denied"} on ${oneLine(vote.surface)}`,
    );
  const more = votes.given.length - given.length;
  return [
    `${approvals} of ${votes.needed} ${votes.needed === 1 ? "approval" : "approvals"}`,
    ...(votes.roles.length === 0 ? [] : [` (${clip(votes.roles.map(oneLine).join(", "), 80)})`]),
    given.length === 0 ? ", nobody voted yet" : `: ${given.join(", ")}${more > 0 ? ` ${CUT} ${more} more` : ""}`,
    ...(open ? [`; open until ${stamp(votes.expiresAt)}`] : []),
  ].join("");
}

/** What to type where buttons cannot be pressed: on a watch, in a notification. */
function toType(card: Card): readonly string[] {
  const can = new Set(card.buttons.map((button) => button.action));
  const incident = oneLine(card.incident);
  if (can.has("approve")) return [`/approve ${incident} or /deny ${incident}.`];
  return can.has("acknowledge") ? [`/incident ack ${incident}.`] : [];
}

const headOf = (card: Card): string =>
  `${headline(card, 200)} [${clip(oneLine(card.incident), 60)}, ${card.environment}]`;

/** The card in one line, for a notification above a card that says the rest. */
export const glance = (card: Card, max: number): string => clip([headOf(card), ...toType(card)].join(" "), max);

/** The card in one paragraph of plain text, enough to act on from a lock screen. */
export function fallback(card: Card, max: number): string {
  const tail = [
    ...(card.plan === null ? [] : [`Plan ${card.plan.state}: ${planSize(card.plan)}, ${fingerprint(card.plan)}.`]),
    ...(card.votes === null ? [] : [`${votesLine(card.votes, isOpen(card.plan))}.`]),
    ...(card.decision === null ? [] : [clip(oneLine(card.decision), 300)]),
    ...toType(card),
  ].join(" ");
  const head = headOf(card);
  const lines = card.lines.map(oneLine).join(" ");
  const room = max - head.length - tail.length - 2;
  return clip([head, ...(room > 10 ? [clip(lines, room)] : []), tail].filter((part) => part !== "").join(" "), max);
}
