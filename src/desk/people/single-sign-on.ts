import { createHmac, randomBytes } from "node:crypto";
import type { Configuration } from "openid-client";
import type { Viewer } from "../../chat/console/viewer.ts";
import type { SignOnResult, SingleSignOn } from "../../chat/console/single-sign-on.ts";
import type { Finding } from "../../chat/finding.ts";
import type { Config, DeskFile } from "../../config.ts";
import type { Database } from "../../db/client.ts";
import type { Clock } from "../../kernel/clock.ts";
import { DeskError } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { Secret } from "../../kernel/secret.ts";
import { openSignOn, recordRefusal } from "../../views/sessions.ts";
import type { OidcSettings } from "./single-sign-on-settings.ts";

/** What single sign-on stands on. */
export interface SignOnParts {
  readonly database: Database;
  readonly config: Pick<Config, "environment"> & { readonly file: Pick<DeskFile, "oidc" | "people"> };
  readonly viewerOf: (person: string) => Viewer | null;
  readonly clock: Clock;
  readonly log: Log;
}

const MINUTES = 10;
const TIMEOUT_SECONDS = 5;
const COOKIE = /^([\w-]{43})\.(\d{13})$/;

/** Learns the provider by discovery; every answer's signature is checked against its published keys. */
async function discover(
  { issuer, clientId, allowHttpOnLoopback }: OidcSettings,
  secret: Secret,
): Promise<Configuration> {
  const client = await import("openid-client");
  const insecure = allowHttpOnLoopback && issuer.startsWith("http:") ? [client.allowInsecureRequests] : [];
  const found = await client.discovery(new URL(issuer), clientId, undefined, client.None(), {
    execute: insecure,
    timeout: TIMEOUT_SECONDS,
  });
  const provider = found.serverMetadata();
  // A provider that says nothing takes the secret in the header (OpenID Connect Discovery, section 3).
  const methods = provider.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
  const shown = methods.includes("client_secret_basic")
    ? client.ClientSecretBasic(secret.reveal())
    : client.ClientSecretPost(secret.reveal());
  const config = new client.Configuration(provider, clientId, undefined, shown);
  for (const one of [...insecure, client.enableNonRepudiationChecks]) one(config);
  config.timeout = TIMEOUT_SECONDS;
  return config;
}

/** What `breakwater doctor` says of the provider; nothing where desk.yaml names none. */
export async function providerFindings({ file, environment }: SignOnParts["config"]): Promise<Finding[]> {
  const secret = environment.secret("OIDC_CLIENT_SECRET");
  if (!file.oidc || !secret) return [];
  const named = Object.values(file.people).filter((one) => one.oidc).length;
  const people: Finding = {
    what: "single sign-on",
    state: named > 0 ? "good" : "warn",
    detail: named > 0 ? `${named} people have a subject` : "nobody has a subject; write oidc under their names",
  };
  try {
    await discover(file.oidc, secret);
    return [{ what: "single sign-on", state: "good", detail: `${file.oidc.issuer} answers` }, people];
  } catch (error) {
    const detail = `${file.oidc.issuer} gave no usable discovery document: ${reasonOf(error)}`;
    return [{ what: "single sign-on", state: "bad", detail }, people];
  }
}

/** Why the library gave up, by its code alone: its causes hold tokens. */
function reasonOf(error: unknown): string {
  const { code, error: said } = error as { code?: unknown; error?: unknown };
  if (typeof said === "string") return `the provider answered ${said.slice(0, 60)}`;
  return typeof code === "string" ? code : "no answer";
}

/** Errors that say the provider was not reached, and nothing about the person. */
const unreachable = (error: unknown): boolean =>
  ["OAUTH_TIMEOUT", "OAUTH_RESPONSE_IS_NOT_CONFORM", "OAUTH_RESPONSE_IS_NOT_JSON", "OAUTH_PARSE_ERROR"].includes(
    String((error as { code?: unknown }).code),
  ) ||
  (error instanceof TypeError && !("code" in error));

/**
 * Opens single sign-on: authorization code flow with PKCE, state and nonce. What ties an answer to a browser is derived from a
 * random cookie under a key that only the desk has, so that nothing is stored before somebody is known; an answer counts once.
 * Who a subject is, and what the person may do, says desk.yaml alone. Null where desk.yaml names no provider.
 */
export function openSingleSignOn({ database, config: desk, viewerOf, clock, log }: SignOnParts): SingleSignOn | null {
  const { oidc: settings, people } = desk.file;
  const secret = desk.environment.secret("OIDC_CLIENT_SECRET");
  if (!settings || !secret) return null;
  const key = createHmac("sha256", secret.reveal()).update("breakwater:single-sign-on").digest();
  const derive = (purpose: string, cookie: string): string =>
    createHmac("sha256", key).update(`${purpose}:${cookie}`).digest("base64url");
  let known: Configuration | null = null;
  /** However many people come at once, the provider is asked once who it is; again where it gave no answer. */
  let asking: Promise<Configuration> | null = null;
  const provider = async (): Promise<Configuration> => {
    try {
      asking ??= discover(settings, secret);
      known = await asking;
      return known;
    } catch (error) {
      asking = null;
      log.warn({ event: "sign-on.undiscovered", issuer: settings.issuer, why: reasonOf(error) });
      throw new DeskError("SSO_UNAVAILABLE", `${settings.issuer} was asked who it is and gave no usable answer`);
    }
  };
  const personOf = (issuer: string, subject: string): string | undefined =>
    Object.entries(people).find(([, { oidc }]) => oidc?.issuer === issuer && oidc.subject === subject)?.[0];
  const refused = (why: string): DeskError => {
    log.warn({ event: "sign-on.refused", why });
    return new DeskError("SSO_REFUSED", `the answer of ${settings.name} was not taken (${why})`);
  };

  return {
    name: settings.name,
    async begin(callback) {
      const config = await provider();
      const { buildAuthorizationUrl, calculatePKCECodeChallenge } = await import("openid-client");
      const expiresAt = new Date(clock.now().getTime() + MINUTES * 60_000);
      const cookie = `${randomBytes(32).toString("base64url")}.${expiresAt.getTime()}`;
      const url = buildAuthorizationUrl(config, {
        redirect_uri: callback,
        scope: "openid",
        state: derive("state", cookie),
        nonce: derive("nonce", cookie),
        code_challenge: await calculatePKCECodeChallenge(derive("verifier", cookie)),
        code_challenge_method: "S256",
      });
      return { url: url.href, cookie, expiresAt };
    },
    async finish(answer, cookie): Promise<SignOnResult> {
      const [, nonce = "", expires = "0"] = COOKIE.exec(cookie) ?? [];
      // The time is part of what the state is derived from: who moves it has no state that fits.
      if (nonce === "") throw refused("this browser did not begin it");
      if (Number(expires) <= clock.now().getTime()) throw refused(`it took longer than ${MINUTES} minutes`);
      const config = await provider();
      const { authorizationCodeGrant } = await import("openid-client");
      const claims = await authorizationCodeGrant(config, answer, {
        expectedState: derive("state", cookie),
        expectedNonce: derive("nonce", cookie),
        pkceCodeVerifier: derive("verifier", cookie),
        idTokenExpected: true,
      }).then(
        (tokens) => tokens.claims(),
        (error: unknown) => {
          if (!unreachable(error)) throw refused(reasonOf(error));
          log.warn({ event: "sign-on.unanswered", issuer: settings.issuer, why: reasonOf(error) });
          throw new DeskError("SSO_UNAVAILABLE", `${settings.issuer} did not answer for the sign-in`);
        },
      );
      if (!claims) throw refused("there was no ID token");
      const { iss: issuer, sub: subject } = claims;
      const person = personOf(issuer, subject);
      const viewer = person === undefined ? null : viewerOf(person);
      if (!viewer) {
        log.warn({ event: "sign-on.unknown", issuer, subject });
        await recordRefusal(database.db, issuer, subject);
        return { outcome: "unknown", issuer, subject };
      }
      const session = await openSignOn(database.db, nonce, viewer, issuer);
      if (!session) throw refused("it was used before");
      return { outcome: "signed-in", session };
    },
    endUrl(back) {
      const end = known?.serverMetadata().end_session_endpoint;
      if (end === undefined) return null;
      const url = new URL(end);
      url.searchParams.set("client_id", settings.clientId);
      url.searchParams.set("post_logout_redirect_uri", back);
      return url.href;
    },
  };
}
