import type { InferSelectModel } from "drizzle-orm";
import type { Button, CardAction, OrderRow, PlanView, StepView, VotesView } from "../chat/card.ts";
import { averageLike } from "../chat/console/figures.ts";
import type { approvals, incidents, orders, plans, runSteps, votes } from "../db/schema.ts";
import { type Decimal, decimal, grouped, isDecimal, isZero, mul, places } from "../kernel/decimal.ts";
import { type Collar, type PlannedOrder, fingerprintWords } from "../kernel/plan.ts";

export type IncidentRecord = InferSelectModel<typeof incidents>;
export type PlanRecord = InferSelectModel<typeof plans>;
export type ApprovalRecord = InferSelectModel<typeof approvals>;
export type VoteRecord = InferSelectModel<typeof votes>;
export type OrderRecord = InferSelectModel<typeof orders>;
export type StepRecord = InferSelectModel<typeof runSteps>;

/** How a person is called on cards. */
export type NameOf = (person: string) => string;

const clockText = (at: Date): string => `${at.toISOString().slice(11, 19)} UTC`;
const shown = (value: string): string => (isDecimal(value) ? grouped(value as Decimal) : value);

/** "maintenanceMarginUsd" as "Maintenance margin", with its unit for the value. */
function readable(key: string): { label: string; unit: "usd" | "ratio" | "bps" | "ms" | null } {
  const match = /^(.*?)(Usd|Ratio|Bps|Ms)?$/.exec(key.replaceAll(/[_.-]+/g, " "));
  const suffix = match?.[2];
  // "marginRatio" keeps its last word: without it nobody knows what the figure is.
  const stem = suffix === "Ratio" ? key : (match?.[1] ?? key);
  const text = (stem === "" ? key : stem).replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();
  const unit = suffix ? (suffix.toLowerCase() as "usd" | "ratio" | "bps" | "ms") : /ratio$/i.test(key) ? "ratio" : null;
  return { label: text.charAt(0).toUpperCase() + text.slice(1), unit };
}

const UNITS = {
  usd: (value: Decimal) => `${grouped(value, 2)} USD`,
  ratio: (value: Decimal) => `${grouped(mul(value, decimal("100")), 1)} %`,
  bps: (value: Decimal) => `${grouped(value, 1)} bps`,
  ms: (value: Decimal) => `${grouped(value)} ms`,
} as const;

/** Digits beyond these are noise of a detector's floats; the alert keeps them. */
const DIGITS = 9;

/** A figure without a unit, a price or a score, as it is up to nine digits. */
function plainFigure(value: string): string {
  if (!isDecimal(value)) return value;
  const whole = value.replace(/^-/, "").split(".")[0] ?? "";
  return grouped(places(value as Decimal, Math.max(2, DIGITS - whole.length), "half-even"));
}

/** Where it happened, then what was measured; at most twelve facts, the rest stands in the alert. */
export function factsOf(incident: IncidentRecord): readonly { label: string; value: string }[] {
  const where = Object.entries(incident.labels).map(([key, value]) => ({ label: readable(key).label, value }));
  const figures = Object.entries(incident.values).map(([key, value]) => {
    const { label, unit } = readable(key);
    return { label, value: isDecimal(value) && unit ? UNITS[unit](value as Decimal) : plainFigure(value) };
  });
  return [...where, ...figures].slice(0, 12);
}

/** What became of one planned order, in words; undefined before anything was meant to be sent. */
function orderState(order: OrderRecord): string {
  const filled = order.filledQuantity as Decimal;
  const at = order.averagePrice === null ? "" : ` at ${averageLike(order.averagePrice, order.limitPrice)}`;
  const part = isZero(filled) ? "" : `, ${shown(filled)} of ${shown(order.quantity)} filled${at}`;
  const why = order.reason === null ? "" : `: ${order.reason}`;
  switch (order.state) {
    case "intent":
      return "about to be sent";
    case "unknown":
      return `unknown${part}, being looked up`;
    case "working":
      return `working${part}`;
    case "filled":
      return `filled ${shown(filled)}${at}`;
    case "cancelled":
      return `cancelled${part}`;
    case "rejected":
      return `rejected${why}`;
    case "expired":
      return `expired${part}`;
    case "not_placed":
      return "never reached the venue";
  }
}

const orderRow = (venue: string, planned: PlannedOrder, order: OrderRecord | undefined): OrderRow => {
  const state = order && orderState(order);
  return {
    venue,
    account: planned.account,
    instrument: planned.symbol,
    side: planned.side,
    quantity: shown(planned.quantity),
    limitPrice: shown(planned.limitPrice),
    notionalUsd: shown(planned.notionalUsd),
    reduceOnly: planned.reduceOnly,
    ...(state === undefined ? {} : { state }),
  };
};

const collarText = (one: Collar): string =>
  `${one.symbol} ${shown(one.low)} to ${shown(one.high)}, around ${shown(one.reference)}`;

/** The plan as it is decided upon; a proposed one whose time is over is shown expired at once. */
export function planView(record: PlanRecord, sent: readonly OrderRecord[], now: Date): PlanView {
  const { plan } = record;
  const byId = new Map(sent.map((order) => [order.clientOrderId, order]));
  return {
    hash: record.hash,
    words: fingerprintWords(record.hash),
    state: record.state === "proposed" && record.expiresAt <= now ? "expired" : record.state,
    reason: plan.reason,
    orders: plan.orders.map((order) => orderRow(plan.venue, order, byId.get(order.clientOrderId))),
    cancels: plan.cancels.length,
    changes: plan.changes,
    collars: plan.collars.map(collarText),
    remains: plan.remains,
    notionalUsd: shown(plan.notionalUsd),
    expiresAt: record.expiresAt.toISOString(),
  };
}

/** Who has to consent, and who did. */
export const votesView = (approval: ApprovalRecord, given: readonly VoteRecord[], nameOf: NameOf): VotesView => ({
  needed: approval.needed,
  roles: approval.roles,
  given: given.map((vote) => ({
    person: nameOf(vote.person),
    decision: vote.decision,
    surface: vote.surface,
    at: vote.at.toISOString(),
  })),
  expiresAt: approval.expiresAt.toISOString(),
});

/** One sentence in place of the buttons: who, what, when, on which surface. Null while it is open. */
export function decisionOf(
  incident: IncidentRecord,
  plan: PlanView | null,
  approval: ApprovalRecord | null,
  given: readonly VoteRecord[],
  nameOf: NameOf,
): string | null {
  const said = (decision: "approve" | "deny"): string =>
    given
      .filter((vote) => vote.decision === decision)
      .map((vote) => `${nameOf(vote.person)} on ${vote.surface} at ${clockText(vote.at)}`)
      .join(" and ");
  const denied = given.find((vote) => vote.decision === "deny");
  if (approval?.state === "approved") return `Approved by ${said("approve")}.`;
  if (approval?.state === "denied")
    return `Denied by ${said("deny") || "the policy"}${denied?.reason ? `: ${denied.reason}` : "."}`;
  if (approval?.state === "expired" && approval.decidedAt !== null && approval.decidedAt < approval.expiresAt)
    return `The question was closed at ${clockText(approval.decidedAt)}, before enough people had decided. Nothing was sent.`;
  if (approval && (approval.state === "expired" || plan?.state === "expired"))
    return `Nobody decided in time: the plan expired at ${clockText(approval.expiresAt)}. Nothing was sent.`;
  if (!approval && plan && plan.state !== "proposed" && plan.state !== "expired")
    return "Allowed by the policy without asking people.";
  if (incident.status === "resolved") return `Resolved${incident.outcome ? `: ${incident.outcome}` : ""}.`;
  return null;
}

/** What people may say of a detector's incident, also once it is over: true, false, or true and good to know. */
function judgements(incident: IncidentRecord): readonly Button[] {
  if (incident.labels["detector"] === undefined || incident.trust !== "internal") return [];
  const one = (action: CardAction, label: string): Button => ({
    action,
    label,
    style: "quiet",
    token: `${incident.id}:${incident.version}:${action}`,
  });
  return [one("true", "True alarm"), one("false", "False alarm"), one("useful", "Useful")];
}

/** More stand in nobody's way, and would not be read. */
const BUTTONS_MAX = 6;

/**
 * What may be pressed now: the decision first, none once the incident is resolved; then, where a detector raised it, how
 * right that was. The last fact is the playbook that people may start by hand; null where one runs, or none fits.
 */
export const buttonsOf = (...facts: Parameters<typeof deedsOf>): readonly Button[] => [
  ...deedsOf(...facts),
  ...judgements(facts[0]),
];

function deedsOf(
  incident: IncidentRecord,
  plan: PlanView | null,
  votesNow: VotesView | null,
  open: boolean,
  environment: "paper" | "live",
  response: string | null,
): readonly Button[] {
  if (incident.status === "resolved") return [];
  const token = (action: CardAction, subject?: string): string =>
    `${incident.id}:${incident.version}:${action}${subject === undefined ? "" : `:${subject}`}`;
  const quiet = (action: CardAction, label: string): Button => ({
    action,
    label,
    style: "quiet",
    token: token(action),
  });
  const buttons: Button[] = [];
  if (open && plan) {
    const subject = plan.hash.slice(0, 16);
    const yes = votesNow?.given.filter((vote) => vote.decision === "approve").length ?? 0;
    const needed = votesNow?.needed ?? 1;
    buttons.push(
      {
        action: "approve",
        label: needed > 1 ? `Approve (${yes + 1} of ${needed})` : "Approve",
        style: "primary",
        token: token("approve", subject),
        ...(environment === "live"
          ? {
              confirm: `Real money: ${plan.orders.length} order${plan.orders.length === 1 ? "" : "s"}, ${plan.notionalUsd} USD. Fingerprint ${plan.words}.`,
            }
          : {}),
      },
      { action: "deny", label: "Deny", style: "danger", token: token("deny", subject) },
    );
  }
  if (incident.status === "open") {
    buttons.push({ ...quiet("acknowledge", "Acknowledge"), style: buttons.length === 0 ? "primary" : "quiet" });
  }
  if (incident.owner === null) buttons.push(quiet("take", "Take"));
  if (response !== null && !open) {
    buttons.push({ ...quiet("run", `Run ${response}`), token: token("run", response) });
  }
  if (incident.severity !== "critical") buttons.push(quiet("escalate", "Escalate"));
  if (!open) buttons.push(quiet("silence", "Silence"), quiet("resolve", "Resolve"));
  return buttons.slice(0, BUTTONS_MAX);
}

/** One line of the playbook. */
export const stepView = (step: StepRecord): StepView => ({
  name: step.name,
  state: step.state,
  ...(step.note === null ? {} : { note: step.note }),
  at: (step.endedAt ?? step.startedAt).toISOString(),
});
