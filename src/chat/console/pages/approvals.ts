import type { ApprovalRow } from "../rows/plans.ts";
import { figure } from "../figures.ts";
import { type Markup, countdown, emptyState, html, moment, table, words } from "../markup.ts";

const line = (row: ApprovalRow): readonly (Markup | string)[] => [
  row.incident === null ? "" : html`<a href="/incidents/${row.incident}">${row.incident}</a>`,
  html`${row.mine ? html`<span class="deciding">yours</span> ` : ""}${words(row.title)}`,
  words(row.account),
  figure(row.notionalUsd),
  html`<a class="fingerprint" href="${row.action === "policy" ? "/rules/changes" : "/plans"}/${row.planHash}"
    >${row.words}</a
  >`,
  `${row.given} of ${row.needed}`,
  words(row.roles.join(" or ") || "anyone who may act"),
  words(row.requestedBy),
  row.state === "pending" ? countdown(row.expiresAt) : html`${row.state} ${moment(row.openedAt)}`,
];

/** All questions put to people: those waiting first, then what became of the others. */
export function approvalsPage(rows: readonly ApprovalRow[]): Markup {
  const waiting = rows.filter((row) => row.state === "pending");
  const decided = rows.filter((row) => row.state !== "pending");
  const columns = ["Incident", "Plan", "Account", "Notional USD#", "Fingerprint", "Votes#", "Needs", "Asked by"];
  return html`<div class="sheet" data-part="sheet">
    <h1>Approvals</h1>
    ${waiting.length === 0 ? emptyState("No plan is waiting", "Plans that need people appear here and on their incident's card, with the exact orders and a deadline.", null) : html`<div class="stack">${table("Waiting for people", [...columns, "Expires"], waiting.map(line))}</div>`}
    ${
      decided.length === 0
        ? ""
        : html`<h2>Decided</h2>
            <div class="stack">${table("Decided", [...columns, "Outcome"], decided.map(line))}</div>`
    }
  </div>`;
}
