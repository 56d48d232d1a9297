import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
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

const EACH = 1_000;
const SIGNING = randomBytes(16).toString("hex");
const HOOK = randomBytes(32).toString("hex");
const keys = appKeys();
const foreign = generateKeyPairSync("ed25519").privateKey;
const agent = new Agent({ keepAlive: true, maxSockets: 16 });
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
      HOOK_SECRET: HOOK,
      HOOK_SIGNING: `whsec_${randomBytes(32).toString("base64")}`,
    },
    {
      name: "test desk",
      text: `
desk: { name: Harbour Desk }
people:
  ana: { name: Ana Ruiz, roles: [trader, operator] }
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

/** The path goes out as it is written: fetch would tidy it up. */
const ask = (method: string, where: string, headers: Record<string, string> = {}, body = ""): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path: where, method, agent, headers }, (response) => {
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

test("10,000 forged or replayed requests at ten doors: none is taken, none breaks anything", async () => {
  const [entries, taken] = [await ledgerSize(), await alerts()];
  for (const [door, one] of DOORS) {
    const seen = await statuses(EACH, one);
    expect(
      [...seen.keys()].filter((status) => ![401, 403].includes(status)),
      `${door}: ${JSON.stringify([...seen])}`,
    ).toEqual([]);
    expect([...seen.values()].reduce((sum, count) => sum + count, 0)).toBe(EACH);
  }
  expect(DOORS.length * EACH).toBe(10_000);
  expect(await ledgerSize()).toBe(entries);
  expect(await alerts()).toBe(taken);
});

const READ = [
  "/",
  "/incidents/INC-1",
  "/fragments/incident/INC-1",
  "/fragments/rows",
  "/alerts",
  "/approvals",
  "/accounts",
  "/orders",
  "/playbooks",
  "/detectors",
  "/replay",
  "/ledger",
  "/people",
  "/settings",
  "/events",
  "/complete",
  "/plans/abcdef0123456789",
  "/plans/abcdef0123456789/file",
  "/passkeys",
  "/api/incidents",
  "/api/incidents/INC-1",
  "/api/alerts",
  "/api/runs",
  "/api/approvals",
  "/api/orders",
  "/api/ledger",
  "/api/ledger/1/proof",
  "/api/accounts",
  "/api/accounts/paper-a/series",
  "/api/header",
  "/api/frozen",
];
const WRITE = [
  "/act",
  "/command",
  "/ledger/verify",
  "/playbooks/dry-run",
  "/sign-out",
  "/plans/abcdef0123456789/begin",
  "/plans/abcdef0123456789/approve",
  "/passkeys/begin",
  "/passkeys/enrol",
  "/passkeys/confirm",
  "/passkeys/codes",
  "/passkeys/recover",
  "/passkeys/elsewhere",
];
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
  for (const where of READ) {
    await look("GET", where, {});
    await look("GET", where, { cookie: old, "x-original-url": "/healthz", "x-rewrite-url": "/healthz" });
  }
  for (const where of WRITE)
    await look("POST", where, {
      origin: program.url,
      "content-type": "application/json",
      "x-http-method-override": "GET",
    });
  expect(opened).toEqual([]);
  expect(await ledgerSize()).toBe(entries);
});

test("the lists of addresses above are all that the console has", () => {
  const text = ["routes.ts", "api.ts", "passkey-routes.ts"]
    .map((name) => readFileSync(path.resolve(import.meta.dirname, `../../src/chat/console/${name}`), "utf8"))
    .join("\n");
  const known = [...READ, ...WRITE].map((one) => new RegExp(`^${one}$`));
  const routes = [...text.matchAll(/\b(?:app\.)?(?:get|post)\("(\/[^"]*)"/g)].map((match) => match[1] ?? "");
  expect(routes.length).toBeGreaterThan(35);
  const shape = (one: string): string =>
    one
      .replace(/:id/, "INC-1")
      .replace(/:hash/, "abcdef0123456789")
      .replace(/:seq/, "1")
      .replace(/:account/, "paper-a");
  const open = ["/assets/:name", "/sign-in", "/sign-in/:token"];
  expect(routes.filter((one) => !open.includes(one) && !known.some((each) => each.test(shape(one))))).toEqual([]);
});
