import { type Decimal, compare, isDecimal } from "../../kernel/decimal.ts";
import type { Button, Card, CardAction, OrderRow, PlanView, VotesView } from "../card.ts";
import { formOfToken } from "../form.ts";
import { figure } from "./figures.ts";
import { type Markup, type TableRow, NOTHING, countdown, html, moment, severityBadge, table, words } from "./markup.ts";
import { visible } from "../../kernel/visible.ts";

/** How a card is drawn for one kind of viewer. */
export interface CardOptions {
  /** False draws the card without buttons and says why. */
  readonly mayAct: boolean;
  /** Above this notional an approval asks for the first fingerprint word. */
  readonly typedAboveUsd: Decimal<"usd">;
}

/** The word to be typed before approving a plan this large; null where a press is enough. */
export function typedWord(card: Card, action: CardAction, aboveUsd: Decimal<"usd">): string | null {
  if (action !== "approve" || !card.plan) return null;
  const notional = card.plan.notionalUsd.replaceAll(",", "");
  // A notional that cannot be read is treated as large: the question costs a word, the mistake a position.
  if (isDecimal(notional) && compare(notional as Decimal, aboveUsd) <= 0) return null;
  return card.plan.words.split(" ")[0] ?? null;
}

const orderCells = (row: OrderRow): readonly (Markup | string)[] => [
  words(row.venue),
  words(row.account),
  html`<span class="instrument">${words(row.instrument)}</span>`,
  html`<span class="side-${row.side}">${row.side}</span>`,
  figure(row.quantity),
  figure(row.limitPrice),
  figure(row.notionalUsd),
  row.reduceOnly ? "yes" : html`<strong>no</strong>`,
];

const ORDER_COLUMNS = [
  "Venue",
  "Account",
  "Instrument",
  "Side",
  "Quantity#",
  "Limit price#",
  "Notional USD#",
  "Reduce only",
];

const DEAD = {
  proposed: null,
  approved: null,
  claimed: null,
  applied: null,
  denied: "Denied: nothing was sent.",
  expired: "Expired: nothing was sent. A new plan is needed.",
  failed: "Stopped: see the timeline for what was sent.",
} as const satisfies Record<PlanView["state"], string | null>;

function planSection(plan: PlanView): Markup {
  const dead = DEAD[plan.state];
  const rows = plan.orders.flatMap((row): readonly TableRow[] =>
    row.state === undefined
      ? [orderCells(row)]
      : [orderCells(row), { across: html`<span class="order-state">${visible(row.state)}</span>` }],
  );
  return html`<section
    class="plan plan-${plan.state}"
    aria-labelledby="plan-title"
    ${plan.state === "proposed" ? html` data-plan-until="${plan.expiresAt}"` : ""}
  >
    <h3 id="plan-title">Plan <span class="state-word">${plan.state}</span></h3>
    <p class="dead-line" ${dead === null ? html` hidden` : ""}>
      ${dead ?? "Expired: nothing will be sent. A new plan is needed."}
    </p>
    <div class="plan-body">
      <p class="reason">${words(plan.reason)}</p>
      ${plan.orders.length > 0 ? table("Orders of the plan", ORDER_COLUMNS, rows) : NOTHING}
      ${plan.cancels > 0 ? html`<p>Cancels ${plan.cancels} resting order${plan.cancels === 1 ? "" : "s"}.</p>` : NOTHING}
      ${plan.changes.length > 0 ? changes(plan) : NOTHING}
      <dl class="plan-terms">
        <div>
          <dt>Remains</dt>
          <dd>${words(plan.remains)}</dd>
        </div>
        <div>
          <dt>Notional</dt>
          <dd class="num">${figure(plan.notionalUsd)} USD</dd>
        </div>
        ${
          plan.collars.length > 0
            ? html`<div>
                <dt>Price collar</dt>
                <dd>${plan.collars.map((line) => html`<span class="collar">${words(line)}</span>`)}</dd>
              </div>`
            : NOTHING
        }
        <div>
          <dt>Fingerprint</dt>
          <dd>
            <a class="fingerprint" href="/plans/${plan.hash}">${plan.words}</a>
            <code class="hash" title="${plan.hash}">${plan.hash.slice(0, 16)}</code>
          </dd>
        </div>
      </dl>
    </div>
  </section>`;
}

const changes = (plan: PlanView): Markup =>
  html`<div class="changes">
    ${plan.changes.map(
      (one) =>
        html`<div class="change">
          <span class="label">${words(one.label)}</span
          ><span class="num"
            ><span class="before">${figure(one.before)}</span> <span class="arrow" aria-label="becomes">→</span>
            <strong>${figure(one.after)}</strong></span
          >
        </div>`,
    )}
  </div>`;

/** "1 of 2 approvals · risk waits" with every vote's person, surface and time. */
function votesLine(votes: VotesView, open: boolean): Markup {
  const yes = votes.given.filter((vote) => vote.decision === "approve").length;
  return html`<div class="votes">
    <span class="quorum"><strong>${yes} of ${votes.needed}</strong> approval${votes.needed === 1 ? "" : "s"}</span>
    ${votes.roles.length > 0 && open ? html`<span class="waits">${visible(votes.roles.join(" or "))}: ${yes < votes.needed ? "waiting" : "done"}</span>` : NOTHING}
    ${votes.given.map((vote) => html`<span class="vote vote-${vote.decision}">${words(vote.person)} ${vote.decision === "approve" ? "approved" : "denied"} · ${visible(vote.surface)} · ${moment(vote.at)}</span>`)}
    ${open ? html`<span class="left">expires ${countdown(votes.expiresAt)}</span>` : NOTHING}
  </div>`;
}

/** What the playbook does, line by line; an empty place where none runs. */
export const renderSteps = (card: Card): Markup =>
  card.steps.length === 0
    ? html`<section class="steps" data-steps="${card.incident}" hidden></section>`
    : html`<section class="steps" data-steps="${card.incident}" aria-labelledby="steps-title">
        <h3 id="steps-title">Playbook ${words(card.playbook ?? "")}</h3>
        <ol>
          ${card.steps.map(
            (step) =>
              html`<li class="step step-${step.state}">
                <span class="step-mark" aria-hidden="true"></span><span class="step-name">${words(step.name)}</span
                ><span class="step-state">${step.state}</span
                >${moment(step.at)}${step.note ? html`<span class="step-note">${words(step.note)}</span>` : NOTHING}
              </li>`,
          )}
        </ol>
      </section>`;

const DECIDING = new Set<CardAction>(["approve", "deny", "run"]);
const JUDGING = new Set<CardAction>(["true", "false", "useful"]);

function button(card: Card, one: Button, options: CardOptions): Markup {
  const word = typedWord(card, one.action, options.typedAboveUsd);
  const form = formOfToken(one.token);
  return html`<form method="post" action="/act" class="act act-${one.action}">
    <input type="hidden" name="token" value="${one.token}" />
    ${word === null ? NOTHING : html`<label class="typed">Type <b>${word}</b> <input name="word" size="6" required autocomplete="off" autocapitalize="off" spellcheck="false" pattern="${word}" /></label>`}
    <button
      type="submit"
      class="button ${one.style}"
      data-action="${one.action}"
      data-token="${one.token}"
      ${one.confirm === undefined ? "" : html` data-confirm="${visible(one.confirm)}"`}
      ${form === undefined ? "" : html` data-form="${JSON.stringify(form)}"`}
    >
      ${visible(one.label)}
    </button>
  </form>`;
}

/**
 * Where decisions are made: quiet actions at one end, deny and approve in places of their own at the other, so that no
 * update ever puts a dangerous button where a harmless one was.
 */
export function decisionBar(card: Card, options: CardOptions): Markup {
  const quiet = card.buttons.filter((one) => !DECIDING.has(one.action) && !JUDGING.has(one.action));
  const judging = card.buttons.filter((one) => JUDGING.has(one.action));
  const deciding = card.buttons.filter((one) => DECIDING.has(one.action));
  return html`<div class="decision" data-bar="${card.incident}" data-version="${card.version}">
    ${card.votes ? votesLine(card.votes, card.plan?.state === "proposed") : NOTHING}
    ${card.decision === null ? NOTHING : html`<p class="decided">${words(card.decision)}</p>`}
    ${
      options.mayAct
        ? html`<div class="buttons">
            <div class="quiet-actions">${quiet.map((one) => button(card, one, options))}</div>
            ${judging.length === 0 ? NOTHING : html`<div class="quiet-actions judging-actions"><span class="quiet">Was the detector right?</span>${judging.map((one) => button(card, one, options))}</div>`}
            <div class="deciding-actions">${deciding.map((one) => button(card, one, options))}</div>
          </div>`
        : card.buttons.length > 0
          ? html`<p class="read-only">You may look but not decide: your roles carry no right to act.</p>`
          : NOTHING
    }
    <p class="answer" role="status" aria-live="polite"></p>
  </div>`;
}

/** The card of one incident without its steps and its decision bar, which stand in places of their own. Pure; every text is escaped here. */
export function renderCard(card: Card): Markup {
  return html`<article
    class="card card-${card.severity} status-${card.status}"
    data-card="${card.incident}"
    data-version="${card.version}"
    aria-labelledby="card-title"
  >
    <header class="card-head">
      <p class="card-line">
        ${severityBadge(card.severity)}<span class="card-id">${visible(card.incident)}</span
        ><span class="card-status">${card.status}</span
        ><span class="card-env env-${card.environment}">${card.environment.toUpperCase()}</span
        ><span class="card-times">opened ${moment(card.openedAt)} · as of ${moment(card.asOf)}</span>
      </p>
      <h2 id="card-title" dir="auto">${visible(card.title)}</h2>
      ${card.lines.map((line) => html`<p class="line" dir="auto">${visible(line)}</p>`)}
      <dl class="facts">
        ${card.facts.map(
          (fact) =>
            html`<div>
              <dt>${words(fact.label)}</dt>
              <dd>
                ${fact.value === "unknown" ? html`<span class="unknown">unknown</span>` : words(figure(fact.value))}
              </dd>
            </div>`,
        )}
        <div>
          <dt>Owner</dt>
          <dd>${card.owner === null ? html`<span class="nobody">nobody yet</span>` : words(card.owner)}</dd>
        </div>
      </dl>
    </header>
    ${card.plan ? planSection(card.plan) : NOTHING}
  </article>`;
}
