import type { HeaderView } from "./header.ts";
import type { Viewer } from "./viewer.ts";
import { LEDGER_READERS, holdsAny } from "./guard.ts";
import { type Markup, NOTHING, html, words } from "./markup.ts";
import { visible } from "../../kernel/visible.ts";

/** What every page needs to draw its frame. */
export interface Frame {
  readonly deskName: string;
  readonly environment: "paper" | "live";
  readonly viewer: Viewer;
  readonly header: HeaderView;
  readonly now: Date;
  /** Id of the newest event this page has seen. */
  readonly last: string;
  /** Fingerprint of the page's files, so that a new build is fetched at once. */
  readonly build: string;
}

const PAGES = [
  ["/", "Incidents"],
  ["/alerts", "Alerts"],
  ["/approvals", "Approvals"],
  ["/accounts", "Accounts"],
  ["/risk", "Risk"],
  ["/orders", "Orders"],
  ["/playbooks", "Playbooks"],
  ["/market", "Market"],
  ["/detectors", "Detectors"],
  ["/replay", "Replay"],
  ["/rules", "Rules"],
  ["/ledger", "Ledger"],
  ["/people", "People"],
  ["/settings", "Settings"],
] as const;

const TRADING = { active: "Trading active", reducing: "Reducing only", halted: "Trading halted" } as const;

/** Trading state, venues, who is on call: replaced in place while the page lives. */
export function renderStatus(header: HeaderView): Markup {
  return html`<div
    class="status"
    data-status
    data-open="${header.openIncidents}"
    data-pending-count="${header.pendingApprovals}"
  >
    <span class="trading trading-${header.trading.state}" title="${visible(header.trading.detail)}"
      >${TRADING[header.trading.state]}${header.trading.freezes > 0 ? html`<span class="freeze-count">, ${header.trading.freezes} freeze${header.trading.freezes === 1 ? "" : "s"}</span>` : NOTHING}</span
    >
    <ul class="dots" aria-label="Venues and surfaces">
      ${header.dots.map((dot) => html`<li class="dot dot-${dot.state}" title="${visible(`${dot.name}: ${dot.state}. ${dot.detail}`)}"><span class="dot-mark" aria-hidden="true"></span>${visible(dot.name)}<span class="${dot.state === "up" ? "hidden" : "dot-word"}"> ${dot.state}</span></li>`)}
    </ul>
    <span class="on-call"
      >On call:
      ${header.onCall === null ? html`<strong class="nobody">nobody</strong>` : html`<strong>${words(header.onCall)}</strong>`}</span
    >
  </div>`;
}

const bare = (title: string, build: string, body: Markup, head: Markup = NOTHING): Markup =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="dark light" />
        <title>${title}</title>
        ${head}
        <link rel="icon" href="/assets/icon.svg?v=${build}" />
        <link rel="stylesheet" href="/assets/uplot.css?v=${build}" />
        <link rel="stylesheet" href="/assets/console.css?v=${build}" />
        <script src="/assets/theme.js?v=${build}"></script>
        <script src="/assets/uplot.js?v=${build}" defer></script>
        <script type="module" src="/assets/main.js?v=${build}"></script>
      </head>
      ${body}
    </html>`;

/** A page outside the frame: sign-in, refusal, the answer to a plain form. */
export const renderBare = (title: string, build: string, main: Markup, head: Markup = NOTHING): Markup =>
  bare(
    title,
    build,
    html`<body class="bare">
      <main class="bare-main">${main}</main>
    </body>`,
    head,
  );

const commandLine = (viewer: Viewer): Markup =>
  html`<section class="command" aria-label="Command line">
    <div class="command-answer" data-command-answer hidden>
      <button type="button" class="plain command-close" data-command-close aria-label="Close the answers">Close</button>
      <div data-command-log role="log" aria-live="polite" tabindex="0" aria-label="Answers"></div>
    </div>
    <ul class="completions" id="completions" role="listbox" aria-label="Completions" data-completions hidden></ul>
    <form method="post" action="/command" data-command>
      <label for="command" class="hidden">Command</label><span class="prompt" aria-hidden="true">›</span>
      <input
        id="command"
        name="text"
        type="text"
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        role="combobox"
        aria-expanded="false"
        aria-controls="completions"
        aria-autocomplete="list"
        placeholder="${viewer.mayAct ? "/hedge BTC, /positions, /freeze, /help" : "/positions, /risk, /help"}"
      /><button type="submit" class="button quiet">Send</button>
    </form>
  </section>`;

const help = html`<dialog class="help" data-help aria-labelledby="help-title">
    <h2 id="help-title">Keys</h2>
    <dl>
      <div>
        <dt><kbd>/</kbd></dt>
        <dd>command line</dd>
      </div>
      <div>
        <dt><kbd>j</kbd> <kbd>k</kbd></dt>
        <dd>next and previous incident</dd>
      </div>
      <div>
        <dt><kbd>a</kbd></dt>
        <dd>acknowledge the incident shown</dd>
      </div>
      <div>
        <dt><kbd>Esc</kbd></dt>
        <dd>close, leave the command line</dd>
      </div>
      <div>
        <dt><kbd>?</kbd></dt>
        <dd>this list</dd>
      </div>
    </dl>
    <p class="quiet">No key approves: that takes a press of the button.</p>
    <form method="dialog"><button class="button quiet">Close</button></form>
  </dialog>
  <dialog class="confirm" data-confirm-box aria-labelledby="confirm-text">
    <p id="confirm-text"></p>
    <form method="dialog">
      <button class="button quiet" value="no" autofocus>Back</button
      ><button class="button primary" value="yes" data-confirm-yes></button>
    </form>
  </dialog>`;

/** The whole document around one page's content. `path` marks the entry of the navigation. */
export function renderPage(frame: Frame, path: string, title: string, main: Markup): Markup {
  const { header, viewer } = frame;
  const pages = PAGES.filter(([href]) => href !== "/ledger" || holdsAny(viewer, LEDGER_READERS));
  return bare(
    `${title} · ${frame.deskName} ${frame.environment.toUpperCase()}`,
    frame.build,
    html`<body
      class="env-${frame.environment}"
      data-now="${frame.now.toISOString()}"
      data-last="${frame.last}"
      data-build="${frame.build}"
      data-may-act="${viewer.mayAct ? "yes" : "no"}"
    >
      <a class="skip" href="#main">Skip to content</a>
      <header class="top">
        <div class="band">
          <a class="desk" href="/">${words(frame.deskName)}</a
          ><strong
            class="env env-${frame.environment}"
            title="${frame.environment === "paper" ? "Orders go to a simulated exchange; no real money moves" : "Orders go to real exchanges with real money"}"
            >${frame.environment.toUpperCase()}</strong
          >
          ${renderStatus(header)}
          <span class="right-end"
            ><span class="connection" data-connection role="status">page as of</span
            ><time class="utc num" data-clock datetime="${frame.now.toISOString()}"
              >${frame.now.toISOString().slice(11, 19)} UTC</time
            ><span class="viewer" title="${visible(viewer.roles.join(", "))}"
              >${words(viewer.name)}${viewer.mayAct ? NOTHING : html` <span class="read-only-mark">read only</span>`}</span
            ></span
          >
        </div>
        <nav class="pages" aria-label="Pages">
          ${pages.map(([href, label]) => html`<a href="${href}" ${href === path ? html` aria-current="page"` : ""}>${label}${href === "/approvals" ? html`<span class="count" data-count-pending${header.pendingApprovals === 0 ? html` hidden` : ""}>${header.pendingApprovals}</span>` : NOTHING}</a>`)}<button
            type="button"
            class="plain"
            data-theme-toggle
            hidden
          >
            Theme</button
          ><button type="button" class="plain" data-help-open hidden aria-label="Keys">?</button>
        </nav>
      </header>
      <p class="lost" data-lost role="alert" hidden></p>
      <main id="main" class="page">${main}</main>
      ${commandLine(viewer)} ${help}
      <div class="hidden" aria-live="polite" data-announce></div>
    </body>`,
  );
}
