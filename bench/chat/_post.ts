import { freshDatabase } from "../control/_database.ts";
import { startBreakwater } from "../pipeline/_breakwater.ts";
import { numberIn, titleOf } from "../pipeline/_target.ts";

const CARDS = 300;
const PER_SECOND = 20;
const WARM_UP = 40;
const CHANNELS = 100;
const discordChannel = (at: number): string => String(900_000_000_000_100_000n + BigInt(at));

/** A critical alert of its own kind and account, so that each becomes a card of its own in one of 100 channels. */
const alertOf = (number: number): unknown => ({
  kind: `bench.channel.${number % CHANNELS}`,
  severity: "critical",
  title: titleOf(number),
  summary: "The limit of this account was reached; the figures below say by how much. Filled up to a usual length.",
  labels: { account: `account-${number}`, venue: "paper", instrument: "BTC-USDT" },
  values: { ratio: "0.83", equityUsd: "1250000.50" },
});

const routes = (): string =>
  [
    "routes:",
    ...Array.from(
      { length: CHANNELS },
      (_, at) => `  - { match: { kind: [bench.channel.${at}] }, slack: [C${at}], discord: ["${discordChannel(at)}"] }`,
    ),
  ].join("\n");

/**
 * Milliseconds from an alert's commit to its card's message at the fake, 20 alerts a second: the whole program takes
 * signed webhooks, and has Slack and Discord attached. The commit counts from the beginning of its transaction.
 */
export async function postLatencies(surface: "slack" | "discord"): Promise<number[]> {
  const { attachFakes } = await import("../../test/fakes/attach.ts");
  const { until } = await import("../../test/chat/slack/driver.ts");
  const { incidents } = await import("../../src/db/schema.ts");
  const fakes = await attachFakes();
  const { slack, discord } = fakes;
  for (let at = 0; at < CHANNELS; at += 1) {
    slack.desk.channels.set(`C${at}`, { member: true });
    discord.guild.channels.add(discordChannel(at));
  }
  const fresh = await freshDatabase();
  const program = await startBreakwater({
    databaseUrl: fresh.url,
    more: routes(),
    environment: { ...fakes.environment },
    alertOf,
  });
  await until(() => slack.sockets.length > 0 && discord.gateway.peers.length > 0, 30_000);
  const begun = performance.now();
  for (let at = 0; at < CARDS; at += 1) {
    const due = begun + (at * 1_000) / PER_SECOND;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    if (!(await program.send([at]))) throw new Error(`alert ${at} was not taken`);
  }
  const posts = () =>
    surface === "slack"
      ? slack.desk.calls
          .filter((call) => call.method === "chat.postMessage")
          .map((call) => [call.args["text"], call.at])
      : discord.guild.messages.map((one) => [one.body["content"], one.at]);
  await until(() => posts().length >= CARDS, 20_000);
  const rows = await fresh.database.db.select().from(incidents);
  const committed = new Map(rows.map((row) => [numberIn(row.title), row.openedAt.getTime()]));
  const latencies = posts().map(([text, at]) => {
    const number = numberIn(String(text));
    return { number, ms: performance.timeOrigin + Number(at) - (committed.get(number) ?? Number.NaN) };
  });
  await program.stop();
  await fakes.close();
  await fresh.stop();
  return latencies.filter(({ number }) => number >= WARM_UP).map(({ ms }) => ms);
}
