import type { DryRun, PlaybookRow, RunRow } from "../rows/playbooks.ts";
import { type Markup, NOTHING, emptyState, html, moment, table, words } from "../markup.ts";
import { visible } from "../../../kernel/visible.ts";

const dryForm = (row: PlaybookRow, mayAct: boolean): Markup =>
  mayAct
    ? html`<form method="post" action="/playbooks/dry-run" class="dry">
        <input type="hidden" name="playbook" value="${row.name}" /><label
          >Account <input name="account" required size="12" autocomplete="off" /></label
        ><button class="button quiet">Dry run</button>
      </form>`
    : NOTHING;

/** Off at once; on only after others approved it, so the button says that it asks. */
const switchForm = (row: PlaybookRow, mayAct: boolean): Markup => {
  const state = row.enabled ? html`on` : html`<strong class="loosens">off</strong>`;
  if (!mayAct) return state;
  return html`${state}
    <form method="post" action="/command" class="dry">
      <input type="hidden" name="text" value="/playbook ${row.enabled ? "disable" : "enable"} ${row.name}" />
      <button class="button quiet">${row.enabled ? "Switch off" : "Ask to switch on"}</button>
    </form>`;
};

/** Installed playbooks with their dry run, then the runs. */
export function playbooksPage(rows: readonly PlaybookRow[], runs: readonly RunRow[], mayAct: boolean): Markup {
  const books = rows.map((row) => [
    html`<strong>${words(row.name)}</strong> <span class="quiet">version ${row.version}</span
      ><br />${words(row.title)}`,
    words(row.on),
    words(row.needs.join(", ") || "nothing"),
    switchForm(row, mayAct),
    row.enabled ? dryForm(row, mayAct) : NOTHING,
  ]);
  const lines = runs.map((run) => [
    moment(run.createdAt),
    words(`${run.playbook}@${run.version}`),
    html`<a href="/incidents/${run.incident}">${visible(run.incident)}</a>`,
    html`<span class="run-state run-${run.state}">${run.state}</span>`,
    run.step === null ? "" : words(run.step),
    run.outcome === null ? "" : words(run.outcome),
    words(run.requestedBy),
  ]);
  return html`<div class="sheet" data-part="sheet">
    <h1>Playbooks</h1>
    ${rows.length === 0 ? emptyState("No playbook is installed", "A playbook is one file in playbooks/: what starts it, what it needs, and its steps.", "playbooks/margin-breach.ts") : html`<div class="stack">${table("Playbooks", ["Playbook", "Starts on", "Needs", "State", "Try it"], books)}</div>`}
    <h2>Runs</h2>
    ${runs.length === 0 ? html`<p class="quiet">None has run yet.</p>` : html`<div class="stack">${table("Runs", ["Started", "Playbook", "Incident", "State", "Step", "Outcome", "Started by"], lines)}</div>`}
  </div>`;
}

/** What a dry run said. */
export const dryRunPage = (name: string, result: DryRun): Markup =>
  html`<div class="sheet">
    <h1>Dry run of ${words(name)}</h1>
    <p>${words(result.text)}</p>
    <p class="quiet">Nothing was sent.</p>
    <ol>
      ${result.steps.map((step) => html`<li><strong>${words(step.name)}</strong> ${words(step.note)}</li>`)}
    </ol>
    <p><a href="/playbooks">Back to playbooks</a></p>
  </div>`;
