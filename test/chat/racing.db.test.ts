import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DiscordSurface } from "../../src/chat/discord/discord.ts";
import { type Inbox, openInbox } from "../../src/chat/inbox.ts";
import { openOutbox } from "../../src/chat/outbox.ts";
import { PRIORITY, showCard, touchCards } from "../../src/chat/outbox-rows.ts";
import type { SlackSurface } from "../../src/chat/slack/slack.ts";
import type { Click, CommandCall, Reply } from "../../src/chat/surface.ts";
import { SLACK_BUDGET } from "../../src/chat/slack/budget.ts";
import { DISCORD_BUDGET } from "../../src/chat/discord/budget.ts";
import { approvals, inbox as inboxRows } from "../../src/db/schema.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { silentLog } from "../../src/kernel/log.ts";
import * as discordPeople from "../fakes/discord/people.ts";
import { type FakeDiscord, openFakeDiscord } from "../fakes/discord/server.ts";
import * as slackPeople from "../fakes/slack/people.ts";
import { type FakeSlack, openFakeSlack } from "../fakes/slack/server.ts";
import { withDatabase } from "../with-database.ts";
import { discordOn } from "./discord/driver.ts";
import { sampleCard } from "./hostile.ts";
import { slackOn, until } from "./slack/driver.ts";

const database = withDatabase();
const CHANNEL = "900000000000000010";

/** A desk in small: one compare-and-set decides, whoever was first; the rest of the desk is not in this test. */
async function decide(event: Click | CommandCall): Promise<Reply> {
  if (event.type !== "click") return { ok: false, text: "not a click" };
  const planHash = event.token.split(":")[3] ?? "";
  const won = await database()
    .db.update(approvals)
    .set({ state: "approved", decidedAt: new Date() })
    .where(and(eq(approvals.planHash, planHash), eq(approvals.state, "pending")))
    .returning();
  return won.length === 1
    ? { ok: true, text: "Approved by you." }
    : { ok: false, text: "Already decided by somebody else." };
}

describe("one decision, whoever clicks where", () => {
  let slack: FakeSlack;
  let discord: FakeDiscord;
  let surfaces: [SlackSurface, DiscordSurface];
  let inbox: Inbox;
  beforeAll(async () => {
    slack = await openFakeSlack();
    discord = await openFakeDiscord();
    inbox = openInbox({ database: database(), handle: decide, clock: systemClock, log: silentLog });
    surfaces = [slackOn(slack), discordOn(discord)];
    for (const surface of surfaces) await surface.start(inbox);
    await until(() => slack.sockets.length === 2);
  }, 60_000);
  afterAll(async () => {
    for (const surface of surfaces) await surface.stop();
    await slack.close();
    await discord.close();
  });
  const ask = (planHash: string) =>
    database()
      .db.insert(approvals)
      .values({ planHash, needed: 1, roles: [], policyVersion: "1", expiresAt: new Date(Date.now() + 60_000) });

  test("racing presses on Slack and Discord: one wins, everyone hears how it went", async () => {
    await ask("race1");
    const token = "INC-7:1:approve:race1";
    const users = ["U0ANA", "U0BO", "U0CY"];
    await Promise.all([
      ...users.map((user) => slackPeople.click(slack, { user }, token)),
      ...[1, 2, 3].map((at) =>
        discord.interact(discordPeople.click(discord, { user: `93000000000000000${at}` }, token)),
      ),
    ]);
    await until(() => slack.desk.ephemerals.length === 3 && discord.guild.answers.length === 3);
    const told = [...slack.desk.ephemerals.map((one) => one.text), ...discord.guild.answers.map((one) => one.content)];
    expect(told.filter((text) => text.includes("Approved by you"))).toHaveLength(1);
    expect(told.filter((text) => text.includes("Already decided"))).toHaveLength(5);
  }, 30_000);

  test("forty plans with ten presses each, every press delivered twice: forty decisions", async () => {
    const hashes = Array.from({ length: 40 }, (_, at) => `many${at}`);
    for (const hash of hashes) await ask(hash);
    const user = { surface: "slack", space: "T0DESK", user: "U0ANA" } as const;
    const replies = await Promise.all(
      hashes.flatMap((hash) =>
        Array.from({ length: 20 }, async (_, at) => {
          const deliveryId = `${hash}-${at % 10}`;
          const event = {
            type: "click",
            deliveryId,
            user,
            token: `INC-7:1:approve:${hash}`,
            fields: {},
            at: new Date(),
          };
          return { deliveryId, reply: await (await inbox.receive(event as Click)).reply };
        }),
      ),
    );
    const winners = new Set(replies.filter(({ reply }) => reply.ok).map(({ deliveryId }) => deliveryId));
    expect(winners.size).toBe(40);
    expect((await database().db.select().from(inboxRows)).length).toBeGreaterThanOrEqual(400);
  }, 60_000);

  test("a decision reaches both platforms, and the lost answer of a post leaves one card", async () => {
    let version = 1;
    const outbox = openOutbox({
      database: database(),
      surfaces: [
        { surface: surfaces[0], budget: SLACK_BUDGET },
        { surface: surfaces[1], budget: DISCORD_BUDGET },
      ],
      cardOf: async () =>
        version === 1
          ? { ...sampleCard, version }
          : { ...sampleCard, version, buttons: [], decision: "Approved by ana on Slack at 10:04:00 UTC." },
      clock: systemClock,
      log: silentLog,
    });
    await outbox.start();
    slack.faults.add("chat.postMessage", { cut: "after" });
    const { db } = database();
    const card = { incidentId: "INC-7", version, priority: PRIORITY.critical };
    await showCard(db, { ...card, surface: "slack", channel: "C0RISK" });
    await showCard(db, { ...card, surface: "discord", channel: CHANNEL });
    await until(() => slack.desk.messages.length === 1 && discord.guild.messages.length === 1);
    await until(() => outbox.tally("slack").found === 1, 6_000);
    version = 2;
    await touchCards(db, "INC-7", version, PRIORITY.decision);
    await until(() => JSON.stringify(slack.desk.messages).includes("Approved by ana"), 6_000);
    await until(() => JSON.stringify(discord.guild.messages).includes("Approved by ana"), 6_000);
    await outbox.stop();
    expect([slack.desk.messages.length, discord.guild.messages.length]).toEqual([1, 1]);
    expect(JSON.stringify([slack.desk.messages, discord.guild.messages])).not.toContain("INC-7:4:approve");
  }, 30_000);
});
