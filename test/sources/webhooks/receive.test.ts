import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { fakeClock } from "../../../src/kernel/clock.ts";
import { networksOf } from "../../../src/kernel/networks.ts";
import { DeskError } from "../../../src/kernel/errors.ts";
import { DESK, SIGNING, SMALL, TOKEN, alertmanagerBody, bearer, openDoor, signed } from "./door.ts";
import { Webhook } from "standardwebhooks";

const PATH = "/hooks/alertmanager";
const idsOf = async (response: Response): Promise<unknown> => response.json();
const told = async (response: Response): Promise<{ error: string; message: string }> =>
  (await response.json()) as { error: string; message: string };

/** A request as it comes from a socket. */
const arrived = (body: string, facts: { socket: { remoteAddress: string }; rawHeaders: readonly string[] }): Readable =>
  Object.assign(Readable.from([Buffer.from(body)]), facts);

describe("what is taken", () => {
  test("Alertmanager's alerts are taken with their ids once they are stored", async () => {
    const { app, taken } = openDoor();
    const response = await app.request(PATH, bearer(alertmanagerBody()));
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ alerts: 2, ids: [1, 2] });
    expect(taken).toMatchObject([
      {
        source: "alertmanager",
        trust: "unsigned",
        kind: "alertmanager.FeedStale",
        status: "firing",
        severity: "critical",
        title: "No trades for 30 s",
        labels: { venue: "deribit", severity: "critical" },
        values: { value: "30.5" },
        at: new Date("2026-03-12T09:59:30.123Z"),
      },
      { status: "resolved", at: new Date("2026-03-12T09:59:45Z") },
    ]);
  });

  test("a signed alert is believed more than an unsigned one", async () => {
    const { app, taken, clock } = openDoor();
    expect((await app.request("/hooks/signed", signed(SMALL, clock))).status).toBe(202);
    expect(taken).toMatchObject([
      { source: "signed", trust: "signed", kind: "risk.limit", severity: "medium", status: "firing" },
    ]);
  });

  test("TradingView's messages come as JSON or as plain text, with the secret in the path", async () => {
    const { app, taken } = openDoor();
    const path = `/hooks/tradingview/${TOKEN}`;
    const json = {
      method: "POST",
      body: '{"ticker":"BTCUSDT","action":"sell","close":60123.5,"PASSWORD":"aa"}',
      headers: { "content-type": "application/json; charset=utf-8" },
    };
    const plain = {
      method: "POST",
      body: "BTCUSDT crossing 60000",
      headers: { "content-type": "text/plain; charset=utf-8" },
    };
    expect((await app.request(path, json)).status).toBe(202);
    expect((await app.request(path, plain)).status).toBe(202);
    expect(taken).toMatchObject([
      {
        kind: "tradingview.alert",
        trust: "unsigned",
        title: "BTCUSDT sell",
        labels: { symbol: "BTCUSDT", side: "sell" },
        values: { price: "60123.5" },
      },
      { title: "BTCUSDT crossing 60000", labels: { message: "BTCUSDT crossing 60000" } },
    ]);
    expect(JSON.stringify(taken)).not.toContain("aa");
  });

  test("a repeated delivery gets the same ids: the same id where the sender gives one, else the same bytes", async () => {
    const { app, taken, clock } = openDoor();
    const once = await idsOf(await app.request("/hooks/signed", signed(SMALL, clock)));
    expect(await idsOf(await app.request("/hooks/signed", signed(SMALL, clock)))).toEqual(once);
    const bytes = await idsOf(await app.request(PATH, bearer(alertmanagerBody())));
    expect(await idsOf(await app.request(PATH, bearer(alertmanagerBody())))).toEqual(bytes);
    expect(taken).toHaveLength(3);
  });

  test("while a secret is being replaced, the old and the new one are good", async () => {
    const desk = { ...DESK, alertmanager: { sender: "alertmanager", secret: ["HOOK_TOKEN", "HOOK_SIGNING"] } };
    const both = { ...desk, alertmanager: { ...desk.alertmanager, secret: ["HOOK_TOKEN"] } };
    expect((await openDoor({ desk: both }).app.request(PATH, bearer(alertmanagerBody()))).status).toBe(202);
    const { app, clock } = openDoor({
      desk: { signed: { sender: "generic", secret: ["HOOK_SIGNING", "HOOK_SIGNING"] } },
    });
    const others = `v1,${"A".repeat(43)}= ${new Webhook(SIGNING).sign("msg_1", clock.now(), SMALL)}`;
    expect((await app.request("/hooks/signed", signed(SMALL, clock, { "webhook-signature": others }))).status).toBe(
      202,
    );
  });
});

describe("what is refused", () => {
  const tooLate = String(new Date("2026-03-12T09:54:59Z").getTime() / 1_000);
  const clock = fakeClock(new Date("2026-03-12T10:00:00Z"));
  const cases: readonly [string, string, RequestInit, number, string][] = [
    ["an unknown source", "/hooks/nagios", bearer("{}"), 404, "ROUTE_UNKNOWN"],
    ["a source named like a part of every object", "/hooks/constructor", bearer("{}"), 404, "ROUTE_UNKNOWN"],
    ["reading instead of sending", PATH, { method: "GET" }, 405, "METHOD_NOT_ALLOWED"],
    ["replacing instead of sending", PATH, { method: "PUT", body: "{}" }, 405, "METHOD_NOT_ALLOWED"],
    ["a form", PATH, bearer("a=b", { "content-type": "application/x-www-form-urlencoded" }), 415, "CONTENT_TYPE_WRONG"],
    [
      "plain text where JSON is due",
      PATH,
      bearer("hello", { "content-type": "text/plain" }),
      415,
      "CONTENT_TYPE_WRONG",
    ],
    [
      "JSON in another alphabet",
      PATH,
      bearer("{}", { "content-type": "application/json; charset=utf-16" }),
      415,
      "CONTENT_TYPE_WRONG",
    ],
    ["a compressed body", PATH, bearer("{}", { "content-encoding": "gzip" }), 415, "CONTENT_TYPE_WRONG"],
    [
      "no token",
      PATH,
      { method: "POST", body: "{}", headers: { "content-type": "application/json" } },
      401,
      "SIGNATURE_INVALID",
    ],
    ["a wrong token", PATH, bearer("{}", { authorization: `Bearer ${TOKEN.slice(1)}0` }), 401, "SIGNATURE_INVALID"],
    ["a token of another scheme", PATH, bearer("{}", { authorization: `Basic ${TOKEN}` }), 401, "SIGNATURE_INVALID"],
    [
      "a token that only begins right",
      PATH,
      bearer("{}", { authorization: `Bearer ${TOKEN.slice(0, -1)}` }),
      401,
      "SIGNATURE_INVALID",
    ],
    ["no secret in the path", "/hooks/tradingview", bearer("{}"), 401, "SIGNATURE_INVALID"],
    ["a wrong secret in the path", "/hooks/tradingview/guess", bearer("{}"), 401, "SIGNATURE_INVALID"],
    [
      "a body that was changed",
      "/hooks/signed",
      { ...signed(SMALL, clock), body: `${SMALL} ` },
      401,
      "SIGNATURE_INVALID",
    ],
    [
      "another delivery's id",
      "/hooks/signed",
      signed(SMALL, clock, { "webhook-id": "msg_2" }),
      401,
      "SIGNATURE_INVALID",
    ],
    [
      "an id that could shift into the time",
      "/hooks/signed",
      signed(SMALL, clock, { "webhook-id": "msg.1" }),
      401,
      "SIGNATURE_INVALID",
    ],
    ["no signature", "/hooks/signed", signed(SMALL, clock, { "webhook-signature": "" }), 401, "SIGNATURE_INVALID"],
    [
      "a signature of another version",
      "/hooks/signed",
      signed(SMALL, clock, { "webhook-signature": `v0,${"A".repeat(43)}=` }),
      401,
      "SIGNATURE_INVALID",
    ],
    [
      "an old delivery",
      "/hooks/signed",
      signed(SMALL, clock, { "webhook-timestamp": tooLate }),
      401,
      "SIGNATURE_STALE",
    ],
    [
      "a delivery from the future",
      "/hooks/signed",
      signed(SMALL, clock, { "webhook-timestamp": "99999999999" }),
      401,
      "SIGNATURE_STALE",
    ],
    ["an empty body", PATH, bearer(""), 400, "BODY_MALFORMED"],
    ["half a body", PATH, bearer('{"version":'), 400, "BODY_MALFORMED"],
    ["a body with a mark in front", PATH, bearer("\ufeff{}"), 400, "BODY_MALFORMED"],
    ["another version of the webhook", PATH, bearer(alertmanagerBody({ version: "3" })), 400, "INPUT_INVALID"],
    ["no alerts", PATH, bearer(alertmanagerBody({ alerts: [] })), 400, "INPUT_INVALID"],
    ["alerts of the wrong type", PATH, bearer(alertmanagerBody({ alerts: "none" })), 400, "INPUT_INVALID"],
    ["a field nobody knows", PATH, bearer(alertmanagerBody({ surprise: 1 })), 400, "INPUT_INVALID"],
    ["a list", PATH, bearer("[]"), 400, "INPUT_INVALID"],
    ["a number", PATH, bearer("1e400"), 400, "INPUT_INVALID"],
    ["a body above 256 KiB", PATH, bearer(`"${"x".repeat(262_144)}"`), 413, "BODY_TOO_LARGE"],
  ];
  test.each(cases)("%s", async (_name, path, request, status, error) => {
    const { app, taken } = openDoor({ clock });
    const response = await app.request(path, request);
    expect(response.status).toBe(status);
    const said = await told(response);
    expect(said.error).toBe(error);
    expect(said.message).toMatch(/^[^\n]{10,400}$/);
    expect(taken).toEqual([]);
    if (status === 405) expect(response.headers.get("allow")).toBe("POST");
    if (status === 401) expect(response.headers.get("www-authenticate")).toBe("Bearer");
  });

  test.each([
    [{ "content-type": "application/json; charset=utf-16" }, 'was "application/json; charset=utf-16"'],
    [{ "content-encoding": "gzip" }, 'was "application/json", compressed as "gzip"'],
  ])("a form that is not taken is named: %o", async (headers, named) => {
    const { app } = openDoor();
    expect((await told(await app.request(PATH, bearer("{}", headers)))).message).toContain(named);
  });

  test("a body that grows past the limit while it is sent is cut, whatever its headers said", async () => {
    const { app } = openDoor();
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(32));
      },
    });
    const response = await app.request(PATH, { ...bearer(body), duplex: "half" });
    expect(response.status).toBe(413);
    expect(sent).toBeLessThan(1_000_000);
  });

  test("bytes that are not UTF-8, and NUL, are refused", async () => {
    const { app } = openDoor();
    for (const bytes of [
      [0x22, 0xff, 0x22],
      [0x22, 0xc0, 0x80, 0x22],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
      [0x22, 0, 0x22],
    ]) {
      expect((await app.request(PATH, bearer(new Uint8Array(bytes)))).status).toBe(400);
    }
  });

  test("ten thousand forged requests on every source: none is taken, none breaks anything", async () => {
    const { app, taken } = openDoor();
    const seen = new Map<number, number>();
    for (let index = 0; index < 10_000; index += 1) {
      const path = ["/hooks/alertmanager", `/hooks/tradingview/${index}`, "/hooks/signed"][index % 3] ?? "";
      const headers = {
        "content-type": "application/json",
        authorization: `Bearer ${index}`,
        "webhook-id": `msg_${index}`,
        "webhook-timestamp": "1773309600",
        "webhook-signature": `v1,${"A".repeat(43)}=`,
      };
      const { status } = await app.request(path, { method: "POST", body: SMALL, headers });
      seen.set(status, (seen.get(status) ?? 0) + 1);
    }
    expect([...seen.keys()].sort((a, b) => a - b)).toEqual([401, 429]);
    expect(taken).toEqual([]);
  });
});

describe("under load and in trouble", () => {
  test("more than the configured rate is turned away before anything is checked, and may come again", async () => {
    const clock = fakeClock(new Date("2026-03-12T10:00:00Z"));
    const desk = { alertmanager: { sender: "alertmanager", secret: "HOOK_TOKEN", rate: { perSecond: 0.5, burst: 2 } } };
    const { app } = openDoor({ desk, clock });
    const send = async (): Promise<Response> => app.request(PATH, bearer(alertmanagerBody()));
    expect([(await send()).status, (await send()).status]).toEqual([202, 202]);
    const third = await send();
    expect(third.status).toBe(429);
    expect(third.headers.get("retry-after")).toBe("2");
    await clock.advance(2_000);
    expect((await send()).status).toBe(202);
  });

  const troubles: readonly [string, Error, number][] = [
    ["the database is away", new DeskError("DATABASE_UNAVAILABLE"), 503],
    ["too much waits", new DeskError("RATE_LIMITED"), 429],
    ["something nobody thought of breaks", new Error("secret detail"), 503],
  ];
  test.each(troubles)("when %s the sender is told to come again, and nothing else", async (_name, error, status) => {
    const { app } = openDoor({ taker: { take: () => Promise.reject(error) } });
    const response = await app.request(PATH, bearer(alertmanagerBody()));
    expect(response.status).toBe(status);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await response.text()).not.toContain("secret detail");
  });
});

describe("behind a proxy, through which everybody comes from one address", () => {
  const by = async (app: ReturnType<typeof openDoor>["app"], from: string, token: string): Promise<number> => {
    const incoming = arrived(alertmanagerBody(), { socket: { remoteAddress: "127.0.0.1" }, rawHeaders: [] });
    const change = { authorization: `Bearer ${token}`, "x-forwarded-for": from };
    return (await app.request(PATH, bearer(alertmanagerBody(), change), { incoming })).status;
  };

  test("a stranger's flood of forgeries shuts out himself, and no alert of a sender that is believed", async () => {
    const { app } = openDoor({ proxies: networksOf(["127.0.0.1"]) });
    const seen = new Set<number>();
    for (let count = 0; count < 1_100; count += 1)
      seen.add(await by(app, `203.0.113.${count % 9}, 198.51.100.66`, "x"));
    expect(seen).toEqual(new Set([401, 429]));
    expect(await by(app, "198.51.100.66", TOKEN)).toBe(429);
    expect(await by(app, "198.51.100.7", TOKEN)).toBe(202);
  });

  test("without one the header is anybody's, and counts for nothing", async () => {
    const { app } = openDoor();
    for (let count = 0; count < 1_000; count += 1) await by(app, `203.0.113.${count % 250}`, "x");
    expect(await by(app, "198.51.100.66", "x")).toBe(429);
  });
});

describe("the configuration", () => {
  test("only the networks that are named may send", async () => {
    const desk = {
      alertmanager: { sender: "alertmanager", secret: "HOOK_TOKEN", allowFrom: ["10.0.0.0/8", "2001:db8::/32"] },
    };
    const { app } = openDoor({ desk, proxies: networksOf(["127.0.0.1"]) });
    const from = async (remoteAddress: string, forwarded?: string): Promise<number> => {
      const incoming = arrived(alertmanagerBody(), { socket: { remoteAddress }, rawHeaders: [] });
      const change: Record<string, string> = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
      return (await app.request(PATH, bearer(alertmanagerBody(), change), { incoming })).status;
    };
    expect(await from("127.0.0.1", "11.1.2.3, 10.1.2.3")).toBe(202);
    expect(await from("127.0.0.1", "10.1.2.3, 11.1.2.3")).toBe(401);
    expect(await from("11.1.2.3", "10.1.2.3")).toBe(401);
    expect(await from("127.0.0.1")).toBe(401);
    expect(await from("10.1.2.3")).toBe(202);
    expect(await from("::ffff:10.1.2.3")).toBe(202);
    expect(await from("2001:db8::1")).toBe(202);
    expect(await from("11.1.2.3")).toBe(401);
  });

  test("a security header that stands twice is refused", async () => {
    const { app } = openDoor();
    const rawHeaders = ["Authorization", `Bearer ${TOKEN}`, "authorization", "Bearer x"];
    const incoming = arrived(alertmanagerBody(), { socket: { remoteAddress: "127.0.0.1" }, rawHeaders });
    expect((await app.request(PATH, bearer(alertmanagerBody()), { incoming })).status).toBe(401);
  });
});
