import type { webApi } from "@slack/bolt";
import { messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { Chart } from "../picture/chart.ts";
import type { Painter } from "../picture/picture.ts";
import type { Reply } from "../surface.ts";
import { fit, plain } from "../text.ts";
import { escapeMrkdwn } from "./escape.ts";
import { SLACK } from "./limits.ts";
import { platformError } from "./outcome.ts";
import type { Back } from "./payload.ts";
import { renderReply } from "./reply.ts";
import { known } from "./send.ts";

interface AnswerOptions {
  readonly client: webApi.WebClient;
  readonly paint: Painter["paint"];
  readonly log: Log;
}

/** The private answer, then its pictures; never throws for what Slack does. */
export async function answer(to: AnswerOptions, back: Back, reply: Reply): Promise<void> {
  try {
    await say(to, back, reply);
    if (back.user === "") return;
    for (const chart of reply.charts ?? []) await show(to, back.user, chart);
  } catch (error) {
    to.log.warn({ err: platformError(error) ?? messageOf(error) }, "slack answer lost");
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
    });
    if (response.ok) return;
    log.warn({ status: response.status }, "slack answer refused");
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
