import * as discordPeople from "./discord/people.ts";
import { APP, CHANNEL, GUILD } from "./discord/rest.ts";
import { type FakeDiscord, openFakeDiscord } from "./discord/server.ts";
import * as slackPeople from "./slack/people.ts";
import { type FakeSlack, openFakeSlack } from "./slack/server.ts";
import { TEAM } from "./slack/state.ts";

/** A press from the outside: whether there was a button for it, and what the person was told privately. */
export interface Told {
  readonly pressed: boolean;
  readonly text: string;
}

/** Slack and Discord on loopback for the demo: what to set, who is there, and hands to press with. */
export interface AttachedFakes {
  readonly slack: FakeSlack;
  readonly discord: FakeDiscord;
  /** Environment variables that attach a desk to both. */
  readonly environment: Readonly<Record<string, string>>;
  /** Channels for the desk's routes. */
  readonly channels: { readonly slack: readonly string[]; readonly discord: readonly string[] };
  /** Where accounts are linked: the workspace and the server. */
  readonly spaces: { readonly slack: string; readonly discord: string };
  /** Presses, as this account ("U0ANA"), the newest card's button with this action, or the one with this token. */
  pressOnSlack(user: string, action: string): Promise<Told>;
  /** The same, as this account (digits). A token kept from before is a press on a card that was not redrawn yet. */
  pressOnDiscord(user: string, action: string): Promise<Told>;
  close(): Promise<void>;
}

const TOLD_MS = 5_000;

/** The newest value in the list that appears, or an empty text after five seconds. */
async function answerAfter(list: () => readonly string[], before: number): Promise<string> {
  const until = performance.now() + TOLD_MS;
  while (list().length <= before && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 10));
  return list()[before] ?? "";
}

/** The newest token with this action among all that stand on cards: `incident:version:action[:subject]`. */
const tokenOf = (bodies: readonly unknown[], action: string): string | undefined => {
  if (action.includes(":")) return action;
  const tokens = bodies.flatMap((body) => [...JSON.stringify(body).matchAll(/"(?:value|custom_id)":"([^"]+)"/g)]);
  return tokens.map((match) => match[1] ?? "").findLast((token) => token.split(":")[2] === action);
};

/** Starts both. */
export async function attachFakes(): Promise<AttachedFakes> {
  const slack = await openFakeSlack();
  const discord = await openFakeDiscord();
  const NOBODY: Told = { pressed: false, text: "" };
  return {
    slack,
    discord,
    environment: {
      SLACK_BOT_TOKEN: "xoxb-fake",
      SLACK_APP_TOKEN: "xapp-fake",
      SLACK_API_URL: `${slack.url}/api/`,
      DISCORD_TOKEN: discord.guild.token,
      DISCORD_APP_ID: APP,
      DISCORD_GUILD_ID: GUILD,
      DISCORD_API_URL: `${discord.url}/api`,
    },
    channels: { slack: [...slack.desk.channels.keys()], discord: [CHANNEL] },
    spaces: { slack: TEAM, discord: GUILD },
    async pressOnSlack(user, action) {
      const token = tokenOf(
        slack.desk.messages.map((message) => message.blocks),
        action,
      );
      if (token === undefined) return NOBODY;
      const told = () => slack.desk.ephemerals.filter((one) => one.user === user).map((one) => one.text);
      const before = told().length;
      await slackPeople.click(slack, { user }, token);
      return { pressed: true, text: await answerAfter(told, before) };
    },
    async pressOnDiscord(user, action) {
      const token = tokenOf(
        discord.guild.messages.map((message) => message.body),
        action,
      );
      if (token === undefined) return NOBODY;
      const press = discordPeople.click(discord, { user }, token);
      const told = () => discord.guild.answers.filter((one) => one.token === press.token).map((one) => one.content);
      await discord.interact(press);
      return { pressed: true, text: (await answerAfter(told, 0)).replaceAll("\\", "") };
    },
    async close() {
      await slack.close();
      await discord.close();
    },
  };
}
