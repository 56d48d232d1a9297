import { words } from "../../src/chat/command-head.ts";
import * as discordPeople from "./discord/people.ts";
import { APP, CHANNEL, GUILD } from "./discord/rest.ts";
import { type FakeDiscord, openFakeDiscord } from "./discord/server.ts";
import * as slackPeople from "./slack/people.ts";
import { type FakeSlack, openFakeSlack } from "./slack/server.ts";
import { TEAM } from "./slack/state.ts";

/** What came of a deed: what the person was told privately, or the form that opened instead. */
export interface Told {
  /** Whether there was anything to press, to submit or to type into. */
  readonly pressed: boolean;
  readonly text: string;
  /** Slack's view, or Discord's custom_id. */
  readonly form?: string;
}

type Fields = Readonly<Record<string, string>>;

/** One platform as people have it under their hands; a person is an account of that platform. */
export interface Hands {
  /** Presses the newest card's button with this action, or the one with this token, which may be of a card from before. */
  press(user: string, action: string): Promise<Told>;
  /** Fills in a form that was opened, and submits it. */
  submit(user: string, form: string, fields: Fields): Promise<Told>;
  /** Types a command: "/hedge BTC 50%". */
  type(user: string, line: string): Promise<Told>;
}

/** Slack and Discord on loopback for the demo: what to set, who is there, and hands to press with. */
export interface AttachedFakes {
  readonly slack: FakeSlack;
  readonly discord: FakeDiscord;
  readonly hands: { readonly slack: Hands; readonly discord: Hands };
  /** Environment variables that attach a desk to both. */
  readonly environment: Readonly<Record<string, string>>;
  /** Channels for the desk's routes. */
  readonly channels: { readonly slack: readonly string[]; readonly discord: readonly string[] };
  /** Where accounts are linked: the workspace and the server. */
  readonly spaces: { readonly slack: string; readonly discord: string };
  close(): Promise<void>;
}

const TOLD_MS = 5_000;
const NOTHING: Told = { pressed: false, text: "" };

async function soon(holds: () => boolean): Promise<void> {
  const until = performance.now() + TOLD_MS;
  while (!holds() && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** The newest token with this action among all that stand on cards: `incident:version:action[:subject]`. */
const tokenOf = (bodies: readonly unknown[], action: string): string | undefined => {
  if (action.includes(":")) return action;
  const tokens = bodies.flatMap((body) => [...JSON.stringify(body).matchAll(/"(?:value|custom_id)":"([^"]+)"/g)]);
  return tokens.map((match) => match[1] ?? "").findLast((token) => token.split(":")[2] === action);
};

function slackHands(slack: FakeSlack): Hands {
  const { desk } = slack;
  const deliver = async (user: string, type: string, payload: object): Promise<Told> => {
    const trigger = "trigger_id" in payload ? payload.trigger_id : undefined;
    const told = () => desk.ephemerals.filter((one) => one.user === user);
    const opened = () => desk.views.find((one) => one.trigger === trigger);
    const before = told().length;
    await slack.deliver(type, payload);
    await soon(() => told().length > before || opened() !== undefined);
    const text = (told()[before]?.text ?? "").replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
    const form = opened()?.view["id"] as string | undefined;
    return { pressed: true, text, ...(form === undefined ? {} : { form }) };
  };
  return {
    async press(user, action) {
      const bodies = desk.messages.map((message) => message.blocks);
      const token = tokenOf(bodies, action);
      return token === undefined
        ? NOTHING
        : deliver(user, "interactive", slackPeople.clickPayload(slack, { user }, token));
    },
    async submit(user, form, fields) {
      if (!desk.views.some((one) => one.view["id"] === form)) return NOTHING;
      return deliver(user, "interactive", slackPeople.submitPayload(slack, { user }, fields, form));
    },
    async type(user, line) {
      const [command = "", text = ""] = line.trim().split(/\s+([^]*)/);
      if (!/^\/\w/.test(command)) return NOTHING;
      return deliver(user, "slash_commands", slackPeople.commandPayload(slack, { user }, command, text));
    },
  };
}

interface Registered {
  readonly name: string;
  readonly options: readonly { readonly name: string }[];
}

/** A line as Discord's menu would have it filled in: `option:value` anywhere, the rest in the menu's order. */
function filledIn(command: Registered, typed: readonly string[]): Record<string, string> {
  const values: Record<string, string> = {};
  const rest: string[] = [];
  for (const word of typed) {
    const named = command.options.find((option) => word.startsWith(`${option.name}:`));
    if (named) values[named.name] = word.slice(named.name.length + 1);
    else rest.push(word);
  }
  const open = command.options.filter((option) => values[option.name] === undefined);
  open.forEach((option, at) => {
    const value = at === open.length - 1 ? rest.slice(at).join(" ") : rest[at];
    if (value !== undefined && value !== "") values[option.name] = value;
  });
  return values;
}

function discordHands(discord: FakeDiscord): Hands {
  const { guild } = discord;
  const send = async (interaction: discordPeople.Interaction): Promise<Told> => {
    const first = await discord.interact(interaction);
    const data = first?.["data"] as { readonly custom_id?: string } | undefined;
    if (first?.["type"] === 9) return { pressed: true, text: "", form: data?.custom_id ?? "" };
    const told = () => guild.answers.find((one) => one.token === interaction.token);
    await soon(() => told() !== undefined);
    return { pressed: true, text: (told()?.content ?? "").replaceAll("\\", "") };
  };
  return {
    async press(user, action) {
      const bodies = guild.messages.map((message) => message.body);
      const token = tokenOf(bodies, action);
      return token === undefined ? NOTHING : send(discordPeople.click(discord, { user }, token));
    },
    async submit(user, form, fields) {
      if (discordPeople.modalOf(discord, form) === undefined) return NOTHING;
      return send(discordPeople.submission(discord, { user }, fields, form));
    },
    async type(user, line) {
      const [called = "", ...typed] = words(line);
      const command = (guild.commands as Registered[]).find((one) => `/${one.name}` === called);
      if (command === undefined) return NOTHING;
      return send(discordPeople.command(discord, { user }, command.name, filledIn(command, typed)));
    },
  };
}

/** Starts both. */
export async function attachFakes(): Promise<AttachedFakes> {
  const slack = await openFakeSlack();
  const discord = await openFakeDiscord();
  return {
    slack,
    discord,
    hands: { slack: slackHands(slack), discord: discordHands(discord) },
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
    async close() {
      await slack.close();
      await discord.close();
    },
  };
}
