import { and, eq, gt, sql } from "drizzle-orm";
import type { Card } from "../../chat/card.ts";
import type { CommandHead } from "../../chat/command-head.ts";
import { DISCORD_BUDGET } from "../../chat/discord/budget.ts";
import type { DiscordSurface } from "../../chat/discord/discord.ts";
import { type Outbox, openOutbox } from "../../chat/outbox.ts";
import { type MessageRow, showCards } from "../../chat/outbox-rows.ts";
import type { Painter } from "../../chat/picture/picture.ts";
import { SLACK_BUDGET } from "../../chat/slack/budget.ts";
import type { SlackSurface } from "../../chat/slack/slack.ts";
import { type Supervisor, supervise } from "../../chat/supervisor.ts";
import type { Inbound, Surface, SurfaceName } from "../../chat/surface.ts";
import type { Config } from "../../config.ts";
import type { Database } from "../../db/client.ts";
import { preparedFor } from "../../db/prepared.ts";
import { rows } from "../../db/rows.ts";
import { approvals, incidents, plans } from "../../db/schema.ts";
import type { Alert } from "../../kernel/alert.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Log } from "../../kernel/log.ts";
import { nextChannel, openPlaces, priorityOf } from "./places.ts";
import { type Trouble, openTrouble } from "./trouble.ts";

/** Slack and Discord, where they are configured: kept running, and fed with cards. */
export interface Surfaces {
  readonly slack: SlackSurface | null;
  readonly discord: DiscordSurface | null;
  readonly all: readonly Surface[];
  readonly supervisors: readonly Supervisor[];
  /** Brings a changed incident to the channels its route names, or redraws it where it stands. */
  show(incident: string, version: number): Promise<void>;
  /** Asks for every card that stands in an older version than its incident's, or should stand and was never asked for. */
  catchUp(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A decision is news for this long: until then every redraw of its card goes before criticals. */
const NEWS_SECONDS = 10;

/** An incident, with whether people, or the end of their time, decided on a plan of it a moment ago. */
const incidentOf = preparedFor((db) => {
  const { severity, kind, status, labels } = incidents;
  const justDecided = db
    .select({ one: sql`1` })
    .from(approvals)
    .innerJoin(plans, eq(plans.hash, approvals.planHash))
    .where(
      and(
        eq(plans.incidentId, sql.placeholder("id")),
        gt(approvals.decidedAt, sql`now() - make_interval(secs => ${NEWS_SECONDS})`),
      ),
    );
  return db
    .select({ severity, kind, status, labels, justDecided: sql<boolean>`exists ${justDecided}` })
    .from(incidents)
    .where(eq(incidents.id, sql.placeholder("id")))
    .prepare("outbox_incident");
});

/** Incidents whose cards may not be asked for as they should: those that may want a new place, and changed ones. */
const BEHIND = `
  select id, version, severity, kind, status, labels from breakwater.incidents where id in (
    select id from breakwater.incidents where status <> 'resolved'
    union
    select i.id from breakwater.messages m join breakwater.incidents i on i.id = m.incident_id
    where m.state = 'open' and m.wanted_version < i.version)`;
type BehindRow = Pick<typeof incidents.$inferSelect, "id" | "version" | "severity" | "kind" | "status" | "labels">;

/** An adapter that went down, or came back, as an alert of its own. */
const surfaceAlert = (name: SurfaceName, up: boolean, why: string | undefined, at: Date): Alert => ({
  source: "supervisor",
  trust: "internal",
  kind: "surface.down",
  status: up ? "resolved" : "firing",
  severity: "high",
  title: up ? `${name} is connected again` : `${name} is not connected`,
  summary: up
    ? `${name} takes cards and clicks again.`
    : `${why ?? "it does not answer"}; cards wait, the console works.`,
  labels: { service: name },
  values: {},
  at,
});

/** A channel that refused a card: said on that incident, and once for the channel. */
function cardTrouble(row: MessageRow, why: string, next: { readonly channel: string } | null, at: Date): Trouble {
  const shown = next ? `${next.channel} takes it instead` : "the console alone shows it";
  return {
    kind: "card.refused",
    incident: row.incidentId,
    text: `${row.surface} channel ${row.channel} refused the card: ${why}; ${shown}`,
    alert: {
      severity: next ? "medium" : "high",
      title: `${row.surface} channel ${row.channel} takes no cards`,
      summary: `${why}; ${shown}. breakwater doctor says what to do.`,
      labels: { service: row.surface, channel: row.channel },
      values: {},
      at,
    },
  };
}

/**
 * Opens the chat surfaces that the environment configures; none is fine, the console always works. Their libraries are
 * loaded where they are used: they are a tenth of a start.
 */
export async function openSurfaces(parts: {
  readonly config: Config;
  readonly database: Database;
  readonly commands: readonly CommandHead[];
  readonly inbound: Inbound;
  readonly cardOf: (incident: string) => Promise<Card | null>;
  readonly consoleUrl: string;
  readonly paint: Painter["paint"];
  readonly emit: (alert: Alert) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<Surfaces> {
  const { config, database, commands, inbound, paint, clock, log } = parts;
  const { environment, file } = config;
  const placesOf = openPlaces(config);
  const bot = environment.secret("SLACK_BOT_TOKEN");
  const app = environment.secret("SLACK_APP_TOKEN");
  const signing = environment.secret("SLACK_SIGNING_SECRET");
  const slackApi = environment.text("SLACK_API_URL");
  const slack = bot
    ? (await import("../../chat/slack/slack.ts")).openSlack({
        tokens: { bot, ...(app ? { app } : {}), ...(signing ? { signing } : {}) },
        urls: { ...(slackApi ? { api: slackApi } : {}), console: parts.consoleUrl },
        mode: app ? "socket" : "http",
        commands,
        paint,
        clock,
        log,
      })
    : null;
  const token = environment.secret("DISCORD_TOKEN");
  const publicKey = environment.text("DISCORD_PUBLIC_KEY");
  const discordApi = environment.text("DISCORD_API_URL");
  const discord = token
    ? (await import("../../chat/discord/discord.ts")).openDiscord({
        token,
        appId: environment.text("DISCORD_APP_ID") ?? "",
        guildId: environment.text("DISCORD_GUILD_ID") ?? "",
        ...(publicKey ? { publicKey } : {}),
        urls: { ...(discordApi ? { api: discordApi } : {}), console: parts.consoleUrl },
        mode: publicKey ? "http" : "gateway",
        commands,
        paint,
        clock,
        log,
      })
    : null;
  const all: Surface[] = [...(slack ? [slack] : []), ...(discord ? [discord] : [])];
  const supervisors = all.map((surface) =>
    supervise({
      surface,
      inbound,
      clock,
      log,
      onChange: (name, up, why) => {
        parts
          .emit(surfaceAlert(name, up, why, clock.now()))
          .catch((error: unknown) => log.error({ surface: name, err: error }, "surface alarm not stored"));
      },
    }),
  );
  const tell = openTrouble({ database, emit: parts.emit, log });
  const nextOf = (row: MessageRow) => nextChannel(file.routes, row.surface as SurfaceName, row.channel);
  const outbox: Outbox = openOutbox({
    database,
    surfaces: [
      ...(slack ? [{ surface: slack, budget: SLACK_BUDGET }] : []),
      ...(discord ? [{ surface: discord, budget: DISCORD_BUDGET }] : []),
    ],
    cardOf: parts.cardOf,
    // The route's next channel of the same surface takes what the first one refused.
    fallback: (surface, refused) => nextChannel(file.routes, surface, refused),
    onTrouble: (row, why) => tell(cardTrouble(row, why, nextOf(row), clock.now())),
    clock,
    log,
  });

  return {
    slack,
    discord,
    all,
    supervisors,
    async show(id, version) {
      if (placesOf === null) return;
      const db = database.outbox;
      const [incident] = await incidentOf(db).execute({ id });
      if (!incident) return;
      const priority = priorityOf(incident, incident.justDecided);
      await showCards(db, [{ incidentId: id, version, priority, places: placesOf(incident) }]);
    },
    async catchUp() {
      if (placesOf === null) return;
      const behind = await rows<BehindRow>(database.db, BEHIND);
      if (behind.length === 0) return;
      await showCards(
        database.outbox,
        behind.map((one) => ({
          incidentId: one.id,
          version: one.version,
          priority: priorityOf(one, false),
          places: placesOf(one),
        })),
      );
    },
    async start() {
      await outbox.start();
      for (const one of supervisors) one.start();
    },
    async stop() {
      await Promise.all(supervisors.map((one) => one.stop()));
      await outbox.stop();
    },
  };
}
