import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type SoftAuthenticator, softAuthenticator } from "../../../src/commandline/soft-authenticator.ts";
import { challenges, ledger, passkeys, sessions } from "../../../src/db/schema.ts";
import { openPasskeySignIn } from "../../../src/desk/people/passkey-sign-in.ts";
import { openPasskeys } from "../../../src/desk/people/passkeys.ts";
import { fakeClock } from "../../../src/kernel/clock.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { beginEnrolment, confirmPasskey, finishEnrolment } from "../../../src/policy/people/passkeys.ts";
import { approveWithStepUp, beginStepUp } from "../../../src/policy/people/step-up.ts";
import { type TestConsole, openTestConsole } from "../../e2e/console-desk.ts";
import { DESK_PEOPLE, SEAL, type TestDesk, freshPlan, testDesk } from "../../policy/control.ts";
import { order } from "../../policy/make.ts";
import { withDatabase } from "../../with-database.ts";

const database = withDatabase();
let rules: TestDesk;
let desk: TestConsole;
let origin = "";
let where = { origin, rpId: "localhost", deskName: "Harbour desk" };
let left: readonly string[] = [];
// It stands still between the tries, however long the machine takes for them.
const clock = fakeClock(new Date());
const keys = new Map<string, SoftAuthenticator>();
const keyOf = (person: string): SoftAuthenticator => keys.get(person) as SoftAuthenticator;
const viewerOf = (person: string) =>
  left.includes(person) ? null : { person, name: person, roles: ["risk"], mayAct: true };

async function enrol(person: string, confirmedBy: string | null): Promise<SoftAuthenticator> {
  const key = softAuthenticator(where);
  const options = await rules.within((tx) => beginEnrolment(tx, rules.control, where, person));
  const created = key.create(options.challenge);
  const id = await rules.within((tx) => finishEnrolment(tx, rules.control, where, person, created));
  if (confirmedBy !== null) await rules.within((tx) => confirmPasskey(tx, rules.control, id, confirmedBy));
  return key;
}

beforeAll(async () => {
  rules = testDesk(database());
  await rules.publish({ people: DESK_PEOPLE });
  const passkeySignIn = openPasskeySignIn({
    database: database(),
    control: rules.control,
    viewerOf,
    deskName: "Harbour desk",
    log: silentLog,
  });
  desk = await openTestConsole(database().db, { passkeySignIn, clock });
  origin = desk.console.url.replace("127.0.0.1", "localhost");
  where = { ...where, origin };
  keys.set("ana", await enrol("ana", "bo"));
  keys.set("bo", await enrol("bo", "ed"));
});
afterAll(() => desk.console.close());
beforeEach(async () => {
  left = [];
  // What an address failed in the test before is forgotten by now.
  await clock.advance(3_600_000);
});

const send = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${origin}${path}`, {
    method: "POST",
    headers: { origin, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
const begin = async (): Promise<string> => {
  const options = (await (await send("/sign-in/passkey/begin", {})).json()) as { challenge: string };
  return options.challenge;
};
const finish = (response: unknown, more: Record<string, string> = {}): Promise<Response> =>
  send("/sign-in/passkey", { response: JSON.stringify(response), ...more });
const cookieOf = (response: Response): string =>
  response.headers
    .getSetCookie()
    .find((one) => one.startsWith("breakwater="))
    ?.split(";")[0] ?? "";
const counted = async (table: typeof sessions | typeof challenges): Promise<number> =>
  (await database().db.select().from(table)).length;
const newest = async () =>
  (
    await database()
      .db.select()
      .from(ledger)
      .orderBy(sql`seq desc`)
      .limit(1)
  )[0];

/** Refused in the words that every refusal has, with no cookie and no session. */
async function refused(response: Response): Promise<void> {
  expect([response.status, cookieOf(response), await response.json()]).toEqual([
    401,
    "",
    {
      error: {
        code: "PASSKEY_REFUSED",
        message: "This passkey opens nothing: it was not confirmed by a second person, was revoked, or took too long.",
        hint: "Use one that a second person confirmed and that this browser keeps, or open a one-time token's address.",
      },
    },
  ]);
}

describe("signing in with a passkey", () => {
  test("the key says who it is; a session opens, the ledger says how, and nothing was kept before", async () => {
    const before = await counted(challenges);
    const challenge = await begin();
    expect(await counted(challenges)).toBe(before);
    const welcome = await finish(keyOf("ana").get(challenge));
    expect([welcome.status, await welcome.json()]).toEqual([200, { ok: true, text: "Welcome, ana." }]);
    expect(welcome.headers.getSetCookie()[0]).toMatch(/HttpOnly; SameSite=Strict/);
    const page = await fetch(`${origin}/people`, { headers: { cookie: cookieOf(welcome) } });
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("Ana Ruiz")]);
    expect(await newest()).toMatchObject({ actor: "person:ana", type: "session.opened", body: '{"by":"passkey"}' });
  });

  test("the question is the same for everybody: it names no person and no key, and asks that the person is verified", async () => {
    const options = (await (await send("/sign-in/passkey/begin", { person: "ana" })).json()) as object;
    expect({ ...options, challenge: "" }).toEqual({
      challenge: "",
      rpId: "localhost",
      timeout: 120_000,
      userVerification: "required",
    });
  });

  test("who claims to be somebody else is still the one whose key was touched", async () => {
    const answer: { response: object } = keyOf("ana").get(await begin());
    const userHandle = Buffer.from("bo").toString("base64url");
    const welcome = await finish({ ...answer, response: { ...answer.response, userHandle } }, { person: "bo" });
    expect(await welcome.json()).toEqual({ ok: true, text: "Welcome, ana." });
  });

  test("an answer counts once, also of fifteen sent together", async () => {
    const answer = keyOf("ana").get(await begin());
    const before = await counted(sessions);
    const statuses = await Promise.all(Array.from({ length: 15 }, async () => (await finish(answer)).status));
    expect(statuses.filter((status) => status === 200)).toEqual([200]);
    expect(await counted(sessions)).toBe(before + 1);
    await refused(await finish(answer));
    expect(await newest()).toMatchObject({ actor: "system", type: "session.refused" });
  });

  test.each<[string, (challenge: string) => unknown]>([
    ["another site's page", (challenge) => keyOf("ana").get(challenge, { origin: "http://evil.example" })],
    ["another host's key", (challenge) => keyOf("ana").get(challenge, { rpId: "evil.example" })],
    ["a touch without the person verified", (challenge) => keyOf("ana").get(challenge, { flags: 0x01 })],
    ["Ana's touch under Bo's key", (challenge) => ({ ...(keyOf("ana").get(challenge) as object), id: keyOf("bo").id })],
    ["a key of nobody", (challenge) => softAuthenticator(where).get(challenge)],
    ["a key nobody confirmed", async (challenge) => (await enrol("cy", null)).get(challenge)],
    ["a challenge nobody drew", () => keyOf("ana").get(Buffer.alloc(54, 7).toString("base64url"))],
    ["a challenge cut short", (challenge) => keyOf("ana").get(challenge.slice(0, 40))],
    ["nothing", () => null],
    ["a list", () => []],
    ["a name with a zero byte", () => ({ id: "\u0000" })],
    ["a key's name alone", () => ({ id: keyOf("ana").id })],
  ])("%s is refused like anything else", async (_, answer) => {
    const before = await counted(sessions);
    await refused(await finish(await answer(await begin())));
    expect(await counted(sessions)).toBe(before);
  });

  test("a challenge is over after two minutes, and its end cannot be moved", async () => {
    const bytes = Buffer.from(await begin(), "base64url");
    const [nonce, expiresMs] = [bytes.subarray(0, 16).toString("hex"), bytes.readUIntBE(16, 6)];
    expect(Math.abs(expiresMs - Date.now() - 120_000)).toBeLessThan(10_000);
    const end = (ms: number): Buffer => {
      const moved = Buffer.from(bytes);
      moved.writeUIntBE(ms, 16, 6);
      return moved;
    };
    await refused(await finish(keyOf("ana").get(end(expiresMs + 60_000).toString("base64url"))));
    // As the desk itself seals them: one that is still good, and one of two minutes and a second ago.
    const sealed = (ms: number): string => {
      const made = end(ms);
      Buffer.from(SEAL.of("challenge", { nonce, purpose: "sign-in", expiresMs: ms }), "hex").copy(made, 22);
      return made.toString("base64url");
    };
    await refused(await finish(keyOf("ana").get(sealed(expiresMs - 121_000))));
    expect((await finish(keyOf("ana").get(sealed(expiresMs - 60_000)))).status).toBe(200);
  });

  test("a touch for a plan signs nobody in, and a touch for a sign-in approves nothing", async () => {
    const large = { orders: [order({ clientOrderId: "bw-sign-in-1", quantity: "24", notionalUsd: "1200000" })] };
    const { hash } = await rules.ask(freshPlan(large));
    const { options } = await rules.within((tx) => beginStepUp(tx, rules.control, where, "ana", hash));
    await refused(await finish(keyOf("ana").get(options.challenge)));
    const given = { person: "ana", planHash: hash, typed: "1200000", reason: null };
    const response = keyOf("ana").get(await begin());
    await expect(
      rules.within((tx) => approveWithStepUp(tx, rules.control, where, { ...given, response }, rules.wake)),
    ).rejects.toThrow("does not fit this plan and person");
  });

  test("a key whose counter did not move is a copy, and is refused", async () => {
    await database()
      .db.update(passkeys)
      .set({ counter: 1_000 })
      .where(sql`credential_id = ${keyOf("bo").id}`);
    await refused(await finish(keyOf("bo").get(await begin())));
    await database()
      .db.update(passkeys)
      .set({ counter: 0 })
      .where(sql`credential_id = ${keyOf("bo").id}`);
    expect((await finish(keyOf("bo").get(await begin()))).status).toBe(200);
    const [row] = await database()
      .db.select()
      .from(passkeys)
      .where(sql`credential_id = ${keyOf("bo").id}`);
    expect(row?.counter).toBeGreaterThan(0);
  });

  test("a revoked key, one confirmed or given away in the database by hand, and a person who left are refused", async () => {
    const [revoked, forged, stolen] = [await enrol("ed", "bo"), await enrol("ed", null), await enrol("di", "bo")];
    await database().sql`update breakwater.passkeys set revoked_at = now() where credential_id = ${revoked.id}`;
    await database()
      .sql`update breakwater.passkeys set confirmed_at = now(), confirmed_by = 'bo' where credential_id = ${forged.id}`;
    await database().sql`update breakwater.passkeys set person = 'ana' where credential_id = ${stolen.id}`;
    for (const key of [revoked, forged, stolen]) await refused(await finish(key.get(await begin())));
    left = ["ana"];
    await refused(await finish(keyOf("ana").get(await begin())));
    expect(JSON.parse((await newest())?.body ?? "")).toEqual({
      by: "passkey",
      person: "ana",
      why: "nobody of this desk any more",
    });
    left = [];
    expect((await finish(keyOf("ana").get(await begin()))).status).toBe(200);
  });

  test("another site's request, a plain form and a get are turned away before any key is read", async () => {
    const answer = JSON.stringify(keyOf("ana").get(await begin()));
    const elsewhere = await send("/sign-in/passkey", { response: answer }, { origin: "http://evil.example" });
    expect(elsewhere.status).toBe(403);
    expect((await send("/sign-in/passkey", { response: answer }, { "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await send("/sign-in/passkey/begin", {}, { origin: "http://evil.example" })).status).toBe(403);
    expect((await send("/sign-in/passkey", { response: "{" })).status).toBe(400);
    expect((await send("/sign-in/passkey", { response: "x".repeat(70_000) })).status).toBe(413);
    expect((await fetch(`${origin}/sign-in/passkey`)).status).toBe(401);
    const numbered = desk.console.url;
    const atNumber = await fetch(`${numbered}/sign-in/passkey/begin`, {
      method: "POST",
      headers: { origin: numbered, "content-type": "application/json" },
      body: "{}",
    });
    expect([atNumber.status, await atNumber.text()]).toEqual([501, expect.stringContaining("localhost")]);
  });

  test("an address that fails twenty times waits, with nothing asked of the database; a token still opens", async () => {
    for (let tries = 0; tries < 20; tries += 1) await refused(await finish({ id: "nobody" }));
    const entries = (await newest())?.seq;
    const waits = await finish(keyOf("ana").get(await begin()));
    expect([waits.status, waits.headers.get("retry-after"), cookieOf(waits)]).toEqual([429, "5", ""]);
    expect((await newest())?.seq).toBe(entries);
    expect((await fetch(await desk.signIn("ana"))).status).toBe(200);
    await clock.advance(6_000);
    expect((await finish(keyOf("ana").get(await begin()))).status).toBe(200);
  });

  test("who may only look enrols a key of their own, and neither confirms one nor approves with it", async () => {
    const nameOf = (id: string) => id;
    const { control, wake } = rules;
    const backend = openPasskeys({ database: database(), control, wake, deskName: "Desk", nameOf, clock });
    await using looked = await openTestConsole(database().db, { passkeys: backend, clock });
    const at = looked.console.url.replace("127.0.0.1", "localhost");
    const entered = await fetch((await looked.signIn("guest")).replace("127.0.0.1", "localhost"), {
      redirect: "manual",
    });
    const cookie = cookieOf(entered).split(";")[0] ?? "";
    const ask = (path: string, fields: Record<string, string>) =>
      fetch(`${at}${path}`, {
        method: "POST",
        headers: { origin: at, cookie, "content-type": "application/json" },
        body: JSON.stringify(fields),
      });
    const options = (await (await ask("/passkeys/begin", {})).json()) as { challenge: string };
    const key = softAuthenticator({ ...where, origin: at });
    const enrolled = await ask("/passkeys/enrol", { response: JSON.stringify(key.create(options.challenge)) });
    expect([enrolled.status, await enrolled.text()]).toEqual([200, expect.stringContaining("The passkey is kept")]);
    expect((await ask("/passkeys/confirm", { credential: key.id })).status).toBe(403);
    expect((await ask(`/plans/${"a".repeat(16)}/begin`, {})).status).toBe(403);
    const page = await (await fetch(`${at}/passkeys`, { headers: { cookie } })).text();
    expect(page).toContain("Enrol a passkey of mine");
  });
});
