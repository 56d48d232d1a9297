import type { Reply } from "../../surface.ts";
import { type Markup, NOTHING, html, table, words } from "../markup.ts";
import { visible } from "../../../kernel/visible.ts";

/** The ways to a session beside the one-time token. */
export interface Ways {
  /** What the provider is called; null where the desk has none. */
  readonly sso: string | null;
  readonly passkey: boolean;
}

/** The script shows it where the browser can; without one there is no passkey. */
const passkeyForm = (kind: "primary" | "quiet"): Markup =>
  html`<form data-passkey="sign-in" hidden>
    <button class="button ${kind}">Sign in with a passkey</button>
    <p class="answer" role="status" aria-live="polite"></p>
  </form>`;

/** Where people without a session arrive. */
export const signInPage = (why: string | null, { sso, passkey }: Ways): Markup =>
  html`<h1>Sign in</h1>
    ${why === null ? NOTHING : html`<p class="refused">${why}</p>`}
    ${sso === null ? NOTHING : html`<p><a class="button primary" href="/sso">Sign in with ${words(sso)}</a></p>`}
    ${passkey ? passkeyForm(sso === null ? "primary" : "quiet") : NOTHING}
    <p>
      ${sso === null && !passkey ? "Open" : "Or open"} the address that the program printed at its start, or paste its
      one-time token.
    </p>
    <form method="post" action="/sign-in" class="sign-in">
      <label>One-time token <input name="token" required autocomplete="off" spellcheck="false" size="44" /></label
      ><button class="button ${sso === null && !passkey ? "primary" : "quiet"}">Sign in</button>
    </form>
    <p class="quiet">A token works once; the program prints a new one at each start.</p>`;

/** Signed in: the next page is asked for by this one, so that the cookie travels with it even from a link elsewhere. */
export const welcomePage = (name: string): Markup =>
  html`<h1>Signed in</h1>
    <p>Welcome, ${words(name)}.</p>
    <p><a href="/">Open the console</a></p>`;

/** The provider knows this person and the desk does not: who can help, and with what. */
export const unknownPersonPage = (issuer: string, subject: string): Markup =>
  html`<h1>Not signed in</h1>
    <p class="refused">Your sign-in is good, but nobody of this desk has your subject.</p>
    <p>
      Ask who runs the desk to write this under your name in desk.yaml. Roles come from there, never from the provider.
    </p>
    <pre>oidc: { issuer: "${visible(issuer)}", subject: "${visible(subject)}" }</pre>
    <p><a href="/sign-in">Back to the sign-in page</a></p>`;

/** The console's session is over; the provider's own may not be. */
export const signedOutPage = (sso: string, end: string): Markup =>
  html`<h1>Signed out</h1>
    <p>Your session here is over. ${words(sso)} may still know you, and would sign you in again without asking.</p>
    <p><a class="button primary" href="${end}">Sign out there too</a></p>
    <p><a href="/sign-in">Back to the sign-in page</a></p>`;

/** Makes the browser open the console by itself. */
export const forward = (target: string): Markup => html`<meta http-equiv="refresh" content="0;url=${target}" />`;

/** Makes the browser ask for the same page again, every few seconds. */
export const askAgain: Markup = html`<meta http-equiv="refresh" content="5" />`;

/** An error in words: what happened, what to do; what its message says already is not said again. */
export const problemPage = (
  { title, hint }: { readonly title: string; readonly hint: string },
  message: string,
  back: "/" | "/sign-in",
): Markup =>
  html`<h1>${title}</h1>
    ${message.includes(hint) ? NOTHING : html`<p>${words(message)}</p>`}
    <p>${hint}</p>
    <p><a href="${back}">Back to the ${back === "/" ? "incidents" : "sign-in page"}</a></p>`;

/** The answer to a plain form. */
export const answerPage = (reply: Reply, back: string): Markup =>
  html`<h1>${reply.ok ? "Done" : "Not done"}</h1>
    <p class="reply">${words(reply.text)}</p>
    ${
      reply.table
        ? table(
            "Answer",
            reply.table.columns,
            reply.table.rows.map((row) => row.map((cell) => words(cell))),
          )
        : NOTHING
    }
    ${reply.link ? html`<p><a href="${reply.link.url}">${words(reply.link.label)}</a></p>` : NOTHING}
    <p><a href="${back}">Back</a></p>`;
