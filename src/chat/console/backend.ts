import type { Card } from "../card.ts";
import type { AccountRow, AccountSeries, FreezeRow } from "./rows/accounts.ts";
import type { DetectorRow, DetectorDetail } from "./rows/detectors.ts";
import type { HeaderView } from "./header.ts";
import type { IncidentRow, IncidentFilter, IncidentDetail, AlertRow } from "./rows/incidents.ts";
import type { LedgerPage, LedgerVerdict } from "./rows/ledger.ts";
import type { MarketRow } from "./rows/market.ts";
import type { PersonRow, SettingsView } from "./rows/people.ts";
import type { ApprovalRow, OrderLine } from "./rows/plans.ts";
import type { PlaybookRow, RunRow, DryRun } from "./rows/playbooks.ts";
import type { ReplayRow, ReplayState } from "./rows/replay.ts";
import type { RiskView } from "./rows/risk.ts";
import type { Viewer, Session } from "./viewer.ts";

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
