import type { AlertRow } from "../rows/incidents.ts";
import { type Markup, emptyState, html, moment, severityBadge, table, words } from "../markup.ts";
import { visible } from "../../../kernel/visible.ts";

/** What became of an alert: its incident, or the named reason why it went no further. */
function became(row: AlertRow): Markup {
  if (row.stop === null)
    return row.incident === null
      ? html`<span class="not-yet">no incident</span>`
      : html`<a href="/incidents/${row.incident}">${visible(row.incident)}</a>`;
  return html`<span class="stop">${visible(row.stop)}</span
    >${row.stoppedBy === null ? "" : html` <span class="quiet">by ${words(row.stoppedBy)}</span>`}`;
}

/** The newest alerts with what became of each: why did this one open no incident? */
export function alertsPage(rows: readonly AlertRow[]): Markup {
  const lines = rows.map((row) => [
    moment(row.at),
    severityBadge(row.severity),
    html`<span dir="auto">${visible(row.title)}</span><br /><span class="quiet">${words(row.kind)}</span>`,
    row.status,
    html`${words(row.source)}<br /><span class="quiet">${row.trust}</span>`,
    became(row),
  ]);
  return html`<div class="sheet" data-part="sheet">
    <h1>Alerts</h1>
    ${rows.length === 0 ? emptyState("No alert came yet", "Every alert is listed here with what became of it: its incident, or the reason why it opened none.", null) : html`<div class="stack">${table("Alerts", ["Time", "Severity", "Alert", "Says", "From", "Became"], lines)}</div>`}
  </div>`;
}
