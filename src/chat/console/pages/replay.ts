import type { ReplayRow } from "../rows/replay.ts";
import { type Markup, emptyState, html, table, words } from "../markup.ts";

const size = (bytes: number): string => {
  const megabytes = bytes / 1_048_576;
  return `${megabytes < 10 ? megabytes.toFixed(1) : Math.round(megabytes).toLocaleString("en-US")} MB`;
};

const addressOf = (id: string): string => `/replay/${encodeURIComponent(id)}`;

/** Recordings that can be replayed. */
export const replaysPage = (rows: readonly ReplayRow[]): Markup =>
  html`<div class="sheet">
    <h1>Replay</h1>
    <p>
      A recorded day runs through the same detectors and playbooks as the live desk, on its own clock and with an
      account on paper; nothing is sent.
    </p>
    ${
      rows.length === 0
        ? emptyState(
            "Nothing was recorded yet",
            "A desk that watches markets keeps what its detectors see, and the day appears here. Recordings of others appear where desk.yaml names their folder.",
            "recordings: { library: ./published }",
          )
        : table(
            "Recordings",
            ["Recording", "Size#", "What replaying it said"],
            rows.map((row) => [
              html`<a href="${addressOf(row.id)}">${words(row.name)}</a>`,
              size(row.bytes),
              row.outcome === null ? html`<span class="not-yet">not opened yet</span>` : words(row.outcome),
            ]),
          )
    }
  </div>`;

/** One recording; the page's script asks for its view and draws it. */
export const replayPage = (id: string, name: string): Markup =>
  html`<div class="sheet replay" data-replay="/api/replays/${encodeURIComponent(id)}">
    <h1>${words(name)}</h1>
    <p class="quiet"><a href="/replay">All recordings</a></p>
    <p data-replay-state role="status">Replaying needs this page's script.</p>
    <div data-replay-body hidden>
      <div class="sheet-tools">
        <label
          >Market
          <select data-replay-market></select
        ></label>
        <span class="replay-steps"
          ><button type="button" class="button" data-replay-back>Earlier mark</button
          ><button type="button" class="button" data-replay-on>Later mark</button></span
        >
      </div>
      <h2 class="hidden">Price</h2>
      <p data-replay-title></p>
      <div class="chart-canvas" data-replay-canvas></div>
      <div class="replay-time">
        <label for="replay-time">Time</label><input id="replay-time" type="range" data-replay-time /><output
          for="replay-time"
          class="num"
          data-replay-now
        ></output>
      </div>
      <div class="replay-columns">
        <section aria-labelledby="replay-book">
          <h2 id="replay-book">Book</h2>
          <div data-replay-book></div>
        </section>
        <section aria-labelledby="replay-hits">
          <h2 id="replay-hits">Hits</h2>
          <div data-replay-hits></div>
        </section>
        <section aria-labelledby="replay-plans">
          <h2 id="replay-plans">What playbooks would have planned</h2>
          <div data-replay-plans></div>
        </section>
      </div>
    </div>
  </div>`;
