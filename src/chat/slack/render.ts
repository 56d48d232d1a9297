import type { Button, Card, CardAction } from "../card.ts";
import { type Detail, LINES_MAX, consoleLink, distinct, firstThatFits } from "../detail.ts";
import { clip, fit, oneLine, plain, stamp } from "../text.ts";
import { asOf, fallback, headline, isOpen, standing, stepLine } from "../wording.ts";
import { type Block, context, fields, heading, plainText, section } from "./blocks.ts";
import { escapeMrkdwn, quiet } from "./escape.ts";
import { SLACK } from "./limits.ts";
import { planBlocks, votesBlock } from "./render-plan.ts";

/** What chat.postMessage and chat.update take. */
export interface SlackMessage {
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** What the confirmation says on its own button. */
const CONFIRM: Partial<Record<CardAction, string>> = { approve: "Approve", deny: "Deny", run: "Run" };

function button(one: Button): Record<string, unknown> {
  return {
    type: "button",
    action_id: `bw:${one.token}`,
    text: plainText(clip(oneLine(one.label) || one.action, SLACK.buttonText)),
    value: one.token,
    ...(one.style === "quiet" ? {} : { style: one.style }),
    ...(one.confirm === undefined
      ? {}
      : {
          confirm: {
            title: plainText("Are you sure?"),
            text: plainText(clip(plain(one.confirm).trim() || one.action, SLACK.confirmText)),
            confirm: plainText(CONFIRM[one.action] ?? "Yes"),
            deny: plainText("Back"),
          },
        }),
  };
}

function actions(card: Card, link: string | null): Block[] {
  const elements = distinct(card.buttons)
    .slice(0, SLACK.actions - 1)
    .map(button);
  if (link !== null) {
    elements.push({
      type: "button",
      action_id: "bw-open",
      text: plainText("Open in console"),
      url: link,
    });
  }
  return elements.length === 0 ? [] : [{ type: "actions", block_id: `bw-actions-${card.version}`, elements }];
}

function body(card: Card, detail: Detail): Block[] {
  const blocks: Block[] = [];
  const lines = card.lines.slice(0, LINES_MAX).map((line) => fit(line, detail.line, quiet));
  const text = lines.filter((line) => line !== "").join("\n");
  if (text !== "") blocks.push(section(text));
  const facts = card.facts.slice(0, detail.facts);
  if (facts.length > 0) {
    blocks.push(
      fields(
        facts.map(
          (fact) => `*${fit(fact.label, detail.fact, quiet) || "?"}*\n${fit(fact.value, detail.fact, quiet) || "?"}`,
        ),
      ),
    );
  }
  const steps = card.steps.slice(-detail.steps || card.steps.length);
  if (detail.steps > 0 && steps.length > 0) {
    const hidden = card.steps.length - steps.length;
    blocks.push(
      section(
        [
          ...(hidden > 0 ? [`${hidden} earlier steps in the console`] : []),
          ...steps.map((step) => fit(stepLine(step), detail.step, quiet)),
        ].join("\n"),
      ),
    );
  }
  return blocks;
}

function draw(card: Card, link: string | null, detail: Detail): Block[] {
  return [
    heading(headline(card, SLACK.header)),
    context(fit(standing(card), 400, quiet)),
    ...body(card, detail),
    ...(card.plan === null ? [] : planBlocks(card.plan, detail)),
    ...(card.votes === null ? [] : [votesBlock(card.votes, isOpen(card.plan), detail)]),
    ...(card.decision === null || oneLine(card.decision) === ""
      ? []
      : [section(`*${fit(card.decision, Math.max(200, detail.sentence), quiet)}*`)]),
    ...actions(card, link),
    context(fit(`${asOf(card)} · opened ${stamp(card.openedAt)}`, 200, quiet)),
  ];
}

/**
 * A card as a Slack message: at most a screen of a phone, within every budget of `SLACK`, whatever the texts say.
 * @param consoleUrl where people open the console, null where they cannot
 */
export function renderSlack(card: Card, consoleUrl: string | null): SlackMessage {
  const link = consoleLink(consoleUrl, card.path);
  const blocks = firstThatFits(
    (detail) => draw(card, link, detail),
    (drawn) => drawn.length <= SLACK.blocks && JSON.stringify(drawn).length <= SLACK.messageBudget,
  );
  return { text: fit(fallback(card, SLACK.text), SLACK.text, escapeMrkdwn), blocks };
}
