import cron from "node-cron";
import { addNote } from "../../chat/outbox-rows.ts";
import type { Painter } from "../../chat/picture/picture.ts";
import type { Config } from "../../config.ts";
import type { Database } from "../../db/client.ts";
import { accountStates } from "../../db/schema.ts";
import type { ExposureReader } from "../../exposure/exposure.ts";
import { openIncident, resolve } from "../../incidents/lifecycle.ts";
import type { Clock } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { Seal } from "../../kernel/seal.ts";
import type { LimitUse } from "../../policy/judging/limits-used.ts";
import { type FundingNow, digestText } from "./digest-text.ts";
import { marginChart } from "./margin-chart.ts";
import { DIGEST_KIND, routeOf } from "../cards/places.ts";

/** The risk digest: each morning by schedule, or when somebody asks. */
export interface Digest {
  /** Sends it now where a route names a channel for it; resolves to its text either way. */
  byHand(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Opens the digest. Every replica's clock ticks; only the one that leads sends. A digest is an incident of kind
 * "risk.digest", closed as it is opened, so that routes choose its channels and its card keeps a thread.
 */
export function openDigest(parts: {
  readonly config: Config;
  readonly database: Database;
  readonly leads: () => boolean;
  readonly limits: () => Promise<readonly LimitUse[]>;
  readonly funding: ExposureReader["funding"];
  readonly paint: Painter["paint"];
  readonly show: (incident: string, version: number) => Promise<void>;
  readonly clock: Clock;
  readonly seal: Seal;
  readonly log: Log;
}): Digest {
  const { config, database, clock, log } = parts;
  const schedule = config.file.schedules.digest;
  const by = { actor: "schedule:digest", surface: "schedule" };

  const paint = async (): Promise<{ name: string; alt: string; png: Uint8Array } | undefined> => {
    const rows = await database.db.select().from(accountStates).orderBy(accountStates.account);
    const chart = marginChart(rows.map((one) => one.state));
    return chart ? { name: "margin.png", alt: chart.title, png: await parts.paint(chart) } : undefined;
  };
  const send = async (text: string): Promise<void> => {
    const id = await database.db.transaction((tx) =>
      openIncident(tx, parts.seal, by, {
        kind: DIGEST_KIND,
        severity: "info",
        title: text.split("\n")[0] ?? "Risk digest",
        summary: text,
      }),
    );
    await parts.show(id, 1);
    // Figures without a picture are worth more than neither.
    const picture = await paint().catch((error: unknown) => {
      log.error({ err: error }, "digest's chart not drawn");
      return undefined;
    });
    await addNote(database.db, id, text, picture);
    await resolve(database.db, id, "handled", by);
  };
  /** Venues that do not answer cost the digest its funding, never the digest. */
  const funding = (): Promise<FundingNow> =>
    parts
      .funding()
      .catch((error: unknown) => ({ due: [], silent: [`Funding could not be read: ${messageOf(error)}.`] }));
  const whole = async (): Promise<string> => {
    const [limits, due] = await Promise.all([parts.limits(), funding()]);
    return digestText(database.db, clock, limits, due);
  };
  const route = routeOf(config.file.routes, { kind: DIGEST_KIND, severity: "info", labels: {} });
  const channels = (route?.slack.length ?? 0) + (route?.discord.length ?? 0);

  const task = schedule
    ? cron.schedule(
        schedule.cron,
        async () => {
          if (!parts.leads()) return;
          await whole()
            .then(send)
            .catch((error: unknown) => log.error({ err: error }, "digest not sent"));
        },
        { timezone: schedule.zone },
      )
    : null;
  return {
    async byHand() {
      const text = await whole();
      if (channels > 0) await send(text);
      return text;
    },
    async stop() {
      await task?.stop();
    },
  };
}
