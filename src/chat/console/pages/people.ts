import type { PersonRow, SettingsView } from "../rows/people.ts";
import { type Markup, NOTHING, emptyState, html, table, words } from "../markup.ts";

/** People, their roles and linked chat accounts, and the policy's rules in words. */
export const peoplePage = (rows: readonly PersonRow[]): Markup =>
  html`<div class="sheet">
    <h1>People</h1>
    ${
      rows.length === 0
        ? emptyState(
            "Nobody is named",
            "People and their roles come from desk.yaml; without them nothing can be decided.",
            null,
          )
        : table(
            "People",
            ["Person", "Roles", "Linked accounts", "On call"],
            rows.map((row) => [
              html`<strong>${words(row.name)}</strong> <span class="quiet">${words(row.person)}</span>`,
              words(row.roles.join(", ") || "none: read only"),
              words(row.links.join(", ") || "none"),
              row.onCall ? html`<strong>on call</strong>` : "",
            ]),
          )
    }
    <p>
      <a href="/passkeys">Passkeys</a>, for approvals that need more than a click, and
      <a href="/break-glass">emergency powers</a>
    </p>
  </div>`;

/** "staleAfter" as "Stale after". */
function readable(key: string): string {
  const text = key
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll("-", " ")
    .toLowerCase()
    .replaceAll(/\b(usd|ttl)\b/g, (unit) => unit.toUpperCase());
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What is in force, by group; secrets never come this far. */
export const settingsPage = (view: SettingsView): Markup =>
  html`<div class="sheet">
    <h1>Settings</h1>
    <p class="quiet">Read from desk.yaml and the environment at start. Change them there and restart.</p>
    ${view.groups.map(
      (group) =>
        html`<section>
          <h2>${words(readable(group.title))}</h2>
          ${group.rows.length === 0 ? html`<p class="quiet">None.</p>` : NOTHING}
          <dl class="facts">
            ${group.rows.map(
              (row) =>
                html`<div>
                  <dt>${words(readable(row.label))}</dt>
                  <dd>${row.value === "" ? html`<span class="not-yet">none</span>` : words(row.value)}</dd>
                </div>`,
            )}
          </dl>
        </section>`,
    )}
    <form method="post" action="/sign-out"><button class="button quiet">Sign out</button></form>
  </div>`;
