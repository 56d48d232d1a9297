import { eq, inArray, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DISCORD_BUDGET } from "../../src/chat/discord/budget.ts";
import type { DiscordSurface } from "../../src/chat/discord/discord.ts";
import { type Inbox, openInbox } from "../../src/chat/inbox.ts";
import { PRIORITY, showCards } from "../../src/chat/outbox-rows.ts";
import { openOutbox } from "../../src/chat/outbox.ts";
import { SLACK_BUDGET } from "../../src/chat/slack/budget.ts";
import type { SlackSurface } from "../../src/chat/slack/slack.ts";
import { approvals, inbox as inboxRows, ledger, votes } from "../../src/db/schema.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { silentLog } from "../../src/kernel/log.ts";
import * as discordPeople from "../fakes/discord/people.ts";
import { type FakeDiscord, openFakeDiscord } from "../fakes/discord/server.ts";
import * as slackPeople from "../fakes/slack/people.ts";
import { type FakeSlack, openFakeSlack } from "../fakes/slack/server.ts";
import { withDatabase } from "../with-database.ts";
import { type ConsoleHands, consoleHands } from "./console/driver.ts";
import { discordOn } from "./discord/driver.ts";
import { sampleCard } from "./hostile.ts";
import { type JudgingDesk, TRADERS, openJudgingDesk } from "./judging-desk.ts";
import { slackOn, until } from "./slack/driver.ts";

const database = withDatabase();
const CHANNEL = "900000000000000010";
/** Plans that are raced for; BREAKWATER_RACES=1000 is what `npm run test:long` does. */
const PLANS = Number(process.env["BREAKWATER_RACES"] ?? "5");
/** Presses at the same moment for each plan. */
const PRESSES = 50;

describe("one decision, whoever clicks where", () => {
  let slack: FakeSlack;
  let discord: FakeDiscord;
  let hands: ConsoleHands;
  let surfaces: [SlackSurface, DiscordSurface];
  let inbox: Inbox;
  let desk: JudgingDesk;
  beforeAll(async () => {
    slack = await openFakeSlack();
    discord = await openFakeDiscord();
    desk = await openJudgingDesk(database());
    inbox = openInbox({ database: database(), handle: desk.handle, clock: systemClock, log: silentLog });
    hands = await consoleHands(inbox);
    surfaces = [slackOn(slack), discordOn(discord)];
    for (const surface of surfaces) await surface.start(inbox);
    await until(() => slack.sockets.length === 2);
  }, 60_000);
  afterAll(async () => {
    for (const surface of surfaces) await surface.stop();
    await hands.console.close();
    await slack.close();
    await discord.close();
  });
  const forget = (): void => {
    slack.desk.ephemerals.length = 0;
    discord.guild.answers.length = 0;
  };
  const told = (): string[] => [
    ...slack.desk.ephemerals.map((one) => one.text),
    ...discord.guild.answers.map((one) => one.content),
  ];

  /** Presses on all three surfaces at once, in turn as each trader; resolves to what everybody was told. */
  async function press(count: number, token: string): Promise<string[]> {
    forget();
    const inConsole = await Promise.all(
      Array.from({ length: count }, async (_, at): Promise<string[]> => {
        const who = TRADERS[at % TRADERS.length] ?? TRADERS[0];
        if (at % 5 === 4) return [(await hands.press(who.id, token)).text];
        await (at % 5 < 2
          ? slackPeople.click(slack, { user: who.slack }, token)
          : discord.interact(discordPeople.click(discord, { user: who.discord }, token)));
        return [];
      }),
    );
    const asked = inConsole.filter((one) => one.length === 0).length;
    await until(() => told().length >= asked, 20_000).catch(() => {
      throw new Error(`${asked - told().length} of ${asked} presses got no answer`);
    });
    return [...inConsole.flat(), ...told()];
  }

  test("racing presses on Slack, on Discord and in the console: one wins, everyone hears how it went", async () => {
    const { hash, token } = await desk.ask();
    const heard = await press(10, token("approve"));
    expect(heard.filter((text) => text.includes("is being sent"))).toHaveLength(1);
    expect(
      heard.filter((text) => /was approved by (ana|cy) at [\d:]+ UTC; your approval changed nothing/.test(text)),
    ).toHaveLength(9);
    const [row] = await database().db.select().from(approvals).where(eq(approvals.planHash, hash));
    expect(row?.state).toBe("approved");
  }, 30_000);

  test("approve on one platform races deny on the other: one of them, and the loser is told which", async () => {
    const { token } = await desk.ask();
    forget();
    // Denying asks for a reason; the form was filled in before the race.
    await discord.interact(discordPeople.click(discord, { user: TRADERS[1].discord }, token("deny")));
    await Promise.all([
      slackPeople.click(slack, { user: TRADERS[0].slack }, token("approve")),
      discord.interact(discordPeople.submission(discord, { user: TRADERS[1].discord }, { reason: "stale feed" })),
    ]);
    await until(() => told().length === 2);
    const heard = told();
    expect(heard.filter((text) => text.includes("is being sent") || text.includes("Denied"))).toHaveLength(1);
    expect(heard.filter((text) => text.includes("changed nothing"))).toHaveLength(1);
  }, 30_000);

  test("approve races the end of its time: approved once or expired, and everyone hears the same", async () => {
    const ends = new Set<string>();
    for (const ttlMs of [1, 10, 20, 30, 40, 60]) {
      const { hash, token } = await desk.ask({ ttlMs });
      const heard = await press(10, token("approve"));
      const [row] = await database().db.select().from(approvals).where(eq(approvals.planHash, hash));
      const said = (text: string) => heard.filter((one) => one.includes(text)).length;
      ends.add(row?.state ?? "");
      expect(said("is being sent")).toBe(row?.state === "approved" ? 1 : 0);
      expect(said("was approved by")).toBe(row?.state === "approved" ? 9 : 0);
      expect(said("The time to decide ended")).toBe(row?.state === "expired" ? 10 : 0);
    }
    expect(ends).toContain("expired");
  }, 60_000);

  test("approve races resolve: the plan is approved once, and no incident closes under a plan that waits", async () => {
    for (let round = 0; round < 6; round += 1) {
      const incident = await desk.open();
      const { hash, token } = await desk.ask({ incident, requestedBy: "person:bo", run: null });
      forget();
      const [approve, resolve] = [TRADERS[round % 2] ?? TRADERS[0], TRADERS[0]];
      await Promise.all([
        slackPeople.click(slack, { user: approve.slack }, token("approve")),
        hands.press(resolve.id, `${incident}:1:resolve`).then((reply) => {
          expect(reply.text).toMatch(/waits for people; deny it first|is resolved as handled/);
        }),
      ]);
      await until(() => told().length === 1);
      expect(told()[0]).toContain("is being sent");
      const [row] = await database().db.select().from(approvals).where(eq(approvals.planHash, hash));
      expect(row?.state).toBe("approved");
    }
    // Before anybody decided it is refused every time.
    const incident = await desk.open();
    await desk.ask({ incident, requestedBy: "person:bo", run: null });
    expect(await hands.press("ana", `${incident}:1:resolve`)).toMatchObject({ ok: false });
  }, 60_000);

  test(
    `${PLANS} plans with ${PRESSES} presses each at the same moment on three surfaces: ${PLANS} decisions`,
    async () => {
      const before = await database().db.$count(inboxRows);
      const hashes: string[] = [];
      let accepted = 0;
      for (let at = 0; at < PLANS; at += 1) {
        const { hash, token } = await desk.ask();
        hashes.push(hash);
        const heard = await press(PRESSES, token("approve"));
        accepted += heard.filter((text) => text.includes("is being sent")).length;
        if (heard.length !== PRESSES) throw new Error(`${PRESSES - heard.length} presses got no answer`);
      }
      expect(accepted).toBe(PLANS);
      const { db } = database();
      expect(await db.$count(votes, inArray(votes.planHash, hashes))).toBe(PLANS);
      expect(
        await db.$count(ledger, sql`${ledger.type} = 'approval.decided' and ${inArray(ledger.object, hashes)}`),
      ).toBe(PLANS);
      expect((await db.$count(inboxRows)) - before).toBe(PLANS * PRESSES);
      expect([...slack.desk.faults, ...discord.guild.faults]).toEqual([]);
    },
    60_000 + PLANS * 10_000,
  );

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
    const places = [
      { surface: "slack", channel: "C0RISK" },
      { surface: "discord", channel: CHANNEL },
    ] as const;
    await showCards(db, [{ incidentId: "INC-7", version, priority: PRIORITY.critical, places }]);
    await until(() => slack.desk.messages.length === 1 && discord.guild.messages.length === 1);
    await until(() => outbox.tally("slack").found === 1, 6_000);
    version = 2;
    await showCards(db, [{ incidentId: "INC-7", version, priority: PRIORITY.decision, places: [] }]);
    await until(() => JSON.stringify(slack.desk.messages).includes("Approved by ana"), 6_000);
    await until(() => JSON.stringify(discord.guild.messages).includes("Approved by ana"), 6_000);
    await outbox.stop();
    expect([slack.desk.messages.length, discord.guild.messages.length]).toEqual([1, 1]);
    expect(JSON.stringify([slack.desk.messages, discord.guild.messages])).not.toContain("INC-7:4:approve");
  }, 30_000);
});
