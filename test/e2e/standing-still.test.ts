import { and, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { approvals, inbox, ledger, votes } from "../../src/db/schema.ts";
import { until } from "../chat/slack/driver.ts";
import { type AttachedFakes, attachFakes } from "../fakes/attach.ts";
import * as discordPeople from "../fakes/discord/people.ts";
import * as slackPeople from "../fakes/slack/people.ts";
import { type Life, end, live } from "./crash/life.ts";
import { type Place, judge, place, untilOver } from "./crash/story.ts";

const ANA = { user: "U0ANA" };
const BEN = { user: "930000000000000002" };

describe("a program that stands still for five seconds", () => {
  let fakes: AttachedFakes;
  let home: Place;
  let life: Life;
  beforeAll(async () => {
    fakes = await attachFakes();
    home = await place("standing_still");
    const { channels, spaces } = fakes;
    const attached = { ...fakes.environment, FAKES: JSON.stringify({ channels, spaces }) };
    life = live(home.home, null, { ...home.environment, ...attached });
  }, 60_000);
  afterAll(async () => {
    await end(life);
    await home.drop();
    await fakes.close();
  });
  const tokens = (body: unknown): string[] =>
    [...JSON.stringify(body).matchAll(/"(?:value|custom_id)":"(INC-[^"]+)"/g)].map((match) => match[1] ?? "");
  const approve = (bodies: readonly unknown[]): string | undefined =>
    bodies.flatMap(tokens).find((token) => token.includes(":approve:"));
  const onSlack = () => approve(fakes.slack.desk.messages.map((one) => one.blocks));
  const onDiscord = () => approve(fakes.discord.guild.messages.map((one) => one.body));
  const toldOnSlack = () => fakes.slack.desk.ephemerals.filter((one) => one.user === ANA.user).map((one) => one.text);

  test(
    "takes every press that came meanwhile, though both platforms gave up on it: one vote, and whoever pressed hears of it",
    { timeout: 180_000 },
    async () => {
      const { slack, discord } = fakes;
      await until(() => onSlack() !== undefined && onDiscord() !== undefined, 60_000);
      const token = onSlack() ?? "";
      const plan = token.split(":")[3] ?? "";
      const standing = life.errors.length;
      life.child.kill("SIGUSR2");
      await until(() => life.errors.slice(standing).includes("standing still"));
      // Both platforms show an error after three seconds; so the person on Slack presses once more.
      expect(
        await Promise.all([
          slackPeople.click(slack, ANA, token),
          slackPeople.click(slack, ANA, token),
          discord.interact(discordPeople.click(discord, BEN, onDiscord() ?? "")),
        ]),
      ).toEqual([null, null, null]);
      expect(slack.desk.ephemerals).toEqual([]);

      await until(() => toldOnSlack().length === 2, 15_000);
      const dead = () =>
        discord.guild.messages
          .map((one) => String(one.body["content"]))
          .filter((text) => text.includes("could not be shown privately"));
      await until(() => dead().length === 1, 15_000);
      // In the channel stands that there is an answer, not what it is.
      expect(dead()[0]).not.toMatch(/approved|being sent/);
      expect(discord.guild.answers).toEqual([]);
      const { db } = home.database;
      const [approval] = await db
        .select()
        .from(approvals)
        .where(sql`starts_with(${approvals.planHash}, ${plan})`);
      expect(approval?.state).toBe("approved");
      const hash = approval?.planHash ?? "";
      expect(await db.$count(votes, eq(votes.planHash, hash))).toBe(1);
      expect(await db.$count(ledger, and(eq(ledger.type, "approval.decided"), eq(ledger.object, hash)))).toBe(1);
      expect(await db.$count(inbox)).toBe(3);
      const sent = toldOnSlack().filter((text) => text.includes("is being sent"));
      const [vote] = await db.select().from(votes).where(eq(votes.planHash, hash));
      expect(sent).toHaveLength(vote?.person === "ana" ? 1 : 0);
      expect(toldOnSlack().filter((text) => /was approved by|You approved this/.test(text))).toHaveLength(
        2 - sent.length,
      );
    },
  );

  test(
    "is in time again afterwards on both platforms, and the run goes on to its end, each order sent once",
    { timeout: 180_000 },
    async () => {
      const { slack, discord } = fakes;
      expect(await slackPeople.type(slack, ANA, "/whoami")).not.toBeNull();
      expect(await discord.interact(discordPeople.command(discord, BEN, "whoami", {}))).not.toBeNull();
      expect(await untilOver(life, home.database), life.errors.join("\n")).toBe("over");
      await judge(home.home, home.database, life);
      await until(() => onSlack() === undefined && onDiscord() === undefined, 30_000);
      expect([...slack.desk.faults, ...discord.guild.faults]).toEqual([]);
    },
  );
});
