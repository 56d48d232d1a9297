import { createHmac, timingSafeEqual } from "node:crypto";
import type { ReceiverEvent } from "@slack/bolt";
import type { Clock } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { Secret } from "../../kernel/secret.ts";
import { readBody } from "../request-body.ts";
import { SLACK_BODY_MAX_BYTES, SLACK_FRESHNESS_MS } from "./limits.ts";

/** Slack shows an error after three seconds; by then an empty answer is better than none. */
const ANSWER_BY_MS = 2_800;

interface HttpOptions {
  readonly signingSecret: Secret;
  readonly clock: Clock;
  readonly log: Log;
}

/** Hands a verified body on; the answer is what `ack` was called with. */
export type Deliver = (event: ReceiverEvent) => Promise<void>;

const SIGNATURE = /^v0=([0-9a-f]{64})$/;
const TIMESTAMP = /^\d{1,12}$/;

/**
 * Why a request is not Slack's, or null: the signature over the raw bytes, and a time within five minutes of ours,
 * before or after. https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
function refuseSlack(secret: Secret, headers: Headers, body: Uint8Array, now: Date): string | null {
  const stale = staleSlack(headers, now);
  if (stale !== null) return stale;
  const given = SIGNATURE.exec(headers.get("x-slack-signature") ?? "")?.[1];
  if (given === undefined) return "no readable signature";
  const wanted = createHmac("sha256", secret.reveal())
    .update(`v0:${headers.get("x-slack-request-timestamp")}:`)
    .update(body)
    .digest();
  return timingSafeEqual(wanted, Buffer.from(given, "hex")) ? null : "the signature does not match";
}

/** What can be refused before the body is read. */
function staleSlack(headers: Headers, now: Date): string | null {
  const at = headers.get("x-slack-request-timestamp") ?? "";
  if (!TIMESTAMP.test(at)) return "no readable timestamp";
  if (Math.abs(now.getTime() - Number(at) * 1_000) > SLACK_FRESHNESS_MS) return "the signed time is too far from now";
  return SIGNATURE.test(headers.get("x-slack-signature") ?? "") ? null : "no readable signature";
}

/** The interaction or command inside a body of either content type, or null where there is none. */
function parseSlackBody(type: string, text: string): Record<string, unknown> | null {
  try {
    if (/^application\/json\b/.test(type)) return record(JSON.parse(text));
    const form = new URLSearchParams(text);
    const payload = form.get("payload");
    // Slack's certificate probe is answered and never handled, whatever was smuggled in beside it.
    if (form.get("ssl_check") === "1") return { ssl_check: "1" };
    return payload === null ? Object.fromEntries(form) : record(JSON.parse(payload));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

const record = (value: unknown): Record<string, unknown> | null =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;

/**
 * The HTTP receiver as a plain fetch handler for `POST /slack/events`: 401 unsigned, stale or from the future, 413 too
 * large, 400 unreadable; else what the listener acknowledged with.
 */
export function slackHttp(options: HttpOptions, deliver: Deliver): (request: Request) => Promise<Response> {
  const { clock, log } = options;
  return async (request) => {
    const early = staleSlack(request.headers, clock.now());
    if (early !== null) return new Response(null, { status: 401 });
    const bytes = await readBody(request, SLACK_BODY_MAX_BYTES);
    if (bytes === null) return new Response(null, { status: 413 });
    if (refuseSlack(options.signingSecret, request.headers, bytes, clock.now()) !== null) {
      return new Response(null, { status: 401 });
    }
    const body = parseSlackBody(request.headers.get("content-type") ?? "", new TextDecoder().decode(bytes));
    if (body === null) return new Response(null, { status: 400 });
    if (body["ssl_check"] !== undefined) return new Response(null, { status: 200 });
    if (body["type"] === "url_verification") {
      const challenge = body["challenge"];
      return new Response(typeof challenge === "string" ? challenge : "", {
        headers: { "content-type": "text/plain" },
      });
    }
    const done = new AbortController();
    const answered = new Promise<Response>((resolve) => {
      const ack = async (answer?: unknown): Promise<void> => {
        resolve(
          answer === undefined || answer === ""
            ? new Response(null, { status: 200 })
            : typeof answer === "string"
              ? new Response(answer)
              : Response.json(answer),
        );
      };
      deliver({ body, ack }).then(
        () => ack(),
        (error: unknown) => {
          log.warn({ err: messageOf(error) }, "slack request failed");
          resolve(new Response(null, { status: 500 }));
        },
      );
    });
    const late = clock.sleep(ANSWER_BY_MS, done.signal).then(
      () => new Response(null, { status: 200 }),
      () => answered,
    );
    const response = await Promise.race([answered, late]);
    done.abort();
    return response;
  };
}
