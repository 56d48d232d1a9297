import { type Decimal, compare, decimal, grouped, greater, mul, places } from "../../kernel/decimal.ts";
import type { AccountRow, FreezeRow } from "./rows/accounts.ts";
import type { ApprovalRow } from "./rows/plans.ts";
import { figure } from "./figures.ts";
import { type Markup, NOTHING, UNKNOWN, countdown, html, moment, words } from "./markup.ts";

/** Margin thresholds, 0..1, and the age from which an account's figures count as stale. */
export interface Limits {
  readonly warnRatio: Decimal<"ratio">;
  readonly limitRatio: Decimal<"ratio">;
  readonly staleAfterMs: number;
}

/** "83.1 %" from "0.831". */
export const percent = (ratio: string, digits = 1): string =>
  `${grouped(mul(ratio as Decimal, decimal("100")), digits)} %`;

/** How an account stands, as a word; the word and the bar's pattern carry it, not the colour alone. */
export function standing(ratio: string | null, limits: Limits): "unknown" | "calm" | "warning" | "over" {
  if (ratio === null) return "unknown";
  if (compare(ratio as Decimal, limits.limitRatio) >= 0) return "over";
  return compare(ratio as Decimal, limits.warnRatio) >= 0 ? "warning" : "calm";
}

/** An account without positions is not called calm: it may be flat because it was liquidated. */
const standingWord = (row: AccountRow, state: keyof typeof STANDING): string =>
  row.at !== null && row.positions.length === 0 && state === "calm" ? "flat" : STANDING[state];

const STANDING = { unknown: "unknown", calm: "calm", warning: "near the limit", over: "over the limit" } as const;

/** Per cent of the bar's width. */
const across = (ratio: Decimal): string => places(mul(ratio, decimal("100")), 1, "half-even");

/** The bar from 0 to 1 with both thresholds marked; drawn as SVG because the page forbids inline style. */
export function marginBar(ratio: string | null, limits: Limits): Markup {
  const width = ratio === null ? "0" : across(clamp(ratio));
  return html`<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
    <rect class="bar-ground" width="100" height="8" />
    <rect class="bar-fill" width="${width}" height="8" />
    <line class="bar-mark" x1="${across(limits.warnRatio)}" x2="${across(limits.warnRatio)}" y2="8" />
    <line class="bar-mark" x1="${across(limits.limitRatio)}" x2="${across(limits.limitRatio)}" y2="8" />
  </svg>`;
}

const clamp = (ratio: string): Decimal => (greater(ratio as Decimal, decimal("1")) ? decimal("1") : (ratio as Decimal));

/** Age of figures: struck by the page, and here already, once they are older than the limit. */
export const isStale = (row: AccountRow, limits: Limits, now: Date): boolean =>
  row.at === null || now.getTime() - Date.parse(row.at) > limits.staleAfterMs;

function account(row: AccountRow, limits: Limits, now: Date): Markup {
  const state = standing(row.marginRatio, limits);
  const stale = row.at !== null && isStale(row, limits, now);
  return html`<li
    class="account is-${state}${stale ? " stale" : ""}"
    data-account="${row.account}"
    ${row.at === null ? "" : html` data-at="${row.at}"`}
  >
    <p class="account-head">
      <a href="/accounts#${row.account}">${words(row.account)}</a
      ><span class="account-venue">${words(row.venue)}</span
      >${row.at === null ? html`<span class="quiet">no figures yet</span>` : html`<span class="age"><span class="as-of">as of</span> ${moment(row.at)}</span>`}
    </p>
    ${row.trading === "active" ? NOTHING : html`<p><span class="trading trading-${row.trading}">${row.trading === "halted" ? "Halted" : "Reducing only"}</span></p>`}
    ${marginBar(row.marginRatio, limits)}
    <p class="account-line">
      <span
        >Margin ratio
        <strong class="num live">${row.marginRatio === null ? UNKNOWN : percent(row.marginRatio)}</strong></span
      ><span class="standing">${standingWord(row, state)}</span>
    </p>
    <p class="account-line">
      <span>To liquidation <span class="num live">${distance(row)}</span></span>
    </p>
    <p class="account-line quiet">
      <span
        >Equity
        <span class="num live"
          >${row.equityUsd === null ? UNKNOWN : html`${figure(rounded(row.equityUsd))} USD`}</span
        ></span
      >
    </p>
  </li>`;
}

/** Two decimals are enough for a column that is read in passing; the accounts page shows all. */
const rounded = (amount: string): string => places(amount as Decimal, 0, "half-even");

function distance(row: AccountRow): Markup {
  if (row.nearest)
    return html`${percent(row.nearest.distanceRatio)} <span class="instrument">${words(row.nearest.symbol)}</span>`;
  return row.at !== null && row.positions.length === 0 ? html`no position` : UNKNOWN;
}

/** Accounts with their margin, then the freezes that hold. */
export function renderAccounts(
  rows: readonly AccountRow[],
  freezes: readonly FreezeRow[],
  limits: Limits,
  now: Date,
): Markup {
  return html`<div data-side>
    <section aria-labelledby="accounts-title">
      <h2 id="accounts-title">Accounts</h2>
      ${
        rows.length === 0
          ? html`<p class="quiet">No account is watched. Name one in <code>desk.yaml</code>.</p>`
          : html`<ul class="accounts" data-stale-after="${limits.staleAfterMs}">
              ${rows.map((row) => account(row, limits, now))}
            </ul>`
      }
    </section>
    <section aria-labelledby="freezes-title">
      <h2 id="freezes-title">Freezes</h2>
      ${
        freezes.length === 0
          ? html`<p class="quiet">None. Trading is active everywhere.</p>`
          : html`<ul class="freezes">
              ${freezes.map(
                (one) =>
                  html`<li class="freeze trading-${one.state}">
                    <p>
                      <strong>${words(scopeName(one.scope))}</strong>
                      <span class="trading trading-${one.state}">${one.state}</span>
                    </p>
                    <p>${words(one.reason)}</p>
                    <p class="quiet">${words(one.setBy)} · ${moment(one.setAt)}</p>
                  </li>`,
              )}
            </ul>`
      }
    </section>
  </div>`;
}

/** "The whole desk" for "firm", "account paper-a" for "account:paper-a". */
export const scopeName = (scope: string): string => (scope === "firm" ? "The whole desk" : scope.replace(":", " "));

/** Pending approvals, those this person may decide first. */
const pathOf = (row: ApprovalRow): string => {
  if (row.action === "policy") return `/rules/changes/${row.planHash}`;
  return row.incident === null ? "/approvals" : `/incidents/${row.incident}`;
};

export function renderPending(rows: readonly ApprovalRow[]): Markup {
  const sorted = [...rows].sort((a, b) => Number(b.mine) - Number(a.mine) || a.expiresAt.localeCompare(b.expiresAt));
  return html`<section data-pending aria-labelledby="pending-title">
    <h2 id="pending-title">Approvals</h2>
    ${
      sorted.length === 0
        ? html`<p class="quiet">None is waiting.</p>`
        : html`<ul class="pending">
            ${sorted.map(
              (row) =>
                html`<li class="${row.mine ? "mine" : "others"}">
                  <a href="${pathOf(row)}"
                    ><span class="pending-title"
                      >${row.mine ? html`<span class="deciding">yours</span> ` : NOTHING}${words(row.title)}</span
                    ><span class="pending-line num"
                      >${row.action === "policy" ? NOTHING : html`${figure(row.notionalUsd)} USD · `}${row.given} of
                      ${row.needed} · ${countdown(row.expiresAt)}</span
                    ></a
                  >
                </li>`,
            )}
          </ul>`
    }
  </section>`;
}
