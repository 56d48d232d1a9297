import type { DetectorRow } from "../rows/detectors.ts";
import { type Markup, emptyState, html, moment, table, words } from "../markup.ts";

/** "3 of 4 right (75 %), 2 useful". */
export const precision = ({ all, right, useful }: DetectorRow["judged"]): Markup =>
  all === 0
    ? html`<span class="not-yet">not judged yet</span>`
    : html`${right} of ${all} right (${Math.round((100 * right) / all)} %), ${useful} useful`;

/** Installed detectors and what they lately saw. */
export const detectorsPage = (rows: readonly DetectorRow[]): Markup =>
  html`<div class="sheet">
    <h1>Detectors</h1>
    ${
      rows.length === 0
        ? emptyState(
            "No detector is running",
            "Detectors watch market and account streams and open incidents by themselves.",
            null,
          )
        : html`<div class="stack">
            ${table(
              "Detectors",
              ["Detector", "Watches", "Parameters", "Hits in 24 h#", "Last hit", "Precision so far"],
              rows.map((row) => [
                html`<a href="/detectors/${row.name}"><strong>${words(row.name)}</strong></a
                  ><br />${words(row.title)}`,
                words(row.stream),
                words(row.params),
                String(row.hits),
                row.lastHitAt === null ? html`<span class="not-yet">none yet</span>` : moment(row.lastHitAt),
                precision(row.judged),
              ]),
            )}
          </div>`
    }
    ${rows.length === 0 ? "" : html`<p>After an incident, say what it was: <code>/label INC-7 true</code>, <code>false</code> or <code>useful</code>.</p>`}
  </div>`;
