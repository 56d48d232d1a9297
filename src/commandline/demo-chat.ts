import { and, eq, inArray, lt, ne } from "drizzle-orm";
import type { ApprovalRow } from "../chat/console/rows/plans.ts";
import type { Config } from "../config.ts";
import type { Database } from "../db/client.ts";
import { incidents, messages, plans, votes } from "../db/schema.ts";
import { systemClock } from "../kernel/clock.ts";
import { type Fakes, type Told, accountsOf } from "./demo-fakes.ts";

/** A promise of the story, and whether it held. */
export interface Promised {
  readonly name: string;
  readonly held: boolean;
  readonly detail: string;
}

/** A plan that was decided in chat: who pressed where, and what each was told. */
export interface DecidedInChat {
  readonly plan: string;
  readonly first: string;
  readonly second: string;
  readonly onSlack: Told;
  readonly onDiscord: Told;
}

/** Platforms limit how often a card is changed, so the last change may take this long. */
const SETTLE_MS = 30_000;
const LOOK_MS = 200;

const tokensIn = (body: unknown): readonly string[] =>
  [...JSON.stringify(body).matchAll(/"(?:value|custom_id)":"(INC-[^"]+)"/g)].map((match) => match[1] ?? "");

/**
 * Approves a waiting plan on Slack as one person; then another presses Approve on the Discord card as it stood before.
 * Null while the plan's buttons do not stand on both.
 */
export async function decideInChat(
  fakes: Fakes,
  config: Config,
  approveAs: string,
  plan: ApprovalRow,
): Promise<DecidedInChat | null> {
  const accounts = accountsOf(config);
  const second = Object.keys(config.file.people).find((one) => one !== approveAs) ?? approveAs;
  const approves = (token: string): boolean => token.endsWith(`:approve:${plan.planHash.slice(0, 16)}`);
  const slackToken = fakes.slack.desk.messages.flatMap((one) => tokensIn(one.blocks)).find(approves);
  const discordToken = fakes.discord.guild.messages.flatMap((one) => tokensIn(one.body)).find(approves);
  if (slackToken === undefined || discordToken === undefined) return null;
  const onSlack = await fakes.hands.slack.press(accounts.get(approveAs)?.slack ?? "", slackToken);
  const onDiscord = await fakes.hands.discord.press(accounts.get(second)?.discord ?? "", discordToken);
  return { plan: plan.planHash, first: approveAs, second, onSlack, onDiscord };
}

/** Waits until every card of the incident shows its newest version, or the platforms had time enough. */
async function settled(database: Database, incident: string): Promise<void> {
  const until = systemClock.now().getTime() + SETTLE_MS;
  while (systemClock.now().getTime() < until) {
    const behind = await database.db
      .select({ channel: messages.channel })
      .from(messages)
      .innerJoin(incidents, eq(incidents.id, messages.incidentId))
      .where(
        and(
          eq(messages.incidentId, incident),
          ne(messages.state, "refused"),
          lt(messages.shownVersion, incidents.version),
        ),
      );
    if (behind.length === 0) return;
    await systemClock.sleep(LOOK_MS);
  }
}

/** The card's body as the platform has it now; undefined where it has none. */
function bodyOn(fakes: Fakes, surface: string, message: string | null): unknown {
  return surface === "slack"
    ? fakes.slack.desk.messages.find((one) => one.ts === message)?.blocks
    : fakes.discord.guild.messages.find((one) => one.id === message)?.body;
}

/** What the story promises about Slack and Discord. */
export async function chatPromises(
  fakes: Fakes,
  database: Database,
  incident: string,
  decided: readonly DecidedInChat[],
): Promise<Promised[]> {
  const { db } = database;
  await settled(database, incident);
  const [row] = await db.select().from(incidents).where(eq(incidents.id, incident));
  const hashes = (await db.select({ hash: plans.hash }).from(plans).where(eq(plans.incidentId, incident))).map(
    (one) => one.hash,
  );
  const cast = hashes.length === 0 ? [] : await db.select().from(votes).where(inArray(votes.planHash, hashes));
  const cards = await db.select().from(messages).where(eq(messages.incidentId, incident));
  const final = (surface: "slack" | "discord", name: string): Promised => {
    const card = cards.find((one) => one.surface === surface);
    const body = bodyOn(fakes, surface, card?.message ?? null);
    const buttons = body === undefined ? [] : tokensIn(body);
    return {
      name: `${name} shows the final card`,
      held:
        card !== undefined &&
        card.shownVersion === row?.version &&
        JSON.stringify(body ?? "").includes("resolved") &&
        buttons.length === 0,
      detail: `version ${card?.shownVersion ?? "none"} of ${row?.version ?? "none"}, ${buttons.length} buttons left`,
    };
  };
  const complaints = [...fakes.slack.desk.faults, ...fakes.discord.guild.faults];
  return [
    {
      name: "the approval was given on Slack, once",
      held: cast.length > 0 && cast.every((one) => one.surface === "slack") && cast.length === decided.length,
      detail: `${cast.map((one) => `${one.person} on ${one.surface}`).join(", ") || "nobody"}; ${decided[0]?.onSlack.text ?? ""}`,
    },
    {
      name: "a second person on Discord was told privately that it was decided",
      held: decided.length > 0 && decided.every((one) => /was approved by/.test(one.onDiscord.text)),
      detail: decided.map((one) => `${one.second}: ${one.onDiscord.text}`).join("; ") || "nobody pressed",
    },
    final("slack", "Slack"),
    final("discord", "Discord"),
    {
      name: "Slack and Discord took every message as valid",
      held: complaints.length === 0,
      detail:
        complaints.slice(0, 3).join("; ") ||
        `${fakes.slack.desk.messages.length} on Slack, ${fakes.discord.guild.messages.length} on Discord`,
    },
  ];
}
