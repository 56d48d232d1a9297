import { type Markup, NOTHING, html } from "../chat/console/markup.ts";
import { bags, markdown, mrkdwn, textOf } from "./demo-chat-text.ts";
import type { Bag, Fakes } from "./demo-fakes.ts";

/** Whose hands a button is under, and where. */
interface Holder {
  readonly surface: "slack" | "discord";
  readonly as: string;
}

function button(holder: Holder, label: string, style: string, token: string, url: string): Markup {
  if (url !== "") return html`<a class="button" href="${url}" target="_blank" rel="noopener noreferrer">${label}</a>`;
  return html`<form method="post">
    <input type="hidden" name="surface" value="${holder.surface}" />
    <input type="hidden" name="as" value="${holder.as}" />
    <button class="${style}" name="token" value="${token}">${label}</button>
  </form>`;
}

const picture = (file: { readonly name: string; readonly bytes: Buffer }): Markup =>
  html`<img alt="${file.name}" src="data:image/png;base64,${file.bytes.toString("base64")}" />`;

/** Slack's blocks: https://docs.slack.dev/reference/block-kit/blocks */
const slackBlocks = (blocks: readonly Bag[], holder: Holder): Markup =>
  html`${blocks.map((block) => {
    switch (block["type"]) {
      case "header":
        return html`<h3>${textOf(block["text"])}</h3>`;
      case "context":
        return html`<p class="quiet">${bags(block["elements"]).map((one) => mrkdwn(textOf(one)))}</p>`;
      case "actions":
        return html`<div class="buttons">
          ${bags(block["elements"]).map((one) =>
            button(holder, textOf(one["text"]), textOf(one["style"]), textOf(one["value"]), textOf(one["url"])),
          )}
        </div>`;
      default:
        return html`${textOf(block["text"]) === "" ? NOTHING : html`<div class="text">${mrkdwn(textOf(block["text"]))}</div>`}
        ${
          block["fields"] === undefined
            ? NOTHING
            : html`<div class="fields">
                ${bags(block["fields"]).map((one) => html`<div class="text">${mrkdwn(textOf(one))}</div>`)}
              </div>`
        }`;
    }
  })}`;

const STYLE: Readonly<Record<string, string>> = { 1: "primary", 4: "danger" };

function embed(one: Bag): Markup {
  const colour = Number(one["color"] ?? 0)
    .toString(16)
    .padStart(6, "0");
  return html`<div class="embed" data-colour="${colour}">
    <h3>${markdown(textOf(one["title"]))}</h3>
    <div class="text">${markdown(textOf(one["description"]))}</div>
    <div class="fields">
      ${bags(one["fields"]).map(
        (field) =>
          html`<div class="${field["inline"] === true ? "inline" : "wide"}">
            <b>${markdown(textOf(field["name"]))}</b>
            <div class="text">${markdown(textOf(field["value"]))}</div>
          </div>`,
      )}
    </div>
    <p class="quiet">${textOf(one["footer"])}</p>
  </div>`;
}

function discordBody(body: Bag, holder: Holder): Markup {
  return html`<div class="text">${markdown(textOf(body["content"]))}</div>
    ${bags(body["embeds"]).map(embed)}
    ${bags(body["components"]).map(
      (row) =>
        html`<div class="buttons">
          ${bags(row["components"]).map((one) =>
            button(
              holder,
              textOf(one["label"]),
              STYLE[String(one["style"])] ?? "",
              textOf(one["custom_id"]),
              textOf(one["url"]),
            ),
          )}
        </div>`,
    )}`;
}

/** As many as a screen holds; the console has the others. */
const SHOWN = 12;
const ANSWERS_SHOWN = 3;

const thread = (replies: readonly Markup[]): Markup =>
  replies.length === 0 ? NOTHING : html`<div class="thread">${replies}</div>`;
const card = (channel: string, body: Markup, replies: readonly Markup[]): Markup =>
  html`<article>
    <p class="quiet">${channel}</p>
    ${body}${thread(replies)}
  </article>`;
const whispered = (title: string, list: readonly Markup[]): Markup =>
  list.length === 0
    ? NOTHING
    : html`<aside aria-label="${title}">
        <p class="quiet">${title}</p>
        ${list}
      </aside>`;
const NONE = html`<p class="quiet">No cards yet.</p>`;

/** What this account sees in the simulated Slack, newest first. */
export function drawSlack(fakes: Fakes, user: string, as: string): Markup {
  const { messages, ephemerals, files } = fakes.slack.desk;
  const holder: Holder = { surface: "slack", as };
  const direct = `D0${user}`;
  const answers = ephemerals
    .filter((one) => one.user === user)
    .slice(-ANSWERS_SHOWN)
    .map(
      (one) =>
        html`<div class="answer">
          ${one.blocks.length === 0 ? mrkdwn(one.text) : slackBlocks(bags(one.blocks), holder)}
        </div>`,
    );
  const pictures = files
    .filter((one) => one.channel === direct)
    .slice(-1)
    .map(picture);
  const cards = messages
    .filter((one) => one.thread_ts === undefined && !one.channel.startsWith("D0"))
    .slice(-SHOWN)
    .map((one) => {
      const replies = [
        ...messages
          .filter((reply) => reply.thread_ts === one.ts)
          .map((reply) => html`<div class="text">${mrkdwn(reply.text)}</div>`),
        ...files.filter((file) => file.thread === one.ts).map(picture),
      ];
      return card(one.channel, one.blocks.length === 0 ? mrkdwn(one.text) : slackBlocks(one.blocks, holder), replies);
    });
  return html`${whispered("Only you see this", answers.toReversed())}${whispered("Direct messages with Breakwater", pictures)}${cards.length === 0 ? NONE : cards.toReversed()}`;
}

/** What this account sees in the simulated Discord, newest first. */
export function drawDiscord(fakes: Fakes, user: string, as: string): Markup {
  const { messages, answers } = fakes.discord.guild;
  const holder: Holder = { surface: "discord", as };
  const cardIds = new Set(messages.map((one) => one.id));
  // An answer that was filled in again, with its pictures, stands once.
  const newest = new Map(answers.filter((one) => one.user === user).map((one) => [one.token, one]));
  const told = [...newest.values()].slice(-ANSWERS_SHOWN).map(
    (one) =>
      html`<div class="answer">
        <div class="text">${markdown(one.content)}</div>
        ${one.files.map(picture)}
      </div>`,
  );
  const cards = messages
    .filter((one) => !cardIds.has(one.channel))
    .slice(-SHOWN)
    .map((one) => {
      const replies = messages
        .filter((reply) => reply.channel === one.id)
        .map(
          (reply) =>
            html`<div class="text">${markdown(textOf(reply.body["content"]))}</div>
              ${reply.files.map(picture)}`,
        );
      return card(one.channel, discordBody(one.body, holder), replies);
    });
  return html`${whispered("Only you see this", told.toReversed())}${cards.length === 0 ? NONE : cards.toReversed()}`;
}
