import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DiscordSurface } from "../../../src/chat/discord/discord.ts";
import { discordKey } from "../../../src/chat/discord/http.ts";
import { listener } from "../../contract/surface.ts";
import { appKeys, click, command, signed } from "../../fakes/discord/people.ts";
import { type FakeDiscord, openFakeDiscord } from "../../fakes/discord/server.ts";
import { until } from "../slack/driver.ts";
import { discordOn } from "./driver.ts";

const ANA = { user: "930000000000000001" };
const TOKEN = "INC-7:4:approve:8c1f";
const keys = appKeys();

describe("a signed request from Discord", () => {
  let discord: FakeDiscord;
  let surface: DiscordSurface;
  let inbound: ReturnType<typeof listener>;
  beforeEach(async () => {
    discord = await openFakeDiscord();
    inbound = listener();
    surface = discordOn(discord, { mode: "http", publicKey: keys.publicHex });
    await surface.start(inbound);
  });
  afterEach(async () => {
    await surface.stop();
    await discord.close();
  });
  const press = () => {
    const one = click(discord, ANA, TOKEN);
    discord.guild.interactions.set(one.id, { acknowledged: true, expired: false });
    return one;
  };

  test("is stored, deferred at once, and answered privately after", async () => {
    const response = await surface.http(signed(keys.privateKey, press()));
    expect(await response.json()).toEqual({ type: 5, data: { flags: 64 } });
    expect(inbound.events).toMatchObject([{ token: TOKEN, user: { surface: "discord", user: ANA.user } }]);
    await until(() => discord.guild.answers.some((one) => one.content.includes("Approved by ana")));
    expect(discord.guild.faults).toEqual([]);
  });

  test("a PING is answered with PONG", async () => {
    const response = await surface.http(signed(keys.privateKey, { type: 1 }));
    expect(await response.json()).toEqual({ type: 1 });
  });

  test.each([
    ["signed by another key", () => signed(appKeys().privateKey, press())],
    ["with a changed body", () => signed(keys.privateKey, press(), { sent: '{"type":1}' })],
    ["with a short signature", () => signed(keys.privateKey, press(), { signature: "ab" })],
    ["with a signature that is no number", () => signed(keys.privateKey, press(), { signature: "z".repeat(128) })],
    ["of yesterday", () => signed(keys.privateKey, press(), { at: new Date(Date.now() - 86_400_000) })],
    ["of the next hour", () => signed(keys.privateKey, press(), { at: new Date(Date.now() + 3_600_000) })],
    ["without headers", () => new Request("http://desk.example/", { method: "POST", body: '{"type":1}' })],
  ])("one %s is refused, and nothing is done", async (_, make) => {
    expect((await surface.http(make())).status).toBe(401);
    expect(inbound.events).toEqual([]);
  });

  test("that is not JSON, or too large, is refused after its signature held", async () => {
    expect((await surface.http(signed(keys.privateKey, "not json"))).status).toBe(400);
    expect((await surface.http(signed(keys.privateKey, "x".repeat(2_000_000)))).status).toBe(413);
    expect((await surface.http(signed(keys.privateKey, { type: 99, id: "1", token: "t" }))).status).not.toBe(500);
  });

  test("sent again keeps its delivery id", async () => {
    const one = press();
    await surface.http(signed(keys.privateKey, one));
    await surface.http(signed(keys.privateKey, one));
    expect(new Set(inbound.events.map((event) => event.deliveryId)).size).toBe(1);
  });

  test.each([
    ["another server", { ...ANA, guild: "1" }],
    ["a program", { ...ANA, bot: true }],
    ["nobody", { user: "" }],
  ])("from %s is refused privately and not stored", async (_, actor) => {
    const response = await surface.http(signed(keys.privateKey, command(discord, actor, "freeze", { scope: "firm" })));
    expect(await response.json()).toMatchObject({ type: 4, data: { flags: 64 } });
    expect(inbound.events).toEqual([]);
  });

  test("a weak or malformed public key is refused before anything starts", async () => {
    for (const key of ["00".repeat(32), `01${"00".repeat(31)}`, `ec${"ff".repeat(31)}`, "abc", "zz".repeat(32)]) {
      expect(() => discordKey(key)).toThrow(/DISCORD_PUBLIC_KEY/);
    }
    expect(() => discordKey(keys.publicHex)).not.toThrow();
  });
});
