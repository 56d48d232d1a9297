import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Alert } from "../../kernel/alert.ts";
import { type Bucket, type Strikes, TooMany, openBucket, openStrikes, retryAfter } from "../../kernel/bucket.ts";
import type { Clock } from "../../kernel/clock.ts";
import { DeskError, type ErrorCode, messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import { NOBODY, type Networks } from "../../kernel/networks.ts";
import { peerOf, senderOf } from "../../kernel/peer.ts";
import { readBody, textOfBytes } from "./body.ts";
import { readJson } from "./json.ts";
import type { HookRequest } from "./sender.ts";
import type { OpenSource } from "./settings.ts";

/** Where alerts are handed in: the part of the intake that a receiver needs. */
export interface Taker {
  take(
    alerts: readonly Alert[],
    delivery: { readonly key: string; readonly source: string; readonly replayMs: number },
  ): Promise<{ readonly ids: readonly number[] }>;
}

/** Failed checks that one address may have at once, and a second. */
const FAILURES = { burst: 1_000, perSecond: 50 };

const STATUS: Partial<Record<ErrorCode, ContentfulStatusCode>> = {
  BODY_MALFORMED: 400,
  INPUT_INVALID: 400,
  SIGNATURE_INVALID: 401,
  SIGNATURE_STALE: 401,
  ROUTE_UNKNOWN: 404,
  METHOD_NOT_ALLOWED: 405,
  BODY_TOO_LARGE: 413,
  CONTENT_TYPE_WRONG: 415,
  RATE_LIMITED: 429,
};

const tooMany = (who: string, waitMs: number): TooMany =>
  new TooMany(`${who} sent too many requests; send again after the seconds in retry-after`, waitMs);

/** One request on its way in. */
interface Arrival {
  readonly request: Request;
  readonly incoming: IncomingMessage | undefined;
  readonly pathSecret: string | undefined;
}

function typeOf(arrival: Arrival, source: OpenSource): string {
  const { headers } = arrival.request;
  const said = (headers.get("content-type") ?? "").toLowerCase();
  const encoding = headers.get("content-encoding")?.toLowerCase() ?? "";
  const [type = "", ...parameters] = said.split(";").map((part) => part.trim());
  const { contentTypes } = source.sender;
  const utf8 = parameters.every((one) => one === "" || /^charset="?utf-?8"?$/.test(one));
  const plain = ["", "identity"].includes(encoding);
  if ((contentTypes as readonly string[]).includes(type) && utf8 && plain) return type;
  throw new DeskError(
    "CONTENT_TYPE_WRONG",
    `this address takes ${contentTypes.join(" or ")} in UTF-8, not compressed; was "${said.slice(0, 60)}"${plain ? "" : `, compressed as "${encoding.slice(0, 20)}"`}`,
  );
}

/** Two values of a header that decides would let two readers see two requests. */
function refuseDoubles(arrival: Arrival, names: readonly string[]): void {
  const raw = arrival.incoming?.rawHeaders ?? [];
  const seen = new Set<string>();
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]?.toLowerCase() ?? "";
    if (!names.includes(name)) continue;
    if (seen.has(name)) throw new DeskError("SIGNATURE_INVALID", `the header ${name} stands twice; send it once`);
    seen.add(name);
  }
}

const keyOf = (source: string, deliveryId: string | undefined, raw: Buffer): string => {
  const hash = createHash("sha256")
    .update(deliveryId === undefined ? "body\n" : "id\n")
    .update(`${source}\n`);
  return hash.update(deliveryId ?? raw).digest("hex");
};

/** Believes, reads and hands in one delivery. */
async function receive(arrival: Arrival, source: OpenSource, taker: Taker, clock: Clock): Promise<readonly number[]> {
  const { sender } = source;
  const type = typeOf(arrival, source);
  refuseDoubles(arrival, sender.securityHeaders);
  const raw = await readBody(arrival.request, arrival.incoming);
  const hook: HookRequest = {
    header: (name) => arrival.request.headers.get(name) ?? undefined,
    pathSecret: arrival.pathSecret,
  };
  const now = clock.now();
  const { deliveryId } = sender.verify(hook, raw, source, now);
  const text = textOfBytes(raw);
  const alerts = sender.parse(type === "text/plain" ? text : readJson(text), source, now);
  const delivery = { key: keyOf(source.name, deliveryId, raw), source: source.name, replayMs: sender.replayMs };
  const { ids } = await taker.take(alerts, delivery);
  return ids;
}

/** The door of one source: turns floods away before anything is checked. */
function doorOf(source: OpenSource, clock: Clock): { readonly bucket: Bucket; readonly strikes: Strikes } {
  return {
    bucket: openBucket(clock, source.rate.perSecond, source.rate.burst),
    strikes: openStrikes(clock, FAILURES.perSecond, FAILURES.burst),
  };
}

function refusal(context: Context, error: unknown, log: Log): Response {
  const known = error instanceof DeskError ? error : undefined;
  const status = (known && STATUS[known.code]) ?? 503;
  const code = known && STATUS[known.code] ? known.code : "DATABASE_UNAVAILABLE";
  if (status === 503) log.error({ reason: messageOf(error).slice(0, 300) }, "delivery not taken");
  if (status === 401) context.header("www-authenticate", "Bearer");
  if (status === 405) context.header("allow", "POST");
  // The rest of a body that was cut is not worth reading.
  if (status === 413) context.header("connection", "close");
  if (status === 429) context.header("retry-after", retryAfter(error instanceof TooMany ? error.waitMs : 1_000));
  if (status === 503) context.header("retry-after", "5");
  const message =
    known && (STATUS[known.code] || known.code === "DATABASE_UNAVAILABLE")
      ? known.message
      : "the delivery could not be stored and was not taken; send it again";
  return context.json({ error: code, message }, status);
}

/**
 * The receivers: POST /hooks/<source>, and POST /hooks/<source>/<secret> for senders that cannot set headers. Answers
 * 202 with the alerts' ids once they are committed, and every refusal with one plain sentence.
 */
export function webhookRoutes(options: {
  readonly sources: readonly OpenSource[];
  readonly intake: Taker;
  /** Proxies of ours, which say from where a request comes; none where left out. */
  readonly proxies?: Networks;
  readonly clock: Clock;
  readonly log: Log;
}): Hono {
  const { intake, clock, log } = options;
  const routes = new Map(options.sources.map((source) => [source.name, { source, ...doorOf(source, clock) }]));
  const app = new Hono();

  const answer = async (context: Context): Promise<Response> => {
    const environment = context.env as { readonly incoming?: IncomingMessage } | undefined;
    const incoming = environment?.incoming;
    const from = [incoming, context.req.header("x-forwarded-for"), options.proxies ?? NOBODY] as const;
    // Behind a proxy one stranger's forgeries must not shut out everybody who comes by it.
    const sender = senderOf(...from);
    const route = routes.get(context.req.param("source") ?? "");
    try {
      if (!route)
        throw new DeskError("ROUTE_UNKNOWN", "no source of this name is configured; check the path and desk.yaml");
      const { source, bucket, strikes } = route;
      if (context.req.method !== "POST") throw new DeskError("METHOD_NOT_ALLOWED", "alerts are sent with POST");
      if (!source.allows(peerOf(...from)))
        throw new DeskError("SIGNATURE_INVALID", "this address may not send here; see allowFrom in desk.yaml");
      const waitMs = strikes.waitOf(sender) || bucket.take();
      if (waitMs > 0) throw tooMany(sender === "" ? "the sender" : sender, waitMs);
      try {
        const arrival = { request: context.req.raw, incoming, pathSecret: context.req.param("secret") };
        const ids = await receive(arrival, source, intake, clock);
        return context.json({ alerts: ids.length, ids }, 202);
      } catch (error) {
        if (error instanceof DeskError && error.code.startsWith("SIGNATURE_")) strikes.add(sender);
        throw error;
      }
    } catch (error) {
      return refusal(context, error, route ? log.child({ source: route.source.name }) : log);
    }
  };
  app.all("/hooks/:source", answer);
  app.all("/hooks/:source/:secret", answer);
  return app;
}
