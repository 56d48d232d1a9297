import { type Markup, html } from "../chat/console/markup.ts";
import { raw } from "hono/html";

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#c9cdd3, #3b4048); --quiet: light-dark(#59616d, #9aa5b4);
  --ground: light-dark(#fff, #16181c); --raised: light-dark(#f4f5f7, #202329); --accent: light-dark(#0b63c4, #6cb0ff); }
* { box-sizing: border-box; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem auto; padding: 0 1.5rem; max-width: 84rem; background: var(--ground); }
h1 { font-size: 1.3rem; margin: 0 0 .3rem; } h2 { font-size: 1.1rem; margin: 0 0 .6rem; } h3 { font-size: 1.02rem; margin: .1rem 0; overflow-wrap: anywhere; }
main { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 1.5rem; margin-top: 1.2rem; }
article, aside { border: 1px solid var(--line); border-radius: 8px; padding: .6rem .9rem; margin: .8rem 0; }
aside { border-left: 4px solid var(--accent); background: var(--raised); }
.answer + .answer { border-top: 1px solid var(--line); margin-top: .5rem; padding-top: .5rem; }
.text { white-space: pre-line; overflow-wrap: anywhere; margin: .25rem 0; }
.quiet { color: var(--quiet); font-size: .86rem; margin: .2rem 0; overflow-wrap: anywhere; }
pre { white-space: pre; overflow-x: auto; font: 13px/1.4 ui-monospace, monospace; background: var(--raised); border: 1px solid var(--line); border-radius: 4px; padding: .4rem .6rem; margin: .3rem 0; }
.fields { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: .1rem 1rem; } .fields .wide { grid-column: 1 / -1; }
.embed { border-left: 4px solid #999; background: var(--raised); border-radius: 4px; padding: .4rem .8rem; margin: .4rem 0; }
[data-colour="d55e00"] { border-color: #d55e00; } [data-colour="e69f00"] { border-color: #e69f00; } [data-colour="f0e442"] { border-color: #f0e442; } [data-colour="56b4e9"] { border-color: #56b4e9; }
.thread { border-left: 2px solid var(--line); margin-top: .6rem; padding-left: .8rem; }
img { max-width: 100%; border-radius: 4px; display: block; margin: .4rem 0; }
.buttons { display: flex; flex-wrap: wrap; gap: .4rem; margin: .5rem 0; } .buttons form { display: contents; }
button, .button { font: inherit; font-size: .93rem; padding: .3rem .8rem; border: 1px solid var(--line); border-radius: 5px; background: var(--raised); color: inherit; text-decoration: none; cursor: pointer; min-height: 2.1rem; }
.primary { background: #14774f; border-color: #14774f; color: #fff; } .danger { background: #b3261e; border-color: #b3261e; color: #fff; }
.line { display: flex; gap: .4rem; } input, select, textarea { font: inherit; width: 100%; padding: .35rem .5rem; border: 1px solid var(--line); border-radius: 5px; background: var(--ground); color: inherit; min-height: 2.1rem; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; } a { color: var(--accent); } .button { color: inherit; display: inline-flex; align-items: center; }
[aria-current] { font-weight: bold; color: inherit; text-decoration: none; }
.shade { position: fixed; inset: 0; background: rgb(0 0 0 / .55); display: grid; place-items: center; padding: 1rem; overflow: auto; }
.modal { background: var(--ground); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.2rem; width: min(30rem, 100%); }
.modal label { display: block; margin: .7rem 0; } .modal label span { display: block; margin-bottom: .2rem; } .ends { display: flex; justify-content: flex-end; gap: .5rem; margin: 1rem 0 0; }
@media (max-width: 760px) { main { grid-template-columns: minmax(0, 1fr); } body { margin: .8rem auto; padding: 0 .9rem; } }
`;

/** What changed is put in its place every second, so that nobody loses what they are typing. */
const SCRIPT = `
const part = new URL(location.href);
part.searchParams.set("part", "feeds");
const seen = {};
setInterval(async () => {
  const answer = await fetch(part).catch(() => null);
  if (!answer?.ok) return;
  for (const [name, drawn] of Object.entries(await answer.json())) {
    if (seen[name] === drawn) continue;
    seen[name] = drawn;
    document.getElementById(name).innerHTML = drawn;
  }
}, 1000);
document.querySelector(".modal :is(select, textarea, input:not([type=hidden]))")?.focus();
`;

/** One platform's half of the page. */
export interface Column {
  readonly surface: "slack" | "discord";
  readonly name: string;
  readonly placeholder: string;
  /** Commands to choose from, "/hedge". */
  readonly commands: readonly string[];
  readonly feed: Markup;
}

const column = ({ surface, name, placeholder, commands, feed }: Column, as: string): Markup =>
  html`<section aria-label="${name}">
    <h2>${name}</h2>
    <form method="post" class="line">
      <input type="hidden" name="surface" value="${surface}" />
      <input type="hidden" name="as" value="${as}" />
      <input
        name="line"
        list="${surface}-commands"
        placeholder="${placeholder}"
        aria-label="Command on ${name}"
        autocomplete="off"
        maxlength="2000"
        required
      />
      <datalist id="${surface}-commands">${commands.map((one) => html`<option value="${one}"></option>`)}</datalist>
      <button>Send</button>
    </form>
    <div id="${surface}">${feed}</div>
  </section>`;

/** The whole page; `nonce` is what its own style and script carry. */
export const page = (parts: {
  readonly as: string;
  readonly people: readonly { readonly id: string; readonly name: string }[];
  readonly columns: readonly Column[];
  readonly modal: Markup | null;
  readonly note: string;
  readonly nonce: string;
}): Markup => {
  const { as, people, nonce } = parts;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Simulated Slack and Discord</title>
        <style nonce="${nonce}">
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <h1>Simulated Slack and Discord</h1>
        <p class="quiet">
          You are
          ${people.map(
            ({ id, name }, at) =>
              html`${at === 0 ? "" : " · "}<a href="?as=${id}" ${id === as ? html` aria-current="true"` : ""}
                  >${name}</a
                >`,
          )}
        </p>
        <p role="status" class="quiet">${parts.note}</p>
        <main>${parts.columns.map((one) => column(one, as))}</main>
        ${parts.modal ?? ""}
        <script nonce="${nonce}">
          ${raw(SCRIPT)};
        </script>
      </body>
    </html>`;
};
