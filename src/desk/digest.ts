import { and, eq, gt, ne, sql } from "drizzle-orm";
import cron from "node-cron";
import { addNote } from "../chat/outbox-rows.ts";
import type { Chart } from "../chat/picture/chart.ts";
import { openPainter } from "../chat/picture/picture.ts";
import type { Config } from "../config.ts";
import type { Database } from "../db/client.ts";
import { accountStates, approvals, incidents, orders, tradingStates } from "../db/schema.ts";
import { openIncident, resolve } from "../incidents/lifecycle.ts";
import type { Clock } from "../kernel/clock.ts";
import { type Decimal, ZERO, abs, add, compare, div, grouped, percent, places, sub } from "../kernel/decimal.ts";
import { spanOf } from "../kernel/duration.ts";
import type { Log } from "../kernel/log.ts";
import type { AccountState } from "../kernel/account.ts";
import { type LimitUse, isUsed } from "../policy/limits-used.ts";
import { DIGEST_KIND, routeOf } from "./surfaces.ts";

/** The risk digest: each morning by schedule, or when somebody asks. */
export interface Digest {
  /** Sends it now where a route names a channel for it; resolves to its text either way. */
  byHand(): Promise<string>;
  stop(): Promise<void>;
}

function nearestOf(state: AccountState): string {
  const shares = state.positions.flatMap((one) =>
    one.liquidationPrice === null
      ? []
      : [Number(div(abs(sub(one.markPrice, one.liquidationPrice)), one.markPrice, 4, "half-even"))],
  );
  return shares.length === 0 ? "unknown" : `${(Math.min(...shares) * 100).toFixed(1)} %`;
}

function deltaLines(states: readonly AccountState[]): string[] {
  const byAsset = new Map<string, { delta: Decimal; usd: Decimal }>();
  for (const position of states.flatMap((state) => state.positions)) {
    const asset = position.symbol.split("/")[0] ?? position.symbol;
    const before = byAsset.get(asset) ?? { delta: ZERO, usd: ZERO };
    byAsset.set(asset, { delta: add(before.delta, position.delta), usd: add(before.usd, position.notionalUsd) });
  }
  return [...byAsset]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([asset, one]) => `  ${asset}: delta ${places(one.delta, 3, "half-even")}, gross ${grouped(one.usd, 0)} USD`);
}

/** More limits than these are in /limits. */
const LIMITS_SHOWN = 5;

function limitLines(limits: readonly LimitUse[]): string[] {
  const used = limits.filter(isUsed).slice(0, LIMITS_SHOWN);
  if (used.length === 0) return ["  nothing is used"];
  return used.map(
    (one) =>
      `  ${one.scope}: ${percent(one.usedRatio)} of ${grouped(one.max, 0)} ${one.measure} in ${one.window} (${one.from})`,
  );
}

async function compose(database: Database, clock: Clock, limits: readonly LimitUse[]): Promise<string> {
  const { db } = database;
  const [states, open, frozen, pending, sent] = await Promise.all([
    db.select().from(accountStates).orderBy(accountStates.account),
    db.select().from(incidents).where(ne(incidents.status, "resolved")).orderBy(incidents.seq),
    db.select().from(tradingStates).where(ne(tradingStates.state, "active")),
    db
      .select()
      .from(approvals)
      .where(and(eq(approvals.state, "pending"), gt(approvals.expiresAt, sql`now()`))),
    db
      .select({ usd: sql<string>`coalesce(sum(${orders.notionalUsd}), 0)`, count: sql<string>`count(*)` })
      .from(orders)
      .where(gt(orders.intendedAt, sql`now() - interval '24 hours'`)),
  ]);
  const lines = [
    `Risk digest, ${clock.now().toISOString().slice(0, 16).replace("T", " ")} UTC`,
    "",
    "Accounts",
    ...(states.length === 0 ? ["  none has reported"] : []),
    ...states.map(({ state, receivedAt }) => {
      const ageMs = clock.now().getTime() - receivedAt.getTime();
      const ratio = state.marginRatio === null ? "unknown" : percent(state.marginRatio);
      return `  ${state.account}: equity ${grouped(state.equityUsd, 0)} USD, margin ratio ${ratio}, to liquidation ${nearestOf(state)}, as of ${spanOf(Math.max(0, ageMs))} ago`;
    }),
    "",
    "Exposure",
    ...deltaLines(states.map((one) => one.state)),
    "",
    "Limits used",
    ...limitLines(limits),
    "",
    `Open incidents: ${open.length === 0 ? "none" : open.map((one) => `${one.id} ${one.severity} ${one.title}`).join("; ")}`,
    `Freezes: ${frozen.length === 0 ? "none" : frozen.map((one) => `${one.scope} ${one.state} by ${one.setBy}: ${one.reason}`).join("; ")}`,
    `Plans waiting for people: ${pending.length}`,
    `Orders in 24 h: ${sent[0]?.count ?? 0} for ${grouped((sent[0]?.usd ?? "0") as Decimal, 0)} USD`,
  ];
  return lines.join("\n");
}

/** Margin ratios by account, as the picture below the digest. */
async function chartOf(database: Database): Promise<Chart | null> {
  const rows = await database.db.select().from(accountStates).orderBy(accountStates.account);
  const bars = rows.flatMap(({ state }) =>
    state.marginRatio === null ? [] : [{ label: state.account, value: state.marginRatio }],
  );
  const worst = bars.toSorted((a, b) => compare(b.value, a.value))[0];
  if (!worst) return null;
  return {
    kind: "bars",
    title: `${worst.label} is nearest to liquidation: margin ratio ${percent(worst.value)}`,
    unit: "ratio",
    bars: bars.slice(0, 12),
  };
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
  readonly show: (incident: string, version: number) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}): Digest {
  const { config, database, clock, log } = parts;
  const schedule = config.file.schedules.digest;
  const painter = openPainter(clock);
  const by = { actor: "schedule:digest", surface: "schedule" };

  const paint = async (): Promise<{ name: string; alt: string; png: Uint8Array } | undefined> => {
    const chart = await chartOf(database);
    return chart ? { name: "margin.png", alt: chart.title, png: await painter.paint(chart) } : undefined;
  };
  const send = async (text: string): Promise<void> => {
    const id = await database.db.transaction((tx) =>
      openIncident(tx, by, {
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
  const whole = async (): Promise<string> => compose(database, clock, await parts.limits());
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
      await painter.close();
    },
  };
}
