import { type REST, Routes } from "discord.js";
import { sha256 } from "../../kernel/canonical.ts";
import type { Card } from "../card.ts";
import type { MessageRef, Sent } from "../surface.ts";
import { clip, fit, oneLine, plain } from "../text.ts";
import { escapeMarkdown } from "./escape.ts";
import { DISCORD } from "./limits.ts";
import { CODE, apiCode, sentFrom } from "./outcome.ts";
import { attached } from "./picture.ts";
import { mark, renderDiscord } from "./render.ts";

/** Messages looked through when a post's outcome is not known. */
const LOOK_BACK = 100;
/** A thread nobody writes in for a day is folded away. */
const THREAD_ARCHIVE_MIN = 1_440;

interface SendOptions {
  readonly rest: REST;
  readonly appId: string;
  readonly consoleUrl: string | null;
  readonly onError: (method: string, error: unknown) => void;
}

interface Message {
  readonly id: string;
  readonly author?: { readonly id?: string };
  readonly nonce?: string | number;
  readonly embeds?: readonly { readonly footer?: { readonly text?: string } }[];
}

/** The post's nonce: within minutes Discord itself refuses to post the same one twice. */
const nonce = (key: string): string => sha256(key).slice(0, DISCORD.nonce);

/** A card, posted once; the key travels as nonce and as a mark in the footer. */
export async function postCard(to: SendOptions, channel: string, card: Card, key: string): Promise<Sent> {
  try {
    const message = (await to.rest.post(Routes.channelMessages(channel), {
      body: { ...renderDiscord(card, to.consoleUrl, key), nonce: nonce(key), enforce_nonce: true },
    })) as Message;
    return { outcome: "sent", ref: { surface: "discord", channel, message: message.id } };
  } catch (error) {
    to.onError("create message", error);
    return sentFrom(error, false);
  }
}

/** A card, replaced in place. */
export async function updateCard(to: SendOptions, ref: MessageRef, card: Card): Promise<Sent> {
  try {
    await to.rest.patch(Routes.channelMessage(ref.channel, ref.message), {
      body: renderDiscord(card, to.consoleUrl, null),
    });
    return { outcome: "sent", ref };
  } catch (error) {
    to.onError("edit message", error);
    return sentFrom(error, true);
  }
}

/** A plain line in the card's thread, with a picture where given; the thread is opened by the first line. */
export async function postNote(
  to: SendOptions,
  ref: MessageRef,
  text: string,
  picture?: { readonly name: string; readonly png: Uint8Array; readonly alt: string },
): Promise<Sent> {
  const shown = picture === undefined ? undefined : attached([picture]);
  const send = async (): Promise<Message> =>
    (await to.rest.post(Routes.channelMessages(ref.message), {
      body: {
        content: fit(plain(text), DISCORD.content, escapeMarkdown),
        allowed_mentions: { parse: [] },
        ...shown?.body,
      },
      ...(shown === undefined ? {} : { files: shown.files }),
    })) as Message;
  try {
    // A thread begun at a message carries the message's id: no look-up is needed, and none can be stale.
    const message = await send().catch(async (error: unknown) => {
      if (apiCode(error) !== CODE.unknownChannel) throw error;
      await openThread(to, ref);
      return send();
    });
    return { outcome: "sent", ref: { ...ref, message: message.id } };
  } catch (error) {
    to.onError("create message", error);
    return sentFrom(error, false);
  }
}

async function openThread(to: SendOptions, ref: MessageRef): Promise<void> {
  await to.rest
    .post(Routes.threads(ref.channel, ref.message), {
      body: { name: clip(oneLine("details and notes"), DISCORD.threadName), auto_archive_duration: THREAD_ARCHIVE_MIN },
    })
    .catch((error: unknown) => {
      if (apiCode(error) !== CODE.threadExists) throw error;
    });
}

/**
 * The message of ours that carries the key.
 * @throws what the client throws: a look-up that failed proves nothing
 */
export async function findCard(to: SendOptions, channel: string, key: string): Promise<MessageRef | null> {
  const query = new URLSearchParams({ limit: String(LOOK_BACK) });
  const messages = (await to.rest.get(Routes.channelMessages(channel), { query })) as readonly Message[];
  const hit = messages.find(
    (one) =>
      one.author?.id === to.appId &&
      (one.nonce === nonce(key) || one.embeds?.some((embed) => embed.footer?.text?.endsWith(mark(key)) === true)),
  );
  return hit === undefined ? null : { surface: "discord", channel, message: hit.id };
}
