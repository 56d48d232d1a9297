import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { type Alert, SEVERITIES } from "../../kernel/alert.ts";
import { DeskError } from "../../kernel/errors.ts";
import type { Secret } from "../../kernel/secret.ts";
import type { Body } from "./json.ts";
import { mapped, mappingSchema, momentOf } from "./mapping.ts";
import { decimalOf, textOf } from "./number.ts";
import type { Sender } from "./sender.ts";
import { MAX_ALERTS, fit } from "./shape.ts";

const TOLERANCE_S = 300;
const MAX_SIGNATURES = 8;

const settings = z.strictObject({
  map: mappingSchema.optional().describe("How its bodies are read; without it they have the desk's own form."),
});
type Settings = z.infer<typeof settings>;

/** Reads a value by `read`; what it does not know is refused with `must`. */
const readBy = <T>(read: (raw: Body) => T | undefined, must: string) =>
  z.unknown().transform((raw, context): T => {
    const found = read(raw as Body);
    if (found !== undefined) return found;
    context.addIssue({ code: "custom", message: must });
    return z.NEVER;
  });

const text = readBy(textOf, "must be text, a number or true or false");
const value = readBy(decimalOf, "must be a number of at most 40 digits");
const name = z.string().min(1).max(64);

/** The desk's own form of an alert. */
const own = z.strictObject({
  kind: z.string().min(1).max(120),
  status: z.enum(["firing", "resolved"]).default("firing"),
  severity: z.enum(SEVERITIES).default("medium"),
  title: z.string().min(1).max(2_000),
  summary: z.string().max(20_000).optional(),
  labels: z.record(name, text).default({}),
  values: z.record(name, value).default({}),
  at: text.optional(),
});
const several = z.strictObject({ alerts: z.array(own).min(1).max(MAX_ALERTS) });

const isObject = (body: Body): body is { readonly [key: string]: Body } =>
  typeof body === "object" && body !== null && !Array.isArray(body);

function ownAlert(sent: z.infer<typeof own>, source: string, now: Date): Alert {
  const { at, summary, ...rest } = sent;
  return {
    ...rest,
    source,
    trust: "signed",
    ...(summary === undefined ? {} : { summary }),
    at: at === undefined ? now : momentOf(at, "at"),
  };
}

const refuse = (message: string): DeskError => new DeskError("SIGNATURE_INVALID", message);

const keyOf = (secret: Secret): Buffer => Buffer.from(secret.reveal().replace(/^whsec_/, ""), "base64");

/** Whether one of the presented signatures is right; all are compared, in constant time. */
function signedBy(key: Buffer, given: readonly Buffer[], id: string, timestamp: string, raw: Buffer): boolean {
  // By hand, because the published library makes text of the bytes before it signs them.
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(raw).digest();
  return given.map((one) => timingSafeEqual(one, expected)).includes(true);
}

/**
 * Any program that signs by the Standard Webhooks: headers webhook-id, webhook-timestamp and webhook-signature, the
 * last an HMAC-SHA-256 over the raw bytes. Bodies have the desk's own form, alone or as `{ "alerts": [...] }`, or
 * whatever the mapping reads.
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export const generic = {
  name: "generic",
  contentTypes: ["application/json"],
  trust: "signed",
  securityHeaders: ["webhook-id", "webhook-timestamp", "webhook-signature"],
  settings,
  refuseSecret(secret: Secret) {
    const key = keyOf(secret);
    const exact = /^(whsec_)?[A-Za-z0-9+/]+={0,2}$/.test(secret.reveal());
    return exact && key.length >= 24 && key.length <= 64
      ? undefined
      : "must be whsec_ and 24 to 64 random bytes in base64; make one with: echo whsec_$(openssl rand -base64 32)";
  },
  // Three times the time that a signature is good for.
  replayMs: TOLERANCE_S * 3_000,
  verify(request, raw, source, now) {
    const id = request.header("webhook-id") ?? "";
    const timestamp = request.header("webhook-timestamp") ?? "";
    const signature = request.header("webhook-signature") ?? "";
    // The cheap questions come first: a flood of nonsense must not cost a digest each.
    if (!/^[\x21-\x2d\x2f-\x7e]{1,256}$/.test(id)) throw refuse("the header webhook-id is missing or not an id");
    if (!/^[1-9]\d{0,11}$/.test(timestamp)) throw refuse("the header webhook-timestamp is missing or not in seconds");
    const given = signature.split(" ").flatMap((one) => {
      const [, digest] = /^v1,([A-Za-z0-9+/]{43}=)$/.exec(one) ?? [];
      return digest === undefined ? [] : [Buffer.from(digest, "base64")];
    });
    if (given.length === 0 || given.length > MAX_SIGNATURES) {
      throw refuse("the header webhook-signature is missing or holds no v1 signature");
    }
    const age = now.getTime() / 1_000 - Number(timestamp);
    if (Math.abs(age) > TOLERANCE_S) {
      throw new DeskError(
        "SIGNATURE_STALE",
        `the signed time is ${Math.round(Math.abs(age))} s ${age > 0 ? "old" : "ahead"}; at most ${TOLERANCE_S} s are allowed, check both clocks`,
      );
    }
    const good = source.secrets.map((secret) => signedBy(keyOf(secret), given, id, timestamp, raw)).includes(true);
    if (!good) throw refuse("the signature does not match; check the secret and that the body is sent unchanged");
    return { deliveryId: id };
  },
  parse(body, source, now) {
    if (source.settings.map) return mapped(body, source.settings.map, source.name, "signed", now);
    const list = isObject(body) && "alerts" in body ? fit(several, body).alerts : [fit(own, body)];
    return list.map((sent) => ownAlert(sent, source.name, now));
  },
} satisfies Sender<Settings>;
