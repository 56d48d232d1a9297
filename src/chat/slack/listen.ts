import type { App, webApi } from "@slack/bolt";
import type { Clock } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { CommandHead } from "../command-head.ts";
import type { Inbound, Reply } from "../surface.ts";
import { platformError } from "./outcome.ts";
import { type Back, type SlackRequest, readSlack } from "./payload.ts";
import { renderReply } from "./reply.ts";
import { known } from "./send.ts";
import { renderView } from "./view.ts";

export interface ListenOptions {
  readonly app: App;
  readonly inbound: Inbound;
  readonly team: string;
  readonly heads: readonly CommandHead[];
  readonly clock: Clock;
  readonly log: Log;
}

/** Anything, a line break included. */
const ANY = /[\s\S]*/;

const STORE_FAILED = "Nothing was done: the desk could not store your request. Try again, or use the console.";
const FORM_LATE = "The form could not be opened in time and nothing was done. Press again, or type the command.";

/**
 * Takes everything Slack sends: whatever no rule fits is acknowledged too, because an unanswered press shows people an
 * error. The row is durable before the acknowledgement, which carries nothing: the answer follows privately.
 */
export function listen(options: ListenOptions): void {
  const { app, log } = options;
  const take = async (body: unknown, ack: () => Promise<void>): Promise<void> => {
    const request = readSlack(body, { team: options.team, heads: options.heads, at: options.clock.now() });
    const acked = async (): Promise<void> => {
      // The socket may have died meanwhile: the row stands, so the request is done all the same.
      await ack().catch((error: unknown) => log.warn({ err: messageOf(error) }, "slack acknowledgement lost"));
    };
    await serve(options, request, acked);
  };
  app.action(ANY, ({ body, ack }) => take(body, () => ack()));
  app.command(ANY, ({ body, ack }) => take(body, () => ack()));
  app.view(ANY, ({ body, ack }) => take(body, () => ack()));
  app.view({ callback_id: ANY, type: "view_closed" }, async ({ ack }) => ack());
  app.shortcut(ANY, async ({ ack }) => ack());
  app.options(ANY, async ({ ack }) => ack({ options: [] }));
  app.error(async (error) => log.warn({ err: messageOf(error) }, "slack request failed"));
}

async function serve(options: ListenOptions, request: SlackRequest, ack: () => Promise<void>): Promise<void> {
  const { app, inbound, log } = options;
  switch (request.kind) {
    case "ignored":
      await ack();
      return;
    case "refused":
      await ack();
      await answer(app.client, request.back, { ok: false, text: request.why }, log);
      return;
    case "form": {
      await ack();
      const view = renderView(request.form, request.state) as unknown as Parameters<App["client"]["views"]["open"]>[0];
      await app.client.views
        .open({ trigger_id: request.triggerId, view: view as never })
        .catch(async (error: unknown) => {
          log.warn({ err: platformError(error) ?? messageOf(error) }, "slack form not opened");
          await answer(app.client, request.back, { ok: false, text: FORM_LATE }, log);
        });
      return;
    }
    case "event": {
      const received = await inbound.receive(request.event).catch((error: unknown) => {
        log.error({ err: messageOf(error) }, "request not stored");
        return null;
      });
      await ack();
      const reply = received === null ? { ok: false, text: STORE_FAILED } : await received.reply;
      await answer(app.client, request.back, reply, log);
    }
  }
}

/** The private answer: by the interaction's own address, else in the channel, else as a direct message. */
async function answer(client: webApi.WebClient, back: Back, reply: Reply, log: Log): Promise<void> {
  const { text, blocks } = renderReply(reply);
  try {
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
  } catch (error) {
    log.warn({ err: platformError(error) ?? messageOf(error) }, "slack answer lost");
  }
}
