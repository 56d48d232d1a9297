import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { clickPayload, commandPayload, signed } from "../../fakes/slack/people.ts";
import { type FakeSlack, openFakeSlack } from "../../fakes/slack/server.ts";
import { listener } from "../../contract/surface.ts";
import type { SlackSurface } from "../../../src/chat/slack/slack.ts";
import { SIGNING, slackOn, until } from "./driver.ts";

const ANA = { user: "U0ANA" };
const TOKEN = "INC-7:4:approve:8c1f";
const minutes = (count: number): Date => new Date(Date.now() + count * 60_000);

describe("a signed request from Slack", () => {
  let slack: FakeSlack;
  let surface: SlackSurface;
  let inbound: ReturnType<typeof listener>;
  beforeEach(async () => {
    slack = await openFakeSlack();
    inbound = listener();
    surface = slackOn(slack, { mode: "http" });
    await surface.start(inbound);
  });
  afterEach(async () => {
    await surface.stop();
    await slack.close();
  });
  const send = async (request: Request): Promise<number> => (await surface.http(request)).status;
  const press = () => clickPayload(slack, ANA, TOKEN);

  test("is stored, acknowledged and answered privately", async () => {
    expect(await send(signed(SIGNING, press()))).toBe(200);
    expect(inbound.events).toMatchObject([{ token: TOKEN, user: { user: "U0ANA" } }]);
    await until(() => slack.desk.ephemerals.length === 1);
  });

  test("sent again within five minutes keeps its delivery id", async () => {
    const payload = press();
    await send(signed(SIGNING, payload));
    await send(signed(SIGNING, payload));
    expect(new Set(inbound.events.map((event) => event.deliveryId)).size).toBe(1);
  });

  test.each([
    ["five minutes and a second old", () => signed(SIGNING, press(), { at: new Date(Date.now() - 301_500) })],
    ["an hour in the future", () => signed(SIGNING, press(), { at: minutes(60) })],
    ["signed with another secret", () => signed("another", press())],
    ["signed twice over", () => signed(SIGNING, press(), { signature: `v0=${"a".repeat(64)}, v0=${"b".repeat(64)}` })],
    ["signed without =", () => signed(SIGNING, press(), { signature: `v0${"a".repeat(64)}` })],
    ["signed with half a digest", () => signed(SIGNING, press(), { signature: "v0=abcd" })],
    ["stamped with no number", () => signed(SIGNING, press(), { headers: { "x-slack-request-timestamp": "NaN" } })],
    ["without headers", () => new Request("http://desk.example/slack/events", { method: "POST", body: "payload={}" })],
    ["empty", () => new Request("http://desk.example/slack/events", { method: "POST" })],
  ])("%s is refused, and nothing is done", async (_, make) => {
    expect(await send(make())).toBe(401);
    expect(inbound.events).toEqual([]);
  });

  test("whose body was changed on the way is refused", async () => {
    const honest = signed(SIGNING, press());
    const forged = new Request(honest.url, {
      method: "POST",
      headers: honest.headers,
      body: (await honest.text()).replace("approve", "resolve"),
    });
    expect(await send(forged)).toBe(401);
  });

  test("of five megabytes is refused before it is read whole", async () => {
    expect(await send(signed(SIGNING, { command: "/help", text: "x".repeat(5_000_000) }))).toBe(413);
  });

  test("with a charset in its content type is taken", async () => {
    const type = "application/x-www-form-urlencoded; charset=utf-8";
    expect(await send(signed(SIGNING, press(), { type }))).toBe(200);
    expect(inbound.events).toHaveLength(1);
  });

  test("that checks certificates is answered, whatever was smuggled in beside", async () => {
    const body = new URLSearchParams({ ssl_check: "1", payload: JSON.stringify(press()) }).toString();
    const at = String(Math.floor(Date.now() / 1_000));
    const signature = `v0=${createHmac("sha256", SIGNING).update(`v0:${at}:${body}`).digest("hex")}`;
    const request = new Request("http://desk.example/slack/events", {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": at,
        "x-slack-signature": signature,
      },
      body,
    });
    expect(await send(request)).toBe(200);
    expect(inbound.events).toEqual([]);
  });

  test("that verifies the address gets its challenge back", async () => {
    const body = JSON.stringify({ type: "url_verification", challenge: "abc" });
    const at = String(Math.floor(Date.now() / 1_000));
    const signature = `v0=${createHmac("sha256", SIGNING).update(`v0:${at}:${body}`).digest("hex")}`;
    const response = await surface.http(
      new Request("http://desk.example/slack/events", {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-slack-request-timestamp": at,
          "x-slack-signature": signature,
        },
        body,
      }),
    );
    expect(await response.text()).toBe("abc");
  });

  test("of a kind nobody handles is acknowledged all the same", async () => {
    expect(await send(signed(SIGNING, { type: "block_actions", user: {}, actions: [{}], trigger_id: "x" }))).toBe(200);
    expect(await send(signed(SIGNING, { type: "something_new" }))).toBe(200);
    expect(inbound.events).toEqual([]);
  });

  test("whose handling takes too long is acknowledged before Slack gives up, and still done", async () => {
    inbound.receive = async (event) => {
      await new Promise((resolve) => setTimeout(resolve, 3_500));
      inbound.events.push(event);
      return { reply: Promise.resolve({ ok: true, text: "done late" }) };
    };
    const begun = performance.now();
    expect(await send(signed(SIGNING, press()))).toBe(200);
    expect(performance.now() - begun).toBeLessThan(3_000);
    await until(() => slack.desk.ephemerals.some((one) => one.text.includes("done late")));
  });

  test.each([
    ["another workspace's guest", { user: "U0ANA", team: "T0OTHER" }],
    ["nobody", { user: "" }],
  ])("from %s is refused privately and not stored", async (_, actor) => {
    expect(await send(signed(SIGNING, clickPayload(slack, actor, TOKEN)))).toBe(200);
    expect(await send(signed(SIGNING, commandPayload(slack, actor, "/freeze", "firm")))).toBe(200);
    expect(inbound.events).toEqual([]);
  });

  test("carrying 10,000 characters is cut, not refused", async () => {
    expect(await send(signed(SIGNING, commandPayload(slack, ANA, "/freeze", "x".repeat(10_000))))).toBe(200);
    const [event] = inbound.events;
    expect(event?.type === "command" ? event.text.length : 0).toBe(4_008);
  });

  test.each(["", "x".repeat(300), "FREEZE   Account", "  “quoted words”  ", "<@U1> &lt; &amp;"])(
    "carrying the line %# arrives as it was typed",
    async (text) => {
      await send(signed(SIGNING, commandPayload(slack, ANA, "/desk", text === "" ? "" : `freeze ${text}`)));
      const [event] = inbound.events;
      expect(event?.type === "command" ? event.text : "").toBe(text === "" ? "/help" : `/freeze ${text}`.trim());
    },
  );
});
