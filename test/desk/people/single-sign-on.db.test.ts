import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { deskSchema } from "../../../src/config.ts";
import { ledger, sessions } from "../../../src/db/schema.ts";
import { openSingleSignOn } from "../../../src/desk/people/single-sign-on.ts";
import { type Clock, systemClock } from "../../../src/kernel/clock.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { Secret } from "../../../src/kernel/secret.ts";
import { type TestConsole, openTestConsole } from "../../e2e/console-desk.ts";
import { type FakeProvider, openFakeProvider } from "../../fakes/oidc/provider.ts";
import { withDatabase } from "../../with-database.ts";

const database = withDatabase();
let provider: FakeProvider;
let desk: TestConsole;
let lateMs = 0;
const clock: Clock = { ...systemClock, now: () => new Date(Date.now() + lateMs) };
/** What an address failed in the test before is forgotten by the next. */
let restedMs = 0;
const atTheDoor: Clock = { ...systemClock, now: () => new Date(Date.now() + restedMs) };
const ANA = { person: "ana", name: "Ana Ruiz", roles: ["risk", "trader"], mayAct: true };

/** A desk of `provider`, in which `sub-ana` is Ana and one subject names a person who left. */
function signOn(issuer: string) {
  const file = deskSchema.parse({
    desk: { name: "Harbour desk" },
    people: {
      ana: { name: "Ana Ruiz", roles: ["risk", "trader"], oidc: { issuer, subject: "sub-ana" } },
      left: { name: "Lee Left", roles: [], oidc: { issuer, subject: "sub-left" } },
    },
    accounts: { "paper-a": { venue: "paper" } },
    oidc: { issuer, clientId: provider.clientId, name: "Harbour Login", allowHttpOnLoopback: true },
  });
  const secret = (name: string) => (name === "OIDC_CLIENT_SECRET" ? new Secret(provider.secret) : undefined);
  const environment = { secret } as Parameters<typeof openSingleSignOn>[0]["config"]["environment"];
  return openSingleSignOn({
    database: database(),
    config: { file, environment },
    viewerOf: (person) => (person === "ana" ? ANA : null),
    clock,
    log: silentLog,
  });
}

beforeAll(async () => {
  provider = await openFakeProvider();
  const sso = signOn(provider.issuer);
  desk = await openTestConsole(database().db, { clock: atTheDoor, ...(sso ? { sso } : {}) });
});
afterAll(async () => {
  await desk.console.close();
  await provider.close();
});
beforeEach(() => {
  provider.honest();
  provider.subject = "sub-ana";
  lateMs = 0;
  restedMs += 3_600_000;
});

const asked = (url: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, { redirect: "manual", headers });
const cookieOf = (response: Response, name: string): string =>
  response.headers.getSetCookie().find((one) => one.startsWith(`${name}=`)) ?? "";
const pairOf = (cookie: string): string => cookie.split(";")[0] ?? "";

/** Up to the provider's answer: the address it sends the browser to, and the browser's cookie. */
async function answered(): Promise<{ url: URL; cookie: string; begun: URL }> {
  const begin = await asked(`${desk.console.url}/sso`);
  expect(begin.status).toBe(302);
  const begun = new URL(begin.headers.get("location") ?? "");
  const back = await asked(begun.href);
  return { url: new URL(back.headers.get("location") ?? ""), cookie: pairOf(cookieOf(begin, "breakwater-sso")), begun };
}
const opened = async (): Promise<number> => {
  const [row] = await database()
    .db.select({ count: sql<number>`count(*)::int` })
    .from(sessions);
  return row?.count ?? 0;
};

/** The answer is refused with this status, no cookie opens the console and no session was made. */
async function refused(response: Response, before: number, status = 401): Promise<string> {
  const text = await response.text();
  expect([response.status, cookieOf(response, "breakwater")], text).toEqual([status, ""]);
  expect(await opened()).toBe(before);
  return text;
}

describe("single sign-on", () => {
  test("asks the provider with PKCE, state and nonce, each its own and none of them the cookie", async () => {
    const [first, second] = [await answered(), await answered()];
    const query = first.begun.searchParams;
    expect(Object.fromEntries(query)).toMatchObject({
      response_type: "code",
      client_id: "breakwater",
      scope: "openid",
      code_challenge_method: "S256",
      redirect_uri: `${desk.console.url}/sso/callback`,
    });
    const secrets = ["state", "nonce", "code_challenge"].map((name) => query.get(name) ?? "");
    expect(new Set([...secrets, second.begun.searchParams.get("state")]).size).toBe(4);
    for (const one of secrets) expect([one.length, first.cookie.includes(one)]).toEqual([43, false]);
  });

  test("opens a session of the console for the person whom desk.yaml names, and writes down how", async () => {
    const { url, cookie } = await answered();
    const welcome = await asked(url.href, { cookie });
    expect([welcome.status, await welcome.text()]).toEqual([200, expect.stringContaining("Welcome, <bdi>Ana Ruiz")]);
    const session = cookieOf(welcome, "breakwater");
    expect(session).toMatch(/HttpOnly/);
    expect(session).toMatch(/SameSite=Strict/);
    expect(cookieOf(welcome, "breakwater-sso")).toMatch(/Max-Age=0/);
    const page = await asked(`${desk.console.url}/people`, { cookie: pairOf(session) });
    expect(page.status).toBe(200);
    const [entry] = await database()
      .db.select()
      .from(ledger)
      .where(sql`type = 'session.opened'`);
    expect([entry?.actor, entry?.body]).toEqual([
      "person:ana",
      JSON.stringify({ by: `single sign-on of ${provider.issuer}` }),
    ]);
  });

  test("takes roles from desk.yaml alone: the token says policy-admin and nobody believes it", async () => {
    const { url, cookie } = await answered();
    const session = pairOf(cookieOf(await asked(url.href, { cookie }), "breakwater"));
    const page = await (await asked(`${desk.console.url}/`, { cookie: session, accept: "text/html" })).text();
    expect(page).toContain('title="risk, trader"');
    expect(page).not.toContain("policy-admin");
  });

  test.each([
    ["somebody the desk does not know", "sub-stranger"],
    ["somebody whom desk.yaml names and the desk no longer does", "sub-left"],
    ["the subject of another spelling", "SUB-ANA"],
  ])("refuses %s with a page that says what to do", async (_, subject) => {
    provider.subject = subject;
    const before = await opened();
    const { url, cookie } = await answered();
    const page = await refused(await asked(url.href, { cookie, accept: "text/html" }), before, 403);
    expect(page).toContain("nobody of this desk has your subject");
    expect(page).toContain(subject);
    const [entry] = await database()
      .db.select()
      .from(ledger)
      .where(sql`type = 'session.refused'`)
      .orderBy(sql`seq desc`);
    expect(JSON.parse(entry?.body ?? "{}")).toEqual({ issuer: provider.issuer, subject });
  });

  const bent = (claims: Record<string, unknown>) => () => {
    provider.twist = (draft) => ({ ...draft, claims: { ...draft.claims, ...claims } });
  };
  const now = () => Math.floor(Date.now() / 1_000);
  test.each<[string, () => void]>([
    ["names another issuer", bent({ iss: "https://evil.example" })],
    ["is for another client", bent({ aud: "another" })],
    ["carries another nonce", bent({ nonce: "another" })],
    ["carries no nonce", bent({ nonce: undefined })],
    ["expired", bent({ exp: now() - 120, iat: now() - 600 })],
    ["has no expiry", bent({ exp: undefined })],
    ["has no subject", bent({ sub: undefined })],
    ["is not valid yet", bent({ nbf: now() + 600 })],
    ["is signed by another key", () => void (provider.signs = "foreign")],
    [
      "is not signed at all",
      () => {
        provider.signs = "nobody";
        provider.twist = (draft) => ({ ...draft, header: { alg: "none" } });
      },
    ],
    ["lost its signature", () => void (provider.signs = "nobody")],
    [
      "is signed by a shared secret",
      () => {
        provider.twist = (draft) => ({ ...draft, header: { ...draft.header, alg: "HS256" } });
      },
    ],
    [
      "names an unknown key",
      () => {
        provider.twist = (draft) => ({ ...draft, header: { ...draft.header, kid: "another" } });
      },
    ],
  ])("refuses an ID token that %s", async (_, bend) => {
    bend();
    const before = await opened();
    const { url, cookie } = await answered();
    await refused(await asked(url.href, { cookie }), before);
  });

  test.each<[string, (from: { url: URL; cookie: string }) => { url: URL; cookie: string }]>([
    ["with another state", ({ url, cookie }) => ({ url: edited(url, "state", "x".repeat(43)), cookie })],
    ["without a state", ({ url, cookie }) => ({ url: edited(url, "state", null), cookie })],
    ["without a code", ({ url, cookie }) => ({ url: edited(url, "code", null), cookie })],
    ["with a code of its own making", ({ url, cookie }) => ({ url: edited(url, "code", "made-up"), cookie })],
    ["in a browser that did not begin it", ({ url }) => ({ url, cookie: "" })],
    [
      "with a cookie whose time was moved",
      ({ url, cookie }) => ({ url, cookie: cookie.replace(/\d{13}$/, "9999999999999") }),
    ],
    ["with a cookie of no shape", ({ url }) => ({ url, cookie: "breakwater-sso=x" })],
    ["twice the state in one address", ({ url, cookie }) => ({ url: doubled(url, "state"), cookie })],
    [
      "with the provider's refusal",
      ({ url, cookie }) => ({ url: edited(edited(url, "code", null), "error", "access_denied"), cookie }),
    ],
  ])("refuses an answer %s", async (_, change) => {
    const before = await opened();
    const { url, cookie } = change(await answered());
    await refused(await asked(url.href, { cookie }), before);
  });

  test("refuses the answer of one browser in another", async () => {
    const [mine, theirs] = [await answered(), await answered()];
    const before = await opened();
    await refused(await asked(theirs.url.href, { cookie: mine.cookie }), before);
  });

  test("refuses an answer after ten minutes", async () => {
    const { url, cookie } = await answered();
    const before = await opened();
    lateMs = 601_000;
    expect(await refused(await asked(url.href, { cookie }), before)).toContain("longer than 10 minutes");
  });

  test("takes a code once, also where the provider would take it again", async () => {
    for (const forgetful of [false, true]) {
      provider.forgetful = forgetful;
      const { url, cookie } = await answered();
      expect((await asked(url.href, { cookie })).status).toBe(200);
      const before = await opened();
      await refused(await asked(url.href, { cookie }), before);
    }
  });

  test("opens one session when two tabs bring the same answer at once", async () => {
    provider.forgetful = true;
    const { url, cookie } = await answered();
    const both = await Promise.all([asked(url.href, { cookie }), asked(url.href, { cookie })]);
    expect(both.map((one) => one.status).sort((a, b) => a - b)).toEqual([200, 401]);
  });

  test("strangers who bring made-up answers wait before the provider loses its patience with the desk", async () => {
    const { url, cookie } = await answered();
    url.searchParams.set("code", "made-up");
    const before = provider.asked.length;
    const statuses = await Promise.all(
      Array.from({ length: 60 }, async () => (await asked(url.href, { cookie })).status),
    );
    expect(statuses.filter((status) => status === 401)).toHaveLength(20);
    expect(statuses.filter((status) => status === 429)).toHaveLength(40);
    expect(provider.asked.length - before).toBeLessThanOrEqual(20);
  });

  test("does not let a link preview use an answer up", async () => {
    const { url, cookie } = await answered();
    const before = provider.asked.length;
    const preview = await fetch(url, { method: "HEAD", redirect: "manual", headers: { cookie } });
    expect([preview.status, provider.asked.length]).toEqual([405, before]);
    expect((await asked(url.href, { cookie })).status).toBe(200);
  });

  test.each([
    ["breaks", 500, "oops"],
    ["answers something else than JSON", 200, "<html>"],
  ])(
    "says that it cannot be reached where the provider %s, and shows nothing of its answer",
    async (_, status, body) => {
      provider.answers = { status, body };
      const before = await opened();
      const { url, cookie } = await answered();
      const text = await refused(await asked(url.href, { cookie }), before, 503);
      expect(text).toContain("SSO_UNAVAILABLE");
      expect(text).not.toContain("oops");
    },
  );

  test("is out of order where nobody answers at the issuer, while the one-time token goes on working", async () => {
    const gone = await openFakeProvider();
    const sso = signOn(gone.issuer);
    await gone.close();
    const lonely = await openTestConsole(database().db, { clock: atTheDoor, ...(sso ? { sso } : {}) });
    try {
      const page = await asked(`${lonely.console.url}/sso`, { accept: "text/html" });
      expect([page.status, await page.text()]).toEqual([503, expect.stringContaining('href="/sign-in"')]);
      expect((await asked(await lonely.signIn("ana"))).status).toBe(200);
    } finally {
      await lonely.console.close();
    }
  });

  test("ends with the session: the cookie opens nothing, and the provider's own sign-out is offered", async () => {
    const { url, cookie } = await answered();
    const session = pairOf(cookieOf(await asked(url.href, { cookie }), "breakwater"));
    const origin = desk.console.url;
    const out = await fetch(`${origin}/sign-out`, {
      method: "POST",
      headers: { cookie: session, origin },
      redirect: "manual",
    });
    expect([out.status, await out.text()]).toEqual([
      200,
      expect.stringContaining(`${provider.issuer}/logout?client_id=`),
    ]);
    expect((await asked(`${origin}/people`, { cookie: session })).status).toBe(401);
  });
});

function edited(from: URL, name: string, value: string | null): URL {
  const url = new URL(from);
  if (value === null) url.searchParams.delete(name);
  else url.searchParams.set(name, value);
  return url;
}

function doubled(from: URL, name: string): URL {
  const url = new URL(from);
  url.searchParams.append(name, url.searchParams.get(name) ?? "");
  return url;
}
