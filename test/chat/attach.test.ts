import { afterEach, describe, expect, test } from "vitest";
import type { Surface } from "../../src/chat/surface.ts";
import { listener } from "../contract/surface.ts";
import { type AttachedFakes, attachFakes } from "../fakes/attach.ts";
import { discordOn } from "./discord/driver.ts";
import { sampleCard } from "./hostile.ts";
import { slackOn, until } from "./slack/driver.ts";

describe("the demo's Slack and Discord", () => {
  let fakes: AttachedFakes;
  let surfaces: Surface[] = [];
  afterEach(async () => {
    for (const surface of surfaces) await surface.stop();
    await fakes.close();
  });

  test("somebody approves on Slack, somebody else is told on Discord", async () => {
    fakes = await attachFakes();
    const inbound = listener();
    surfaces = [slackOn(fakes.slack), discordOn(fakes.discord)];
    for (const surface of surfaces) await surface.start(inbound);
    await until(() => surfaces.every((surface) => surface.health().state === "up"));
    expect(await fakes.hands.slack.press("U0ANA", "approve")).toEqual({ pressed: false, text: "" });
    await surfaces[0]?.post(fakes.channels.slack[0] ?? "", sampleCard, "INC-7");
    await surfaces[1]?.post(fakes.channels.discord[0] ?? "", sampleCard, "INC-7");
    expect(await fakes.hands.slack.press("U0ANA", "approve")).toEqual({ pressed: true, text: "Approved by ana." });
    inbound.reply = { ok: false, text: "Already approved by ana on Slack at 10:04:00 UTC." };
    const late = await fakes.hands.discord.press("930000000000000001", "approve");
    expect(late.text).toContain("Already approved by ana on Slack");
    expect(inbound.events.map((event) => event.user.surface)).toEqual(["slack", "discord"]);
  });
});
