import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { type Config } from "../config.ts";
import type { Database, Tx } from "../db/client.ts";
import { incidents } from "../db/schema.ts";
import type { Alert } from "../kernel/alert.ts";
import { sha256 } from "../kernel/canonical.ts";
import type { Clock } from "../kernel/clock.ts";
import { durationMs } from "../kernel/duration.ts";
import { DeskError, messageOf } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import { append } from "../ledger/append.ts";
import { openDelivery } from "../oncall/delivery.ts";
import { openNtfy } from "../oncall/ntfy.ts";
import type { Pager } from "../oncall/pager.ts";
import { openPagerDuty } from "../oncall/pagerduty.ts";
import { type Rotas, onCallOf } from "../policy/rules/rota.ts";
import { type PageRow, acknowledgePages, resolvePages, schedulePage } from "../oncall/pages.ts";
import type { Person } from "./command.ts";
import { routeOf } from "./cards/places.ts";
import { type Trouble, openTrouble } from "./cards/trouble.ts";

/** Calls people: by the route's delay when nobody acknowledges, or by hand. */
export interface Paging {
  /** Looks at an incident that changed: plans its page, or stops it. */
  look(incident: string): Promise<void>;
  /** Calls somebody now, once a delivery. */
  byHand(person: Person, whom: string, why: string): Promise<string>;
  /** Calls everyone at once, in the transaction of the deed; resolves to the pagers, none where none is configured. */
  everyone(
    tx: Tx,
    page: { readonly incident: string; readonly key: string; readonly summary: string },
  ): Promise<readonly string[]>;
  start(): void;
  stop(): Promise<void>;
}

function openPagers(config: Config): ReadonlyMap<string, Pager> {
  const { environment } = config;
  const key = environment.secret("PAGERDUTY_ROUTING_KEY");
  const topic = environment.secret("NTFY_TOPIC");
  const [pagerDutyUrl, ntfyUrl] = [environment.text("PAGERDUTY_URL"), environment.text("NTFY_URL")];
  const pagers: Pager[] = [
    ...(key ? [openPagerDuty({ routingKey: key, ...(pagerDutyUrl ? { url: pagerDutyUrl } : {}) })] : []),
    ...(topic ? [openNtfy({ topic, ...(ntfyUrl ? { url: ntfyUrl } : {}) })] : []),
  ];
  return new Map(pagers.map((one) => [one.name, one]));
}

/** A page that reaches nobody: said on its incident, and once for the pager. Never critical, or it would page again. */
const pageTrouble = (row: PageRow, why: string, at: Date): Trouble => ({
  kind: "page.failed",
  incident: row.incidentId,
  text: `the page through ${row.target} reached nobody: ${why}; call somebody yourself`,
  alert: {
    severity: "high",
    title: `Pages through ${row.target} reach nobody`,
    summary: `${row.target} refused "${row.summary}": ${why}. Nobody was called; call somebody yourself.`,
    labels: { service: row.target },
    values: {},
    at,
  },
});

/** Opens paging over the pagers that the environment configures. */
export function openPaging(parts: {
  readonly config: Config;
  readonly database: Database;
  /** Who is on call when. */
  readonly rotas: () => Rotas;
  readonly emit: (alert: Alert) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}): Paging {
  const { config, database, clock, log } = parts;
  const tell = openTrouble({ database, emit: parts.emit, log });
  const { db } = database;
  const pagers = openPagers(config);
  const delivery = openDelivery({
    database,
    pagerOf: (target) => pagers.get(target),
    onFailed: (row, why) => tell(pageTrouble(row, why, clock.now())),
    clock,
    log,
  });
  const linkTo = (incident: string): string | null =>
    config.publicUrl ? `${config.publicUrl}/incidents/${incident}` : null;

  return {
    async look(id) {
      if (pagers.size === 0) return;
      const [incident] = await db.select().from(incidents).where(eq(incidents.id, id));
      if (!incident) return;
      if (incident.status === "resolved") return resolvePages(db, id);
      if (incident.status === "acknowledged") return acknowledgePages(db, id);
      const page = routeOf(config.file.routes, incident)?.page;
      if (!page || incident.severity !== "critical") return undefined;
      for (const target of page.to) {
        await schedulePage(db, {
          dedupeKey: `${id}/${target}`,
          incidentId: id,
          target,
          summary: `${id} critical: ${incident.title}`,
          severity: incident.severity,
          link: linkTo(id),
          dueAt: new Date(incident.openedAt.getTime() + durationMs(page.after)),
        });
      }
      return undefined;
    },
    async byHand(person, whom, why) {
      const [now] = await db.execute<{ at: string }>(sql`select now() as at`);
      const at = new Date(now?.at ?? clock.now());
      const rotas = parts.rotas();
      const rota = rotas[whom];
      const turn = rota === undefined ? whom : onCallOf(rota, at);
      const known = config.file.people[turn ?? ""];
      if (!known) {
        const { people } = config.file;
        throw new DeskError(
          "INPUT_INVALID",
          rota === undefined
            ? `${whom} is not one of the desk's people or rotas; ${[...Object.keys(people), ...Object.keys(rotas)].join(", ")} are`
            : `the rota ${whom} has not begun, so nobody was called`,
        );
      }
      if (pagers.size === 0)
        throw new DeskError(
          "NOT_SUPPORTED",
          "no pager is configured, so nobody was called; set PAGERDUTY_ROUTING_KEY or NTFY_TOPIC",
        );
      const call = person.request === undefined ? randomUUID() : sha256(person.request);
      await db.transaction(async (tx) => {
        let fresh = false;
        for (const target of pagers.keys()) {
          const added = await schedulePage(tx, {
            dedupeKey: `page:${whom}:${call}/${target}`,
            incidentId: null,
            target,
            summary: `${person.name} calls ${known.name}: ${why}`,
            severity: "critical",
            link: config.publicUrl,
            dueAt: at,
          });
          fresh ||= added;
        }
        if (!fresh) return;
        await append(tx, {
          actor: `person:${person.id}`,
          type: "page.sent",
          object: `person:${turn}`,
          body: { why, pagers: [...pagers.keys()] },
        });
      });
      return `${known.name} is being called through ${[...pagers.keys()].join(" and ")}.`;
    },
    async everyone(tx, { incident, key, summary }) {
      const [now] = await tx.execute<{ at: string }>(sql`select now() as at`);
      for (const target of pagers.keys())
        await schedulePage(tx, {
          dedupeKey: `${incident}/${key}/${target}`,
          incidentId: incident,
          target,
          summary,
          severity: "critical",
          link: linkTo(incident),
          dueAt: new Date(now?.at ?? clock.now()),
        });
      return [...pagers.keys()];
    },
    start() {
      if (pagers.size > 0)
        delivery.start().catch((error: unknown) => log.error({ why: messageOf(error) }, "paging did not start"));
    },
    stop: () => delivery.stop(),
  };
}
