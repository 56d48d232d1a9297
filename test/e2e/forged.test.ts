import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Hono } from "hono";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Guarded } from "../../src/chat/console/guard.ts";
import { begin } from "../../src/commandline/start.ts";
import { loadConfig } from "../../src/config.ts";
import { silentLog } from "../../src/kernel/log.ts";
import type { Program } from "../../src/main.ts";
import { APP, GUILD } from "../fakes/discord/rest.ts";
import { type FakeDiscord, openFakeDiscord } from "../fakes/discord/server.ts";
import { appKeys } from "../fakes/discord/people.ts";
import { signed as slackSigned } from "../fakes/slack/people.ts";
import { type FakeSlack, openFakeSlack } from "../fakes/slack/server.ts";
import { buildPage } from "./built-page.ts";

/** Requests at each door; BREAKWATER_FORGED=10000 raises it. */
const EACH = Number(process.env["BREAKWATER_FORGED"] ?? "1000");
const LONG_MS = Math.max(180_000, EACH * 120);
const SIGNING = randomBytes(16).toString("hex");
const HOOK = randomBytes(32).toString("hex");
const keys = appKeys();
const foreign = generateKeyPairSync("ed25519").privateKey;
const agent = new Agent({ keepAlive: true, maxSockets: 16 });
/** The program's own router, as it is handed to the part that adds webhooks and health to it. */
let router: Hono<Guarded>;
vi.mock("../../src/routes.ts", async (original) => {
  const real = await original<typeof import("../../src/routes.ts")>();
  return {
    ...real,
    mountRoutes: (app: Hono<Guarded>, parts: Parameters<typeof real.mountRoutes>[1]) => {
      router = app;
      real.mountRoutes(app, parts);
    },
  };
});
let slack: FakeSlack;
let discord: FakeDiscord;
let program: Program;
let folder: string;
let port: number;
/** A cookie that was good until its person signed out. */
let old: string;

beforeAll(async () => {
  buildPage();
  folder = mkdtempSync(path.join(tmpdir(), "breakwater-forged-"));
  chmodSync(folder, 0o755);
  mkdirSync(path.join(folder, "home"));
  slack = await openFakeSlack();
  discord = await openFakeDiscord();
  const config = loadConfig(
    {
      BREAKWATER_HOME: path.join(folder, "home"),
      BREAKWATER_HTTP: "127.0.0.1:0",
      BREAKWATER_API_TOKEN: randomBytes(32).toString("hex"),
      SLACK_BOT_TOKEN: "xoxb-fake",
      SLACK_SIGNING_SECRET: SIGNING,
      SLACK_API_URL: `${slack.url}/api/`,
      DISCORD_TOKEN: discord.guild.token,
      DISCORD_APP_ID: APP,
      DISCORD_GUILD_ID: GUILD,
      DISCORD_PUBLIC_KEY: keys.publicHex,
      DISCORD_API_URL: `${discord.url}/api`,
      OIDC_CLIENT_SECRET: randomBytes(16).toString("hex"),
      HOOK_SECRET: HOOK,
      HOOK_SIGNING: `whsec_${randomBytes(32).toString("base64")}`,
    },
    {
      name: "test desk",
      text: `
desk: { name: Harbour Desk }
people:
  ana: { name: Ana Ruiz, roles: [trader, operator] }
oidc: { issuer: "https://login.invalid", clientId: breakwater }
accounts:
  paper-a: { venue: paper }
webhooks:
  alertmanager: { sender: alertmanager, secret: HOOK_SECRET, rate: { perSecond: 100000, burst: 100000 } }
  signed: { sender: generic, secret: HOOK_SIGNING, rate: { perSecond: 100000, burst: 100000 } }
`,
    },
  );
  program = await begin(config, silentLog, "ana", () => {});
  port = Number(new URL(program.url).port);
  const signIn = await fetch(`${program.url}/sign-in/${program.token}`);
  old = /^([^;]+)/.exec(signIn.headers.get("set-cookie") ?? "")?.[1] ?? "";
  expect((await ask("GET", "/api/incidents", { cookie: old })).status).toBe(200);
  await ask("POST", "/sign-out", { cookie: old, origin: program.url });
});
afterAll(async () => {
  agent.destroy();
  await program?.stop();
  await slack.close();
  await discord.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 300 });
});

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Each strange address may fail so often that it is then turned away unread; here every request is to be read. */
const FROM_ONE_ADDRESS = 500;
let sent = 0;
const strangeAddress = (): string => `127.1.${Math.floor((sent += 1) / FROM_ONE_ADDRESS) % 256}.1`;

/** The path goes out as it is written: fetch would tidy it up. */
const ask = (method: string, where: string, headers: Record<string, string> = {}, body = ""): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const from = { host: "127.0.0.1", port, localAddress: strangeAddress() };
    const asked = request({ ...from, path: where, method, agent, headers }, (response) => {
      let text = "";
      response.on("data", (part: Buffer) => {
        text += part.toString();
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asked.on("error", reject);
    asked.end(body);
  });

/** How often each status came. */
async function statuses(count: number, one: (index: number) => Promise<Answer>): Promise<Map<number, number>> {
  const seen = new Map<number, number>();
  for (let from = 0; from < count; from += 16) {
    const answers = await Promise.all(Array.from({ length: Math.min(16, count - from) }, (_, at) => one(from + at)));
    for (const { status } of answers) seen.set(status, (seen.get(status) ?? 0) + 1);
  }
  return seen;
}

async function ledgerSize(): Promise<number> {
  const [row] = await program.database.sql<{ size: number }[]>`
    select count(*)::int as size from breakwater.ledger
    where type like 'command.%' or type like 'vote.%' or type like 'trading.%' or actor like 'person:%'`;
  return row?.size ?? 0;
}
async function alerts(): Promise<number> {
  const [row] = await program.database.sql<{ size: number }[]>`
    select count(*)::int as size from breakwater.alerts where source in ('alertmanager', 'signed')`;
  return row?.size ?? 0;
}

const junk = (index: number): string => randomBytes(16 + (index % 32)).toString("hex");
const CLICK = JSON.stringify({ token: "INC-1:1:approve:zz", delivery: "delivery-00000001" });

/** The doors, each with a forged or replayed request of many kinds. */
const DOORS: readonly [string, (index: number) => Promise<Answer>][] = [
  [
    "POST /hooks/alertmanager",
    (index) =>
      ask(
        "POST",
        "/hooks/alertmanager",
        {
          "content-type": "application/json",
          authorization: [`Bearer ${junk(index)}`, `Basic ${HOOK}`, `Bearer ${HOOK.slice(1)}`, ""][index % 4] ?? "",
        },
        "{}",
      ),
  ],
  [
    "POST /hooks/signed",
    (index) =>
      ask(
        "POST",
        "/hooks/signed",
        {
          "content-type": "application/json",
          "webhook-id": `msg_${index % 7}`,
          "webhook-timestamp": String(Math.floor(Date.now() / 1_000) - (index % 3) * 400),
          "webhook-signature": `v1,${randomBytes(32).toString("base64")}`,
        },
        "{}",
      ),
  ],
  [
    "POST /slack/events",
    async (index) => {
      const payload = { command: "/freeze", text: "firm", user_id: "U0ANA", trigger_id: String(index) };
      const replayed = slackSigned(SIGNING, payload, { at: new Date(Date.now() - 301_500 - index * 1_000) });
      const forged = slackSigned(index % 3 === 1 ? junk(index) : SIGNING, payload);
      const made = index % 3 === 0 ? replayed : forged;
      const body = await made.text();
      return ask(
        "POST",
        "/slack/events",
        Object.fromEntries(made.headers),
        index % 3 === 2 ? body.replace("firm", "venue") : body,
      );
    },
  ],
  [
    "POST /discord/interactions",
    (index) => {
      const body = JSON.stringify({ type: 2, id: String(index), data: { name: "freeze" } });
      const now = Math.floor(Date.now() / 1_000);
      const at = String(index % 3 === 0 ? now - 301 - index : now);
      const key = index % 3 === 1 ? foreign : keys.privateKey;
      return ask(
        "POST",
        "/discord/interactions",
        {
          "content-type": "application/json",
          "x-signature-timestamp": at,
          "x-signature-ed25519": sign(null, Buffer.from(at + body), key).toString("hex"),
        },
        index % 3 === 2 ? body.replace("freeze", "halted") : body,
      );
    },
  ],
  ...(["/act", "/command"] as const).map((where): [string, (index: number) => Promise<Answer>] => [
    `POST ${where}`,
    (index) =>
      ask(
        "POST",
        where,
        {
          "content-type": "application/json",
          ...(index % 5 === 0 ? {} : { origin: program.url }),
          ...[{}, { cookie: old }, { cookie: `breakwater=${junk(index)}` }, { cookie: `${old}x` }][index % 4],
        },
        where === "/act" ? CLICK : '{"text":"/halt now"}',
      ),
  ]),
  ...["/api/incidents", "/api/approvals", "/api/ledger", "/api/frozen?scope=firm"].map(
    (where): [string, (index: number) => Promise<Answer>] => [
      `GET ${where}`,
      (index) =>
        ask("GET", where, {
          ...[{}, { cookie: old }, { cookie: `breakwater=${junk(index)}` }][index % 3],
          authorization: `Bearer ${junk(index)}`,
        }),
    ],
  ),
];

test(
  `${EACH} forged or replayed requests at each of ten doors: none is taken, none breaks anything`,
  async () => {
    const [entries, taken] = [await ledgerSize(), await alerts()];
    for (const [door, one] of DOORS) {
      const seen = await statuses(EACH, one);
      expect(
        [...seen.keys()].filter((status) => ![401, 403].includes(status)),
        `${door}: ${JSON.stringify([...seen])}`,
      ).toEqual([]);
      expect([...seen.values()].reduce((sum, count) => sum + count, 0)).toBe(EACH);
    }
    expect(DOORS).toHaveLength(10);
    expect(await ledgerSize()).toBe(entries);
    expect(await alerts()).toBe(taken);
  },
  LONG_MS,
);

/** What stands for the parameters of an address. */
const FILLED: Readonly<Record<string, string>> = {
  ":id": "INC-1",
  ":hash": "abcdef0123456789",
  ":seq": "1",
  ":account": "paper-a",
  ":name": "spoofing",
};
/** Addresses that are open to whoever shows something else than a session: a signature, a token; or that show nothing of the desk. */
const DOORS_WITHOUT_SESSION = new Set([
  "GET /assets/:name",
  "GET /sign-in",
  "GET /sign-in/:token",
  "POST /sign-in",
  "POST /sign-in/passkey",
  "POST /sign-in/passkey/begin",
  "GET /sso",
  "GET /sso/callback",
  "GET /healthz",
  "GET /readyz",
  "GET /metrics",
  "ALL /hooks/:source",
  "ALL /hooks/:source/:secret",
  "POST /slack/events",
  "POST /discord/interactions",
]);

/** Every route of the running program, as its router has them; what stands before all of them is no address. */
const routes = (): readonly string[] => [
  ...new Set(router.routes.filter((one) => one.path !== "/*").map((one) => `${one.method} ${one.path}`)),
];
const guarded = (method: string): readonly string[] =>
  routes()
    .filter((one) => one.startsWith(`${method} `) && !DOORS_WITHOUT_SESSION.has(one))
    .map((one) => one.slice(method.length + 1).replaceAll(/:\w+/g, (part) => FILLED[part] ?? part));

const TRICKS: readonly ((where: string) => string)[] = [
  (where) => where,
  (where) => `${where}/`,
  (where) => `/${where}`,
  (where) => `${where}/..;/`,
  (where) => `/..;${where}`,
  (where) => `/assets/..${where}`,
  (where) => `/assets/%2e%2e${where}`,
  (where) => `/assets/..%2f${where.slice(1)}`,
  (where) => `/sign-in/..${where}`,
  (where) => `/healthz/..;${where}`,
  (where) => `/.${where}`,
  (where) => `/%2e${where}`,
  (where) => `${where}.`,
  (where) => `${where}%2e`,
  (where) => `${where}.json`,
  (where) => `${where}.css`,
  (where) => `${where}%00`,
  (where) => `${where}%00.css`,
  (where) => `${where}%20`,
  (where) => `${where}%0a`,
  (where) => `${where};a=b`,
  (where) => `${where}?token=${"a".repeat(43)}`,
  (where) => `${where}#`,
  (where) => where.toUpperCase(),
  (where) => where.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  (where) => where.replace(/[a-z]/, (letter) => `%25${letter.charCodeAt(0).toString(16)}`),
  (where) => where.replaceAll("/", "\\"),
  (where) => `${where}%ff`,
];

test("no address of the console opens without a session, however it is spelled", async () => {
  const opened: string[] = [];
  const entries = await ledgerSize();
  const look = async (method: string, where: string, headers: Record<string, string>): Promise<void> => {
    for (const trick of TRICKS) {
      const spelled = trick(where);
      const { status, text } = await ask(method, spelled, headers, method === "POST" ? "{}" : "");
      // A redirect leads to an address that is looked at itself; a sign-in page shows nothing of the desk.
      const refused = [400, 401, 403, 404, 405].includes(status);
      if (!refused || /paper-a|Ana Ruiz|INC-1"/.test(text)) opened.push(`${method} ${spelled}: ${status}`);
    }
  };
  for (const where of guarded("GET")) {
    await look("GET", where, {});
    await look("GET", where, { cookie: old, "x-original-url": "/healthz", "x-rewrite-url": "/healthz" });
  }
  for (const where of guarded("POST"))
    await look("POST", where, {
      origin: program.url,
      "content-type": "application/json",
      "x-http-method-override": "GET",
    });
  expect(opened).toEqual([]);
  expect(await ledgerSize()).toBe(entries);
});

test("the addresses come from the router itself: none is left out, and those open without a session are all written down", () => {
  expect(routes().length).toBeGreaterThan(50);
  expect(new Set(routes().map((one) => one.split(" ")[0]))).toEqual(new Set(["ALL", "GET", "POST"]));
  expect([...DOORS_WITHOUT_SESSION].filter((one) => !routes().includes(one))).toEqual([]);
  expect([...guarded("GET"), ...guarded("POST")].filter((one) => one.includes(":"))).toEqual([]);
});
