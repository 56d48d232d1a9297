import type { Viewer } from "../viewer.ts";
import { type Markup, emptyState, html, moment, table, words } from "../markup.ts";
import type { PasskeyLine } from "../passkeys.ts";

const confirmed = (line: PasskeyLine, viewer: Viewer): Markup | string => {
  if (line.confirmedBy !== null) return html`confirmed by ${words(line.confirmedBy)}`;
  if (line.person === viewer.person || !viewer.mayAct)
    return html`<span class="deciding">waits for a second person</span>`;
  return html`<form data-passkey="confirm" data-credential="${line.id}">
    <button class="button">Confirm</button>
    <span class="answer" role="status" aria-live="polite"></span>
  </form>`;
};

/** Everybody's passkeys, and the viewer's own: enrolment, confirmation by a second person, recovery codes. */
export const passkeysPage = (keys: readonly PasskeyLine[], viewer: Viewer): Markup =>
  html`<div class="sheet" data-passkey-page>
    <h1>Passkeys</h1>
    <p class="quiet">
      A passkey signs in to this console, and large plans are approved with one. A new one counts only after a second
      person, who looked at its owner, has confirmed it.
    </p>
    <form data-passkey="elsewhere" class="stacked" hidden>
      <p class="read-only">Browsers bind passkeys to names, and this address is a number: enrol at localhost.</p>
      <button class="button">Continue at localhost</button>
      <p class="answer" role="status" aria-live="polite"></p>
    </form>
    <div data-part="keys">
      ${
        keys.length === 0
          ? emptyState(
              "No passkeys yet",
              "Enrol yours below, then ask somebody with the role risk or operator to confirm it.",
              null,
            )
          : table(
              "Passkeys",
              ["Person", "Since", "State"],
              keys.map((line) => [words(line.name), moment(line.createdAt), confirmed(line, viewer)]),
            )
      }
    </div>
    <form data-passkey="enrol" class="stacked">
      <button class="button primary">Enrol a passkey of mine</button>
      <p class="answer" role="status" aria-live="polite"></p>
    </form>
    <h2>For the day the passkey is lost</h2>
    <form data-passkey="codes" class="stacked">
      <p class="quiet">Recovery codes only revoke; they approve nothing. New ones end the older ones.</p>
      <button class="button">Make recovery codes</button>
      <p class="answer" role="status" aria-live="polite"></p>
    </form>
    <form data-passkey="recover" class="stacked">
      <label>Recovery code <input name="code" autocomplete="off" spellcheck="false" required /></label>
      <button class="button">Revoke all my passkeys</button>
      <p class="answer" role="status" aria-live="polite"></p>
    </form>
  </div>`;
