import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { discordDoctor } from "../../src/chat/discord/doctor.ts";
import type { Finding } from "../../src/chat/finding.ts";
import { slackDoctor } from "../../src/chat/slack/doctor.ts";
import { SLACK_SCOPES, slackManifest } from "../../src/chat/slack/manifest.ts";
import { discordCommands } from "../../src/chat/discord/commands.ts";
import { fakeClock, systemClock } from "../../src/kernel/clock.ts";
import { Secret } from "../../src/kernel/secret.ts";
import { APP, CHANNEL, GUILD } from "../fakes/discord/rest.ts";
import { type FakeDiscord, openFakeDiscord } from "../fakes/discord/server.ts";
import { type FakeSlack, openFakeSlack } from "../fakes/slack/server.ts";
import { HEADS } from "./slack/driver.ts";

const bad = (findings: readonly Finding[]): string[] =>
  findings.filter((one) => one.state === "bad").map((one) => `${one.what}: ${one.detail}`);

describe("the doctor", () => {
  let slack: FakeSlack;
  let discord: FakeDiscord;
  beforeAll(async () => {
    slack = await openFakeSlack();
    discord = await openFakeDiscord();
  });
  afterAll(async () => {
    await slack.close();
    await discord.close();
  });
  const askSlack = (channels: readonly string[], clock = systemClock) =>
    slackDoctor({
      bot: new Secret("xoxb"),
      app: new Secret("xapp"),
      api: `${slack.url}/api/`,
      channels,
      clock,
    });
  const askDiscord = (more: object = {}) =>
    discordDoctor({
      token: new Secret("fake-token"),
      appId: APP,
      guildId: GUILD,
      api: `${discord.url}/api`,
      channels: [CHANNEL],
      clock: systemClock,
      ...more,
    });

  test("finds nothing where all is well", async () => {
    expect(bad(await askSlack(["C0RISK"]))).toEqual([]);
    expect(bad(await askDiscord())).toEqual([]);
  });

  test("names channels that are unknown, archived or without the bot, and the remedy", async () => {
    slack.desk.channels.set("C0OLD", { archived: true });
    slack.desk.channels.set("C0FAR", { member: false });
    const found = bad(await askSlack(["C0GONE", "C0OLD", "C0FAR"]));
    expect(found).toHaveLength(3);
    expect(found[0]).toContain("/invite @breakwater");
    expect(bad(await askDiscord({ channels: ["1"] }))[0]).toContain("developer mode");
  });

  test("names a bad token, a wrong application and a wrong server", async () => {
    slack.desk.tokenError = "account_inactive";
    expect(bad(await askSlack([]))[0]).toContain("install it again");
    slack.desk.tokenError = null;
    expect(bad(await askDiscord({ token: new Secret("another") }))[0]).toContain("reset it");
    expect(bad(await askDiscord({ appId: "1" }))[0]).toContain("DISCORD_APP_ID");
    expect(bad(await askDiscord({ guildId: "1" }))[0]).toContain("invite it");
    expect(bad(await askDiscord({ publicKey: "00".repeat(32) }))[0]).toContain("weak key");
  });

  test("names a clock that would make honest requests look forged", async () => {
    expect(bad(await askSlack([], fakeClock(new Date(Date.now() - 600_000))))[0]).toContain("NTP");
    expect(bad(await askDiscord({ clock: fakeClock(new Date(Date.now() + 600_000)) }))[0]).toContain("NTP");
  });
});

describe("menus from the commands' heads", () => {
  test("Slack's manifest holds every command that Slack leaves free, and all under /desk", () => {
    const help = { name: "help", summary: "Lists the commands", args: [] };
    const manifest = slackManifest([...HEADS, help]) as {
      features: { slash_commands: { command: string; usage_hint?: string }[] };
      oauth_config: { scopes: { bot: string[] } };
      settings: { socket_mode_enabled: boolean };
    };
    expect(manifest.features.slash_commands.map((one) => one.command)).toEqual(["/desk", "/freeze", "/hedge"]);
    expect(manifest.features.slash_commands[1]?.usage_hint).toBe("<scope> [name] [reason]");
    expect(manifest.oauth_config.scopes.bot).toEqual([...SLACK_SCOPES]);
    expect(manifest.settings.socket_mode_enabled).toBe(true);
  });

  test("Discord's commands put required options first and cut what is too long", () => {
    const head = {
      name: "x",
      summary: "s".repeat(300),
      args: [
        { name: "a", summary: "", required: false },
        { name: "b", summary: "b", required: true, choices: Array.from({ length: 30 }, (_, at) => String(at)) },
      ],
    };
    expect(discordCommands([head])).toMatchObject([
      {
        description: expect.stringMatching(/^s{99}…$/) as string,
        options: [{ name: "b", autocomplete: true }, { name: "a" }],
      },
    ]);
  });
});
