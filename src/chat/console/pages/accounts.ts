import { greater, sign, type Decimal } from "../../../kernel/decimal.ts";
import type { AccountRow, FreezeRow } from "../backend.ts";
import { figure } from "../card-html.ts";
import { type Markup, NOTHING, emptyState, html, known, moment, table, words } from "../markup.ts";
import { type Limits, marginBar, percent } from "../side.ts";

const signed = (text: string): Markup => {
  const positive = greater(text as Decimal, "0" as Decimal);
  return html`<span class="${sign(text as Decimal) < 0 ? "loss" : "gain"}"
    >${positive ? "+" : ""}${figure(text)}</span
  >`;
};

function account(row: AccountRow, limits: Limits): Markup {
  const positions = row.positions.map((one) => [
    html`<span class="instrument">${words(one.symbol)}</span>`,
    figure(one.quantity),
    figure(one.entryPrice),
    figure(one.markPrice),
    figure(one.notionalUsd),
    signed(one.unrealisedUsd),
    known(one.liquidationPrice === null ? null : figure(one.liquidationPrice)),
  ]);
  return html`<section class="account-sheet" id="${row.account}">
    <h2>
      ${words(row.account)}
      <span class="quiet">${words(row.venue)} · ${row.environment}</span
      >${row.trading === "active" ? NOTHING : html` <span class="trading trading-${row.trading}">${row.trading}</span>`}
    </h2>
    ${marginBar(row.marginRatio, limits)}
    <dl class="facts">
      <div>
        <dt>Margin ratio</dt>
        <dd class="num">${known(row.marginRatio === null ? null : percent(row.marginRatio))}</dd>
      </div>
      <div>
        <dt>Equity USD</dt>
        <dd class="num">${known(row.equityUsd === null ? null : figure(row.equityUsd))}</dd>
      </div>
      <div>
        <dt>Maintenance margin USD</dt>
        <dd class="num">${known(row.maintenanceMarginUsd === null ? null : figure(row.maintenanceMarginUsd))}</dd>
      </div>
      <div>
        <dt>Nearest liquidation</dt>
        <dd class="num">
          ${row.nearest ? html`${percent(row.nearest.distanceRatio)} at ${figure(row.nearest.price)}` : row.positions.length === 0 && row.at !== null ? "no position" : known(null)}
        </dd>
      </div>
      <div>
        <dt>Open orders</dt>
        <dd class="num">${known(row.openOrders === null ? null : String(row.openOrders))}</dd>
      </div>
      <div>
        <dt>As of</dt>
        <dd>${row.at === null ? known(null) : moment(row.at)}</dd>
      </div>
    </dl>
    <div class="chart" data-chart="${row.account}">
      <h3 data-chart-title>Margin ratio</h3>
      <div class="chart-canvas" data-chart-canvas></div>
    </div>
    ${positions.length === 0 ? html`<p class="quiet">No open position.</p>` : table(`Positions of ${row.account}`, ["Instrument", "Quantity#", "Entry#", "Mark#", "Notional USD#", "Unrealised USD#", "Liquidation#"], positions)}
  </section>`;
}

/** Every account with its figures, its chart and its positions. */
export function accountsPage(rows: readonly AccountRow[], freezes: readonly FreezeRow[], limits: Limits): Markup {
  return html`<div class="sheet">
    <h1>Accounts</h1>
    ${freezes.map((one) => html`<p class="freeze trading-${one.state}"><strong>${words(one.scope)}</strong> is ${one.state}: ${words(one.reason)} · ${words(one.setBy)} · ${moment(one.setAt)}</p>`)}
    ${rows.length === 0 ? emptyState("No account is watched", "Accounts named in desk.yaml appear here with margin, positions and distance to liquidation.", null) : rows.map((row) => account(row, limits))}
  </div>`;
}
