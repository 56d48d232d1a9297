import { eq, lt, sql } from "drizzle-orm";
import { announce } from "../../db/changes.ts";
import type { Database } from "../../db/client.ts";
import { accountPoints, accountStates } from "../../db/schema.ts";
import { type Account, type AccountState, marginEquity } from "../../kernel/account.ts";
import type { Alert, Severity } from "../../kernel/alert.ts";
import type { Clock } from "../../kernel/clock.ts";
import { type Decimal, abs, decimal, grouped, isZero, less, mul, percent, sub } from "../../kernel/decimal.ts";
import { spanOf } from "../../kernel/duration.ts";
import { messageOf } from "../../kernel/errors.ts";
import { namesOption } from "../../kernel/instrument.ts";
import type { Log } from "../../kernel/log.ts";
import type { VenueReader } from "../../venues/venue.ts";
import { openDayBook } from "./account-day.ts";
import { type LiquidationPace, type RatioPoint, liquidationPace, recent } from "./liquidation-pace.ts";

/** When an account alarms; ratios are maintenance margin / equity. */
export interface MonitorSettings {
  readonly pollMs: number;
  /** No fresh figures for this long is an alarm of its own. */
  readonly staleAfterMs: number;
  readonly highRatio: Decimal;
  readonly criticalRatio: Decimal;
}

/** An alarm ends only this far below its threshold, so that it does not flicker. */
const HYSTERESIS = decimal("0.05");
/** A ratio that moved this far is told at once, so that cards keep up with a storm; not more often than every few seconds. */
const MOVED = decimal("0.05");
const MOVED_GAP_MS = 5_000;
/** Streams may tell of many changes at once; the account is read no more often than this for them. */
const HINT_GAP_MS = 250;
/** Points kept for the live charts. */
const KEEP_POINTS_MS = 6 * 3_600_000;
const PRUNE_EVERY = 600;

type Level = "calm" | "high" | "critical";
const ORDER: readonly Level[] = ["calm", "high", "critical"];

/** The level of a margin ratio, given the level before: rising at the threshold, falling only below it by the hysteresis. */
export function levelOf(
  ratio: Decimal | null,
  before: Level,
  settings: Pick<MonitorSettings, "highRatio" | "criticalRatio">,
): Level {
  if (ratio === null) return "critical";
  const floor = (level: "high" | "critical"): Decimal =>
    level === "high" ? settings.highRatio : settings.criticalRatio;
  for (const level of ["critical", "high"] as const) {
    const held = ORDER.indexOf(before) >= ORDER.indexOf(level);
    if (!less(ratio, held ? sub(floor(level), mul(floor(level), HYSTERESIS)) : floor(level))) return level;
  }
  return "calm";
}

/** Told with the moment it was measured: the sentence stands on the card while time goes on. */
const paceText = ({ measuredAtMs, overMs, leftMs }: LiquidationPace): string =>
  `at ${new Date(measuredAtMs).toISOString().slice(11, 19)} UTC the pace of the last ${spanOf(overMs)} led there in ${spanOf(leftMs)}`;

/** What stands for the margin, so that the figures make the ratio that is told. */
function moneyText(state: AccountState): string {
  const [money, equity] = [marginEquity(state), `equity ${grouped(state.equityUsd, 0)} USD`];
  return money === state.equityUsd ? equity : `${grouped(money, 0)} USD that stand for it, of ${equity}`;
}

/**
 * What the account's figures mean, as an alert; `calm` is the resolution of what was raised before. `pace` says when its venue
 * liquidates if it goes on so; null where nothing tells.
 */
export function marginAlert(
  state: AccountState,
  level: Level,
  receivedAt: Date,
  pace: LiquidationPace | null = null,
): Alert {
  const severity: Severity = level === "critical" ? "critical" : "high";
  const ratio = state.marginRatio === null ? "unknown" : percent(state.marginRatio);
  return {
    source: "account-monitor",
    trust: "internal",
    kind: "margin.ratio",
    status: level === "calm" ? "resolved" : "firing",
    severity,
    title:
      level === "calm"
        ? state.positions.length === 0
          ? `${state.account} holds no position any more`
          : `${state.account} is back at a margin ratio of ${ratio}`
        : `${state.account} is close to liquidation: margin ratio ${ratio}`,
    summary: `Maintenance margin ${grouped(state.maintenanceMarginUsd, 0)} USD against ${moneyText(state)}; ${state.venue} liquidates at 100 %${level === "calm" || pace === null ? "" : `; ${paceText(pace)}`}.`,
    labels: { account: state.account, venue: state.venue },
    values: {
      ...(state.marginRatio === null ? {} : { ratio: state.marginRatio }),
      equityUsd: state.equityUsd,
      maintenanceMarginUsd: state.maintenanceMarginUsd,
    },
    at: receivedAt,
  };
}

const staleAlert = (account: Account, stale: boolean, why: string, at: Date): Alert => ({
  source: "account-monitor",
  trust: "internal",
  kind: "feed.stale",
  status: stale ? "firing" : "resolved",
  severity: "high",
  title: stale ? `No fresh figures of ${account.id}` : `Figures of ${account.id} are fresh again`,
  summary: stale
    ? `${account.venue} gives no account figures: ${why}. Nothing is planned on old ones.`
    : `${account.venue} answers again.`,
  labels: { account: account.id, venue: account.venue },
  values: {},
  at,
});

/** Watches one account until the returned function is called. */
export interface MonitorContext {
  readonly database: Database;
  readonly account: Account;
  readonly reader: () => Promise<VenueReader>;
  readonly settings: MonitorSettings;
  readonly emit: (alert: Alert) => Promise<void>;
  /** Hears every fresh state, with the reader it came from; what it throws is logged. */
  readonly onState?: (state: AccountState, reader: VenueReader) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

async function store(database: Database, state: AccountState, receivedAt: Date): Promise<void> {
  // The price along the account's chart, which volatility is measured by as well.
  const priced = state.positions.find((one) => !namesOption(one.symbol));
  await database.db.transaction(async (tx) => {
    await tx
      .insert(accountStates)
      .values({ account: state.account, state, at: state.at, receivedAt })
      .onConflictDoUpdate({ target: accountStates.account, set: { state, at: state.at, receivedAt } });
    await tx
      .insert(accountPoints)
      .values({
        account: state.account,
        at: receivedAt,
        equityUsd: state.equityUsd,
        marginRatio: state.marginRatio,
        markPrice: priced?.markPrice ?? null,
        markSymbol: priced?.symbol ?? null,
      })
      .onConflictDoNothing();
    await announce(tx, { type: "account", id: state.account });
  });
}

/** What an earlier start may have raised and never took back: the alarms that its last figures stood for. */
async function left(
  { database, account, settings }: MonitorContext,
  now: Date,
): Promise<{ readonly level: Level; readonly stale: boolean }> {
  const [row] = await database.db.select().from(accountStates).where(eq(accountStates.account, account.id));
  if (row === undefined) return { level: "calm", stale: false };
  return {
    level: levelOf(row.state.marginRatio, "critical", settings),
    stale: now.getTime() - row.receivedAt.getTime() > settings.staleAfterMs,
  };
}

/**
 * Keeps one account's figures: by stream where the venue has one, and by polling always, because a private stream is a
 * hint and a read is the truth. Raises `margin.ratio` and `feed.stale`, repeats a standing alarm so that a restart or a
 * closed incident hears of it, and says when it is over.
 */
export async function monitorAccount(context: MonitorContext): Promise<() => Promise<void>> {
  const { account, settings, clock, log, database } = context;
  let lastGoodAt = clock.now();
  const before = await left(context, lastGoodAt);
  let { level } = before;
  /** Somebody may still read that figures are stale, though this start did not say so. */
  let unsaid = before.stale;
  let lastRaisedAt = 0;
  let lastRaised: Decimal | null = null;
  let points: readonly RatioPoint[] = [];
  let stale = false;
  /** What the last look failed for. */
  let trouble = "it has not answered";
  let rounds = 0;
  let busy = false;
  let hinted = false;
  let lookedAt = 0;
  let looking: Promise<void> = Promise.resolve();
  const stopping = new AbortController();
  const days = openDayBook(database, log);
  const REPEAT_MS = 60_000;

  const judge = async (state: AccountState): Promise<void> => {
    const receivedAt = clock.now();
    const atMs = receivedAt.getTime();
    const { marginRatio: ratio } = state;
    points = ratio === null ? [] : recent(points, { atMs, ratio });
    // Where nothing is held nothing can be liquidated, also where no money is left to have a ratio.
    const next =
      state.positions.length === 0 && isZero(state.maintenanceMarginUsd) ? "calm" : levelOf(ratio, level, settings);
    const moved = ratio !== null && lastRaised !== null && !less(abs(sub(ratio, lastRaised)), MOVED);
    const again = atMs - lastRaisedAt > (moved ? MOVED_GAP_MS : REPEAT_MS);
    if (next === level && (next === "calm" || !again)) return;
    await context.emit(marginAlert(state, next, receivedAt, liquidationPace(points)));
    // Only once it is stored: what was lost on the way, an alarm or its end, is said again at the next look.
    level = next;
    lastRaisedAt = atMs;
    lastRaised = ratio;
  };

  /** Says so once no fresh figures have come for too long, also while a question is still without any answer. */
  const noteSilence = async (): Promise<void> => {
    const now = clock.now();
    if (stale || stopping.signal.aborted || now.getTime() - lastGoodAt.getTime() <= settings.staleAfterMs) return;
    stale = true;
    await context.emit(staleAlert(account, true, trouble, now)).catch((lost: unknown) => {
      stale = false;
      log.error({ account: account.id, err: lost }, "stale alarm not stored");
    });
  };

  const readNow = async (): Promise<void> => {
    busy = true;
    lookedAt = clock.now().getTime();
    try {
      const reader = await context.reader();
      const state = await reader.account(account.id);
      const receivedAt = clock.now();
      await store(database, state, receivedAt);
      lastGoodAt = receivedAt;
      trouble = "it has not answered";
      if (stale || unsaid) {
        await context.emit(staleAlert(account, false, "", lastGoodAt));
        stale = false;
        unsaid = false;
      }
      days.take(state, reader, lastGoodAt);
      await judge(state);
      await context.onState?.(state, reader).catch((error: unknown) => {
        // Own flow is a sentinel beside the alarm; what it misses now it finds at the next look.
        log.warn({ account: account.id, err: error }, "own flow not looked at");
      });
    } catch (error) {
      log.warn({ account: account.id, err: error }, "account not read");
      trouble = messageOf(error);
      await noteSilence();
    } finally {
      busy = false;
    }
    rounds += 1;
    if (rounds % PRUNE_EVERY === 0) {
      await database.db
        .delete(accountPoints)
        .where(lt(accountPoints.at, sql`now() - make_interval(secs => ${KEEP_POINTS_MS / 1_000})`))
        // A look that failed here would be the last one; the next round forgets them.
        .catch((error: unknown) => log.warn({ account: account.id, err: error }, "old points not forgotten"));
    }
  };

  const look = (): Promise<void> => {
    if (!busy && !stopping.signal.aborted) looking = readNow();
    return looking;
  };
  /** Reads again soon after a hint; hints that come meanwhile are part of it. */
  const hint = async (): Promise<void> => {
    if (hinted) return;
    hinted = true;
    // Rejects only where the watch ends meanwhile, and look() then does nothing.
    await clock
      .sleep(Math.max(0, lookedAt + HINT_GAP_MS - clock.now().getTime()), stopping.signal)
      .catch(() => undefined);
    hinted = false;
    await look();
  };

  const stop = clock.every(settings.pollMs, look);
  const stopWaiting = clock.every(settings.pollMs, noteSilence);
  let unwatch: (() => Promise<void>) | undefined;
  const reader = await context.reader().catch(() => undefined);
  if (reader?.watchAccount) {
    unwatch = await reader
      .watchAccount(account.id, {
        onChange: () => void hint(),
        onAlert: (alert) => {
          context.emit(alert).catch((lost: unknown) => {
            log.error({ account: account.id, kind: alert.kind, err: lost }, "alert of the account stream not stored");
          });
        },
        onGone: (why) => log.warn({ account: account.id, why }, "account stream gone"),
      })
      .catch((error: unknown) => {
        log.warn({ account: account.id, err: error }, "account stream not opened; the account is polled");
        return undefined;
      });
  }
  void look();
  return async () => {
    stopping.abort();
    stop();
    stopWaiting();
    await unwatch?.();
    await looking;
    await days.idle();
  };
}
