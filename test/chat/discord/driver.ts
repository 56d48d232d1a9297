import { type DiscordOptions, type DiscordSurface, openDiscord } from "../../../src/chat/discord/discord.ts";
import { words } from "../../../src/chat/command-head.ts";
import type { Inbound } from "../../../src/chat/surface.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { Secret } from "../../../src/kernel/secret.ts";
import type { SurfaceDriver } from "../../contract/surface.ts";
import { type Interaction, click, command, submission, typing } from "../../fakes/discord/people.ts";
import { APP, CHANNEL, CLOSED_CHANNEL, GUILD } from "../../fakes/discord/rest.ts";
import { type FakeDiscord, openFakeDiscord } from "../../fakes/discord/server.ts";
import { HEADS, PNG } from "../slack/driver.ts";

/** A surface on a fake of its own. */
export function discordOn(fake: FakeDiscord, more: Partial<DiscordOptions> = {}): DiscordSurface {
  return openDiscord({
    token: new Secret("fake-token"),
    appId: APP,
    guildId: GUILD,
    urls: { api: `${fake.url}/api`, console: "https://desk.example" },
    mode: "gateway",
    commands: HEADS,
    paint: async () => PNG,
    clock: systemClock,
    log: silentLog,
    ...more,
  });
}

/** The contract's hands on Discord. */
export async function discordDriver(inbound: Inbound): Promise<SurfaceDriver> {
  const fake = await openFakeDiscord();
  const surface = discordOn(fake);
  await surface.start(inbound);
  const user = "930000000000000001";
  let last: Interaction | undefined;
  const send = async (one: Interaction): Promise<boolean> => {
    last = one;
    return (await fake.interact(one)) !== null;
  };
  const cards = () => fake.guild.messages.filter((one) => fake.guild.channels.has(one.channel));
  return {
    surface,
    channel: CHANNEL,
    closedChannel: CLOSED_CHANNEL,
    user,
    shown(ref) {
      const message = cards().find((one) => one.id === ref.message);
      if (message === undefined) return null;
      const rows = message.body["components"] as { components: { custom_id?: string }[] }[];
      const tokens = rows.flatMap((row) => row.components.map((one) => one.custom_id)).filter((id) => id !== undefined);
      return { text: JSON.stringify(message.body).replaceAll("\\", ""), tokens };
    },
    count: (channel) => cards().filter((one) => one.channel === channel).length,
    press: (token, who = user) => send(click(fake, { user: who }, token)),
    pressAgain: () => (last === undefined ? Promise.resolve(false) : send(last)),
    submit: (fields) => send(submission(fake, { user }, fields)),
    type: (text) => {
      const [name = "", ...rest] = words(text);
      const head = HEADS.find((one) => `/${one.name}` === name);
      const options = Object.fromEntries((head?.args ?? []).map((arg, at) => [arg.name, rest[at] ?? ""]));
      return send(command(fake, { user }, name.slice(1), options));
    },
    told: () => fake.guild.answers.map((one) => one.content.replaceAll("\\", "")),
    pictures: () => fake.guild.answers.flatMap((one) => one.files.map((file) => file.name)),
    thread: (ref) =>
      fake.guild.messages
        .filter((one) => one.channel === ref.message)
        .flatMap((one) => [String(one.body["content"]), ...one.files.map((file) => file.name)]),
    remove: (ref) => {
      const at = fake.guild.messages.findIndex((one) => one.id === ref.message);
      fake.guild.messages.splice(at, 1);
    },
    fault: (kind) =>
      fake.faults.add(
        "POST /channels/messages",
        kind === "limited"
          ? { status: 429, headers: { "retry-after": "7" }, body: { message: "slow", retry_after: 7, global: false } }
          : kind === "lost"
            ? { cut: "after" }
            : { status: 500 },
      ),
    complete: async (text) => {
      const name = text.trim().slice(1);
      const response = await fake.interact(typing(fake, { user }, name, { asset: "B" }, "asset"));
      const data = response?.["data"] as { choices: { value: string }[] } | undefined;
      return (data?.choices ?? []).map((choice) => choice.value);
    },
    faults: () => fake.guild.faults,
    close: async () => {
      await surface.stop();
      await fake.close();
    },
  };
}
