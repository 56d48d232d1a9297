import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DiscordSurface } from "../../../src/chat/discord/discord.ts";
import { listener } from "../../contract/surface.ts";
import { click, command, typing } from "../../fakes/discord/people.ts";
import { type FakeDiscord, openFakeDiscord } from "../../fakes/discord/server.ts";
import { sampleCard } from "../hostile.ts";
import { until } from "../slack/driver.ts";
import { discordOn } from "./driver.ts";

const ANA = { user: "930000000000000001" };
const TOKEN = "INC-7:4:approve:8c1f";
const CHANNEL = "900000000000000010";

describe("Discord's gateway", () => {
  let discord: FakeDiscord;
  let surface: DiscordSurface;
  let inbound: ReturnType<typeof listener>;
  const begin = async (more: Parameters<typeof discordOn>[1] = {}): Promise<void> => {
    surface = discordOn(discord, more);
    await surface.start(inbound);
    expect(surface.health().state).toBe("up");
  };
  beforeEach(async () => {
    discord = await openFakeDiscord();
    inbound = listener();
  });
  afterEach(async () => {
    await surface.stop();
    await discord.close();
  });

  test("a press during a cut is delivered when the session resumes, and answered in time", async () => {
    await begin();
    discord.gateway.cutAll();
    expect(await discord.interact(click(discord, ANA, TOKEN))).not.toBeNull();
    expect(discord.gateway.seen).toContain("resume");
    expect(inbound.events).toHaveLength(1);
  });

  test.each([
    ["asks to reconnect (op 7)", (fake: FakeDiscord) => fake.gateway.opcode(7)],
    ["ends the session for resuming (op 9 true)", (fake: FakeDiscord) => fake.gateway.opcode(9, true)],
  ])(
    "is back after it %s",
    async (_, act) => {
      await begin();
      act(discord);
      await until(() => discord.gateway.seen.includes("resume"), 8_000);
      await until(() => surface.health().state === "up", 8_000);
      expect(await discord.interact(click(discord, ANA, TOKEN))).not.toBeNull();
    },
    20_000,
  );

  test("is back after it lost the session (op 9 false)", async () => {
    await begin();
    discord.gateway.opcode(9, false);
    await until(() => discord.gateway.seen.filter((one) => one === "identify").length === 2, 12_000);
    await until(() => surface.health().state === "up", 5_000);
  }, 20_000);

  test("a token reset in the middle shows as down, though the library says ready", async () => {
    await begin();
    discord.guild.token = "a-new-token";
    discord.gateway.close(4_004);
    await until(() => surface.health().state === "down");
    expect(surface.health().why).toContain("4004");
  });

  test.each([4_014, 4_013])("refused intents (%i) show as down", async (code) => {
    await begin();
    discord.gateway.close(code);
    await until(() => surface.health().state === "down");
  });

  test("a bad token rejects the start where it can be caught", async () => {
    discord.guild.token = "a-new-token";
    surface = discordOn(discord);
    await expect(surface.start(inbound)).rejects.toMatchObject({ code: "CHAT_REFUSED" });
    expect(surface.health().state).toBe("down");
  });

  test("a gateway that refuses connections rejects the start, and is left alone then", async () => {
    discord.gateway.refuses = true;
    surface = discordOn(discord);
    await expect(surface.start(inbound)).rejects.toMatchObject({ code: "CHAT_UNREACHABLE" });
    discord.gateway.refuses = false;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await until(() => discord.gateway.peers.length === 0);
    expect(await discord.interact(click(discord, ANA, TOKEN), 300)).toBeNull();
  }, 20_000);

  test("a gateway that never says hello rejects the start at its deadline, and the next start finds it", async () => {
    discord.gateway.silent = true;
    surface = discordOn(discord, { loginMs: 300 });
    await expect(surface.start(inbound)).rejects.toMatchObject({ code: "CHAT_UNREACHABLE" });
    expect(surface.health().state).toBe("down");
    discord.gateway.silent = false;
    await surface.stop();
    await begin();
    expect(await discord.interact(click(discord, ANA, TOKEN))).not.toBeNull();
  }, 20_000);

  test("a line on which heartbeats stay unanswered is left, and the session resumed on another", async () => {
    discord.gateway.heartbeatMs = 300;
    await begin();
    discord.gateway.deaf = true;
    await until(() => discord.gateway.seen.includes("resume"), 8_000);
    discord.gateway.deaf = false;
    await until(() => surface.health().state === "up", 8_000);
    expect(await discord.interact(click(discord, ANA, TOKEN), 8_000)).not.toBeNull();
  }, 30_000);

  test("frames that are no packets, and one of ten megabytes, end nothing", async () => {
    await begin();
    discord.gateway.dispatch("UNHEARD_OF", { text: "y".repeat(10_000_000) });
    for (const peer of discord.gateway.peers) {
      peer.send("not JSON");
      peer.send("null");
      peer.send("[]");
      peer.sendBinary(new Uint8Array(64));
    }
    expect(await discord.interact(click(discord, ANA, TOKEN), 8_000)).not.toBeNull();
    expect(inbound.events).toHaveLength(1);
  }, 30_000);

  test("an interaction delivered twice is one delivery, and still answered", async () => {
    await begin();
    const one = click(discord, ANA, TOKEN);
    await discord.interact(one);
    discord.gateway.dispatch("INTERACTION_CREATE", one);
    await until(() => discord.guild.answers.length === 2);
    expect(new Set(inbound.events.map((event) => event.deliveryId)).size).toBe(1);
  });

  test("an interaction whose time is over is done, and a line in the channel says where to look", async () => {
    await begin();
    const one = click(discord, ANA, TOKEN);
    const late = discord.interact(one, 300);
    discord.guild.interactions.set(one.id, { acknowledged: false, expired: true });
    await late;
    await until(() => inbound.events.length === 1);
    await until(() => discord.guild.messages.some((message) => String(message.body["content"]).includes("console")));
    expect(JSON.stringify(discord.guild.messages)).not.toContain("Approved by ana");
  });

  test("a storm of presses is acknowledged and answered whole: answers are not under the bot's 50 calls a second", async () => {
    await begin();
    const acknowledged = await Promise.all(
      Array.from({ length: 80 }, () => discord.interact(click(discord, ANA, TOKEN), 15_000)),
    );
    expect(acknowledged.filter((one) => one === null)).toEqual([]);
    await until(() => discord.guild.answers.length === 80, 20_000);
  }, 40_000);

  test.each([
    ["the acknowledgement fails within Discord", "POST /interactions/callback", { status: 500 }],
    ["the acknowledgement is done and its answer lost", "POST /interactions/callback", { cut: "after" as const }],
    ["the answer fails within Discord", "PATCH /webhooks/messages", { status: 503 }],
    [
      "the answer is limited for a moment",
      "PATCH /webhooks/messages",
      { status: 429, headers: { "retry-after": "0.3" }, body: { retry_after: 0.3, global: false } },
    ],
    ["the line is cut under the answer", "PATCH /webhooks/messages", { cut: "before" as const }],
  ])(
    "the person is told though %s",
    async (_, name, fault) => {
      await begin();
      discord.faults.add(name, fault);
      expect(await discord.interact(click(discord, ANA, TOKEN))).not.toBeNull();
      await until(() => discord.guild.answers.some((one) => one.content.includes("Approved by ana")), 6_000);
      expect(inbound.events).toHaveLength(1);
    },
    15_000,
  );

  test("garbage of every kind does no harm", async () => {
    await begin();
    for (const data of [null, 7, {}, { id: 7 }, { id: "1", token: "t", type: 3, member: null, data: null }, []]) {
      discord.gateway.dispatch("INTERACTION_CREATE", data);
    }
    discord.gateway.dispatch("UNHEARD_OF", { x: "y".repeat(100_000) });
    expect(await discord.interact(click(discord, ANA, TOKEN))).not.toBeNull();
    expect(inbound.events).toHaveLength(1);
  });

  test("500 after it was done, then the same key: the card stands once", async () => {
    await begin();
    discord.faults.add("POST /channels/messages", { status: 500, done: true });
    expect((await surface.post(CHANNEL, sampleCard, "INC-7")).outcome).toBe("ambiguous");
    const again = await surface.post(CHANNEL, sampleCard, "INC-7");
    expect(again.outcome).toBe("sent");
    expect(discord.guild.messages).toHaveLength(1);
  });

  test("a global limit of ten minutes is handed on, not slept through", async () => {
    await begin();
    const headers = { "retry-after": "600", "x-ratelimit-global": "true", "x-ratelimit-scope": "global" };
    discord.faults.add("PATCH /channels/messages", { status: 429, headers, body: { retry_after: 600, global: true } });
    const posted = await surface.post(CHANNEL, sampleCard, "INC-7");
    if (posted.outcome !== "sent") throw new Error("posted");
    const sent = await surface.update(posted.ref, { ...sampleCard, version: 5 });
    expect(sent.outcome === "later" ? sent.afterMs : 0).toBeGreaterThan(590_000);
  });

  test("commands stand in the one server, with choices and completion", async () => {
    await begin();
    expect(discord.guild.commands).toMatchObject([
      { name: "freeze", options: [{ name: "scope", required: true, choices: [{}, {}, {}] }, {}, {}] },
      { name: "hedge", options: [{ name: "asset", required: false, autocomplete: true }, {}] },
    ]);
  });

  test("twenty completions a second are answered, a failing one with nothing", async () => {
    await begin();
    const ask = () => discord.interact(typing(discord, ANA, "hedge", { asset: "b" }, "asset"));
    const answers = await Promise.all(Array.from({ length: 20 }, ask));
    expect(answers.every((answer) => answer?.["type"] === 8)).toBe(true);
    inbound.complete = async () => {
      throw new Error("slow feed");
    };
    expect(await ask()).toMatchObject({ type: 8, data: { choices: [] } });
  });

  test("a command without what its form asks for opens the form", async () => {
    await begin();
    const response = await discord.interact(command(discord, ANA, "hedge", { asset: "BTC" }));
    expect(response).toMatchObject({ type: 9, data: { title: "/hedge" } });
    expect(inbound.events).toEqual([]);
  });
});
