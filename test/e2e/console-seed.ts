import type { Db } from "../../src/db/client.ts";
import {
  accountPoints,
  accountStates,
  alerts,
  approvals,
  detectorLabels,
  incidentEvents,
  incidents,
  ledger,
  orders,
  plans,
  runSteps,
  runs,
  tradingStates,
} from "../../src/db/schema.ts";
import type { AccountState } from "../../src/kernel/account.ts";
import type { Severity } from "../../src/kernel/alert.ts";
import { type Json, canonical, sha256 } from "../../src/kernel/canonical.ts";
import { decimal } from "../../src/kernel/decimal.ts";
import { type Plan, type PlannedOrder, planHash } from "../../src/kernel/plan.ts";

/** Rows of a desk as it would stand at one moment; every helper returns what it wrote. */
export interface SeedIncident {
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  readonly status?: "open" | "acknowledged" | "resolved";
  readonly summary?: string;
  readonly labels?: Record<string, string>;
  readonly values?: Record<string, string>;
  readonly owner?: string;
  readonly outcome?: string;
  readonly alertCount?: number;
  readonly openedAt: Date;
}

/** Writes one incident with the first line of its timeline. */
export async function seedIncident(db: Db, one: SeedIncident): Promise<void> {
  await db.insert(incidents).values({
    id: one.id,
    correlationKey: one.id,
    kind: "margin.ratio",
    severity: one.severity,
    status: one.status ?? "open",
    trust: "internal",
    title: one.title,
    summary: one.summary ?? null,
    labels: one.labels ?? {},
    values: one.values ?? {},
    owner: one.owner ?? null,
    outcome: one.outcome ?? null,
    alertCount: one.alertCount ?? 1,
    openedAt: one.openedAt,
    lastAlertAt: one.openedAt,
    resolvedAt: one.status === "resolved" ? one.openedAt : null,
  });
  await db.insert(incidentEvents).values({
    incidentId: one.id,
    type: "incident.opened",
    actor: "account-monitor",
    text: `opened: ${one.title}`,
    data: { ledger: 1 },
    at: one.openedAt,
  });
}

const order = (account: string, leg: number, symbol: string, quantity: string, price: string): PlannedOrder => ({
  account,
  symbol,
  side: leg % 2 === 0 ? "sell" : "buy",
  quantity: decimal(quantity),
  limitPrice: decimal(price),
  timeInForce: "IOC",
  reduceOnly: true,
  clientOrderId: `bw-${account}-${leg}`,
  notionalUsd: "612500",
});

/** Writes a run that waits for approval of a two-order plan; resolves to the plan's hash. */
export async function seedPlan(
  db: Db,
  incident: string,
  setting: {
    readonly account?: string;
    readonly expiresAt: Date;
    readonly needed?: number;
    readonly symbols?: readonly [string, string];
    readonly notionalUsd?: string;
    readonly state?: "pending" | "expired";
    readonly environment?: "paper" | "live";
  },
): Promise<string> {
  const account = setting.account ?? "paper-a";
  const [first, second] = setting.symbols ?? ["BTC/USDT:USDT", "ETH/USDT:USDT"];
  const createdAt = new Date(setting.expiresAt.getTime() - 300_000);
  const plan: Plan = {
    format: 1,
    action: "reduce",
    effect: "reduce",
    environment: setting.environment ?? "paper",
    venue: "paper",
    account,
    requestedBy: "playbook:margin-breach@1",
    incident,
    run: `run:${incident}`,
    reason: `Bring the margin ratio of ${account} from 83 % to 45 % by reducing its two largest positions`,
    orders: [order(account, 0, first, "12.5", "49000.5"), order(account, 1, second, "180", "3402.75")],
    cancels: [{ symbol: first, venueOrderId: "v-1" }],
    trading: null,
    collars: [
      { symbol: first, reference: "49250", low: "48757.5", high: "49742.5" },
      { symbol: second, reference: "3390", low: "3356.1", high: "3423.9" },
    ],
    changes: [
      { label: "Margin ratio", before: "83.1 %", after: "44.8 %" },
      { label: "BTC delta", before: "+31.4", after: "+18.9" },
      { label: "Distance to liquidation", before: "3.2 %", after: "19.6 %" },
    ],
    notionalUsd: setting.notionalUsd ?? "925000",
    remains: "18.9 BTC and 96 ETH of long delta stay open.",
    createdAt: createdAt.toISOString(),
    expiresAt: setting.expiresAt.toISOString(),
  };
  const hash = planHash(plan);
  await db.insert(runs).values({
    id: `run:${incident}`,
    playbook: "margin-breach",
    version: 1,
    incidentId: incident,
    requestedBy: "playbook:margin-breach@1",
    trust: "internal",
    input: { account },
    state: "running",
    createdAt,
  });
  await db.insert(runSteps).values([
    {
      runId: `run:${incident}`,
      name: "see which orders rest",
      position: 1,
      state: "done",
      note: "3 resting orders",
      startedAt: createdAt,
      endedAt: createdAt,
    },
    {
      runId: `run:${incident}`,
      name: "cancel resting orders",
      position: 2,
      state: "done",
      note: "3 cancelled",
      startedAt: createdAt,
      endedAt: createdAt,
    },
    {
      runId: `run:${incident}`,
      name: "plan the first reduction",
      position: 3,
      state: "done",
      startedAt: createdAt,
      endedAt: createdAt,
    },
    {
      runId: `run:${incident}`,
      name: "ask for the first reduction",
      position: 4,
      state: setting.state === "expired" ? "failed" : "waiting",
      startedAt: createdAt,
    },
  ]);
  await db.insert(plans).values({
    hash,
    canonical: canonical(plan as unknown as Json),
    plan,
    action: "reduce",
    account,
    incidentId: incident,
    runId: `run:${incident}`,
    requestedBy: "playbook:margin-breach@1",
    decision: {},
    createdAt,
    expiresAt: setting.expiresAt,
  });
  await db.insert(approvals).values({
    planHash: hash,
    requestedBy: "playbook:margin-breach@1",
    runId: `run:${incident}`,
    needed: setting.needed ?? 1,
    roles: ["risk"],
    policyVersion: "1",
    state: setting.state ?? "pending",
    openedAt: createdAt,
    expiresAt: setting.expiresAt,
  });
  await db.insert(incidentEvents).values([
    {
      incidentId: incident,
      type: "run.started",
      actor: "playbook:margin-breach@1",
      text: "margin-breach began",
      at: createdAt,
      data: { ledger: 2 },
    },
    {
      incidentId: incident,
      type: "plan.applied",
      actor: "playbook:margin-breach@1",
      text: "cancelled 3 resting orders",
      at: createdAt,
      data: { ledger: 3 },
    },
    {
      incidentId: incident,
      type: "approval.opened",
      actor: "playbook:margin-breach@1",
      text: `asks risk to approve 2 orders, ${plan.notionalUsd} USD`,
      at: createdAt,
      data: { ledger: 4 },
    },
  ]);
  return hash;
}

/** Writes one account's newest state and an hour of points that end in a fall. */
export async function seedAccount(
  db: Db,
  account: string,
  ratio: string | null,
  now: Date,
  points = 240,
): Promise<void> {
  const state: AccountState = {
    account,
    venue: "paper",
    equityUsd: decimal("1482330.55"),
    maintenanceMarginUsd: decimal("1231816.68"),
    marginRatio: ratio === null ? null : decimal(ratio),
    balances: [{ asset: "USDT", total: "1482330.55", usd: decimal("1482330.55") }],
    positions: [
      {
        symbol: "BTC/USDT:USDT",
        quantity: decimal("31.4"),
        entryPrice: decimal("58220.5"),
        markPrice: decimal("49250"),
        notionalUsd: decimal("1546450"),
        unrealisedUsd: decimal("-281673.7"),
        maintenanceMarginUsd: decimal("15464.5"),
        liquidationPrice: ratio === null ? null : decimal("47674"),
        delta: decimal("31.4"),
      },
    ],
    openOrders: [],
    at: now,
  };
  await db
    .insert(accountStates)
    .values({ account, state, at: now })
    .onConflictDoUpdate({ target: accountStates.account, set: { state, at: now } });
  if (ratio === null) return;
  const end = Number(ratio);
  await db.insert(accountPoints).values(
    Array.from({ length: points }, (_, index) => {
      const share = index / points;
      const fall = share < 0.6 ? 0.35 + 0.05 * Math.sin(index / 9) : 0.38 + (end - 0.38) * ((share - 0.6) / 0.4) ** 1.4;
      return {
        account,
        at: new Date(now.getTime() - (points - index) * 7_500),
        equityUsd: String(2_400_000 - Math.round(share * 900_000)),
        marginRatio: fall.toFixed(4),
        markPrice: (
          59_000 -
          9_700 * (share < 0.6 ? 0.1 * share : (share - 0.6) / 0.4) +
          120 * Math.sin(index / 5)
        ).toFixed(1),
      };
    }),
  );
}

/** Freezes one scope. */
export const seedFreeze = (db: Db, scope: string, state: "reducing" | "halted", reason: string) =>
  db.insert(tradingStates).values({ scope, state, setBy: "person:ana", reason });

/** Writes `count` ledger entries, chained only by name. */
export async function seedLedger(db: Db, count: number, at: Date): Promise<void> {
  await db.insert(ledger).values(
    Array.from({ length: count }, (_, index) => ({
      seq: index + 1,
      at,
      actor: index % 3 === 0 ? "person:ana" : "playbook:margin-breach@1",
      type: index % 3 === 0 ? "approval.voted" : "plan.proposed",
      object: "INC-1",
      body: canonical({ incident: "INC-1", note: `entry ${index + 1}` }),
      prev: sha256(String(index)),
      hash: sha256(String(index + 1)),
    })),
  );
}

/** Writes two alerts of one condition: the first reached the incident, the second was stopped as its duplicate. */
export async function seedAlerts(db: Db, incident: string, at: Date): Promise<void> {
  const alert = {
    source: "account-monitor",
    trust: "internal" as const,
    kind: "margin.ratio",
    status: "firing" as const,
    severity: "critical" as const,
    title: "Margin ratio of paper-a is 83.1 %, limit 80 %",
    labels: { account: "paper-a" },
    values: { marginRatio: "0.831" },
    fingerprint: "f-1",
    at,
    receivedAt: at,
  };
  await db.insert(alerts).values([
    { ...alert, incidentId: incident },
    { ...alert, stop: "duplicate", stoppedBy: "alert 1" },
  ]);
}

/** Writes the two orders of a plan as sent: one filled, one whose outcome is unknown. */
export async function seedOrders(db: Db, hash: string, incident: string): Promise<void> {
  const common = {
    planHash: hash,
    incidentId: incident,
    venue: "paper",
    account: "paper-a",
    timeInForce: "IOC",
    reduceOnly: true,
    referencePrice: "49250",
  };
  await db.insert(orders).values([
    {
      ...common,
      clientOrderId: "bw-paper-a-0",
      leg: 0,
      symbol: "BTC/USDT:USDT",
      side: "sell",
      quantity: "12.5",
      limitPrice: "49000.5",
      notionalUsd: "612506.25",
      state: "filled",
      filledQuantity: "12.5",
      averagePrice: "49180.2",
    },
    {
      ...common,
      clientOrderId: "bw-paper-a-1",
      leg: 1,
      symbol: "ETH/USDT:USDT",
      side: "buy",
      quantity: "180",
      limitPrice: "3402.75",
      notionalUsd: "612495",
      state: "unknown",
    },
  ]);
}

/** Writes hits of a detector, one every ten minutes back from `at`, on the incident; the last one is judged. */
export async function seedHits(db: Db, detector: string, incident: string, at: Date, count = 40): Promise<void> {
  await db.insert(alerts).values(
    Array.from({ length: count }, (_, back) => count - 1 - back).map((back) => {
      const moment = new Date(at.getTime() - back * 600_000);
      const score = 0.5 + ((back * 7) % 48) / 100;
      return {
        source: `detector:${detector}`,
        trust: "internal" as const,
        kind: `market.${detector}`,
        status: "firing" as const,
        severity: score >= 0.8 ? ("critical" as const) : score >= 0.65 ? ("high" as const) : ("medium" as const),
        title: `${7 + back} large bids of BTC/USDT:USDT were pulled before they could trade`,
        labels: { detector, venue: "binanceusdm", instrument: "BTC/USDT:USDT" },
        values: { score: score.toFixed(2) },
        fingerprint: `hit-${back}`,
        incidentId: incident,
        at: moment,
        receivedAt: moment,
      };
    }),
  );
  await db.insert(detectorLabels).values({ incidentId: incident, detector, label: "useful", person: "ana", at });
}
