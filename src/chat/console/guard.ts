import type { IncomingMessage } from "node:http";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { DeskError, ERRORS, type ErrorCode } from "../../kernel/errors.ts";
import { NOBODY, type Networks } from "../../kernel/networks.ts";
import { senderOf } from "../../kernel/peer.ts";
import type { ConsoleBackend } from "./backend.ts";
import type { Session, Viewer } from "./viewer.ts";
import type { SignOnBegun } from "./single-sign-on.ts";

/** What a request carries once it passed the guard. */
export interface Guarded {
  readonly Variables: { viewer: Viewer };
}

/** Names and origins under which this console is reached. */
export interface Place {
  readonly hosts: ReadonlySet<string>;
  readonly origins: ReadonlySet<string>;
  readonly secure: boolean;
  /** The one under which people come through a proxy; null where they come directly. */
  readonly publicOrigin: string | null;
  /** Proxies of ours, which say from where a request comes. */
  readonly proxies: Networks;
}

const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];

/** Host names and origins that are ours: loopback names with our port, the bound address, and the public origin. */
export function placeOf(host: string, port: number, publicOrigin: string | null, proxies: Networks = NOBODY): Place {
  const bound = host.includes(":") ? `[${host}]` : host;
  const names = [...new Set([...LOOPBACK, ...(host === "0.0.0.0" || host === "::" ? [] : [bound])])];
  const hosts = new Set(names.map((name) => `${name}:${port}`));
  const origins = new Set([...hosts].map((name) => `http://${name}`));
  const outside = publicOrigin === null ? null : new URL(publicOrigin);
  if (outside) {
    hosts.add(outside.host);
    origins.add(outside.origin);
  }
  return { hosts, origins, secure: outside?.protocol === "https:", publicOrigin: outside?.origin ?? null, proxies };
}

const STATUS: Partial<Record<ErrorCode, ContentfulStatusCode>> = {
  INPUT_INVALID: 400,
  UNKNOWN_INCIDENT: 404,
  UNKNOWN_ACCOUNT: 404,
  UNKNOWN_PLAYBOOK: 404,
  UNKNOWN_RECORDING: 404,
  NOT_SIGNED_IN: 401,
  SSO_REFUSED: 401,
  PASSKEY_REFUSED: 401,
  SSO_UNKNOWN_PERSON: 403,
  RATE_LIMITED: 429,
  SSO_UNAVAILABLE: 503,
  NOT_ALLOWED: 403,
  ORIGIN_REFUSED: 403,
  ROUTE_UNKNOWN: 404,
  METHOD_NOT_ALLOWED: 405,
  BODY_MALFORMED: 400,
  BODY_TOO_LARGE: 413,
  CONTENT_TYPE_WRONG: 415,
  NOT_SUPPORTED: 501,
  DATABASE_UNAVAILABLE: 503,
};

/** HTTP status of an error of the desk; a refusal of the desk's own rules is a conflict with its state. */
export const statusOf = (error: DeskError): ContentfulStatusCode => STATUS[error.code] ?? 409;

/** The one shape of errors in JSON. */
export const errorBody = (error: DeskError): { error: { code: string; message: string; hint: string } } => ({
  error: { code: error.code, message: error.message, hint: ERRORS[error.code].hint },
});

/** Headers of every answer: nothing from elsewhere, nothing inline, no frame around a button. */
export const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
};

/** Refuses a Host that is not ours, which is how a rebound name would arrive, with 421. */
export const ownHost =
  (place: Place): MiddlewareHandler<Guarded> =>
  async (c, next) => {
    const host = c.req.header("host") ?? "";
    if (!place.hosts.has(host.toLowerCase()))
      return c.json(
        errorBody(new DeskError("ORIGIN_REFUSED", "this host name is not the console's; open the address it printed")),
        421,
      );
    await next();
    return undefined;
  };

/** Refuses a writing request that another site, or no page at all, sent. */
export const ownOrigin =
  (place: Place): MiddlewareHandler<Guarded> =>
  async (c, next) => {
    if (c.req.method !== "GET" && c.req.method !== "HEAD") {
      const origin = c.req.header("origin") ?? "";
      const site = c.req.header("sec-fetch-site");
      if (!place.origins.has(origin) || (site !== undefined && site !== "same-origin"))
        throw new DeskError("ORIGIN_REFUSED");
    }
    await next();
  };

/** Whose try this is, for counting: the address, as the socket or the proxy in front says. */
export function addressOf(c: Context, place: Place): string {
  const { incoming } = (c.env ?? {}) as { readonly incoming?: IncomingMessage };
  return senderOf(incoming, c.req.header("x-forwarded-for"), place.proxies);
}

const cookieName = (place: Place): string => (place.secure ? "__Host-breakwater" : "breakwater");

/** Sets the session's cookie: not readable by script, never sent from another site. */
export function keepSession(c: Context, place: Place, session: Session): void {
  setCookie(c, cookieName(place), session.cookie, {
    httpOnly: true,
    sameSite: "Strict",
    secure: place.secure,
    path: "/",
    expires: session.expiresAt,
  });
}

/** Forgets the cookie. */
export function dropSession(c: Context, place: Place): void {
  setCookie(c, cookieName(place), "", {
    httpOnly: true,
    sameSite: "Strict",
    secure: place.secure,
    path: "/",
    maxAge: 0,
  });
}

const signOnCookie = (place: Place): string => `${cookieName(place)}-sso`;

/** Keeps what ties a provider's answer to this browser; it must travel with a link from the provider's site. */
export function keepSignOn(c: Context, place: Place, begun: SignOnBegun): void {
  const { secure } = place;
  const attributes = { httpOnly: true, sameSite: "Lax", secure, path: "/", expires: begun.expiresAt } as const;
  setCookie(c, signOnCookie(place), begun.cookie, attributes);
}

/** What was kept of a sign-in, which ends with this; empty where there is none. */
export function takeSignOn(c: Context, place: Place): string {
  const { secure } = place;
  setCookie(c, signOnCookie(place), "", { httpOnly: true, sameSite: "Lax", secure, path: "/", maxAge: 0 });
  return getCookie(c, signOnCookie(place)) ?? "";
}

/** The cookie's value, where there is one. */
export const sessionCookie = (c: Context, place: Place): string | null => getCookie(c, cookieName(place)) ?? null;

/** Refuses an address with a zero byte: the database holds none, so that nothing here is called so. */
export const storable: MiddlewareHandler<Guarded> = async (c, next) => {
  if (c.req.url.includes("%00")) throw new DeskError("INPUT_INVALID", "the address holds a zero byte; remove it");
  await next();
};

/** Who reads the ledger, as by /audit. */
export const LEDGER_READERS: readonly string[] = ["risk", "compliance", "operator", "trader"];
/** Who tries a playbook, as by /playbook. */
export const PLAYBOOK_USERS: readonly string[] = ["trader", "risk", "operator"];

/** Whether a person holds one of the roles. */
export const holdsAny = (viewer: Viewer, roles: readonly string[]): boolean =>
  viewer.roles.some((role) => roles.includes(role));

/** @throws DeskError NOT_ALLOWED where the person of a request holds none of the roles */
export function refuseWithout(c: Context<Guarded>, roles: readonly string[], what: string): void {
  const viewer = c.get("viewer");
  if (holdsAny(viewer, roles)) return;
  throw new DeskError(
    "NOT_ALLOWED",
    `${what} is for ${roles.join(" or ")}, and you are ${viewer.roles.join(", ") || "without a role"}`,
  );
}

/** Lets only signed-in people pass, and puts the person beside the request. */
export const signedIn =
  (place: Place, backend: ConsoleBackend): MiddlewareHandler<Guarded> =>
  async (c, next) => {
    const cookie = sessionCookie(c, place);
    const viewer = cookie === null ? null : await backend.viewer(cookie);
    if (!viewer) throw new DeskError("NOT_SIGNED_IN");
    c.set("viewer", viewer);
    await next();
  };
