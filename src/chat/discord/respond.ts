import { type REST, type RawFile, Routes } from "discord.js";
import type { Clock } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import { type CommandHead, words } from "../command-head.ts";
import type { Painter } from "../picture/picture.ts";
import type { Inbound, Reply } from "../surface.ts";
import { clip, oneLine } from "../text.ts";
import { attached } from "./picture.ts";
import { STORE_FAILED } from "../wording.ts";
import { DISCORD } from "./limits.ts";
import { renderModal } from "./modal.ts";
import { apiCode, mayPass } from "./outcome.ts";
import { type DiscordRequest, type Handle, readDiscord } from "./payload.ts";
import { renderReply } from "./reply.ts";

/** https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object */
const RESPONSE = { pong: 1, message: 4, deferred: 5, choices: 8, modal: 9 } as const;
const EPHEMERAL = 64;
/** Three seconds are all there is for the first response, tries and pauses together. */
const FIRST_TRIES = 3;
const FIRST_PAUSE_MS = 150;
/** Whoever pressed waits for a word: the answer fills one message, so that writing it again changes nothing. */
const ANSWER_TRIES = 5;
const ANSWER_PAUSE_MS = 400;
/** The answer may overtake the first response on its way; then Discord does not know the interaction yet. */
const OVERTAKEN = new Set<number | null>([10_008, 10_015]);

const TOKEN_DEAD = "An answer could not be shown privately in time; the request itself was taken. See the console.";

export interface RespondOptions {
  /** For answers alone: they are not under the bot's 50 calls a second. */
  readonly rest: REST;
  readonly appId: string;
  readonly guild: string;
  readonly inbound: Inbound;
  readonly heads: readonly CommandHead[];
  readonly paint: Painter["paint"];
  readonly clock: Clock;
  readonly log: Log;
}

/** The first response, which is due within three seconds, and what follows it. */
export interface Answer {
  readonly first: Record<string, unknown>;
  readonly afterwards?: () => Promise<void>;
  readonly handle?: Handle;
}

const privately = (text: string): Record<string, unknown> => ({
  type: RESPONSE.message,
  data: { flags: EPHEMERAL, ...renderReply({ ok: false, text }) },
});

/** Reads an interaction, stores it where it is a request, and says how to answer; null where there is nothing to answer. */
export async function respondTo(options: RespondOptions, interaction: unknown): Promise<Answer | null> {
  const from = { guild: options.guild, heads: options.heads, at: options.clock.now() };
  const request = readDiscord(interaction, from);
  switch (request.kind) {
    case "ping":
      return { first: { type: RESPONSE.pong } };
    case "ignored":
      return null;
    case "refused":
      return { first: privately(request.why), handle: request.handle };
    case "form":
      return {
        first: { type: RESPONSE.modal, data: renderModal(request.form, request.customId) },
        handle: request.handle,
      };
    case "complete":
      return { first: await choices(options, request), handle: request.handle };
    case "event":
      return take(options, request);
  }
}

async function take(options: RespondOptions, request: DiscordRequest & { kind: "event" }): Promise<Answer> {
  const { handle } = request;
  try {
    const received = await options.inbound.receive(request.event);
    return {
      first: { type: RESPONSE.deferred, data: { flags: EPHEMERAL } },
      afterwards: async () => tell(options, handle, await received.reply),
      handle,
    };
  } catch (error) {
    options.log.error({ err: messageOf(error) }, "request not stored");
    return { first: privately(STORE_FAILED), handle };
  }
}

async function choices(
  options: RespondOptions,
  request: DiscordRequest & { kind: "complete" },
): Promise<Record<string, unknown>> {
  const found = await options.inbound.complete(request.user, request.text).catch((error: unknown) => {
    options.log.warn({ err: messageOf(error) }, "completion failed");
    return [];
  });
  return {
    type: RESPONSE.choices,
    data: {
      choices: found.slice(0, DISCORD.choices).map(({ value, hint }) => {
        // A completed line is cut down to its last word: that is the option being typed.
        const word = clip(value.startsWith("/") ? (words(value).at(-1) ?? value) : value, DISCORD.choice);
        return { name: clip(oneLine(hint === "" ? word : `${word}: ${hint}`), DISCORD.choice) || "?", value: word };
      }),
    },
  };
}

/** Puts the answer where the person waits for it, and its pictures after it: words come first, and stand without. */
async function tell(options: RespondOptions, handle: Handle, reply: Reply): Promise<void> {
  const body = renderReply(reply);
  const { charts = [] } = reply;
  if (!(await write(options, handle, { body })) || charts.length === 0) return;
  try {
    const drawn = await Promise.all(charts.map((chart) => options.paint(chart)));
    const pictures = drawn.map((png, at) => ({ name: `answer-${at + 1}.png`, alt: charts[at]?.title ?? "", png }));
    const shown = attached(pictures);
    await write(options, handle, { body: { ...body, ...shown.body }, files: shown.files });
  } catch (error) {
    options.log.warn({ err: messageOf(error) }, "answer's picture not drawn");
  }
}

/** Fills in the deferred answer; false where Discord takes it no more. */
async function write(
  options: RespondOptions,
  handle: Handle,
  request: { readonly body: unknown; readonly files?: RawFile[] },
): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await options.rest.patch(Routes.webhookMessage(options.appId, handle.token), { ...request, auth: false });
      return true;
    } catch (error) {
      const passing = OVERTAKEN.has(apiCode(error)) || mayPass(error);
      if (!passing || attempt === ANSWER_TRIES) {
        options.log.warn({ err: messageOf(error) }, "discord answer lost");
        return false;
      }
      await options.clock.sleep(ANSWER_PAUSE_MS * attempt);
    }
  }
}

/** Sends the first response; what became of it: another delivery may have been faster, or the three seconds are over. */
async function acknowledge(
  options: RespondOptions,
  handle: Handle,
  first: unknown,
): Promise<"taken" | "late" | "lost"> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await options.rest.post(Routes.interactionCallback(handle.id, handle.token), { body: first, auth: false });
      return "taken";
    } catch (error) {
      const code = apiCode(error);
      // 40060: this interaction was acknowledged, by us before the line broke or by another delivery of it.
      if (code === 40_060) return "taken";
      options.log.warn({ code, err: messageOf(error) }, "discord acknowledgement failed");
      if (code === 10_062) return "late";
      if (!mayPass(error) || attempt === FIRST_TRIES) return "lost";
      await options.clock.sleep(FIRST_PAUSE_MS * attempt);
    }
  }
}

/** Sends the first response over REST, as the gateway demands, then what follows. */
export async function answerOverRest(options: RespondOptions, interaction: unknown): Promise<void> {
  const answer = await respondTo(options, interaction);
  if (answer?.handle === undefined) return;
  const acknowledged = await acknowledge(options, answer.handle, answer.first);
  if (acknowledged === "taken") await answer.afterwards?.();
  else if (answer.afterwards !== undefined) await sayInChannel(options, answer.handle);
}

/** The interaction's token is dead: a line in the channel, without what only the person may read. */
async function sayInChannel(options: RespondOptions, handle: Handle): Promise<void> {
  await options.rest
    .post(Routes.channelMessages(handle.channel), { body: renderReply({ ok: true, text: TOKEN_DEAD }) })
    .catch((error: unknown) => options.log.warn({ err: messageOf(error) }, "discord answer lost"));
}
