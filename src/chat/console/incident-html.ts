import type { Card } from "../card.ts";
import { spanOf } from "../../kernel/duration.ts";
import type { DurationRow, IncidentDetail, IncidentRow, TimelineRow } from "./rows/incidents.ts";
import type { HeaderView } from "./header.ts";
import { type CardOptions, decisionBar, renderCard, renderSteps } from "./card-html.ts";
import { type Markup, NOTHING, UNKNOWN, emptyState, html, moment, severityShape, words } from "./markup.ts";
import { visible } from "../../kernel/visible.ts";

const RANK = { critical: 0, high: 1, medium: 2, low: 3, info: 4 } as const;

/** Sort key of the list: unresolved before resolved, louder before quieter, decisions due first, younger before older. */
export const rowOrder = (row: IncidentRow): string =>
  `${row.status === "resolved" ? 1 : 0}${RANK[row.severity]}${row.deciding ? 0 : 1}${(9e15 - Date.parse(row.openedAt)).toString().padStart(16, "0")}`;

/** One line of the incident list; the page's script replaces it by its `data-row`. */
export function renderRow(row: IncidentRow, selected: boolean): Markup {
  return html`<li
    class="row sev-${row.severity} status-${row.status}"
    data-row="${row.incident}"
    data-version="${row.version}"
    data-order="${rowOrder(row)}"
  >
    <a href="/incidents/${row.incident}" ${selected ? html` aria-current="true"` : ""}>
      <span class="row-top"
        >${severityShape(row.severity)}<span class="row-severity">${row.severity}</span>
        <span class="row-id">${visible(row.incident)}</span> ${moment(row.openedAt)}</span
      >
      <span class="row-title" dir="auto">${visible(row.title)}</span>
      <span class="row-foot"
        >${row.deciding ? html`<span class="deciding">decision due</span> ` : NOTHING}<span class="row-status"
          >${row.status}</span
        >
        ${row.account === null ? NOTHING : html`<span class="row-account">${words(row.account)}</span> `}${row.alertCount > 1 ? html`<span>${row.alertCount} alerts</span> ` : NOTHING}${row.owner === null ? NOTHING : html`<span>${words(row.owner)}</span>`}</span
      >
    </a>
  </li>`;
}

const durations = (rows: readonly DurationRow[]): Markup =>
  rows.length === 0
    ? NOTHING
    : html`<dl class="durations">
        ${rows.map(
          (row) =>
            html`<div>
              <dt>${visible(row.label.charAt(0).toUpperCase() + row.label.slice(1))}</dt>
              <dd class="num">${spanOf(row.ms)}</dd>
            </div>`,
        )}
      </dl>`;

const timelineLine = (row: TimelineRow): Markup =>
  html`<li class="event event-${visible(row.type).replaceAll(/[^a-z-]/g, "-")}">
    ${moment(row.at)}<span class="event-actor">${words(row.actor)}</span
    ><span class="event-text" dir="auto">${visible(row.text)}</span
    >${row.ledger === null ? NOTHING : html`<a class="event-ledger" href="/ledger?before=${row.ledger + 1}">ledger ${row.ledger}</a>`}
  </li>`;

/** The timeline with its durations, newest first. */
export function renderTimeline(detail: IncidentDetail): Markup {
  return html`<section class="timeline" data-timeline="${detail.card.incident}" aria-labelledby="timeline-title">
    <h3 id="timeline-title">Timeline</h3>
    ${durations(detail.durations)}
    ${
      detail.timeline.length === 0
        ? html`<p class="quiet">Nothing has happened yet.</p>`
        : html`<ol>
            ${[...detail.timeline].reverse().map(timelineLine)}
          </ol>`
    }
  </section>`;
}

/** The place of the live chart; the page's script draws into it, and without script it is a link to the figures. */
function chartPlace(card: Card, account: string | null): Markup {
  if (account === null) return NOTHING;
  return html`<section class="chart" data-chart="${account}" data-from="${card.openedAt}" aria-labelledby="chart-title">
    <h3 id="chart-title" data-chart-title>Margin ratio of ${words(account)}: ${UNKNOWN}</h3>
    <div class="chart-canvas" data-chart-canvas></div>
    <p class="quiet"><a href="/accounts#${account}">All figures of ${words(account)}</a></p>
  </section>`;
}

/** The middle column: card, chart and timeline scroll, the decision bar below them stands still. */
export function renderIncident(detail: IncidentDetail, options: CardOptions): Markup {
  return html`<div class="incident" data-incident="${detail.card.incident}">
    <div class="incident-scroll">
      <a class="back" href="/">‹ All incidents</a>${renderCard(detail.card)}
      <div class="beside">${renderSteps(detail.card)}${chartPlace(detail.card, detail.account)}</div>
      ${renderTimeline(detail)}
    </div>
    ${decisionBar(detail.card, options)}
  </div>`;
}

/** The list column with its filter, which is a plain form without script. */
export function renderList(
  rows: readonly IncidentRow[],
  filter: { readonly text: string; readonly status: string },
  selected: string | null,
): Markup {
  const option = (value: string, label: string): Markup =>
    html`<option value="${value}" ${filter.status === value ? html` selected` : ""}>${label}</option>`;
  return html`<nav class="list" aria-label="Incidents">
    <form class="filter" method="get" action="/" role="search">
      <input
        type="search"
        name="q"
        value="${filter.text}"
        placeholder="paper-a, critical…"
        aria-label="Filter incidents"
        data-filter
      /><select name="status" aria-label="Which incidents" data-filter-status>
        ${option("unresolved", "Unresolved")}${option("all", "All")}${option("resolved", "Resolved")}</select
      ><button type="submit" class="button quiet without-script">Apply</button>
    </form>
    <button type="button" class="pill" data-pill hidden></button>
    <ul class="rows" data-rows>
      ${rows.map((row) => renderRow(row, row.incident === selected))}
    </ul>
    <p class="quiet list-empty" data-list-empty${rows.length > 0 ? html` hidden` : ""}>No incident here.</p>
  </nav>`;
}

/** What the middle shows while there is nothing to show; a desk that may not trade is not called quiet. */
export function nothingYet(environment: "paper" | "live", header: HeaderView): Markup {
  const { state, freezes, detail } = header.trading;
  const free = state === "active" && freezes === 0;
  return html`<div class="incident" data-incident="">
    <div class="incident-scroll">
      ${emptyState(
        free ? "All quiet" : "No open incident, and trading is not free",
        free
          ? "Incidents appear here within a moment of an alert: what happened, the plan that answers it, and who decided."
          : `${detail}. Whoever may, lifts it with /unfreeze.`,
        null,
      )}
      <ul class="hints">
        <li>Type <code>/help</code> below to see what you can do.</li>
        <li>Point Prometheus Alertmanager, TradingView or your own sender at <code>/hooks/…</code>.</li>
        ${environment === "paper" ? html`<li>Run <code>npm run demo</code> to watch a storm hit two paper accounts.</li>` : NOTHING}
        <li><a href="/?status=resolved">Resolved incidents</a></li>
      </ul>
    </div>
  </div>`;
}
