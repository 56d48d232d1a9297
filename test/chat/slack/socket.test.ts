import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { listener } from "../../contract/surface.ts";
import { click, clickPayload, type } from "../../fakes/slack/people.ts";
import { type FakeSlack, openFakeSlack } from "../../fakes/slack/server.ts";
import type { SlackSurface } from "../../../src/chat/slack/slack.ts";
import { sampleCard } from "../hostile.ts";
import { slackOn, until } from "./driver.ts";

const ANA = { user: "U0ANA" };
const TOKEN = "INC-7:4:approve:8c1f";

describe("Slack's socket", () => {
  let slack: FakeSlack;
  let surface: SlackSurface;
  let inbound: ReturnType<typeof listener>;
  const begin = async (more: Parameters<typeof slackOn>[1] = {}): Promise<void> => {
    surface = slackOn(slack, more);
    await surface.start(inbound);
    await until(() => surface.health().state === "up");
  };
  beforeEach(async () => {
    slack = await openFakeSlack();
    inbound = listener();
  });
  afterEach(async () => {
    await surface.stop();
    await slack.close();
  });

  test("no press is lost while connections are refreshed one after the other", async () => {
    await begin();
    let acknowledged = 0;
    for (let round = 0; round < 6; round += 1) {
      slack.refresh(slack.sockets[round % 2]);
      for (let press = 0; press < 5; press += 1) {
        expect(slack.sockets.length).toBeGreaterThan(0);
        if ((await click(slack, ANA, TOKEN)) !== null) acknowledged += 1;
      }
      await until(() => slack.sockets.length === 2);
    }
    expect(acknowledged).toBe(30);
    expect(inbound.events).toHaveLength(30);
  }, 20_000);

  test("a cut line is opened again within a second", async () => {
    await begin();
    slack.sockets[0]?.cut();
    slack.sockets[0]?.cut();
    await until(() => slack.sockets.length === 2, 1_500);
    await until(() => surface.health().state === "up");
    expect(await click(slack, ANA, TOKEN)).not.toBeNull();
  });

  test("an envelope that comes twice, over two sockets, is one delivery", async () => {
    await begin();
    const payload = clickPayload(slack, ANA, TOKEN);
    const [one, two] = slack.sockets;
    if (one === undefined || two === undefined) throw new Error("two sockets were open");
    await slack.deliver("interactive", payload, { envelopeId: "E-same", on: one });
    await slack.deliver("interactive", payload, { envelopeId: "E-same", on: two });
    expect(inbound.events).toHaveLength(2);
    expect(new Set(inbound.events.map((event) => event.deliveryId)).size).toBe(1);
  });

  test("garbage of every kind does no harm", async () => {
    await begin();
    for (const socket of slack.sockets) {
      socket.sendBinary(new Uint8Array(64));
      socket.send("not JSON");
      socket.send("null");
      socket.send("[]");
      socket.send(JSON.stringify({ type: "events_api", envelope_id: "E1" }));
      socket.send(JSON.stringify({ type: "events_api", envelope_id: "E2", payload: {} }));
      socket.send(JSON.stringify({ type: "interactive", envelope_id: "E3" }));
      socket.send(JSON.stringify({ type: "interactive", envelope_id: "E4", payload: { type: "block_actions" } }));
      socket.send(JSON.stringify({ type: "slash_commands", envelope_id: "E5", payload: { command: 7 } }));
      socket.send(JSON.stringify({ type: "unheard_of", envelope_id: "E6", payload: "x".repeat(1_000_000) }));
    }
    expect(await click(slack, ANA, TOKEN)).not.toBeNull();
    expect(inbound.events).toHaveLength(1);
  });

  test("the request is done though the socket died before the acknowledgement", async () => {
    await begin();
    let release = (): void => {};
    const receive = inbound.receive.bind(inbound);
    inbound.receive = async (event) => {
      await new Promise<void>((resolve) => (release = resolve));
      return receive(event);
    };
    const pressed = slack.deliver("interactive", clickPayload(slack, ANA, TOKEN), { withinMs: 500 });
    await until(() => release.length === 0 && slack.sockets.length === 2);
    await new Promise((resolve) => setTimeout(resolve, 50));
    while (slack.sockets.length > 0) slack.sockets[0]?.cut();
    release();
    expect(await pressed).toBeNull();
    await until(() => inbound.events.length === 1);
    await until(() => slack.desk.ephemerals.length === 1);
  });

  test("a token revoked in the middle shows as down, ends nothing, and heals", async () => {
    await begin();
    slack.desk.tokenError = "token_revoked";
    expect((await surface.post("C0RISK", sampleCard, "INC-7")).outcome).toBe("later");
    expect(surface.health()).toMatchObject({ state: "down", why: expect.stringContaining("token_revoked") as string });
    while (slack.sockets.length > 0) slack.sockets[0]?.cut();
    await new Promise((resolve) => setTimeout(resolve, 100));
    slack.desk.tokenError = null;
    await surface.stop();
    await surface.start(inbound);
    await until(() => surface.health().state === "up");
  });

  test("connections that cannot be opened for a while are opened when they can", async () => {
    await begin();
    slack.faults.add("apps.connections.open", { status: 503, times: 3 });
    while (slack.sockets.length > 0) slack.sockets[0]?.cut();
    await until(() => surface.health().state === "down");
    await until(() => surface.health().state === "up", 6_000);
  }, 10_000);

  test("a server that stops answering pings is left", async () => {
    slack.manners.pongs = false;
    await begin({ pongMs: 300 });
    const [first] = slack.sockets;
    await until(() => first?.open === false, 9_000);
    slack.manners.pongs = true;
    await until(() => slack.sockets.some((socket) => socket.answersPings), 9_000);
  }, 20_000);

  test("a connection on which Slack never says hello is given up and opened anew", async () => {
    slack.manners.hello = false;
    surface = slackOn(slack, { helloMs: 200 });
    await surface.start(inbound);
    await until(() => slack.desk.calls.filter((call) => call.method === "apps.connections.open").length >= 4, 5_000);
    expect(surface.health().state).toBe("down");
    slack.manners.hello = true;
    await until(() => surface.health().state === "up", 8_000);
    expect(await click(slack, ANA, TOKEN)).not.toBeNull();
  }, 20_000);

  test("too many connections at Slack is tried again, and a press still arrives", async () => {
    await begin();
    slack.faults.add("apps.connections.open", { status: 200, body: { ok: false, error: "too_many_websockets" } });
    slack.sockets[0]?.cut();
    await until(() => slack.sockets.length === 2, 5_000);
    expect(await click(slack, ANA, TOKEN)).not.toBeNull();
  }, 10_000);

  test.each(["invalid_auth", "account_inactive"])(
    "a bad token (%s) rejects the start where it can be caught",
    async (word) => {
      slack.desk.tokenError = word;
      surface = slackOn(slack);
      await expect(surface.start(inbound)).rejects.toMatchObject({ code: "CHAT_REFUSED" });
      expect(surface.health().state).toBe("down");
    },
  );

  test("a workspace other than desk.yaml's is refused at the start", async () => {
    surface = slackOn(slack, { team: "T0OTHER" });
    await expect(surface.start(inbound)).rejects.toMatchObject({ code: "CHAT_REFUSED" });
  });

  test("Slack away at the start is a caught failure too", async () => {
    surface = slackOn(slack, { urls: { api: "http://127.0.0.1:9/api/" } });
    await expect(surface.start(inbound)).rejects.toMatchObject({ code: "CHAT_UNREACHABLE" });
  });

  test.each([
    ["its address fails", "respond", { status: 500 }],
    ["its address cuts the line", "respond", { cut: "before" as const }],
    ["its address cuts the line, and the channel is limited for a moment", "respond", { cut: "before" as const }],
  ])(
    "the person is told though %s",
    async (what, name, fault) => {
      await begin();
      slack.faults.add(name, fault);
      if (what.includes("limited"))
        slack.faults.add("chat.postEphemeral", { status: 429, headers: { "retry-after": "1" } });
      expect(await click(slack, ANA, TOKEN)).not.toBeNull();
      await until(() => slack.desk.ephemerals.some((one) => one.text.includes("Approved by ana")), 6_000);
    },
    15_000,
  );

  test("a form asked for too late says so, and nothing was done", async () => {
    await begin();
    const payload = clickPayload(slack, ANA, "INC-7:4:deny:8c1f");
    slack.desk.triggers.clear();
    expect(await slack.deliver("interactive", payload)).not.toBeNull();
    await until(() => slack.desk.ephemerals.some((one) => one.text.includes("nothing was done")));
    expect(inbound.events).toEqual([]);
  });

  test("a command without its arguments opens a form with what was typed", async () => {
    await begin();
    expect(await type(slack, ANA, "/hedge", "BTC")).not.toBeNull();
    await until(() => slack.desk.views.length === 1);
    const blocks = slack.desk.views[0]?.view["blocks"] as { block_id: string; element: { initial_value?: string } }[];
    expect(blocks.map((block) => [block.block_id, block.element.initial_value])).toEqual([
      ["asset", "BTC"],
      ["size", undefined],
    ]);
  });

  test("somebody's standing tells members from guests, bots and strangers", async () => {
    await begin();
    slack.desk.users.set("U0GUEST", { id: "U0GUEST", team_id: "T0DESK", is_restricted: true });
    slack.desk.users.set("U0FAR", { id: "U0FAR", team_id: "T0OTHER" });
    slack.desk.users.set("U0BOT2", { id: "U0BOT2", team_id: "T0DESK", is_bot: true });
    expect(await Promise.all(["U0ANA", "U0GUEST", "U0FAR", "U0BOT2"].map((id) => surface.standing(id)))).toEqual([
      "member",
      "guest",
      "foreign",
      "bot",
    ]);
  });
});
