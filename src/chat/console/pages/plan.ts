import { type Markup, countdown, html, table, words } from "../markup.ts";
import { visible } from "../../../kernel/visible.ts";
import type { PlanPage } from "../passkeys.ts";
import { votesTable } from "../votes.ts";

const STATES: Readonly<Record<string, string>> = {
  pending: "waits for people",
  approved: "was approved",
  denied: "was denied",
  expired: "expired",
};

function approveForm(plan: PlanPage, mayAct: boolean): Markup | string {
  const waits = plan.question?.state === "pending";
  if (!plan.sound || !waits || !mayAct) return "";
  if (!plan.hasPasskey)
    return html`<p class="read-only">
      To approve here you need a passkey that a second person confirmed: <a href="/passkeys">enrol one</a>.
    </p>`;
  return html`<form class="step-up" data-passkey="approve" data-plan="${plan.hash}">
    <label
      >Type the notional in USD, <b class="num">${plan.notionalUsd}</b>
      <input name="typed" inputmode="decimal" autocomplete="off" spellcheck="false" required
    /></label>
    <button class="button primary">Approve with passkey</button>
    <p class="answer" role="status" aria-live="polite"></p>
    <noscript>Passkeys need JavaScript.</noscript>
  </form>`;
}

/** A plan from its hashed bytes, with its question, the votes, and the approval that needs a passkey. */
export function planPage(plan: PlanPage, mayAct: boolean): Markup {
  const { question } = plan;
  return html`<div class="sheet">
    <h1>Plan <span class="fingerprint">${plan.words}</span></h1>
    ${plan.sound ? "" : html`<p class="dead-line">The stored bytes are not those of this fingerprint. Nothing is shown of them, and nothing can be approved.</p>`}
    ${plan.sound ? html`<pre class="plan-lines">${visible(plan.lines.join("\n"))}</pre>` : ""}
    ${
      plan.changes.length === 0
        ? ""
        : table(
            "What changes",
            ["What", "Before#", "After#"],
            plan.changes.map((one) => [words(one.label), words(one.before), words(one.after)]),
          )
    }
    <dl class="facts">
      <div>
        <dt>State</dt>
        <dd>
          ${visible(plan.state)}${question ? html`, the question ${STATES[question.state] ?? question.state}` : ""}
        </dd>
      </div>
      ${
        question?.state === "pending"
          ? html`<div>
              <dt>Expires</dt>
              <dd>${countdown(question.expiresAt)}</dd>
            </div>`
          : ""
      }
      ${
        question
          ? html`<div>
              <dt>Needs</dt>
              <dd>
                ${question.needed} of
                ${visible(question.roles.join(" or ") || "anyone who may act")}${question.stepUp ? ", each with a passkey" : ""}
              </dd>
            </div>`
          : ""
      }
      ${
        plan.incident === null
          ? ""
          : html`<div>
              <dt>Incident</dt>
              <dd><a href="/incidents/${plan.incident}">${plan.incident}</a></dd>
            </div>`
      }
      <div>
        <dt>SHA-256</dt>
        <dd class="fingerprint hash">${plan.hash}</dd>
      </div>
    </dl>
    <div data-part="votes">${votesTable(plan.votes)}</div>
    ${approveForm(plan, mayAct)}
    <p class="quiet">
      <a href="/plans/${plan.hash}/file" download>Save the plan</a> and check it on another machine:
      <code>breakwater plan verify plan.json --hash "${plan.words}"</code>
    </p>
  </div>`;
}
