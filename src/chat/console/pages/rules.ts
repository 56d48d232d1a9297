import { type Markup, NOTHING, countdown, emptyState, html, instant, moment, table, words } from "../markup.ts";
import { visible } from "../../../kernel/visible.ts";
import type { ChangeLine, ChangePage, DifferenceLine, DraftPage, HeldRules, RulesPage } from "../rules.ts";
import { votesTable } from "../votes.ts";

const STATES = {
  waiting: "waits for people and its time-lock",
  published: "was put in force",
  refused: "was refused",
  void: "was overtaken",
} as const;

const changeRow = (one: ChangeLine): readonly (Markup | string)[] => [
  html`<a class="fingerprint" href="/rules/changes/${one.hash.slice(0, 16)}">${one.words}</a>`,
  words(one.requestedBy),
  words(one.reason),
  html`${one.loosens === 0 ? NOTHING : html`<strong class="loosens">${one.loosens} loosen</strong> `}${one.tightens === 0 ? NOTHING : html`${one.tightens} tighten`}`,
  STATES[one.state],
  one.state === "waiting" ? countdown(one.opensAt) : moment(one.openedAt),
];

const columns = ["Change", "Asked by", "Why", "What", "State"];

/** The rules in force, what people want of them, and a place to draft others. */
export function rulesPage(page: RulesPage): Markup {
  const waiting = page.changes.filter((one) => one.state === "waiting");
  const over = page.changes.filter((one) => one.state !== "waiting");
  return html`<div class="sheet">
    <h1>Rules</h1>
    ${page.held === null ? NOTHING : heldNotice(page.held, page.mayDraft)}
    <dl class="facts">
      <div>
        <dt>In force</dt>
        <dd><span class="fingerprint">${page.version.slice(0, 16)}</span></dd>
      </div>
      <div>
        <dt>Since</dt>
        <dd>${page.since === null ? "" : instant(page.since)}, by ${words(page.by)}</dd>
      </div>
      <div>
        <dt>To loosen them</dt>
        <dd>${visible(page.needs)}. What only tightens is in force at once.</dd>
      </div>
      ${
        page.playbooksOff.length === 0
          ? NOTHING
          : html`<div>
              <dt>Switched off</dt>
              <dd>${words(page.playbooksOff.join(", "))}</dd>
            </div>`
      }
      ${
        page.rotas.length === 0
          ? NOTHING
          : html`<div>
              <dt>On call</dt>
              <dd>${words(page.rotas.join("; "))}</dd>
            </div>`
      }
    </dl>
    <div data-part="waiting">
      ${
        waiting.length === 0
          ? NOTHING
          : html`<h2>Waiting</h2>
              ${table("Waiting changes", [...columns, "In force in, at the earliest"], waiting.map(changeRow))}`
      }
    </div>
    <h2>How plans are judged</h2>
    <p class="quiet">All rules are asked; the most restrictive answer wins. What no rule permits is denied.</p>
    <div class="stack">
      ${table(
        "Rules in force",
        ["Rule", "About", "Says", "Limits", "Tier"],
        page.rules.map((rule) => [
          html`<strong>${words(rule.name)}</strong>${rule.title === "" ? NOTHING : html`<br />${words(rule.title)}`}`,
          words(rule.about),
          words(rule.says),
          html`${rule.limits.map((limit) => html`${words(limit)}<br />`)}`,
          rule.tier === "" ? "" : words(rule.tier),
        ]),
      )}
    </div>
    <h2>Caps that no quorum passes</h2>
    ${
      page.caps.length === 0
        ? emptyState("There are none", "Without hard caps enough people can approve any amount.", null)
        : html`<ul class="plain-list">
            ${page.caps.map((cap) => html`<li>${words(cap)}</li>`)}
          </ul>`
    }
    ${
      page.mayDraft
        ? html`<h2>Draft other rules</h2>
            <p class="quiet">
              These are the policy, people, rotas and playbooks in force. Change them, or paste what stands in your
              desk.yaml; what you leave out stays as it is. Nothing changes before you have seen what it would do.
            </p>
            ${draftForm(page.text)}`
        : html`<p class="read-only">Other rules are drafted by risk, policy-admin or operator.</p>`
    }
    ${
      over.length === 0
        ? NOTHING
        : html`<h2>Before</h2>
            ${table("Changes of before", [...columns, "Asked"], over.map(changeRow))}`
    }
  </div>`;
}

/** desk.yaml asks for more than is in force: what, and how people get it. */
const heldNotice = ({ loosens, text }: HeldRules, mayDraft: boolean): Markup =>
  html`<section class="held" aria-label="Rules of desk.yaml that were not taken">
    <p>
      <strong>desk.yaml would loosen the rules, and was not taken.</strong> Those before it stay in force. Looser would
      be:
    </p>
    <ul class="plain-list">
      ${loosens.map((one) => html`<li class="loosens">${words(one)}</li>`)}
    </ul>
    ${
      mayDraft
        ? html`<form method="post" action="/rules/draft">
            <input type="hidden" name="text" value="${visible(text)}" />
            <button class="button">Draft the rules of desk.yaml</button>
          </form>`
        : html`<p>
            Whoever holds risk, policy-admin or operator puts them to people here, or by
            <code>breakwater policy draft desk.yaml</code>.
          </p>`
    }
  </section>`;

const draftForm = (text: string): Markup =>
  html`<form method="post" action="/rules/draft" class="stacked wide">
    <label
      >Rules as YAML
      <textarea name="text" rows="16" spellcheck="false" class="code" required>${visible(text)}</textarea>
    </label>
    <button class="button">Show what it would change</button>
  </form>`;

/** Longer ones are opened by who wants to read them whole. */
const SHORT = 90;

function beforeAfter({ before, after }: DifferenceLine): Markup {
  if (before === null && after === null) return NOTHING;
  if ((before ?? "").length + (after ?? "").length <= SHORT)
    return html`<span class="num"
      >: ${words(before ?? "nothing")} → <strong>${words(after ?? "nothing")}</strong></span
    >`;
  return html`<details>
    <summary>before and after</summary>
    <p class="quiet">Before</p>
    <pre>${visible(before ?? "nothing")}</pre>
    <p class="quiet">After</p>
    <pre>${visible(after ?? "nothing")}</pre>
  </details>`;
}

const differenceRows = (list: readonly DifferenceLine[]): Markup =>
  html`<ul class="differences">
    ${list.map((one) => html`<li class="${one.loosens ? "loosens" : "tightens"}"><strong>${one.loosens ? "Loosens" : "Tightens"}</strong> ${words(one.what)}${beforeAfter(one)}</li>`)}
  </ul>`;

const findings = (draft: DraftPage): Markup =>
  draft.findings.length === 0
    ? NOTHING
    : html`<h2>What to look at</h2>
        ${table(
          "Findings",
          ["", "Where", "What"],
          draft.findings.map((one) => [
            one.severity === "error" ? html`<strong class="loosens">error</strong>` : "warning",
            words(one.where),
            words(one.what),
          ]),
        )}`;

/** A draft before it is proposed: what is wrong with it, what it alters, and how the past would have been judged. */
export function draftPage(draft: DraftPage): Markup {
  const loosens = draft.differences.filter((one) => one.loosens).length;
  return html`<div class="sheet">
    <h1>Draft of the rules</h1>
    ${
      draft.differences.length === 0
        ? html`<p>${draft.simulated === null ? "It cannot be read; nothing was changed." : "It changes nothing."}</p>`
        : html`<h2>
              ${loosens === 0 ? "It only tightens, and would be in force at once" : html`<span class="loosens">${loosens} ${loosens === 1 ? "thing loosens" : "things loosen"}</span>`}
            </h2>
            ${differenceRows(draft.differences)}`
    }
    ${findings(draft)}
    ${
      draft.simulated === null
        ? NOTHING
        : html`<h2>The last 90 days under these rules</h2>
            <p>
              Of ${draft.simulated.plans} ${draft.simulated.plans === 1 ? "plan" : "plans"} ${draft.simulated.looser}
              would have been judged looser, ${draft.simulated.stricter} stricter.
            </p>
            ${
              draft.simulated.changed.length === 0
                ? NOTHING
                : table(
                    "Plans judged otherwise",
                    ["When", "What", ""],
                    draft.simulated.changed.map((one) => [
                      instant(one.at),
                      words(one.what),
                      one.looser ? html`<strong class="loosens">looser</strong>` : "stricter",
                    ]),
                  )
            }`
    }
    ${
      draft.mayPropose
        ? html`<h2>Ask for it</h2>
            <form method="post" action="/rules/propose" class="stacked wide">
              <input type="hidden" name="text" value="${visible(draft.text)}" />
              <label
                >Why; the ledger keeps it
                <textarea name="reason" rows="2" minlength="10" maxlength="500" required></textarea>
              </label>
              <button class="button primary">${loosens === 0 ? "Put it in force" : "Ask others to approve it"}</button>
            </form>`
        : NOTHING
    }
    <h2>Change the draft</h2>
    ${draftForm(draft.text)}
    <p><a href="/rules">Back to the rules in force</a></p>
  </div>`;
}

function decideForms(change: ChangePage, mayAct: boolean): Markup {
  if (!change.sound || change.question?.state !== "pending" || !mayAct) return NOTHING;
  const deny = html`<form class="step-up" data-passkey="deny-change" data-change="${change.hash}">
    <label>Why not <input name="reason" maxlength="500" autocomplete="off" /></label>
    <button class="button danger">${change.mine ? "Take it back" : "Deny"}</button>
    <p class="answer" role="status" aria-live="polite"></p>
  </form>`;
  if (change.mine)
    return html`<p class="read-only">You asked for it, so others must approve it.</p>
      ${deny}`;
  const approve = change.hasPasskey
    ? html`<form class="step-up" data-passkey="approve-change" data-change="${change.hash}">
        <label
          >Type the first word, <b>${change.words.split(" ")[0] ?? ""}</b>
          <input name="typed" autocomplete="off" autocapitalize="off" spellcheck="false" required
        /></label>
        <button class="button primary">Approve with passkey</button>
        <p class="answer" role="status" aria-live="polite"></p>
        <noscript>Passkeys need JavaScript.</noscript>
      </form>`
    : html`<p class="read-only">
        To approve here you need a passkey that a second person confirmed: <a href="/passkeys">enrol one</a>.
      </p>`;
  return html`${approve}${deny}`;
}

/** A change of the rules from its hashed bytes, with the votes, the time-lock and the approval that needs a passkey. */
export function changePage(change: ChangePage, mayAct: boolean): Markup {
  const { question } = change;
  return html`<div class="sheet">
    <h1>Change of the rules <span class="fingerprint">${change.words}</span></h1>
    ${
      change.sound
        ? html`<p>${words(change.reason)}</p>
            ${differenceRows(change.differences)}`
        : html`<p class="dead-line">
            The stored bytes are not those of this fingerprint. Nothing is shown of them, and nothing can be approved.
          </p>`
    }
    <div data-part="state">
      <dl class="facts">
        <div>
          <dt>State</dt>
          <dd>${STATES[change.state]}</dd>
        </div>
        <div>
          <dt>Asked by</dt>
          <dd>${words(change.requestedBy)} ${moment(change.openedAt)}</dd>
        </div>
        ${
          change.state === "waiting"
            ? html`<div>
                <dt>Time-lock ends</dt>
                <dd>${countdown(change.opensAt)}</dd>
              </div>`
            : NOTHING
        }
        ${
          question === null
            ? NOTHING
            : html`<div>
                  <dt>Approvals</dt>
                  <dd>
                    ${change.votes.filter((vote) => vote.decision === "approve").length} of ${question.needed}, with
                    ${visible(question.roles.join(" and ") || "anyone who may act")} among them, each with a passkey
                  </dd>
                </div>
                ${
                  question.state === "pending"
                    ? html`<div>
                        <dt>People may decide for</dt>
                        <dd>${countdown(question.expiresAt)}</dd>
                      </div>`
                    : NOTHING
                }`
        }
        ${
          change.incident === null
            ? NOTHING
            : html`<div>
                <dt>Incident</dt>
                <dd><a href="/incidents/${change.incident}">${change.incident}</a></dd>
              </div>`
        }
        <div>
          <dt>SHA-256</dt>
          <dd class="fingerprint hash">${change.hash}</dd>
        </div>
        <div>
          <dt>Rules before and after</dt>
          <dd class="fingerprint">${change.from.slice(0, 16)} → ${change.to.slice(0, 16)}</dd>
        </div>
      </dl>
      ${votesTable(change.votes)}
    </div>
    ${decideForms(change, mayAct)}
    <p><a href="/rules">The rules in force</a></p>
  </div>`;
}
