import { webApi } from "@slack/bolt";
import type { Clock } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { Chart } from "../picture/chart.ts";
import type { Painter } from "../picture/picture.ts";
import type { Reply } from "../surface.ts";
import { fit, plain } from "../text.ts";
import { escapeMrkdwn } from "./escape.ts";
import { SLACK } from "./limits.ts";
import { platformError, sentFrom } from "./outcome.ts";
import type { Back } from "./payload.ts";
import { renderReply } from "./reply.ts";
import { known } from "./send.ts";

interface AnswerOptions {
  readonly client: webApi.WebClient;
  readonly paint: Painter["paint"];
  readonly clock: Clock;
  readonly log: Log;
}

/** Whoever pressed waits for a word: it is said again where it may not have arrived. A double is private and harmless. */
const TRIES = 4;
const PAUSE_MS = 500;
const LIMIT_MAX_MS = 30_000;

/** The private answer, then its pictures; never throws for what Slack does. */
export async function answer(to: AnswerOptions, back: Back, reply: Reply): Promise<void> {
  try {
    await persist(to, () => say(to, back, reply));
    if (back.user === "") return;
    for (const chart of reply.charts ?? []) await show(to, back.user, chart);
  } catch (error) {
    to.log.warn({ err: platformError(error) ?? messageOf(error) }, "slack answer lost");
  }
}

/** Tries again where Slack was busy or the line broke; what Slack refuses for good is thrown. */
async function persist(to: AnswerOptions, attempt: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      const sent = sentFrom(error, true);
      if (sent.outcome !== "later" || tries === TRIES) throw error;
      const told = error instanceof webApi.WebAPIRateLimitedError ? sent.afterMs : PAUSE_MS * tries;
      await to.clock.sleep(Math.min(told, LIMIT_MAX_MS));
    }
  }
}

/** By the interaction's own address, else in the channel, else as a direct message. */
async function say({ client, log }: AnswerOptions, back: Back, reply: Reply): Promise<void> {
  const { text, blocks } = renderReply(reply);
  if (back.responseUrl !== undefined) {
    const response = await fetch(back.responseUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ response_type: "ephemeral", replace_original: false, text, blocks }),
      signal: AbortSignal.timeout(5_000),
    }).catch((error: unknown) => {
      log.warn({ err: messageOf(error) }, "slack answer's address failed");
      return null;
    });
    if (response?.ok === true) return;
    if (response !== null) log.warn({ status: response.status }, "slack answer refused");
  }
  if (back.channel !== undefined) {
    await client.chat.postEphemeral({ channel: back.channel, user: back.user, text, blocks: known(blocks) });
  } else if (back.user !== "") {
    await client.chat.postMessage({ channel: back.user, text, blocks: known(blocks) });
  }
}

/** Files cannot be ephemeral on Slack: the picture goes to the person's direct messages. */
async function show({ client, paint }: AnswerOptions, user: string, chart: Chart): Promise<void> {
  const png = await paint(chart);
  // Posting to a person opens the direct messages and names their channel, which an upload needs.
  const said = await client.chat.postMessage({
    channel: user,
    text: fit(plain(chart.title), SLACK.text, escapeMrkdwn),
    parse: "none",
  });
  if (said.channel === undefined) return;
  await client.filesUploadV2({
    channel_id: said.channel,
    filename: "answer.png",
    title: chart.title.slice(0, 200),
    alt_text: chart.title.slice(0, 1_000),
    file: Buffer.from(png),
  });
}
