import type { App } from "@slack/bolt";
import type { Clock } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { CommandHead } from "../command-head.ts";
import type { Painter } from "../picture/picture.ts";
import type { Inbound } from "../surface.ts";
import { answer } from "./answer.ts";
import { STORE_FAILED } from "../wording.ts";
import { platformError } from "./outcome.ts";
import { type SlackRequest, readSlack } from "./payload.ts";
import { renderView } from "./view.ts";

export interface ListenOptions {
  readonly app: App;
  readonly inbound: Inbound;
  readonly team: string;
  readonly heads: readonly CommandHead[];
  readonly paint: Painter["paint"];
  readonly clock: Clock;
  readonly log: Log;
}

/** Anything, a line break included. */
const ANY = /[\s\S]*/;

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
  const to = { client: app.client, paint: options.paint, clock: options.clock, log };
  switch (request.kind) {
    case "ignored":
      await ack();
      return;
    case "refused":
      await ack();
      await answer(to, request.back, { ok: false, text: request.why });
      return;
    case "form": {
      await ack();
      const view = renderView(request.form, request.state) as unknown as Parameters<App["client"]["views"]["open"]>[0];
      await app.client.views
        .open({ trigger_id: request.triggerId, view: view as never })
        .catch(async (error: unknown) => {
          log.warn({ err: platformError(error) ?? messageOf(error) }, "slack form not opened");
          await answer(to, request.back, { ok: false, text: FORM_LATE });
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
      await answer(to, request.back, reply);
    }
  }
}
