import type { Context, Hono, MiddlewareHandler } from "hono";
import { DeskError } from "../../kernel/errors.ts";
import { readBody } from "./act.ts";
import type { Attempts } from "./attempts.ts";
import type { ConsoleBackend } from "./backend.ts";
import type { Session } from "./viewer.ts";
import { type Guarded, type Place, addressOf, keepSession, keepSignOn, takeSignOn } from "./guard.ts";
import { renderBare } from "./layout.ts";
import type { Markup } from "./markup.ts";
import { type Ways, forward, signInPage, unknownPersonPage, welcomePage } from "./pages/sign-in.ts";
import { answerIn, originOf } from "./passkey-routes.ts";
import type { PasskeySignIn } from "./passkey-sign-in.ts";
import type { SingleSignOn } from "./single-sign-on.ts";

type Ctx = Context<Guarded>;

/** What signing in stands on. */
export interface SignInParts {
  readonly backend: Pick<ConsoleBackend, "redeem">;
  /** Null where the desk has no OpenID provider. */
  readonly sso: SingleSignOn | null;
  /** Null where passkeys do not sign in here. */
  readonly passkeySignIn: PasskeySignIn | null;
  readonly attempts: Attempts;
  readonly build: string;
  readonly place: () => Place;
}

/** Adds the ways to a session: the one-time token, a passkey, and the OpenID provider where there is one. */
export function addSignIn(
  app: Hono<Guarded>,
  { backend, sso, passkeySignIn, attempts, build, place }: SignInParts,
  host: MiddlewareHandler<Guarded>,
  origin: MiddlewareHandler<Guarded>,
  small: MiddlewareHandler,
): void {
  const ways: Ways = { sso: sso?.name ?? null, passkey: passkeySignIn !== null };
  const show = (c: Ctx, title: string, main: Markup, status: 200 | 401 | 403 = 200, head?: Markup): Response => {
    c.header("cache-control", "no-store");
    return c.html(renderBare(title, build, main, head).toString(), status);
  };
  const welcome = (c: Ctx, session: Session): Response => {
    keepSession(c, place(), session);
    return show(c, "Signed in", welcomePage(session.viewer.name), 200, forward("/"));
  };
  const redeem = async (c: Ctx, token: string): Promise<Response> => {
    const forgive = attempts.begin("one-time token", addressOf(c, place()));
    const session = await backend.redeem(token.slice(0, 200));
    const why = "This token is unknown, too old, or was used before.";
    if (session === null) return show(c, "Sign in", signInPage(why, ways), 401);
    forgive();
    return welcome(c, session);
  };
  const open = async (c: Ctx, token: string | undefined): Promise<Response> =>
    // A link preview asks with HEAD, or without wanting a page; neither may use the token up.
    token === undefined || c.req.raw.method === "HEAD" ? show(c, "Sign in", signInPage(null, ways)) : redeem(c, token);
  app.get("/sign-in", host, (c) => open(c, c.req.query("token")));
  app.get("/sign-in/:token", host, (c) => open(c, c.req.param("token")));
  app.post("/sign-in", host, origin, small, async (c) =>
    redeem(c, (await readBody(c)).fields.get("token")?.trim() ?? ""),
  );
  if (passkeySignIn) addPasskeySignIn(app, passkeySignIn, attempts, place, host, origin, small);
  if (!sso) return;

  const callback = (c: Ctx): string => `${place().publicOrigin ?? `http://${c.req.header("host") ?? ""}`}/sso/callback`;
  app.get("/sso", host, async (c) => {
    c.header("cache-control", "no-store");
    // The answer comes to the public address, and so must the cookie that it is compared with.
    const outside = place().publicOrigin;
    if (outside !== null && new URL(outside).host !== c.req.header("host")?.toLowerCase())
      return c.redirect(`${outside}/sso`);
    const begun = await sso.begin(callback(c));
    keepSignOn(c, place(), begun);
    return c.redirect(begun.url);
  });
  app.get("/sso/callback", host, async (c) => {
    if (c.req.raw.method === "HEAD") throw new DeskError("METHOD_NOT_ALLOWED");
    const answer = new URL(callback(c));
    answer.search = new URL(c.req.url).search;
    // Each answer is a question to the provider, which counts ours: strangers must not use its patience up.
    const forgive = attempts.begin("single sign-on", addressOf(c, place()));
    const result = await sso.finish(answer, takeSignOn(c, place()));
    if (result.outcome === "signed-in") {
      forgive();
      return welcome(c, result.session);
    }
    if ((c.req.header("accept") ?? "").includes("text/html"))
      return show(c, "Not signed in", unknownPersonPage(result.issuer, result.subject), 403);
    throw new DeskError("SSO_UNKNOWN_PERSON", `no person of this desk has the subject ${result.subject}`);
  });
}

/** Adds the two questions of a sign-in by passkey. */
function addPasskeySignIn(
  app: Hono<Guarded>,
  passkeySignIn: PasskeySignIn,
  attempts: Attempts,
  place: () => Place,
  host: MiddlewareHandler<Guarded>,
  origin: MiddlewareHandler<Guarded>,
  small: MiddlewareHandler,
): void {
  app.post("/sign-in/passkey/begin", host, origin, small, async (c) => {
    c.header("cache-control", "no-store");
    return c.json(await passkeySignIn.begin(originOf(c)));
  });
  app.post("/sign-in/passkey", host, origin, small, async (c) => {
    c.header("cache-control", "no-store");
    const answer = answerIn((await readBody(c)).fields);
    const forgive = attempts.begin("passkey", addressOf(c, place()));
    const session = await passkeySignIn.finish(originOf(c), answer);
    if (session === null)
      throw new DeskError(
        "PASSKEY_REFUSED",
        "This passkey opens nothing: it was not confirmed by a second person, was revoked, or took too long.",
      );
    forgive();
    keepSession(c, place(), session);
    return c.json({ ok: true, text: `Welcome, ${session.viewer.name}.` });
  });
}
