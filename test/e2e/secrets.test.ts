import { randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Writable } from "node:stream";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { begin } from "../../src/commandline/start.ts";
import { loadConfig } from "../../src/config.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { silentLog } from "../../src/kernel/log.ts";
import type { Program } from "../../src/main.ts";
import { type SignerChild, keepSigner } from "../../src/signer/child.ts";
import { type AttachedFakes, attachFakes } from "../fakes/attach.ts";
import { guardEgress } from "../fakes/egress.ts";
import { type FakePager, openFakePager } from "../fakes/pager/server.ts";
import { alertmanagerBody } from "../sources/webhooks/door.ts";
import { buildPage } from "./built-page.ts";

/** A value that stands nowhere by chance. */
const planted = (name: string, start = ""): [string, string] => [
  name,
  `${start}planted-${randomBytes(18).toString("hex")}`,
];
const SECRETS: Record<string, string> = Object.fromEntries([
  planted("SLACK_BOT_TOKEN", "xoxb-"),
  planted("SLACK_APP_TOKEN", "xapp-"),
  planted("SLACK_SIGNING_SECRET"),
  planted("DISCORD_TOKEN"),
  planted("PAGERDUTY_ROUTING_KEY"),
  planted("NTFY_TOPIC"),
  planted("BREAKWATER_SEAL_KEY"),
  planted("BREAKWATER_API_TOKEN"),
  planted("BREAKWATER_CHECKPOINTS_TOKEN"),
  planted("HOOK_ALERTMANAGER_SECRET"),
  planted("HOOK_TRADINGVIEW_SECRET"),
  planted("HOOK_GRAFANA_SECRET"),
  planted("BYBIT_MAIN_API_KEY"),
  planted("BYBIT_MAIN_API_SECRET"),
  planted("OKX_MAIN_API_KEY"),
  planted("OKX_MAIN_API_SECRET"),
  planted("OKX_MAIN_API_PASSWORD"),
]);
const DESK = (channel: { slack: string; discord: string }): string => `
desk: { name: Harbour Desk }
people:
  ana: { name: Ana Ruiz, roles: [trader, operator] }
  ben: { name: Ben Okafor, roles: [risk] }
accounts:
  paper-a: { venue: paper }
  bybit-main: { venue: bybit, environment: paper, key: BYBIT_MAIN }
  okx-main: { venue: okx, environment: paper, key: OKX_MAIN }
monitor: { poll: 1s, staleAfter: 2s }
checkpoints: { url: "http://127.0.0.1:9/checkpoints" }
webhooks:
  alertmanager: { sender: alertmanager, secret: HOOK_ALERTMANAGER_SECRET }
  tradingview: { sender: tradingview, secret: HOOK_TRADINGVIEW_SECRET }
  grafana: { sender: alertmanager, secret: HOOK_GRAFANA_SECRET }
routes:
  - match: {}
    slack: ["${channel.slack}"]
    discord: ["${channel.discord}"]
    page: { after: 1s, to: [pagerduty, ntfy] }
`;

let fakes: AttachedFakes;
let pager: FakePager;
let program: Program;
let signer: SignerChild;
let home: string;
const logged: string[] = [];
const answers: string[] = [];
const egress = guardEgress();
const before = { ...process.env };

beforeAll(async () => {
  buildPage();
  const folder = mkdtempSync(path.join(tmpdir(), "breakwater-secrets-"));
  chmodSync(folder, 0o755);
  home = path.join(folder, "home");
  mkdirSync(home);
  fakes = await attachFakes();
  pager = await openFakePager();
  fakes.discord.guild.token = SECRETS["DISCORD_TOKEN"] ?? "";
  // The process itself holds them too, as it would in production: what it starts must not inherit them.
  Object.assign(process.env, SECRETS);
  // In a file, because the signer, which is another process, reads it too.
  writeFileSync(
    path.join(home, "desk.yaml"),
    DESK({ slack: fakes.channels.slack[0] ?? "", discord: fakes.channels.discord[0] ?? "" }),
  );
  const where = {
    BREAKWATER_HOME: home,
    BREAKWATER_DESK: path.join(home, "desk.yaml"),
    BREAKWATER_SIGNER: path.join(home, "signer.sock"),
  };
  // The exchange keys are the signer's alone; its venues are a port of this machine where nobody is.
  const keys = Object.entries(SECRETS).filter(([name]) => /_MAIN_/.test(name));
  const others = Object.entries(SECRETS).filter(([name]) => !/_MAIN_/.test(name));
  vi.spyOn(process.stderr, "write").mockImplementation((chunk) => logged.push(String(chunk)) > 0);
  signer = await keepSigner({
    command: [process.execPath, path.join(import.meta.dirname, "signer/signer.mjs")],
    environment: {
      ...where,
      ...Object.fromEntries(keys),
      PATH: process.env["PATH"] ?? "",
      BREAKWATER_SEAL_KEY: SECRETS["BREAKWATER_SEAL_KEY"] ?? "",
      BREAKWATER_LOG: "trace",
      FAKE_VENUE: "http://127.0.0.1:9",
    },
    clock: systemClock,
    log: silentLog,
  });
  const config = loadConfig({
    ...fakes.environment,
    ...Object.fromEntries(others),
    ...where,
    BREAKWATER_HTTP: "127.0.0.1:0",
    PAGERDUTY_URL: pager.url,
    NTFY_URL: pager.url,
  });
  // As talkative as the program can be.
  const log = pino(
    { level: "trace", base: null },
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        logged.push(chunk.toString());
        done();
      },
    }),
  );
  program = await begin(config, log, "ana", () => {});
  SECRETS["the sign-in token"] = program.token;
});
afterAll(async () => {
  await program?.stop();
  await signer?.stop();
  vi.restoreAllMocks();
  await fakes.close();
  await pager.close();
  egress.release();
  for (const name of Object.keys(SECRETS)) delete process.env[name];
  Object.assign(process.env, before);
  rmSync(path.dirname(home), { recursive: true, force: true, maxRetries: 10, retryDelay: 300 });
});

const hits = (text: string): string[] =>
  Object.entries(SECRETS)
    .filter(([, value]) => text.includes(value))
    .map(([name]) => name);

async function ask(where: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(program.url + where, { redirect: "manual", ...init });
  answers.push(`${response.status} ${JSON.stringify([...response.headers])} ${await response.clone().text()}`);
  return response;
}

/** Environments of a process and all below it. */
function environmentsBelow(pid: string): string[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").trim().split(" ").filter(Boolean),
  );
  return [readFileSync(`/proc/${pid}/environ`, "utf8"), ...children.flatMap(environmentsBelow)];
}

test("twenty planted secrets turn up nowhere: log, database, chat, answers, environments of children", async () => {
  // A day's work, with everything that goes wrong in it.
  const hook = (source: string, token: string, body = alertmanagerBody()): Promise<Response> =>
    ask(`/hooks/${source}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body,
    });
  expect((await hook("alertmanager", SECRETS["HOOK_ALERTMANAGER_SECRET"] ?? "")).status).toBe(202);
  await hook("alertmanager", SECRETS["HOOK_GRAFANA_SECRET"] ?? "");
  await hook("grafana", SECRETS["HOOK_GRAFANA_SECRET"] ?? "", "{");
  await hook("nobody", SECRETS["HOOK_GRAFANA_SECRET"] ?? "");
  await ask("/hooks/tradingview", { method: "POST", body: "{}", headers: { "content-type": "application/json" } });
  const signIn = await ask(`/sign-in/${program.token}`);
  const cookie = /^([^;]+)/.exec(signIn.headers.get("set-cookie") ?? "")?.[1] ?? "";
  SECRETS["the session's cookie"] = cookie.split("=")[1] ?? "";
  SECRETS["ben's sign-in token"] = await program.signInFor("ben");
  expect(Object.values(SECRETS)).toHaveLength(20);
  expect(Object.values(SECRETS).every((one) => one.length > 15)).toBe(true);
  // The cookie belongs into that one answer's header.
  answers.length = 0;
  await ask(`/sign-in/${program.token}`);
  for (const where of [
    "/",
    "/settings",
    "/people",
    "/api/incidents",
    "/api/accounts",
    "/api/ledger",
    "/api/orders?limit=x",
    "/metrics",
    "/readyz",
    "/nothing",
    "/api/frozen",
  ])
    await ask(where, { headers: { cookie } });
  await ask("/api/frozen?scope=firm", { headers: { authorization: `Bearer ${SECRETS["BREAKWATER_API_TOKEN"]}` } });
  const post = (where: string, body: object): Promise<Response> =>
    ask(where, {
      method: "POST",
      headers: { cookie, origin: program.url, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  for (const text of ["/risk", "/positions okx-main", "/hedge BTC 50% bybit-main", "/nonsense", "/audit", "/help"])
    await post("/command", { text });
  await post("/act", { token: "INC-1:1:approve:zz" });
  await vi.waitFor(
    () => {
      expect(fakes.slack.desk.messages.length).toBeGreaterThan(0);
      expect(fakes.discord.guild.messages.length).toBeGreaterThan(0);
      expect(pager.calls.length).toBeGreaterThan(1);
      expect(logged.join("")).toMatch(/bybit-main/);
    },
    { timeout: 60_000, interval: 200 },
  );

  expect(hits(logged.join(""))).toEqual([]);
  expect(hits(answers.join("\n"))).toEqual([]);
  // Slack's library signs in by a field of its own in each call; what people read has none.
  const { desk } = fakes.slack;
  const calls = desk.calls.map((call) => ({ ...call, args: { ...call.args, token: "" } }));
  const chat = [desk.messages, desk.ephemerals, calls, fakes.discord.guild.messages, fakes.discord.guild.answers];
  expect(JSON.stringify(chat).includes("No trades for 30 s")).toBe(true);
  expect(hits(JSON.stringify(chat))).toEqual([]);
  // A pager's own key is how it is addressed; nothing else may be told to it.
  expect(hits(JSON.stringify(pager.calls)).filter((name) => !/PAGERDUTY|NTFY/.test(name))).toEqual([]);

  const tables = await program.database.sql<{ name: string }[]>`
    select format('%I.%I', table_schema, table_name) as name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`;
  expect(tables.length).toBeGreaterThan(20);
  const found: string[] = [];
  // What the alert said is in there: the search finds what is there to be found.
  const looked = { ...SECRETS, "the alert": "No trades for 30 s" };
  for (const { name } of tables) {
    for (const [secret, value] of Object.entries(looked)) {
      const rows = await program.database.sql.unsafe(
        `select 1 from ${name} as one where position($1 in one::text) > 0 limit 1`,
        [value],
      );
      if (rows.length > 0) found.push(`${secret} in ${name}`);
    }
  }
  expect(found).toContain("the alert in breakwater.alerts");
  expect(found.filter((one) => !one.startsWith("the alert"))).toEqual([]);

  if (existsSync("/proc/self/environ")) {
    const [postmaster = ""] = readFileSync(path.join(home, "pg/postmaster.pid"), "utf8").split("\n");
    const environments = environmentsBelow(postmaster);
    expect(environments.length).toBeGreaterThan(3);
    expect(environments.flatMap(hits)).toEqual([]);
  }
});
