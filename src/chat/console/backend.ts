import type { Severity } from "../../kernel/alert.ts";
import type { Card } from "../card.ts";
import type { Chart } from "../picture/chart.ts";

/** The signed-in person of one request. */
export interface Viewer {
  readonly person: string;
  readonly name: string;
  readonly roles: readonly string[];
  /** False for people who may only look: their cards carry no buttons. */
  readonly mayAct: boolean;
}

/** A session as it begins: the cookie's value is shown this once and kept only as its hash. */
export interface Session {
  readonly cookie: string;
  readonly viewer: Viewer;
  readonly expiresAt: Date;
}

export type TradingState = "active" | "reducing" | "halted";

/** One labelled dot of the header. `unknown` is a state of its own, never drawn as good. */
export interface Dot {
  readonly name: string;
  readonly state: "up" | "degraded" | "down" | "unknown";
  readonly detail: string;
}

/** What every page shows above its content. Times are ISO, UTC. */
export interface HeaderView {
  /** The whole desk's state; `freezes` counts the narrower scopes that are not active. */
  readonly trading: { readonly state: TradingState; readonly detail: string; readonly freezes: number };
  readonly dots: readonly Dot[];
  /** Names; null where nobody is on call, or no rota is configured. */
  readonly onCall: string | null;
  readonly openIncidents: number;
  readonly pendingApprovals: number;
}

/** One line of the incident list. */
export interface IncidentRow {
  readonly incident: string;
  readonly severity: Severity;
  readonly status: Card["status"];
  readonly title: string;
  readonly account: string | null;
  readonly owner: string | null;
  readonly outcome: string | null;
  readonly alertCount: number;
  readonly version: number;
  /** A plan of this incident waits for people. */
  readonly deciding: boolean;
  readonly openedAt: string;
}

/** Which incidents a list shows; all of it optional. */
export interface IncidentFilter {
  readonly status?: "unresolved" | "resolved" | "all";
  /** Words that must occur in number, title, kind or labels. */
  readonly text?: string;
  /** At most this many, 500 where left out. */
  readonly limit?: number;
}

/** One line of an incident's timeline. */
export interface TimelineRow {
  readonly id: number;
  readonly at: string;
  readonly actor: string;
  readonly type: string;
  readonly text: string;
  /** Number of the ledger entry that proves it, where the event names one. */
  readonly ledger: number | null;
}

/** One measured duration of an incident: "time to card", 12. */
export interface DurationRow {
  readonly label: string;
  readonly ms: number;
}

/** What the incident page shows beside the card. */
export interface IncidentDetail {
  readonly card: Card;
  readonly timeline: readonly TimelineRow[];
  readonly durations: readonly DurationRow[];
  readonly account: string | null;
}

/** One alert as it came, and what became of it. */
export interface AlertRow {
  readonly id: number;
  readonly at: string;
  readonly source: string;
  readonly trust: string;
  readonly kind: string;
  readonly status: "firing" | "resolved";
  readonly severity: Severity;
  readonly title: string;
  /** The incident it reached; null where it was stopped. */
  readonly incident: string | null;
  /** Why it went no further, the same word as in the ledger and in metrics, and what stopped it. */
  readonly stop: string | null;
  readonly stoppedBy: string | null;
}

/** One account in the right column and on its page; decimals as text. */
export interface AccountRow {
  readonly account: string;
  readonly venue: string;
  readonly environment: "paper" | "live";
  readonly equityUsd: string | null;
  readonly maintenanceMarginUsd: string | null;
  /** Maintenance margin / equity: at 1 the venue liquidates. */
  readonly marginRatio: string | null;
  /** The position that is nearest to its liquidation price: |mark - liquidation| / mark. */
  readonly nearest: { readonly symbol: string; readonly distanceRatio: string; readonly price: string } | null;
  readonly positions: readonly PositionRow[];
  readonly openOrders: number | null;
  readonly trading: TradingState;
  /** How the venue's dead-man switch stands, in words; null where the account has none. */
  readonly deadMan: string | null;
  /** Time of the figures; null where none ever came. */
  readonly at: string | null;
}

/** One open position. */
export interface PositionRow {
  readonly symbol: string;
  readonly quantity: string;
  readonly entryPrice: string;
  readonly markPrice: string;
  readonly notionalUsd: string;
  readonly unrealisedUsd: string;
  readonly liquidationPrice: string | null;
  /** Place in the venue's auto-deleveraging queue, 0 to 1, 1 is next; null where the venue does not tell it. */
  readonly adlRankRatio: string | null;
}

/** Points of an account's chart, oldest first. */
export interface AccountSeries {
  readonly account: string;
  readonly points: readonly AccountPoint[];
  /** Lines drawn across the margin ratio. */
  readonly thresholds: readonly { readonly label: string; readonly ratio: string }[];
}

/** One point of the chart. */
export interface AccountPoint {
  readonly at: string;
  readonly equityUsd: string;
  readonly marginRatio: string | null;
  readonly markPrice: string | null;
}

/** A plan that waits, or waited, for people. */
export interface ApprovalRow {
  readonly planHash: string;
  readonly words: string;
  readonly incident: string | null;
  readonly title: string;
  readonly action: string;
  readonly account: string;
  readonly notionalUsd: string;
  readonly requestedBy: string;
  readonly needed: number;
  readonly given: number;
  readonly roles: readonly string[];
  readonly state: "pending" | "approved" | "denied" | "expired";
  /** The viewer's role may decide it, and this person has neither asked for it nor voted. */
  readonly mine: boolean;
  readonly openedAt: string;
  readonly expiresAt: string;
}

/** A freeze that holds. */
export interface FreezeRow {
  readonly scope: string;
  readonly state: TradingState;
  readonly setBy: string;
  readonly reason: string;
  readonly setAt: string;
}

/** One order of ours. */
export interface OrderLine {
  readonly clientOrderId: string;
  readonly incident: string | null;
  readonly venue: string;
  readonly account: string;
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly quantity: string;
  readonly filledQuantity: string;
  readonly limitPrice: string;
  readonly averagePrice: string | null;
  readonly notionalUsd: string;
  readonly reduceOnly: boolean;
  readonly state: string;
  readonly reason: string | null;
  readonly at: string;
}

/** A playbook that is installed. */
export interface PlaybookRow {
  readonly name: string;
  readonly version: number;
  readonly title: string;
  readonly on: string;
  readonly needs: readonly string[];
  /** Whether the rules in force let it run. */
  readonly enabled: boolean;
}

/** One run of a playbook. */
export interface RunRow {
  readonly run: string;
  readonly playbook: string;
  readonly version: number;
  readonly incident: string;
  readonly state: string;
  readonly outcome: string | null;
  readonly step: string | null;
  readonly requestedBy: string;
  readonly createdAt: string;
  readonly endedAt: string | null;
}

/** One instrument at one venue, as the desk sees it now. Prices are text as they are shown; null where none was heard. */
export interface MarketRow {
  readonly venue: string;
  readonly instrument: string;
  readonly bid: string | null;
  readonly ask: string | null;
  readonly last: string | null;
  readonly spreadBps: number | null;
  /** Mark price against the index. */
  readonly basisBps: number | null;
  /** What longs pay shorts, and for how many hours. */
  readonly funding: { readonly bps: number; readonly hours: number } | null;
  readonly heardAt: string;
  /** Silent for longer than its own habit explains. */
  readonly stale: boolean;
  /** Since the start. */
  readonly gaps: number;
  readonly crossed: number;
  readonly checksumsFailed: number;
  /** What a detector last said of it within a day. */
  readonly hit: {
    readonly detector: string;
    readonly severity: Severity;
    readonly at: string;
    readonly incident: string | null;
  } | null;
}

/** One setting of a detector. */
export interface DetectorParam {
  readonly name: string;
  readonly value: number;
  readonly usual: number;
  readonly unit: string;
  readonly about: string;
}

/** One thing a detector said. */
export interface DetectorHit {
  readonly at: string;
  readonly status: "firing" | "resolved";
  readonly severity: Severity;
  readonly venue: string;
  readonly instrument: string;
  readonly title: string;
  /** 0..1; null where it was not told. */
  readonly score: number | null;
  readonly incident: string | null;
}

/** What a person said of an incident the detector raised. */
export interface DetectorLabelRow {
  readonly incident: string;
  readonly title: string;
  readonly label: string;
  readonly person: string;
  readonly at: string;
}

/** Everything about one detector. */
export interface DetectorDetail extends DetectorRow {
  readonly alert: string;
  readonly scope: string;
  readonly source: string;
  readonly settings: readonly DetectorParam[];
  /** The newest, newest first. */
  readonly recent: readonly DetectorHit[];
  /** Score and severity of every hit of the last week, oldest first. */
  readonly scores: readonly { readonly at: string; readonly score: number }[];
  readonly labels: readonly DetectorLabelRow[];
}

/** A detector that is installed, with what it lately saw. */
export interface DetectorRow {
  readonly name: string;
  readonly title: string;
  readonly stream: string;
  readonly params: string;
  readonly hits: number;
  readonly lastHitAt: string | null;
  /** Incidents of it that people judged: how many, how many were real, and how many of those were good to know. */
  readonly judged: { readonly all: number; readonly right: number; readonly useful: number };
}

/** One entry of the ledger. */
interface LedgerRow {
  readonly seq: number;
  readonly at: string;
  readonly actor: string;
  readonly type: string;
  readonly object: string;
  readonly body: string;
  readonly hash: string;
}

/** Entries below a number, newest first, and where the next page begins. */
export interface LedgerPage {
  readonly entries: readonly LedgerRow[];
  readonly size: number;
  readonly next: number | null;
}

/** What verifying said, in one sentence. */
export interface LedgerVerdict {
  readonly ok: boolean;
  readonly text: string;
  readonly firstBad: number | null;
}

/** One person of the desk. */
export interface PersonRow {
  readonly person: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly links: readonly string[];
  readonly onCall: boolean;
}

/** A table of settings or rules, as they are in force; secrets are never among them. */
export interface SettingsView {
  readonly groups: readonly {
    readonly title: string;
    readonly rows: readonly { readonly label: string; readonly value: string }[];
  }[];
}

/** A playbook's dry run: what each step would do, nothing sent. */
export interface DryRun {
  readonly ok: boolean;
  readonly text: string;
  readonly steps: readonly { readonly name: string; readonly note: string }[];
}

/** Charts of the desk, of one account or of one coin's volatility, as they were last read. */
export interface RiskPart {
  /** "desk", "account-paper-a", "asset-BTC"; unique, names it in addresses. */
  readonly key: string;
  readonly title: string;
  /** When it was read; null where it never could be. */
  readonly at: string | null;
  readonly charts: readonly Chart[];
  /** What was left out, and why the newest figures are missing where they are; a sentence each. */
  readonly notes: readonly string[];
}

/** What the Risk page draws. */
export interface RiskView {
  /** No newer figures are there before this many ms. */
  readonly everyMs: number;
  readonly parts: readonly RiskPart[];
}

/** A recording that can be, or was, replayed. */
export interface ReplayRow {
  /** Names it in addresses. */
  readonly id: string;
  readonly name: string;
  readonly bytes: number;
  /** What replaying it said; null where nobody did lately. */
  readonly outcome: string | null;
}

/** How far opening a recording is; `view` is JSON text for the page's script. */
export type ReplayState =
  | { readonly state: "reading"; readonly events: number; readonly at: string | null }
  | { readonly state: "failed"; readonly reason: string }
  | { readonly state: "ready"; readonly view: string };

/**
 * All that the console reads, written where it is used; `views/` answers it from the database. Nothing here decides
 * anything: clicks and commands leave through `Inbound`.
 */
export interface ConsoleBackend {
  /** Redeems a one-time token; null where it is unknown, used or too old. */
  redeem(token: string): Promise<Session | null>;
  viewer(cookie: string): Promise<Viewer | null>;
  signOut(cookie: string): Promise<void>;
  header(): Promise<HeaderView>;
  incidents(filter: IncidentFilter): Promise<readonly IncidentRow[]>;
  incidentRows(ids: readonly string[]): Promise<readonly IncidentRow[]>;
  cards(ids: readonly string[]): Promise<ReadonlyMap<string, Card>>;
  /** Null where there is no such incident. */
  incident(id: string): Promise<IncidentDetail | null>;
  /** The newest alerts, also those that were stopped. */
  alerts(limit: number): Promise<readonly AlertRow[]>;
  accounts(): Promise<readonly AccountRow[]>;
  series(account: string, sinceMs: number): Promise<AccountSeries>;
  freezes(): Promise<readonly FreezeRow[]>;
  approvals(viewer: Viewer, state: "pending" | "all"): Promise<readonly ApprovalRow[]>;
  orders(limit: number): Promise<readonly OrderLine[]>;
  playbooks(): Promise<readonly PlaybookRow[]>;
  runs(limit: number): Promise<readonly RunRow[]>;
  dryRun(playbook: string, input: Readonly<Record<string, string>>): Promise<DryRun>;
  /** What the desk sees of the market, by instrument and venue. */
  market(): Promise<readonly MarketRow[]>;
  /** Charts of the books as they stand; read once for everybody who looks, and as seldom as `everyMs` says. */
  risk(): Promise<RiskView>;
  detectors(): Promise<readonly DetectorRow[]>;
  /** Null where no such detector is on. */
  detector(name: string): Promise<DetectorDetail | null>;
  replays(): Promise<readonly ReplayRow[]>;
  /** Begins to replay a recording where that was not done; null where there is none of that id. */
  replay(id: string): Promise<ReplayState | null>;
  ledger(before: number | null, limit: number): Promise<LedgerPage>;
  verifyLedger(): Promise<LedgerVerdict>;
  /** The inclusion proof of one entry as JSON text; null where there is none. */
  proof(seq: number): Promise<string | null>;
  people(): Promise<readonly PersonRow[]>;
  settings(): Promise<SettingsView>;
}
