import { toAlert } from "../../detectors/alert.ts";
import { detectorsNamed } from "../../detectors/load.ts";
import { createWatch } from "../../detectors/watch.ts";
import type { AnyPlaybook, PlaybookContext } from "../../engine/playbook.ts";
import type { Alert } from "../../kernel/alert.ts";
import { type Decimal, ZERO, add, decimal, div, greater, max, sub } from "../../kernel/decimal.ts";
import { messageOf } from "../../kernel/errors.ts";
import { silentLog } from "../../kernel/log.ts";
import { type DraftDesk, draftPlan } from "../../policy/plans/draft.ts";
import { seededRandom } from "../../quant/random.ts";
import { levelOf, marginAlert } from "../../sources/feeds/account-monitor.ts";
import { createMarkets } from "../../sources/feeds/market/markets.ts";
import { translatePaper } from "../../sources/feeds/paper-events.ts";
import { demoAccounts } from "../../venues/paper/demo-accounts.ts";
import { type PaperExchange, openPaper } from "../../venues/paper/exchange.ts";
import type { BacktestMarket } from "./market.ts";
import { backtestSteps } from "./steps.ts";
import { steppedClock } from "./stepped-clock.ts";

/** What one life of the account came to. */
export interface LifeResult {
  readonly seed: number;
  readonly equityStartUsd: Decimal;
  readonly equityEndUsd: Decimal;
  /** Largest fall of equity from its height before, as a share of it; above 1 where more than all was lost. */
  readonly drawdownRatio: Decimal;
  readonly liquidated: boolean;
  /** Time at or above the critical margin ratio. */
  readonly dangerMs: number;
  /** Fees of the playbook's own orders. */
  readonly feesUsd: Decimal;
  /** Of the last plan with fills; null without. */
  readonly slippageBps: string | null;
  readonly runs: number;
  readonly orders: number;
  /** How long people took to approve, in the market's time. */
  readonly decideMs: number;
  readonly story: readonly string[];
  /** At most some hundred points: ms since the start, equity, margin ratio. */
  readonly curve: readonly { readonly ms: number; readonly equityUsd: Decimal; readonly ratio: Decimal | null }[];
}

/** What a life is lived with. */
export interface LifeParts {
  readonly market: BacktestMarket;
  /** Null: the account is left alone. */
  readonly playbook: AnyPlaybook | null;
  /** The playbook's input where it answers this alert. */
  readonly inputOf: (playbook: AnyPlaybook, alert: Alert) => Record<string, string> | null;
  readonly hedger: DraftDesk["hedger"];
  readonly seed: number;
}

const ACCOUNT = "paper-a";
const START = new Date("2026-01-01T00:00:00Z");
const LEVELS = { highRatio: decimal("0.60"), criticalRatio: decimal("0.80") };
const AGAIN_MS = 60_000;
const MOST_RUNS = 20;
const POINTS = 300;
const COLLAR_BPS = 500;

/**
 * Lives one account through a market: detectors and the account's monitor raise alerts as they do live, and the playbook
 * answers those that name it. The seed sets the market's noise, the venue's latency (20 to 200 ms of the day) and how long
 * people take to approve (1 to 5 minutes of it). The account is the demo's: some 4 M USD long, close to its limits.
 */
export async function live({ market, playbook, inputOf, hedger, seed }: LifeParts): Promise<LifeResult> {
  const random = seededRandom(seed);
  const latencyMs = Math.round((0.02 + random.uniform() * 0.18) * market.secondMs);
  const decideMs = Math.round((60 + random.uniform() * 240) * market.secondMs);
  const story: string[] = [];
  const curve: { ms: number; equityUsd: Decimal; ratio: Decimal | null }[] = [];
  const waiting: Alert[] = [];
  let exchange: PaperExchange | undefined;
  let [height, drawdown, start]: [Decimal, Decimal, Decimal | null] = [ZERO, ZERO, null];
  let [dangerMs, level, raisedAt] = [0, "calm" as ReturnType<typeof levelOf>, Number.NEGATIVE_INFINITY];
  const elapsed = (): number => clock.now().getTime() - START.getTime();
  const every = Math.max(market.stepMs, Math.ceil(market.lastsMs / POINTS));

  // What no detector of the playbook's own alert sees cannot start it, and would only be looked at in vain.
  const detectors = playbook ? detectorsNamed().filter((one) => one.alert === playbook.head.on?.kind) : [];
  const watch = createWatch({ detectors, onHit: (hit) => waiting.push(toAlert(hit)) });
  const translation = translatePaper({ markets: createMarkets(), emit: (event) => watch.take(event) });
  /** @param last of this step, whose time is counted once */
  const observe = async (last: boolean): Promise<void> => {
    if (!exchange) return;
    const state = await exchange.venue().reader.account(ACCOUNT);
    start ??= state.equityUsd;
    height = max(height, state.equityUsd);
    if (greater(height, ZERO)) drawdown = max(drawdown, div(sub(height, state.equityUsd), height, 6, "half-even"));
    const before = level;
    // An account without positions is in no danger, whatever its ratio.
    level = state.positions.length === 0 ? "calm" : levelOf(state.marginRatio, level, LEVELS);
    if (last && level === "critical") dangerMs += market.stepMs;
    const now = clock.now();
    if (level !== before || (level !== "calm" && now.getTime() - raisedAt >= AGAIN_MS)) {
      raisedAt = now.getTime();
      if (level !== "calm") waiting.push(marginAlert(state, level, now));
    }
    if (elapsed() >= curve.length * every)
      curve.push({ ms: elapsed(), equityUsd: state.equityUsd, ratio: state.marginRatio });
  };
  const clock = steppedClock(START, market.stepMs, () =>
    clock.outOfTime(async () => {
      const prices = market.pricesUpTo(elapsed());
      for (const [index, price] of prices.entries()) {
        if (price !== null) exchange?.pin("BTC", price);
        await exchange?.tick();
        await observe(index === prices.length - 1);
      }
      watch.advance(clock.now().getTime());
    }),
  );
  exchange = await openPaper({
    clock,
    log: silentLog,
    seed,
    storm: market.storm,
    latencyMs,
    longestStepMs: market.stepMs,
  });
  if (detectors.length > 0) exchange.onMarket((event) => translation.take(event, clock.now().getTime()));
  const [account] = demoAccounts(market.storm, START);
  if (account) await exchange.seedAccounts([account]);
  const venue = exchange.venue();
  const known = { id: ACCOUNT, venue: "paper", environment: "paper" } as const;
  const desk: DraftDesk = {
    accounts: new Map([[ACCOUNT, known]]),
    venueOf: async () => venue,
    clock,
    collarBps: COLLAR_BPS,
    hedger,
    planTtlMs: 900_000,
    orderOf: async () => undefined,
  };
  let runs = 0;
  let slippageBps: string | null = null;
  /** Whether the alert called for the playbook, which then ran to its end. */
  const answer = async (one: AnyPlaybook, alert: Alert): Promise<boolean> => {
    const input = inputOf(one, alert);
    if (input === null || runs >= MOST_RUNS) return false;
    runs += 1;
    const run = `backtest:${seed}:${runs}`;
    const say = (text: string): void => void story.push(`${(elapsed() / 1000).toFixed(1)} s  ${text}`);
    say(`${alert.kind} ${alert.severity}: ${alert.title}`);
    const asks = {
      requestedBy: `playbook:${one.head.name}@${one.head.version}`,
      incident: null,
      run,
      reason: one.head.title,
    };
    const step = backtestSteps({
      clock,
      venue,
      draft: (request) => draftPlan(desk, request, asks),
      decideMs,
      say,
      onApplied: (applied) => {
        slippageBps = applied.slippageBps ?? slippageBps;
      },
    });
    const context = {
      input: one.head.input.parse(input),
      incident: { id: run, severity: alert.severity, trust: "internal" },
      step,
      account: (id: string) => venue.reader.account(id),
      accounts: [ACCOUNT],
    } as PlaybookContext<never>;
    try {
      say(`ends: ${await one.body(context)}`);
    } catch (error) {
      say(`stops: ${messageOf(error)}`);
    }
    return true;
  };
  while (elapsed() < market.lastsMs) {
    await clock.sleep(market.stepMs);
    for (const alert of waiting.splice(0)) {
      if (!playbook || !(await answer(playbook, alert))) continue;
      // What was raised meanwhile joined the incident that has just ended, as it does live.
      waiting.length = 0;
      break;
    }
  }
  const journal = exchange.journal();
  const own = journal.fills.filter((fill) => fill.clientOrderId.startsWith("bw"));
  const last = await clock.outOfTime(() => venue.reader.account(ACCOUNT));
  await exchange.close();
  return {
    seed,
    equityStartUsd: start ?? last.equityUsd,
    equityEndUsd: last.equityUsd,
    drawdownRatio: drawdown,
    liquidated: journal.deeds.some((deed) => deed.deed === "liquidating" && deed.account === ACCOUNT),
    dangerMs,
    feesUsd: own.reduce<Decimal>((total, fill) => add(total, fill.feeUsd), ZERO),
    slippageBps,
    runs,
    orders: [...journal.accepted.keys()].filter((id) => id.startsWith("bw")).length,
    decideMs,
    story,
    curve,
  };
}
