import { greater, sign, type Decimal } from "../../../kernel/decimal.ts";
import type { AccountRow, FreezeRow } from "../rows/accounts.ts";
import { figure } from "../figures.ts";
import { type Markup, NOTHING, emptyState, html, known, moment, table, words } from "../markup.ts";
import { visible } from "../../../kernel/visible.ts";
import { type Limits, isStale, marginBar, percent, scopeName, standing } from "../side.ts";

const signed = (text: string): Markup => {
  const positive = greater(text as Decimal, "0" as Decimal);
  return html`<span class="${sign(text as Decimal) < 0 ? "loss" : "gain"}"
    >${positive ? "+" : ""}${figure(text)}</span
  >`;
};

const COLUMNS = [
  "Instrument",
  "Quantity#",
  "Entry#",
  "Mark#",
  "Notional USD#",
  "Unrealised USD#",
  "Liquidation#",
  "ADL rank#",
];

/** A venue that tells no rank says nothing of the danger; 0 % would. */
const NOT_TOLD = html`<span class="unknown">not told</span>`;

const fact = (label: string, value: Markup | string): Markup =>
  html`<div>
    <dt>${label}</dt>
    <dd class="num live">${value}</dd>
  </div>`;

function account(row: AccountRow, limits: Limits, now: Date): Markup {
  const positions = row.positions.map((one) => [
    html`<span class="instrument">${words(one.symbol)}</span>`,
    figure(one.quantity),
    figure(one.entryPrice),
    figure(one.markPrice),
    figure(one.notionalUsd),
    signed(one.unrealisedUsd),
    known(one.liquidationPrice === null ? null : figure(one.liquidationPrice)),
    one.adlRankRatio === null ? NOT_TOLD : percent(one.adlRankRatio, 0),
  ]);
  const stale = row.at !== null && isStale(row, limits, now);
  return html`<section class="account-sheet" id="${row.account}">
    <h2>${words(row.account)} <span class="quiet">${words(row.venue)} · ${row.environment}</span></h2>
    <div class="is-${standing(row.marginRatio, limits)}${stale ? " stale" : ""}" data-part="figures-${row.account}">
      ${row.trading === "active" ? NOTHING : html`<p><span class="trading trading-${row.trading}">${row.trading === "halted" ? "Halted" : "Reducing only"}</span></p>`}
      ${marginBar(row.marginRatio, limits)}
      <dl class="facts">
        ${fact("Margin ratio", known(row.marginRatio === null ? null : percent(row.marginRatio)))}
        ${fact("Equity USD", known(row.equityUsd === null ? null : figure(row.equityUsd)))}
        ${fact("Maintenance margin USD", known(row.maintenanceMarginUsd === null ? null : figure(row.maintenanceMarginUsd)))}
        ${fact("Nearest liquidation", nearest(row))}
        ${fact("Open orders", known(row.openOrders === null ? null : String(row.openOrders)))}
        ${row.deadMan === null ? NOTHING : fact("Dead-man switch", words(row.deadMan))}
        <div>
          <dt class="as-of">${stale ? "Stale since" : "As of"}</dt>
          <dd>${row.at === null ? known(null) : moment(row.at)}</dd>
        </div>
      </dl>
    </div>
    <div class="chart" data-chart="${row.account}">
      <h3 data-chart-title>Margin ratio</h3>
      <div class="chart-canvas" data-chart-canvas></div>
    </div>
    <p><a href="/risk#account-${row.account}">Stress and liquidation of ${visible(row.account)}</a></p>
    <div class="stack" data-part="positions-${row.account}">
      ${positions.length === 0 ? html`<p class="quiet">No open position.</p>` : table(`Positions of ${row.account}`, COLUMNS, positions)}
    </div>
  </section>`;
}

const nearest = (row: AccountRow): Markup => {
  if (row.nearest) return html`${percent(row.nearest.distanceRatio)} at ${figure(row.nearest.price)}`;
  return row.positions.length === 0 && row.at !== null ? html`no position` : known(null);
};

/** Every account with its figures, its chart and its positions. */
export function accountsPage(
  rows: readonly AccountRow[],
  freezes: readonly FreezeRow[],
  limits: Limits,
  now: Date,
): Markup {
  return html`<div class="sheet">
    <h1>Accounts</h1>
    ${freezes.map((one) => html`<p class="freeze trading-${one.state}"><strong>${words(scopeName(one.scope))}</strong> is ${one.state}: ${words(one.reason)} · ${words(one.setBy)} · ${moment(one.setAt)}</p>`)}
    ${rows.length === 0 ? emptyState("No account is watched", "Accounts named in desk.yaml appear here with margin, positions and distance to liquidation.", null) : rows.map((row) => account(row, limits, now))}
  </div>`;
}
