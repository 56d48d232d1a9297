import type { Viewer } from "../viewer.ts";
import type { EmergencyPage, EmergencyUse } from "../emergency.ts";
import { type Markup, NOTHING, countdown, emptyState, html, moment, table, words } from "../markup.ts";
import { visible } from "../../../kernel/visible.ts";

/** What a link of a command filled in. */
interface Filled {
  readonly scope: string;
  readonly reason: string;
  readonly incident: string;
}

const LONGEST_MINUTES = 15;

const choice = (value: string, label: string, chosen: string): Markup =>
  html`<option value="${value}" ${value === chosen ? html` selected` : ""}>${visible(label)}</option>`;

function takeForm(page: EmergencyPage, filled: Filled): Markup {
  if (page.refusal !== null) return html`<p class="read-only">${page.refusal}</p>`;
  if (!page.hasPasskey)
    return html`<p class="read-only">
      They are taken with a passkey that a second person confirmed: <a href="/passkeys">enrol one</a>.
    </p>`;
  return html`<form class="stacked" data-passkey="break-glass">
    <label
      >Over
      <select name="scope">
        ${page.scopes.map((scope) => choice(scope, scope, filled.scope))}
      </select></label
    >
    <label
      >Why; everyone is paged with it
      <textarea name="reason" rows="3" minlength="10" maxlength="500" required>${visible(filled.reason)}</textarea>
    </label>
    <label
      >For how many minutes
      <input name="minutes" type="number" min="1" max="${LONGEST_MINUTES}" value="${LONGEST_MINUTES}" required
    /></label>
    <label
      >For the incident
      <select name="incident">
        ${choice("", "a new one", filled.incident)}
        ${page.incidents.map((one) => choice(one.incident, `${one.incident} ${one.title}`.slice(0, 70), filled.incident))}
      </select></label
    >
    <button class="button danger">Take emergency powers with passkey</button>
    <p class="answer" role="status" aria-live="polite"></p>
    <noscript>Passkeys need JavaScript.</noscript>
  </form>`;
}

function reviewOf(use: EmergencyUse): Markup | string {
  if (use.reviewedBy !== null) return html`by ${words(use.reviewedBy)}`;
  if (!use.mine) return html`<span class="deciding">open</span>`;
  return html`<form class="review" data-passkey="review" data-use="${use.id}">
    <label
      ><span class="hidden">What the review found</span
      ><input name="finding" minlength="10" maxlength="500" placeholder="What you found" required
    /></label>
    <button class="button">Reviewed</button>
    <span class="answer" role="status" aria-live="polite"></span>
  </form>`;
}

/** Taking emergency powers, and every use of them with its review. */
export const breakGlassPage = (page: EmergencyPage, viewer: Viewer, filled: Filled): Markup =>
  html`<div class="sheet">
    <h1>Emergency powers</h1>
    <p class="quiet">
      For at most fifteen minutes they stand in for other people's approvals, for what you ask and what only reduces
      risk. They pass no hard cap, no freeze and no denial. Everyone is paged, and the incident stays open until another
      person of risk or compliance has reviewed the use.
    </p>
    ${viewer.mayAct ? takeForm(page, filled) : NOTHING}
    <h2>Uses</h2>
    <div data-part="uses">
      ${
        page.uses.length === 0
          ? emptyState("Nobody took emergency powers yet", "Each use appears here, with who reviewed it.", null)
          : table(
              "Uses of emergency powers",
              ["Who", "Over", "Why", "Incident", "Taken", "Until", "Review"],
              page.uses.map((use) => [
                words(use.person),
                words(use.scope),
                words(use.reason),
                use.incident === null ? "" : html`<a href="/incidents/${use.incident}">${use.incident}</a>`,
                moment(use.openedAt),
                use.active ? countdown(use.expiresAt) : "over",
                reviewOf(use),
              ]),
            )
      }
    </div>
  </div>`;
