import type { MarketRow } from "../rows/market.ts";
import { type Markup, NOTHING, emptyState, html, moment, severityBadge, words } from "../markup.ts";
import { visible } from "../../../kernel/visible.ts";

const COLUMNS = [
  "Instrument",
  "Venue",
  "Bid#",
  "Ask#",
  "Spread bps#",
  "Basis bps#",
  "Funding bps#",
  "Heard",
  "Faults",
  "Last hit",
];

const NUMBERS = new Set([...COLUMNS.filter((one) => one.endsWith("#")).map((one) => one.slice(0, -1)), "Option"]);
type Cell = readonly [label: string, cell: Markup | string, wide?: number];

/** What was not heard of an instrument; not "unknown", since most venues never send it. */
const none = html`<span class="quiet" title="not sent by this venue, or not heard yet">–</span>`;
const bps = (value: number | null): Markup =>
  value === null
    ? none
    : html`<span class="${value < 0 ? "loss" : ""}">${value > 0 ? "+" : ""}${value.toFixed(2)}</span>`;

function faults(row: MarketRow): Markup {
  const told = [
    ["gap", row.gaps],
    ["crossed book", row.crossed],
    ["wrong checksum", row.checksumsFailed],
  ] as const;
  const some = told.filter(([, count]) => count > 0);
  return some.length === 0
    ? html`<span class="quiet">none</span>`
    : html`${some.map(([what, count]) => `${count} ${what}${count === 1 ? "" : what.endsWith("x") ? "es" : "s"}`).join(", ")}`;
}

const lastHit = ({ hit }: MarketRow): Markup =>
  hit === null
    ? html`<span class="quiet">none in 24 h</span>`
    : html`${severityBadge(hit.severity)}
        <a href="/detectors/${hit.detector}">${visible(hit.detector)}</a>
        ${moment(hit.at)}${hit.incident === null ? NOTHING : html` <a href="/incidents/${hit.incident}">${visible(hit.incident)}</a>`}`;

/** What an option tells in place of a basis and funding. */
function optionCell({ option }: MarketRow): Markup {
  const told = [
    ["mark", option?.mark ?? null],
    ["volatility", option?.volatilityPercent == null ? null : `${option.volatilityPercent.toFixed(1)} %`],
    ["open interest", option?.openInterest ?? null],
    ["underlying", option?.underlying ?? null],
  ] as const;
  const some = told.filter(([, value]) => value !== null);
  return some.length === 0
    ? none
    : html`${some.map(([what, value], at) => html`${at > 0 ? html` · ` : NOTHING}<span class="quiet">${what}</span> ${value ?? ""}`)}`;
}

const heard = ({ heardAt, stale, trouble }: MarketRow): Markup =>
  heardAt === null
    ? html`<strong class="stale-word">not heard yet</strong>${trouble === null ? NOTHING : html`: ${words(trouble)}`}`
    : html`${stale ? html`<strong class="stale-word">stale</strong> ` : NOTHING}${moment(heardAt)}`;

/** What names a row on the page. */
export const marketKey = (row: Pick<MarketRow, "venue" | "instrument">): string => `${row.venue} ${row.instrument}`;

/** One instrument at one venue; the page's script replaces it by its key. */
export function renderMarketRow(row: MarketRow): Markup {
  const numbers: readonly Cell[] = row.option
    ? [["Option", optionCell(row), 2]]
    : [
        ["Basis bps", bps(row.basisBps)],
        [
          "Funding bps",
          row.funding === null
            ? none
            : html`${bps(row.funding.bps)} <span class="quiet">/ ${row.funding.hours} h</span>`,
        ],
      ];
  const cells: readonly Cell[] = [
    ["Instrument", html`<strong class="instrument">${words(row.instrument)}</strong>`],
    ["Venue", words(row.venue)],
    ["Bid", row.bid ?? none],
    ["Ask", row.ask ?? none],
    ["Spread bps", row.spreadBps === null ? none : row.spreadBps.toFixed(2)],
    ...numbers,
    ["Heard", heard(row)],
    ["Faults", faults(row)],
    ["Last hit", lastHit(row)],
  ];
  return html`<tr class="quote${row.stale ? " stale" : ""}" data-quote="${marketKey(row)}">
    ${cells.map(([label, cell, wide]) => html`<td data-label="${label}" ${NUMBERS.has(label) ? html` class="num"` : ""} ${wide ? html` colspan="${wide}"` : ""}>${cell}</td>`)}
  </tr>`;
}

const matches = (row: MarketRow, filter: string): boolean =>
  filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => marketKey(row).toLowerCase().includes(word));

/** Every instrument that the desk hears, by venue; live while the page is open. */
export function marketPage(rows: readonly MarketRow[], filter: string): Markup {
  const shown = rows.filter((row) => matches(row, filter));
  const stale = rows.filter((row) => row.stale).length;
  return html`<div class="sheet wide">
    <h1>Market</h1>
    ${
      rows.length === 0
        ? emptyState(
            "No instrument has been heard yet",
            "Instruments of the paper exchange, and those that desk.yaml names under feeds, appear here with their best prices as soon as they are heard.",
            "feeds: { binanceusdm: [BTCUSDT], okx: [BTC-USDT-SWAP] }",
          )
        : html`<form class="sheet-tools" method="get" action="/market">
              <p class="quiet">
                <span data-quote-count>${rows.length}</span> instrument${rows.length === 1 ? "" : "s"} ·
                <span data-quote-stale>${stale}</span> stale
              </p>
              <label
                >Filter
                <input
                  name="q"
                  type="search"
                  value="${visible(filter)}"
                  data-quote-filter
                  autocomplete="off"
                  spellcheck="false"
                  placeholder="btc okx"
              /></label>
            </form>
            <div class="scroll-x stack" tabindex="0" role="region" aria-label="Market">
              <table class="market" data-market>
                <caption class="hidden">
                  Best prices of every instrument at every venue
                </caption>
                <thead>
                  <tr>
                    ${COLUMNS.map((column) => html`<th scope="col" ${column.endsWith("#") ? html` class="num"` : ""}>${column.replace("#", "")}</th>`)}
                  </tr>
                </thead>
                <tbody>
                  ${shown.map(renderMarketRow)}
                </tbody>
              </table>
            </div>
            <p class="quiet" data-quote-none ${shown.length > 0 ? html` hidden` : ""}>No instrument matches.</p>
            <p class="quiet">
              Basis: mark price against index. Funding: what longs pay shorts for one interval. Options show their mark,
              volatility, open interest and the price of what they are on instead. An instrument is stale once it has
              been silent for ten times its usual pause, and for five seconds at least.
            </p>`
    }
  </div>`;
}
