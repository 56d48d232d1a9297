import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ERRORS } from "../../../src/kernel/errors.ts";
import { sharedData } from "../../shared-data.ts";
import { decimalOf } from "../../../src/sources/webhooks/number.ts";
import { LosslessNumber } from "lossless-json";
import { Secret } from "../../../src/kernel/secret.ts";
import { DESK, SMALL, TOKEN, alertmanagerBody, bearer, openDoor, signed } from "./door.ts";
import { openSources, webhooksSettings } from "../../../src/sources/webhooks/settings.ts";
import { fakeClock } from "../../../src/kernel/clock.ts";

const own = async (body: unknown, map?: unknown): Promise<{ status: number; said: string; taken: unknown[] }> => {
  const desk = { signed: { sender: "generic", secret: "HOOK_SIGNING", ...(map === undefined ? {} : { map }) } };
  const { app, clock, taken } = openDoor({ desk });
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await app.request("/hooks/signed", signed(text, clock));
  return { status: response.status, said: await response.text(), taken };
};

describe("figures", () => {
  const cases: readonly [string, string | undefined][] = [
    ["2.473545728e+09", "2473545728"],
    ["1.5e-3", "0.0015"],
    ["-1E2", "-100"],
    ["12e0", "12"],
    ["0e5", "0"],
    ["1502709956288000110", "1502709956288000110"],
    ["1e39", "1" + "0".repeat(39)],
    ["1e400", undefined],
    ["1e-400", undefined],
    ["1e41", undefined],
    ["0.1.2", undefined],
    ["NaN", undefined],
    ["12,5", undefined],
    ["", undefined],
  ];
  test.each(cases)("%s reads as %s", (text, value) => {
    expect(decimalOf(text)).toBe(value);
  });
  test("a JSON number reads by its digits", () => {
    expect(decimalOf(new LosslessNumber("9007199254740993"))).toBe("9007199254740993");
    expect(decimalOf(true)).toBeUndefined();
  });
});

describe("the desk's own form", () => {
  test("several alerts in one body, with figures of any length and times of both kinds", async () => {
    const body = `{"alerts":[
      {"kind":"a","title":"A","at":1773309000,"values":{"size":9007199254740993,"rate":"1e-4"},"labels":{"tier":2,"live":true}},
      {"kind":"b","title":"B","at":"2026-03-12T09:00:00Z","status":"resolved","severity":"low"}]}`;
    const { status, taken } = await own(body);
    expect(status).toBe(202);
    expect(taken).toMatchObject([
      {
        values: { size: "9007199254740993", rate: "0.0001" },
        labels: { tier: "2", live: "true" },
        at: new Date(1_773_309_000_000),
      },
      { status: "resolved", at: new Date("2026-03-12T09:00:00Z") },
    ]);
  });

  const wrong: readonly [string, unknown, RegExp][] = [
    ["no title", { kind: "a" }, /title/],
    ["a field nobody knows", { kind: "a", title: "A", amount: "1" }, /amount/],
    ["a severity nobody knows", { kind: "a", title: "A", severity: "apocalypse" }, /severity/],
    ["a figure that is none", { kind: "a", title: "A", values: { x: "many" } }, /values\.x/],
    ["a figure without end", '{"kind":"a","title":"A","values":{"x":1e400}}', /values\.x/],
    ["a nested label", { kind: "a", title: "A", labels: { x: { y: 1 } } }, /labels\.x/],
    ["a time that is none", { kind: "a", title: "A", at: "yesterday" }, /yesterday/],
    ["a time beyond the calendar", { kind: "a", title: "A", at: "9999-12-31T00:00:00Z" }, /at/],
    ["an empty list", { alerts: [] }, /alerts/],
    [
      "more than a thousand alerts",
      { alerts: Array.from({ length: 1_001 }, () => ({ kind: "a", title: "A" })) },
      /alerts/,
    ],
    ["one of several that is wrong", { alerts: [{ kind: "a", title: "A" }, { kind: "b" }] }, /alerts\[1\]\.title/],
  ];
  test.each(wrong)("%s is refused by name, and nothing of the body is taken", async (_name, body, named) => {
    const { status, said, taken } = await own(body);
    expect(status).toBe(400);
    expect(said).toMatch(named);
    expect(taken).toEqual([]);
  });
});

describe("a mapping of somebody else's form", () => {
  const map = {
    each: "events",
    kind: { path: "type", prefix: "custody.", table: { TX_BLOCKED: "blocked", TX_DONE: "done" } },
    status: { path: "state", table: { ok: "resolved" }, otherwise: "firing" },
    severity: { path: ["meta", "risk.level"], otherwise: "high" },
    title: { path: "note" },
    at: { path: "ms" },
    labels: { account: { path: "vault.0.name" }, venue: { value: "custody" }, chain: { path: "chain" } },
    values: { amount: { path: "amount" } },
  };
  const event = {
    type: "TX_BLOCKED",
    note: "Blocked",
    ms: 1684499146663,
    vault: [{ name: "main" }],
    amount: "0.45",
    meta: { "risk.level": "critical" },
  };

  test("reads fixed places through tables", async () => {
    const { taken } = await own({ events: [event, { ...event, state: "ok", type: "TX_DONE", meta: {} }] }, map);
    expect(taken).toMatchObject([
      {
        kind: "custody.blocked",
        status: "firing",
        severity: "critical",
        labels: { account: "main", venue: "custody" },
        values: { amount: "0.45" },
        at: new Date(1_684_499_146_663),
      },
      { kind: "custody.done", status: "resolved", severity: "high" },
    ]);
  });

  const wrong: readonly [string, unknown, RegExp][] = [
    ["a word that the table does not know", { events: [{ ...event, type: "TX_NEW" }] }, /type was \\"TX_NEW\\"/],
    ["a missing title", { events: [{ ...event, note: undefined }] }, /title was not found at note/],
    ["a severity nobody knows", { events: [{ ...event, meta: { "risk.level": "red" } }] }, /severity must be one of/],
    ["no list where one is due", { events: {} }, /events must be a list/],
    ["a figure that is none", { events: [{ ...event, amount: "much" }] }, /value amount/],
  ];
  test.each(wrong)("refuses %s", async (_name, body, named) => {
    const { status, said } = await own(body, map);
    expect(status).toBe(400);
    expect(said).toMatch(named);
  });

  test("reaches nothing but what the body itself holds", async () => {
    for (const path of ["constructor.name", "toString", "vault.length", "vault.__proto__", "note.length"]) {
      const { status } = await own({ events: [event] }, { ...map, title: { path } });
      expect(status).toBe(400);
    }
  });
});

describe("TradingView's messages", () => {
  const path = `/hooks/tradingview/${TOKEN}`;
  const send = async (body: string, type = "application/json") => {
    const { app, taken } = openDoor();
    const response = await app.request(path, { method: "POST", body, headers: { "content-type": type } });
    return { status: response.status, said: await response.text(), taken };
  };
  const wrong: readonly [string, string, string, RegExp][] = [
    ["a template that was never filled", '{"ticker":"{{ticker}}"}', "application/json", /placeholder \{\{ticker\}\}/],
    ["a plain template", "{{ticker}} crossed", "text/plain", /placeholder/],
    ["nothing", "  ", "text/plain", /empty/],
    ["a message that says nothing", '{"password":"x"}', "application/json", /neither a ticker/],
    ["two names for one thing", '{"ticker":"A","TICKER":"B"}', "application/json", /twice/],
    ["a list", "[1]", "application/json", /JSON object or plain text/],
  ];
  test.each(wrong)("refuses %s", async (_name, body, type, named) => {
    const { status, said } = await send(body, type);
    expect(status).toBe(400);
    expect(said).toMatch(named);
  });

  test("two levels of one price are two conditions, not a repetition", async () => {
    const [a, b] = [await send("BTC crossing 60000", "text/plain"), await send("BTC crossing 50000", "text/plain")];
    expect(a.taken).not.toEqual(b.taken);
  });
});

describe("Alertmanager's settings", () => {
  test("a newer Alertmanager's unknown fields can be let pass", async () => {
    const desk = { alertmanager: { ...DESK.alertmanager, unknownFields: "ignore", severity: "low" } };
    const { app, taken } = openDoor({ desk });
    const alerts = [{ status: "firing", labels: { alertname: "X" }, startsAt: "2026-03-12T09:59:30Z" }];
    expect((await app.request("/hooks/alertmanager", bearer(alertmanagerBody({ surprise: 1, alerts })))).status).toBe(
      202,
    );
    expect(taken).toMatchObject([{ kind: "alertmanager.X", title: "X", severity: "low" }]);
  });
});

describe("wrong settings are all named at once", () => {
  test("missing and weak secrets, and networks that are none", () => {
    const secrets: Record<string, string> = { WEAK_KEY: "whsec_c2hvcnQ=", WEAK_WORD: "hunter2" };
    const settings = webhooksSettings.parse({
      a: { sender: "alertmanager", secret: "NOT_SET" },
      b: { sender: "generic", secret: "WEAK_KEY" },
      c: { sender: "tradingview", secret: "WEAK_WORD", allowFrom: ["10.0.0.0/33", "example.com"] },
    });
    const { problems } = openSources(settings, (name) => (secrets[name] ? new Secret(secrets[name]) : undefined));
    expect(problems.map((one) => one.path)).toEqual([
      "webhooks.a.secret",
      "webhooks.b.secret",
      "webhooks.c.secret",
      "webhooks.c.allowFrom",
      "webhooks.c.allowFrom",
    ]);
    expect(JSON.stringify(problems)).not.toContain("hunter2");
  });

  test("an unknown sender, an unknown field and a secret in place of its variable's name", () => {
    for (const entry of [
      { sender: "nagios", secret: "HOOK_TOKEN" },
      { sender: "generic", secret: "HOOK_SIGNING", colour: "red" },
      { sender: "generic", secret: "whsec_abc" },
    ]) {
      expect(webhooksSettings.safeParse({ x: entry }).success).toBe(false);
    }
  });
});

const read = (file: string): string => readFileSync(sharedData(`webhooks/${file}`) ?? "", "utf8");

describe.skipIf(!sharedData("webhooks"))("recorded deliveries (absent: ../shared/data/webhooks)", () => {
  /** Each file as the sender that a desk would give it, with what must come of it: an alert or a refusal. */
  const map = {
    opsgenie: {
      kind: { path: "action", prefix: "opsgenie." },
      title: { path: "alert.message" },
      severity: { path: "alert.priority", table: { "1": "critical", "2": "high", "3": "medium" }, otherwise: "low" },
      at: { path: "alert.createdAt" },
      labels: { alert: { path: "alert.alertId" }, entity: { path: "alert.entity" } },
      values: { updatedAt: { path: "alert.updatedAt" } },
    },
    pagerduty: {
      kind: { path: "event.event_type", prefix: "pagerduty." },
      title: { path: "event.data.title" },
      severity: { path: "event.data.urgency" },
      at: { path: "event.occurred_at" },
      labels: { service: { path: "event.data.service.summary" }, incident: { path: "event.data.id" } },
    },
    fireblocks: {
      kind: { path: "type", prefix: "fireblocks." },
      title: { path: "data.status", prefix: "Transaction " },
      at: { path: "timestamp" },
      labels: { transaction: { path: "data.id" }, asset: { path: "data.assetId" } },
      values: { amountUsd: { path: "data.amountUSD" } },
    },
    datadog: { kind: { value: "datadog" }, title: { path: "title" }, severity: { path: "metadata.alert_priority" } },
  };
  const alerts: readonly [string, string, object[]][] = [
    [
      "alertmanager_firing_two.json",
      "alertmanager",
      [34.75, 17.625].map((value) => ({
        kind: "alertmanager.High CPU Temperature",
        severity: "critical",
        title: "High CPU core temperature",
        summary: `CPU core temperature is ${value}C`,
        labels: { host: "andromeda", severity: "critical" },
        at: new Date("2020-02-06T00:17:58.432Z"),
      })),
    ],
    [
      "opsgenie_create.json",
      "opsgenie",
      [{ kind: "opsgenie.Create", severity: "medium", values: { updatedAt: "1502709956288000110" } }],
    ],
    [
      "pagerduty_v3_incident_triggered.json",
      "pagerduty",
      [{ title: "Test Incident 3", severity: "high", labels: { service: "pig208" } }],
    ],
    [
      "fireblocks_v1_transaction_status_updated.json",
      "fireblocks",
      [{ title: "Transaction COMPLETED", values: { amountUsd: "0.44912565" }, at: new Date(1_684_499_146_663) }],
    ],
    [
      "tradingview_received.json",
      "tradingview",
      [{ title: "GBPUSD sell", labels: { symbol: "GBPUSD", side: "sell" }, values: { price: "1.238" } }],
    ],
  ];
  const refusals: readonly [string, string, RegExp][] = [
    ["grafana_v11_firing_values.json", "alertmanager", /version: must be "4"/],
    ["tradingview_alert_message_template.json", "tradingview", /placeholder \{\{ticker\}\}/],
    ["datadog_payload_template.json", "datadog", /severity must be one of/],
  ];
  const deliver = async (file: string, name: string) => {
    const body = read(file);
    if (name in map) return own(body, map[name as keyof typeof map]);
    const { app, taken } = openDoor();
    const at = name === "tradingview" ? `/hooks/tradingview/${TOKEN}` : `/hooks/${name}`;
    const response = await app.request(at, bearer(body));
    return { status: response.status, said: await response.text(), taken };
  };

  test.each(alerts)("%s becomes the right alert", async (file, name, expected) => {
    const { status, taken } = await deliver(file, name);
    expect(status).toBe(202);
    expect(taken).toMatchObject(expected);
    expect(taken).toHaveLength(expected.length);
  });

  test.each(refusals)("%s is refused with its reason", async (file, name, reason) => {
    const { status, said, taken } = await deliver(file, name);
    expect(status).toBe(400);
    expect((JSON.parse(said) as { message: string }).message).toMatch(reason);
    expect(taken).toEqual([]);
  });
});

test("every code a receiver answers with is a documented one", async () => {
  const { app } = openDoor({ clock: fakeClock(new Date()) });
  const response = await app.request("/hooks/nobody", { method: "POST", body: SMALL });
  expect(Object.keys(ERRORS)).toContain(((await response.json()) as { error: string }).error);
});
