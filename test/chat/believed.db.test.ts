import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DiscordSurface } from "../../src/chat/discord/discord.ts";
import { openInbox } from "../../src/chat/inbox.ts";
import type { SlackSurface } from "../../src/chat/slack/slack.ts";
import { approvals, incidents } from "../../src/db/schema.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { syncGrants } from "../../src/policy/people/grants.ts";
import * as discordPeople from "../fakes/discord/people.ts";
import { type FakeDiscord, openFakeDiscord } from "../fakes/discord/server.ts";
import * as slackPeople from "../fakes/slack/people.ts";
import { type FakeSlack, openFakeSlack } from "../fakes/slack/server.ts";
import { DESK_PEOPLE } from "../policy/control.ts";
import { withDatabase } from "../with-database.ts";
import { discordOn } from "./discord/driver.ts";
import { type JudgingDesk, TRADERS, openJudgingDesk } from "./judging-desk.ts";
import { slackOn, until } from "./slack/driver.ts";

const database = withDatabase();
const [ana, cy] = TRADERS;

describe("a press on the wire is believed", () => {
  let slack: FakeSlack;
  let discord: FakeDiscord;
  let surfaces: [SlackSurface, DiscordSurface];
  let desk: JudgingDesk;
  beforeAll(async () => {
    slack = await openFakeSlack();
    discord = await openFakeDiscord();
    desk = await openJudgingDesk(database());
    const inbox = openInbox({ database: database(), handle: desk.handle, clock: systemClock, log: silentLog });
    surfaces = [slackOn(slack), discordOn(discord)];
    for (const surface of surfaces) await surface.start(inbox);
    await until(() => slack.sockets.length === 2);
  }, 60_000);
  afterAll(async () => {
    for (const surface of surfaces) await surface.stop();
    await slack.close();
    await discord.close();
  });
  beforeEach(() => {
    slack.desk.ephemerals.length = 0;
    discord.guild.answers.length = 0;
  });
  const onSlack = async (user: string, token: string): Promise<string> => {
    slack.desk.ephemerals.length = 0;
    await slackPeople.click(slack, { user }, token);
    await until(() => slack.desk.ephemerals.length === 1);
    return slack.desk.ephemerals[0]?.text ?? "";
  };
  const onDiscord = async (user: string, token: string): Promise<string> => {
    const one = discordPeople.click(discord, { user }, token);
    const mine = () => discord.guild.answers.filter((answer) => answer.token === one.token);
    await discord.interact(one);
    await until(() => mine().length === 1);
    return mine()[0]?.content.replaceAll("\\", "") ?? "";
  };
  const stateOf = async (hash: string) =>
    (await database().db.select().from(approvals).where(eq(approvals.planHash, hash)))[0]?.state;

  test.each([
    [
      "of a card from before, on a plan that still waits",
      (hash: string) => `INC-1:0:approve:${hash.slice(0, 16)}`,
      "is being sent",
    ],
    ["of an incident nobody knows", () => "INC-999999:1:acknowledge", "There is no incident INC-999999"],
    ["of a plan nobody knows", () => "INC-1:1:approve:0123456789abcdef", "No plan begins with"],
    ["that names no plan", () => "INC-1:1:approve", "names no plan"],
    ["that names too little of a plan", (hash: string) => `INC-1:1:approve:${hash.slice(0, 4)}`, "names no plan"],
    ["with words for a version", () => "INC-1:x:approve:8c1f8c1f", "not one of ours"],
    ["written by hand", () => "give me the money", "not one of ours"],
    ["of two thousand characters", () => "INC-1:".repeat(334).slice(0, 2_000), "not one of ours"],
    ["of a prototype", () => "__proto__", "not one of ours"],
    ["asking for what no button does", () => "INC-1:1:transfer:8c1f8c1f", "not known here"],
    ["with a line break in it", () => "INC-1:1:approve\n:8c1f8c1f", "not one of ours"],
  ])("only for what it is, with a token %s", async (_, make, said) => {
    const { hash } = await desk.ask();
    const token = make(hash);
    expect(await onSlack(ana.slack, token)).toContain(said);
    const decided = said.includes("being sent");
    expect(await stateOf(hash)).toBe(decided ? "approved" : "pending");
    // Discord itself hands on no id over 100 characters.
    if (token.length <= 100) expect(await onDiscord(ana.discord, token)).toContain(decided ? "changed nothing" : said);
  });

  test("from linked people alone: a stranger reads how to link, on both platforms, and nothing is done", async () => {
    const { hash, token } = await desk.ask();
    expect(await onSlack("U0NOBODY", token("approve"))).toContain("does not know this chat account");
    expect(await onDiscord("939999999999999999", token("approve"))).toContain("Type /link here");
    expect(await stateOf(hash)).toBe("pending");
  });

  test("never from whoever asked for it", async () => {
    const { hash, token } = await desk.ask({ requestedBy: "person:ana", run: null });
    expect(await onSlack(ana.slack, token("approve"))).toContain("you asked for it yourself");
    expect(await onDiscord(ana.discord, token("approve"))).toContain("you asked for it yourself");
    expect(await stateOf(hash)).toBe("pending");
    expect(await onDiscord(cy.discord, token("approve"))).toContain("is being sent");
  });

  test("by the roles of this second: one that was taken away a moment ago counts no more, and comes back with the grant", async () => {
    const { hash, token } = await desk.ask();
    const grants = (people: Parameters<typeof syncGrants>[2]) =>
      desk.control.within((tx) => syncGrants(tx, desk.control.control.seal, people, "system"));
    await grants({ ...DESK_PEOPLE, ana: { roles: [] } });
    expect(await onSlack(ana.slack, token("approve"))).toContain("Not counted");
    await grants(DESK_PEOPLE);
    expect(await stateOf(hash)).toBe("pending");
  });

  test("once: replayed when the line is back, after the decision fell on Slack, it is told so", async () => {
    const { token } = await desk.ask();
    discord.gateway.cutAll();
    const press = discordPeople.click(discord, { user: cy.discord }, token("approve"));
    const resumed = discord.interact(press, 10_000);
    expect(await onSlack(ana.slack, token("approve"))).toContain("is being sent");
    expect(await resumed).not.toBeNull();
    await until(() => discord.guild.answers.length === 1, 6_000);
    expect(discord.gateway.seen).toContain("resume");
    expect(discord.guild.answers[0]?.content).toContain("was approved by ana");
  }, 20_000);

  test("not on an incident that was closed meanwhile: a form submitted late changes nothing", async () => {
    const incident = await desk.open();
    await slackPeople.click(slack, { user: ana.slack }, `${incident}:1:resolve`);
    await until(() => slack.desk.views.length === 1);
    const submit = (resolution: string) =>
      slack.deliver("interactive", slackPeople.submitPayload(slack, { user: ana.slack }, { resolution }));
    await submit("false-alarm");
    await until(() => slack.desk.ephemerals.length === 1);
    expect(slack.desk.ephemerals[0]?.text).toContain("resolved as false-alarm");
    const [closed] = await database().db.select().from(incidents).where(eq(incidents.id, incident));
    expect(closed?.status).toBe("resolved");
    expect(await onDiscord(cy.discord, `${incident}:1:acknowledge`)).toContain("was resolved before");
    // The same form again is the same request, with the same answer.
    slack.desk.ephemerals.length = 0;
    await submit("duplicate");
    await until(() => slack.desk.ephemerals.length === 1);
    expect(slack.desk.ephemerals[0]?.text).toContain("resolved as false-alarm");
  });
});
