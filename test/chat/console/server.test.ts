import { Agent, request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ConsoleBackend } from "../../../src/chat/console/backend.ts";
import type { IncidentDetail } from "../../../src/chat/console/rows/incidents.ts";
import type { Viewer } from "../../../src/chat/console/viewer.ts";
import { type ConsoleSurface, openConsole } from "../../../src/chat/console/console.ts";
import { LEDGER_READERS, PLAYBOOK_USERS } from "../../../src/chat/console/guard.ts";
import type { Click, CommandCall } from "../../../src/chat/surface.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { loadCommands } from "../../../src/load.ts";
import { buildPage } from "../../e2e/built-page.ts";
import { sampleCard } from "../hostile.ts";
import { quietBackend } from "./quiet-backend.ts";

const ana: Viewer = { person: "ana", name: "Ana", roles: ["risk"], mayAct: true };
const gil: Viewer = { person: "gil", name: "Gil", roles: [], mayAct: false };
const tokens = new Map([["once", { cookie: "c-ana", viewer: ana }]]);
const cookies = new Map<string, Viewer>([["c-gil", gil]]);
const events: (Click | CommandCall)[] = [];
const detail: IncidentDetail = { card: sampleCard, timeline: [], durations: [], account: null };
let broken: Error | null = null;

const backend: ConsoleBackend = {
  async redeem(token) {
    const found = tokens.get(token);
    tokens.delete(token);
    if (!found) return null;
    cookies.set(found.cookie, found.viewer);
    return { ...found, expiresAt: new Date(Date.now() + 60_000) };
  },
  viewer: async (cookie) => cookies.get(cookie) ?? null,
  signOut: async (cookie) => void cookies.delete(cookie),
  ...quietBackend,
  async incidents() {
    if (broken) throw broken;
    return [];
  },
  cards: async (ids) => new Map(ids.includes(sampleCard.incident) ? [[sampleCard.incident, sampleCard]] : []),
  incident: async (id) => (id === sampleCard.incident ? detail : null),
};

let desk: ConsoleSurface;
const open = (port: number) =>
  openConsole({
    host: "127.0.0.1",
    port,
    backend,
    inbound: {
      async receive(event) {
        events.push(event);
        return { reply: Promise.resolve({ ok: true, text: "Taken." }) };
      },
      complete: async () => [],
    },
    clock: systemClock,
    log: silentLog,
    publicOrigin: null,
    environment: "paper",
    deskName: "Desk",
    mount: (app) => app.post("/hooks/mine", (c) => c.json({ alerts: 1 }, 202)),
  });
beforeAll(async () => {
  buildPage();
  desk = await open(0);
  await fetch(`${desk.url}/sign-in?token=once`);
});
afterAll(() => desk.close());

const get = (path: string, headers: Record<string, string> = { cookie: "breakwater=c-ana" }) =>
  fetch(desk.url + path, { headers, redirect: "manual" });
const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  fetch(desk.url + path, {
    method: "POST",
    body,
    redirect: "manual",
    headers: { cookie: "breakwater=c-ana", origin: desk.url, "content-type": "application/json", ...headers },
  });
const code = async (response: Response): Promise<[number, string]> => [
  response.status,
  ((await response.json()) as { error: { code: string } }).error.code,
];

test("a port that is taken is said with its remedy", async () => {
  const { host, port } = new URL(desk.url);
  await expect(open(Number(port))).rejects.toThrow(
    `${host} is taken by another program, perhaps a desk that runs already; stop it, or set BREAKWATER_HTTP to a free`,
  );
});

test("an idle connection outlives those of senders and proxies, so that no delivery meets one that is being closed", async () => {
  const { port } = new URL(desk.url);
  const kept = await new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path: "/healthz", agent: new Agent({ keepAlive: true }) }, (response) => {
      response.resume();
      resolve(response.headers["keep-alive"]);
    })
      .on("error", reject)
      .end();
  });
  expect(kept).toBe("timeout=75");
});

/** Sends headers that fetch keeps to itself. */
const raw = (path: string, headers: Record<string, string>): Promise<number> =>
  new Promise((resolve, reject) => {
    const { port } = new URL(desk.url);
    request({ host: "127.0.0.1", port, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on("error", reject)
      .end();
  });

describe("who gets in", () => {
  test("a token works once; the cookie cannot be read by script nor sent from another site", async () => {
    tokens.set("fresh", { cookie: "c-2", viewer: ana });
    const first = await get("/sign-in/fresh", {});
    expect(first.headers.get("set-cookie")).toMatch(/^breakwater=c-2;.*HttpOnly;.*SameSite=Strict/);
    expect((await get("/sign-in/fresh", {})).status).toBe(401);
  });

  test("a link preview that only asks for the head does not use the token up", async () => {
    tokens.set("kept", { cookie: "c-3", viewer: ana });
    await fetch(`${desk.url}/sign-in?token=kept`, { method: "HEAD" });
    expect((await get("/sign-in?token=kept", {})).status).toBe(200);
  });

  test.each([
    "/",
    "/incidents/INC-7",
    "/events",
    "/api/incidents",
    "/api/ledger",
    "/complete?text=/",
    "/api/risk",
    "/risk",
    "/ledger",
    "/fragments/rows",
  ])("%s without a session is refused", async (path) => {
    expect(await code(await get(path, {}))).toEqual([401, "NOT_SIGNED_IN"]);
    expect((await get(path, { cookie: "breakwater=forged" })).status).toBe(401);
  });

  test("a page that was opened from another site asks once more by itself, because the strict cookie stayed behind", async () => {
    const page = await (await get("/incidents/INC-7", { accept: "text/html", "sec-fetch-site": "cross-site" })).text();
    expect(page).toContain('http-equiv="refresh" content="0;url=/incidents/INC-7"');
  });

  test.each(["evil.example", "127.0.0.1:1", "localhost", "127.0.0.1.evil.example"])(
    "the Host %s is refused",
    async (host) => {
      expect(await raw("/", { host, cookie: "breakwater=c-ana" })).toBe(421);
    },
  );

  test("our own names are let in", async () => {
    const { port } = new URL(desk.url);
    expect(await raw("/", { host: `localhost:${port}`, cookie: "breakwater=c-ana" })).toBe(200);
  });

  test.each([
    [{ origin: "https://evil.example" }],
    [{ origin: "null" }],
    [{ origin: "" }],
    [{ "sec-fetch-site": "cross-site" }],
    [{ "sec-fetch-site": "same-site" }],
  ])("a press from elsewhere (%o) is refused and reaches nobody", async (headers) => {
    events.length = 0;
    const response = await post("/act", JSON.stringify({ token: "INC-7:4:acknowledge" }), headers);
    expect(await code(response)).toEqual([403, "ORIGIN_REFUSED"]);
    expect(events).toEqual([]);
  });

  test("every answer forbids foreign and inline script, framing and sniffing", async () => {
    for (const path of ["/", "/api/incidents", "/nothing", "/assets/main.js"]) {
      const { headers } = await get(path);
      expect(headers.get("content-security-policy")).toMatch(/default-src 'none'; script-src 'self'; style-src 'self'/);
      expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
    }
    const page = await (await get("/incidents/INC-7")).text();
    expect(page).not.toMatch(/<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=/);
  });
});

describe("what may be asked", () => {
  test("unknown addresses, wrong methods and unknown incidents say so", async () => {
    expect(await code(await get("/nothing"))).toEqual([404, "ROUTE_UNKNOWN"]);
    expect(await code(await get("/api/incidents/INC-9"))).toEqual([404, "UNKNOWN_INCIDENT"]);
    const wrong = await fetch(`${desk.url}/act`, { headers: { cookie: "breakwater=c-ana" } });
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "POST"]);
    expect((await fetch(`${desk.url}/hooks/mine`)).status).toBe(405);
    expect((await post("/", "{}")).status).toBe(405);
  });

  test("mounted routes need neither session nor Host", async () => {
    const response = await fetch(`${desk.url}/hooks/mine`, { method: "POST" });
    expect(response.status).toBe(202);
  });

  test.each([["limit=0"], ["limit=x"], ["limit=99999"], ["limit=-1"]])("the API refuses ?%s", async (query) => {
    expect(await code(await get(`/api/runs?${query}`))).toEqual([400, "INPUT_INVALID"]);
  });

  test.each([
    ["text/plain", "{}", 415],
    ["application/json", "{", 400],
    ["application/json", "[]", 400],
    ["application/json", '{"token":7}', 400],
  ])("a body of %s that reads %s is answered with %i", async (type, body, status) => {
    expect((await post("/act", body, { "content-type": type })).status).toBe(status);
  });

  test("a body of 70 kB is too large for a press", async () => {
    expect((await post("/act", JSON.stringify({ token: "x".repeat(70_000) }))).status).toBe(413);
  });

  test("a button token that is not ours does nothing", async () => {
    events.length = 0;
    const foreign = ["", "x", "__proto__", "INC-7:4:withdraw", "INC-7:x:approve", "INC-7:4:approve:a b"];
    for (const token of [...foreign, `INC-7:4:approve:${"a".repeat(2_000)}`]) {
      const reply = (await (await post("/act", JSON.stringify({ token }))).json()) as { ok: boolean };
      expect([token.slice(0, 40), reply.ok]).toEqual([token.slice(0, 40), false]);
    }
    expect(events).toEqual([]);
  });

  test("the ledger and dry runs are for whom /audit and /playbook are for, and nobody else is shown the way", async () => {
    const commands = await loadCommands();
    const needs = (name: string) => commands.find((one) => one.head.name === name)?.head.needs;
    expect(LEDGER_READERS).toEqual(needs("audit"));
    expect(PLAYBOOK_USERS).toEqual(needs("playbook"));
    const gils = { cookie: "breakwater=c-gil" };
    for (const where of ["/ledger", "/api/ledger", "/api/ledger/1/proof"])
      expect(await code(await get(where, gils)), where).toEqual([403, "NOT_ALLOWED"]);
    for (const where of ["/ledger/verify", "/playbooks/dry-run"])
      expect(await code(await post(where, "{}", gils)), where).toEqual([403, "NOT_ALLOWED"]);
    expect(await (await get("/people", gils)).text()).not.toContain('href="/ledger"');
    expect((await get("/api/ledger")).status).toBe(200);
    expect(await (await get("/ledger")).text()).toContain('href="/ledger"');
  });

  test("a person without roles presses in vain", async () => {
    events.length = 0;
    const response = await post("/act", JSON.stringify({ token: "INC-7:4:acknowledge" }), {
      cookie: "breakwater=c-gil",
    });
    expect(((await response.json()) as { ok: boolean }).ok).toBe(false);
    expect(events).toEqual([]);
  });

  test("a press goes on with the person of the session and what its own form asks for, whatever the body claims", async () => {
    events.length = 0;
    await post(
      "/act",
      JSON.stringify({
        token: "INC-7:4:deny:a7c95d5c03f53745",
        user: "bo",
        reason: "too large",
        resolution: "handled",
        delivery: "abcdefgh-1",
      }),
    );
    expect(events[0]).toMatchObject({
      type: "click",
      deliveryId: "console:abcdefgh-1",
      user: { surface: "console", space: "console", user: "ana" },
      token: "INC-7:4:deny:a7c95d5c03f53745",
    });
    expect(events[0]).toHaveProperty("fields", { reason: "too large" });
  });

  test("a fault inside is a plain sentence, and its reason stays in the log", async () => {
    broken = new Error("the password is hunter2");
    const response = await get("/api/incidents");
    const text = await response.text();
    broken = null;
    expect(response.status).toBe(500);
    expect(text).not.toContain("hunter2");
  });

  test("while the database is away a page says so, says how to stop trading, and asks again by itself", async () => {
    broken = new Error("Failed query", { cause: Object.assign(new Error("refused"), { code: "ECONNREFUSED" }) });
    const page = await get("/", { cookie: "breakwater=c-ana", accept: "text/html" });
    const answer = await get("/api/incidents");
    broken = null;
    expect([page.status, answer.status]).toEqual([503, 503]);
    const text = await page.text();
    expect(text).toContain("The database does not answer");
    expect(text).toContain("breakwater halt");
    expect(text).toContain('http-equiv="refresh"');
    expect(await answer.json()).toMatchObject({ error: { code: "DATABASE_UNAVAILABLE" } });
  });
});

describe("the stream", () => {
  const read = async (path: string, headers: Record<string, string>, until: RegExp): Promise<string> => {
    const abort = new AbortController();
    const response = await fetch(desk.url + path, {
      headers: { cookie: "breakwater=c-ana", ...headers },
      signal: abort.signal,
    });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (reader && !until.test(text)) {
      const { value, done } = await reader.read();
      if (done) break;
      text += value;
    }
    abort.abort();
    return text;
  };

  test("a reader who was away is told what changed meanwhile, and where that ends", async () => {
    const last = desk.hub.last();
    desk.publish({ type: "card", incident: "INC-7", version: 4 });
    const text = await read("/events?incident=INC-7", { "last-event-id": last }, /event: seen/);
    expect(text).toContain("event: card");
    expect(text).toContain(`id: ${desk.hub.last()}`);
  });

  test("a reader from before the restart starts over", async () => {
    expect(await read("/events?last=zzz-1", {}, /event: reset/)).toContain("event: reset");
  });

  test("two hundred readers hear of a change, and none is left after they close", async () => {
    const abort = new AbortController();
    const readers = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        cookies.set(`c-many-${index}`, ana);
        const response = await fetch(`${desk.url}/events?incident=INC-7`, {
          headers: { cookie: `breakwater=c-many-${index}` },
          signal: abort.signal,
        });
        return response.body?.pipeThrough(new TextDecoderStream()).getReader();
      }),
    );
    await expect.poll(() => desk.watching()).toBe(200);
    desk.publish({ type: "card", incident: "INC-7", version: 5 });
    await Promise.all(
      readers.map(async (reader) => {
        let text = "";
        while (reader && !text.includes("event: card")) text += (await reader.read()).value ?? "";
      }),
    );
    abort.abort();
    await expect.poll(() => desk.watching()).toBe(0);
  });
});
