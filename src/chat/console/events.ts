import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { Clock } from "../../kernel/clock.ts";
import { sha256 } from "../../kernel/canonical.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { ConsoleBackend } from "./backend.ts";
import type { Feed } from "./feed.ts";
import type { Guarded } from "./guard.ts";
import { streamText } from "./subscriber.ts";

const BEAT_MS = 10_000;
const FOCUS = /^(all|[A-Za-z0-9_-]{1,40})$/;

/** `GET /events`: the live stream of one page. `?incident=` names the card it shows, `?last=` where it begins. */
export function streamEvents(
  c: Context<Guarded>,
  feed: Feed,
  backend: ConsoleBackend,
  clock: Clock,
  log: Log,
  build: string,
  cookie: string,
): Response {
  const wanted = c.req.query("incident") ?? "";
  const last = c.req.header("last-event-id") ?? c.req.query("last") ?? null;
  c.header("x-accel-buffering", "no");
  return streamSSE(c, async (stream) => {
    const subscriber = feed.open(c.get("viewer"), sha256(cookie), FOCUS.test(wanted) ? wanted : null, last);
    const beat = (): void =>
      subscriber.offer("beat", { event: "beat", data: JSON.stringify({ now: clock.now(), build }) });
    const stop = clock.every(BEAT_MS, async () => {
      try {
        // A session that ended elsewhere ends its streams too.
        if (await backend.viewer(cookie)) beat();
        else feed.leave(subscriber);
      } catch (error) {
        // Without a beat the page says by itself that it hears nothing.
        log.warn({ event: "console.beat.failed", why: messageOf(error) });
      }
    });
    stream.onAbort(() => feed.leave(subscriber));
    beat();
    try {
      // What stands in line together goes out in one message: each costs more than what it carries.
      for (let frames = await subscriber.next(); frames; frames = await subscriber.next())
        await stream.write(streamText(frames));
    } finally {
      stop();
      feed.leave(subscriber);
    }
  });
}
