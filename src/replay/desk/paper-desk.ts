import type { Market, MarketEvent } from "../../detectors/event.ts";
import type { Hit } from "../../detectors/finding.ts";
import { toAlert } from "../../detectors/alert.ts";
import type { AnyPlaybook, PlaybookContext } from "../../engine/playbook.ts";
import type { IntakeSettings } from "../../intake/settings.ts";
import type { Account } from "../../kernel/account.ts";
import type { Alert } from "../../kernel/alert.ts";
import type { Clock } from "../../kernel/clock.ts";
import { decimal, fromFloat } from "../../kernel/decimal.ts";
import { messageOf } from "../../kernel/errors.ts";
import { silentLog } from "../../kernel/log.ts";
import { type Plan, fingerprintWords, planHash } from "../../kernel/plan.ts";
import { type DraftDesk, draftPlan } from "../../policy/plans/draft.ts";
import type { PolicyDocument } from "../../policy/rules/schema.ts";
import { type MonitorSettings, levelOf, marginAlert } from "../../sources/feeds/account-monitor.ts";
import { demoAccounts } from "../../venues/paper/demo-accounts.ts";
import { type PaperExchange, openPaper } from "../../venues/paper/exchange.ts";
import { backtestSteps } from "../backtest/steps.ts";
import type { PlanLine, RunLine } from "../line.ts";
import { type ReplayIncident, createIncidents } from "./incidents.ts";
import { createJudge } from "./judging.ts";
import { createRecordedTime } from "./recorded-time.ts";

/** What stands behind the detectors in a replay: intake, playbooks, and an account on paper. */
export interface ReplayDesk {
  /** Every event, before anything else is asked of the desk. */
  note(event: MarketEvent): void;
  /** Whether the desk wants to look at its account before another event is played. */
  due(): boolean;
  /** When a playbook wants to go on; Infinity where none waits. */
  nextAt(): number;
  /** A hit, at its moment. */
  take(hit: Hit): Promise<void>;
  /** Looks at the account where that is due, and wakes who waits up to `at`; Infinity, the recording's end, wakes nobody. */
  advance(at: number): Promise<void>;
  /** What was planned and ended since the last call, in order. */
  lines(): readonly (PlanLine | RunLine)[];
  /** Runs that still wait, and the market that moved the account; null where no price of bitcoin was recorded. */
  end(): Promise<{ readonly unfinished: number; readonly market: string | null }>;
}

/** What a replay's desk is made of. */
export interface ReplayDeskParts {
  readonly playbooks: readonly AnyPlaybook[];
  /** The playbook's input where it answers this alert. */
  readonly inputOf: (playbook: AnyPlaybook, alert: Alert) => Record<string, string> | null;
  readonly hedger: DraftDesk["hedger"];
  readonly intake: IntakeSettings;
  readonly monitor: MonitorSettings;
  readonly collarBps: number;
  readonly planTtlMs: number;
  /** What plans are judged by. */
  readonly rules: PolicyDocument;
}

const ACCOUNT: Account = { id: "paper-a", venue: "paper", environment: "paper" };
const CENT = decimal("0.01");
/** A basis point moves the account's margin ratio by less than half a per cent of itself. */
const SMALLEST_MOVE = 0.0001;

/** A price in US dollars of bitcoin itself, not of an option on it. */
const isBitcoin = ({ base, quote, type }: Market): boolean =>
  base === "BTC" && quote.startsWith("USD") && type !== "option";

function priceOf(event: MarketEvent): number {
  switch (event.kind) {
    case "trade":
      return event.price;
    case "quote":
      return (event.bid + event.ask) / 2;
    case "candle":
      return event.close;
    default:
      return Number.NaN;
  }
}

const order = (one: Plan["orders"][number]) => ({
  symbol: one.symbol,
  side: one.side,
  quantity: one.quantity,
  limitPrice: one.limitPrice,
  reduceOnly: one.reduceOnly,
  notionalUsd: one.notionalUsd,
});

/**
 * Opens a desk that lives in recorded time. Its account is the demo's, some 4 M USD long of bitcoin and in no danger at
 * first; the first recorded market of bitcoin moves its prices. The rules say of every plan what they would have; all the
 * same it is taken for approved at once and is sent to the simulated exchange, so that later plans see what earlier ones did.
 */
export function openReplayDesk(parts: ReplayDeskParts): ReplayDesk {
  const time = createRecordedTime();
  const incidents = createIncidents(parts.intake);
  const clock: Clock = {
    now: () => new Date(time.now()),
    sleep: () => Promise.resolve(),
    every: () => () => undefined,
  };
  let lines: (PlanLine | RunLine)[] = [];
  let exchange: PaperExchange | undefined;
  let source: Market | undefined;
  let price = Number.NaN;
  let shown = Number.NaN;
  let lookAt = Number.NEGATIVE_INFINITY;
  let level: ReturnType<typeof levelOf> = "calm";
  let [runs, unfinished] = [0, 0];

  /** Brings the exchange to this moment. */
  const refresh = async (): Promise<PaperExchange> => {
    if (!exchange) {
      const start = Number.isNaN(price) ? {} : { btcUsd: price };
      exchange = await openPaper({ clock, log: silentLog, seed: 1, storm: "calm", ...start });
      const [seed] = demoAccounts("calm", clock.now(), start.btcUsd);
      if (seed) await exchange.seedAccounts([seed]);
    }
    if (!Number.isNaN(price)) exchange.pin("BTC", fromFloat(price, CENT, "half-even"));
    shown = price;
    await exchange.tick();
    return exchange;
  };

  const judging = createJudge(parts.rules, async () => (await refresh()).venue().reader);

  const answer = async (playbook: AnyPlaybook, alert: Alert, incident: ReplayIncident): Promise<void> => {
    const input = parts.inputOf(playbook, alert);
    const { head } = playbook;
    if (input === null || incident.answered.has(head.name)) return;
    incident.answered.add(head.name);
    runs += 1;
    unfinished += 1;
    const run = `run:${incident.id}:${head.name}`;
    const venue = (await refresh()).venue();
    const told = { run, playbook: head.name, version: head.version, incident: incident.id };
    const cause = { kind: alert.kind, severity: alert.severity, title: alert.title };
    const begun = { trust: incident.trust, source: alert.source, severity: incident.severity };
    await time.begin(async (ownClock) => {
      const draft = draftDesk(parts, venue, ownClock);
      const asks = {
        requestedBy: `playbook:${head.name}@${head.version}`,
        incident: incident.id,
        run,
        reason: head.title,
      };
      const step = backtestSteps({
        clock: ownClock,
        venue,
        draft: (request) => draftPlan(draft, request, asks),
        decideMs: 0,
        say: () => undefined,
        onPlan: async (name, plan) => {
          const policy = plan && (await judging.judge(plan, { ...cause, ...begun }, clock.now()));
          const at = Math.round(time.now());
          lines.push({ type: "plan", at, ...told, alert: cause, step: name, ...planned(plan), policy });
        },
        onApply: (plan) => judging.carriedOut(plan, clock.now()),
        onClose: () => incidents.resolve(incident.id),
      });
      const context = {
        input: head.input.parse(input),
        incident: { id: incident.id, severity: alert.severity, trust: alert.trust },
        step,
        account: (id: string) => venue.reader.account(id),
        accounts: [ACCOUNT.id],
      } as PlaybookContext<never>;
      let outcome: string;
      try {
        outcome = await playbook.body(context);
      } catch (error) {
        outcome = `stops: ${messageOf(error)}`;
      }
      unfinished -= 1;
      lines.push({ type: "run", at: Math.round(time.now()), ...told, outcome });
    });
  };
  const raise = async (alert: Alert): Promise<void> => {
    const taken = incidents.take(alert, clock.now());
    if (!taken) return;
    for (const playbook of parts.playbooks) await answer(playbook, taken.alert, taken.incident);
  };
  /** What the account's monitor does every few seconds. */
  const look = async (): Promise<void> => {
    lookAt = time.now() + parts.monitor.pollMs;
    const state = await (await refresh()).venue().reader.account(ACCOUNT.id);
    const before = level;
    // An account without positions is in no danger, whatever its ratio.
    level = state.positions.length === 0 ? "calm" : levelOf(state.marginRatio, level, parts.monitor);
    if (level !== before || level !== "calm") await raise(marginAlert(state, level, clock.now()));
  };
  /** Whether bitcoin moved so far that the account's figures can tell; in danger every move does. */
  const moved = (): boolean => {
    const step = Math.abs(price - shown);
    return level === "calm" ? step > shown * SMALLEST_MOVE || (Number.isNaN(shown) && price > 0) : step > 0;
  };
  const due = (): boolean => time.now() >= lookAt && moved();

  return {
    note(event) {
      time.reach(event.receivedAt);
      source ??= isBitcoin(event.market) ? event.market : undefined;
      if (event.market !== source) return;
      const seen = priceOf(event);
      if (seen > 0) price = seen;
    },
    due,
    nextAt: time.nextAt,
    async take(hit) {
      await raise(toAlert(hit));
    },
    async advance(at) {
      if (due()) await look();
      if (Number.isFinite(at)) await time.advance(at, async () => void (await refresh()));
    },
    lines() {
      const told = lines;
      lines = [];
      return told;
    },
    async end() {
      await exchange?.close();
      return { unfinished, market: source ? `${source.venue} ${source.instrument}` : null };
    },
  };
}

function draftDesk(parts: ReplayDeskParts, venue: ReturnType<PaperExchange["venue"]>, clock: Clock): DraftDesk {
  return {
    accounts: new Map([[ACCOUNT.id, ACCOUNT]]),
    venueOf: async () => venue,
    clock,
    collarBps: parts.collarBps,
    hedger: parts.hedger,
    planTtlMs: parts.planTtlMs,
    orderOf: async () => undefined,
  };
}

/** A plan as a line shows it; without orders and hash where there was nothing to do. */
function planned(plan: Plan | null): Pick<PlanLine, "plan"> {
  if (!plan) return { plan: null };
  const hash = planHash(plan);
  return {
    plan: {
      hash,
      words: fingerprintWords(hash),
      action: plan.action,
      account: plan.account,
      orders: plan.orders.map(order),
      cancels: plan.cancels.length,
      notionalUsd: plan.notionalUsd,
      remains: plan.remains,
    },
  };
}
