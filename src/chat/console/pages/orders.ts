import type { OrderLine } from "../rows/plans.ts";
import { averageLike, figure } from "../figures.ts";
import { type Markup, emptyState, html, known, moment, table, words } from "../markup.ts";

const COLUMNS = [
  "Time",
  "Incident",
  "Account",
  "Instrument",
  "Side",
  "Quantity#",
  "Filled#",
  "Limit price#",
  "Average#",
  "Notional USD#",
  "State",
  "Client order id",
];

/** Every order the desk meant to send, newest first. */
export function ordersPage(rows: readonly OrderLine[]): Markup {
  const lines = rows.map((row) => [
    moment(row.at),
    row.incident === null ? "" : html`<a href="/incidents/${row.incident}">${row.incident}</a>`,
    words(`${row.venue} · ${row.account}`),
    html`<span class="instrument">${words(row.symbol)}</span>`,
    html`<span class="side-${row.side}">${row.side}</span
      >${row.reduceOnly ? html` <span class="quiet">reduce only</span>` : ""}`,
    figure(row.quantity),
    figure(row.filledQuantity),
    figure(row.limitPrice),
    row.averagePrice === null
      ? row.filledQuantity === "0"
        ? html`<span class="not-yet">none</span>`
        : known(null)
      : averageLike(row.averagePrice, row.limitPrice),
    figure(row.notionalUsd),
    html`<span class="order-state order-${row.state}">${row.state}</span
      >${row.reason === null ? "" : html`<br /><span class="quiet">${words(row.reason)}</span>`}`,
    html`<code>${row.clientOrderId}</code>`,
  ]);
  return html`<div class="sheet" data-part="sheet">
    <h1>Orders</h1>
    ${rows.length === 0 ? emptyState("No order was ever sent", "Each order of an approved plan appears here before it is sent, and keeps its outcome: filled, cancelled, rejected or unknown.", null) : html`<div class="stack">${table("Orders", COLUMNS, lines)}</div>`}
  </div>`;
}
