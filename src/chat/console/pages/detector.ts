import type { DetectorDetail, DetectorHit } from "../rows/detectors.ts";
import { type Markup, emptyState, html, instant, moment, severityBadge, table, words } from "../markup.ts";
import { visible } from "../../../kernel/visible.ts";
import { settingOf } from "../param-words.ts";
import { precision } from "./detectors.ts";

const SCOPES: Readonly<Record<string, string>> = {
  market: "each instrument at each venue",
  asset: "each coin over all venues",
  venue: "each venue",
  all: "everything together",
};

const incidentLink = (incident: string | null): Markup =>
  incident === null
    ? html`<span class="quiet">none</span>`
    : html`<a href="/incidents/${incident}">${visible(incident)}</a>`;

const hitCells = (hit: DetectorHit): readonly (Markup | string)[] => [
  moment(hit.at),
  hit.status === "firing" ? severityBadge(hit.severity) : html`<span class="quiet">over</span>`,
  html`${words(hit.instrument)} <span class="quiet">${words(hit.venue)}</span>`,
  words(hit.title),
  hit.score === null || hit.status === "resolved" ? html`<span class="quiet">–</span>` : hit.score.toFixed(2),
  incidentLink(hit.incident),
];

const scores = (detail: DetectorDetail): Markup =>
  html`<section class="chart" aria-labelledby="scores-title">
    <h2 id="scores-title">Scores of the last seven days</h2>
    ${
      detail.scores.length === 0
        ? html`<p class="quiet">It has not spoken in seven days.</p>`
        : html`<div
              class="chart-canvas"
              data-scores="${JSON.stringify(detail.scores.map((one) => [Date.parse(one.at), one.score]))}"
            ></div>
            <p class="quiet">
              It speaks from 0.5 (medium); high from 0.65, critical from 0.8. ${detail.scores.length}
              hit${detail.scores.length === 1 ? "" : "s"}, the highest
              ${Math.max(...detail.scores.map((one) => one.score)).toFixed(2)}.
            </p>`
    }
  </section>`;

const settings = (detail: DetectorDetail): Markup =>
  table(
    "Parameters",
    ["What it is", "Value#", "Default#", "In desk.yaml"],
    detail.settings.map((one) => [
      words(one.about),
      one.value === one.usual
        ? settingOf(one.value, one.unit)
        : html`<strong>${settingOf(one.value, one.unit)}</strong>`,
      settingOf(one.usual, one.unit),
      html`<code>${words(one.name)}: ${one.value}</code>`,
    ]),
  );

/** One detector: what it looks for, what it lately said, and what people thought of it. */
export function detectorPage(detail: DetectorDetail): Markup {
  return html`<div class="sheet">
    <p><a href="/detectors">All detectors</a></p>
    <h1>${words(detail.title)}</h1>
    <dl class="facts">
      <div>
        <dt>Name</dt>
        <dd><code>${words(detail.name)}</code></dd>
      </div>
      <div>
        <dt>Watches</dt>
        <dd>${words(detail.stream)}</dd>
      </div>
      <div>
        <dt>Keeps apart</dt>
        <dd>${SCOPES[detail.scope] ?? detail.scope}</dd>
      </div>
      <div>
        <dt>Raises</dt>
        <dd><code>${words(detail.alert)}</code></dd>
      </div>
      <div>
        <dt>After</dt>
        <dd>${words(detail.source)}</dd>
      </div>
      <div>
        <dt>Hits in 24 h</dt>
        <dd class="num">${detail.hits}</dd>
      </div>
      <div>
        <dt>Precision so far</dt>
        <dd>${precision(detail.judged)}</dd>
      </div>
    </dl>
    ${scores(detail)}
    <section class="stack" data-part="hits">
      <h2>Recent hits</h2>
      ${
        detail.recent.length === 0
          ? emptyState(
              "It has said nothing yet",
              "What it finds appears here, with the incident it opened or joined.",
              null,
            )
          : table(
              "Recent hits",
              ["When", "Severity", "Where", "What", "Score#", "Incident"],
              detail.recent.map(hitCells),
            )
      }
    </section>
    <section class="stack">
      <h2>Parameters</h2>
      ${detail.settings.length === 0 ? html`<p class="quiet">It has none.</p>` : settings(detail)}
      <p class="quiet">
        Set in desk.yaml: <code>detectors: { ${visible(detail.name)}: { params: { … } } }</code>. A value that is not
        its default is bold.
      </p>
    </section>
    <section class="stack" data-part="labels">
      <h2>What people said of it</h2>
      ${
        detail.labels.length === 0
          ? html`<p class="quiet">
              Nobody has judged it yet. Press True, False or Useful on its card, or write
              <code>/label INC-7 true</code>.
            </p>`
          : table(
              "Labels",
              ["Incident", "What it was", "Label", "By", "When"],
              detail.labels.map((one) => [
                incidentLink(one.incident),
                words(one.title),
                words(one.label),
                words(one.person),
                instant(one.at),
              ]),
            )
      }
    </section>
  </div>`;
}
