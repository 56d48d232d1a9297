import type { types, webApi } from "@slack/bolt";
import type { Card } from "../card.ts";
import type { MessageRef, Sent } from "../surface.ts";
import { fit, plain } from "../text.ts";
import type { Block } from "./blocks.ts";
import { escapeMrkdwn } from "./escape.ts";
import { SLACK } from "./limits.ts";
import { sentFrom } from "./outcome.ts";
import { renderSlack } from "./render.ts";

/** The metadata's type on every card: by it and the key an ambiguous post is found again. */
const CARD_EVENT = "breakwater_card";

/** Messages looked through when a post's outcome is not known; it was the newest a moment ago. */
const LOOK_BACK = 100;

type Client = webApi.WebClient;
/** The SDK's types know shapes, not limits: our blocks are checked by our own rules in tests. */
export const known = (blocks: readonly Block[]): types.KnownBlock[] => blocks as unknown as types.KnownBlock[];

interface SendOptions {
  readonly client: Client;
  readonly consoleUrl: string | null;
  /** Hears of each failure before it becomes an outcome. */
  readonly onError: (method: string, error: unknown) => void;
}

/** A card, posted once; the key travels as metadata. */
export async function postCard(to: SendOptions, channel: string, card: Card, key: string): Promise<Sent> {
  const { text, blocks } = renderSlack(card, to.consoleUrl);
  try {
    const answer = await to.client.chat.postMessage({
      channel,
      text,
      blocks: known(blocks),
      metadata: { event_type: CARD_EVENT, event_payload: { id: key, v: card.version } },
      unfurl_links: false,
      unfurl_media: false,
    });
    if (answer.ts === undefined) return { outcome: "ambiguous", why: "Slack named no message" };
    return { outcome: "sent", ref: { surface: "slack", channel: answer.channel ?? channel, message: answer.ts } };
  } catch (error) {
    to.onError("chat.postMessage", error);
    return sentFrom(error, false);
  }
}

/** A card, replaced in place; the key stays as it was posted. */
export async function updateCard(to: SendOptions, ref: MessageRef, card: Card): Promise<Sent> {
  const { text, blocks } = renderSlack(card, to.consoleUrl);
  try {
    await to.client.chat.update({
      channel: ref.channel,
      ts: ref.message,
      text,
      blocks: known(blocks),
    });
    return { outcome: "sent", ref };
  } catch (error) {
    to.onError("chat.update", error);
    return sentFrom(error, true);
  }
}

/** A plain line in the card's thread. */
export async function postNote(to: SendOptions, ref: MessageRef, text: string): Promise<Sent> {
  try {
    const answer = await to.client.chat.postMessage({
      channel: ref.channel,
      thread_ts: ref.message,
      text: fit(plain(text), SLACK.text, escapeMrkdwn),
      parse: "none",
      unfurl_links: false,
      unfurl_media: false,
    });
    return { outcome: "sent", ref: { ...ref, message: answer.ts ?? ref.message } };
  } catch (error) {
    to.onError("chat.postMessage", error);
    return sentFrom(error, false);
  }
}

/** A picture in the card's thread: uploaded after the card stands, because a fresh card may not name the file. */
export async function postPicture(
  to: SendOptions,
  ref: MessageRef,
  text: string,
  picture: { readonly name: string; readonly png: Uint8Array; readonly alt: string },
): Promise<Sent> {
  try {
    await to.client.filesUploadV2({
      channel_id: ref.channel,
      thread_ts: ref.message,
      initial_comment: fit(plain(text), SLACK.text, escapeMrkdwn),
      filename: picture.name,
      title: picture.alt.slice(0, 200),
      alt_text: picture.alt.slice(0, 1_000),
      file: Buffer.from(picture.png),
    });
    return { outcome: "sent", ref };
  } catch (error) {
    to.onError("files.completeUploadExternal", error);
    return sentFrom(error, false);
  }
}

interface Found {
  readonly ts?: string;
  readonly bot_id?: string;
  readonly metadata?: { readonly event_type?: string; readonly event_payload?: Readonly<Record<string, unknown>> };
}

/**
 * The message of ours that carries the key.
 * @throws what the client throws: a look-up that failed proves nothing
 */
export async function findCard(
  to: SendOptions,
  channel: string,
  key: string,
  botId: string | undefined,
): Promise<MessageRef | null> {
  const answer = await to.client.conversations.history({
    channel,
    limit: LOOK_BACK,
    include_all_metadata: true,
  });
  const hit = ((answer.messages ?? []) as Found[]).find(
    (one) =>
      one.metadata?.event_type === CARD_EVENT &&
      one.metadata.event_payload?.["id"] === key &&
      // Anyone with a token may attach metadata: only our own messages count.
      (botId === undefined || one.bot_id === botId),
  );
  return hit?.ts === undefined ? null : { surface: "slack", channel, message: hit.ts };
}
