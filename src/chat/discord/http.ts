import { type KeyObject, createPublicKey, verify } from "node:crypto";
import type { Clock } from "../../kernel/clock.ts";
import { DeskError, messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import { readBody } from "../request-body.ts";
import { DISCORD_BODY_MAX_BYTES, DISCORD_FRESHNESS_MS } from "./limits.ts";

/** Header of a raw Ed25519 key in SubjectPublicKeyInfo (RFC 8410). */
const SPKI = Buffer.from("302a300506032b6570032100", "hex");

/**
 * Encodings of the points of small order, sign bit cleared: under such a key anybody's signature verifies.
 * Source: https://eprint.iacr.org/2020/1244, table 1, with the non-canonical forms.
 */
const WEAK = new Set([
  "00".repeat(32),
  `01${"00".repeat(31)}`,
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  `ec${"ff".repeat(30)}7f`,
  `ed${"ff".repeat(30)}7f`,
  `ee${"ff".repeat(30)}7f`,
]);

/**
 * Reads the application's public key.
 * @throws CHAT_REFUSED where it is not 64 hexadecimal digits, or weak
 */
export function discordKey(hex: string): KeyObject {
  const raw = Buffer.from(hex, "hex");
  if (!/^[0-9a-f]{64}$/i.test(hex) || raw.length !== 32) {
    throw new DeskError("CHAT_REFUSED", "DISCORD_PUBLIC_KEY is not 64 hexadecimal digits; copy it from the app's page");
  }
  const canonical = Buffer.from(raw);
  canonical[31] = (canonical[31] ?? 0) & 0x7f;
  if (WEAK.has(canonical.toString("hex"))) {
    throw new DeskError("CHAT_REFUSED", "DISCORD_PUBLIC_KEY is a weak key that verifies anything; copy the app's own");
  }
  return createPublicKey({ key: Buffer.concat([SPKI, raw]), format: "der", type: "spki" });
}

function stale(headers: Headers, now: Date): boolean {
  const at = headers.get("x-signature-timestamp") ?? "";
  return !/^\d{1,12}$/.test(at) || Math.abs(now.getTime() - Number(at) * 1_000) > DISCORD_FRESHNESS_MS;
}

/** True where the raw bytes were signed by Discord, within five minutes of now. */
function fromDiscord(key: KeyObject, headers: Headers, body: Uint8Array, now: Date): boolean {
  const signature = headers.get("x-signature-ed25519") ?? "";
  if (!/^[0-9a-f]{128}$/.test(signature) || stale(headers, now)) return false;
  const signed = Buffer.concat([Buffer.from(headers.get("x-signature-timestamp") ?? ""), body]);
  return verify(null, signed, key, Buffer.from(signature, "hex"));
}

interface HttpOptions {
  readonly publicKey: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Takes a verified interaction and gives its first response. */
export type Respond = (interaction: unknown) => Promise<Record<string, unknown> | null>;

/**
 * `POST /discord/interactions`: 401 unsigned or stale (Discord probes for it), 413 too large, 400 unreadable; else the
 * interaction's first response.
 */
export function discordHttp(options: HttpOptions, respond: Respond): (request: Request) => Promise<Response> {
  const key = discordKey(options.publicKey);
  return async (request) => {
    if (stale(request.headers, options.clock.now())) return new Response(null, { status: 401 });
    const bytes = await readBody(request, DISCORD_BODY_MAX_BYTES);
    if (bytes === null) return new Response(null, { status: 413 });
    if (!fromDiscord(key, request.headers, bytes, options.clock.now())) return new Response(null, { status: 401 });
    let interaction: unknown;
    try {
      interaction = JSON.parse(new TextDecoder().decode(bytes));
    } catch (error) {
      options.log.warn({ err: messageOf(error) }, "discord body unreadable");
      return new Response(null, { status: 400 });
    }
    const answer = await respond(interaction);
    return answer === null ? new Response(null, { status: 400 }) : Response.json(answer);
  };
}
