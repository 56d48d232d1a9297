import type { Reply } from "../../surface.ts";
import { type Markup, NOTHING, html, table, words } from "../markup.ts";

/** Where people without a session arrive. */
export const signInPage = (why: string | null): Markup =>
  html`<h1>Sign in</h1>
    ${why === null ? NOTHING : html`<p class="refused">${why}</p>`}
    <p>Open the address that the program printed at its start, or paste its one-time token.</p>
    <form method="post" action="/sign-in" class="sign-in">
      <label>One-time token <input name="token" required autocomplete="off" spellcheck="false" size="44" /></label
      ><button class="button primary">Sign in</button>
    </form>
    <p class="quiet">A token works once; the program prints a new one at each start.</p>`;

/** Signed in: the next page is asked for by this one, so that the cookie travels with it even from a link elsewhere. */
export const welcomePage = (name: string): Markup =>
  html`<h1>Signed in</h1>
    <p>Welcome, ${words(name)}.</p>
    <p><a href="/">Open the console</a></p>`;

/** Makes the browser open the console by itself. */
export const forward = (target: string): Markup => html`<meta http-equiv="refresh" content="0;url=${target}" />`;

/** An error in words: what happened, what to do. */
export const problemPage = (title: string, message: string, hint: string): Markup =>
  html`<h1>${title}</h1>
    <p>${words(message)}</p>
    <p>${hint}</p>
    <p><a href="/">Back to the incidents</a></p>`;

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
    <p><a href="${back}">Back</a></p>`;
