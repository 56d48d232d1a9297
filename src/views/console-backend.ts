import { asc } from "drizzle-orm";
import type { Card } from "../chat/card.ts";
import type { AccountSeries } from "../chat/console/rows/accounts.ts";
import type { ConsoleBackend } from "../chat/console/backend.ts";
import type { DetectorDetail } from "../chat/console/rows/detectors.ts";
import type { Dot } from "../chat/console/header.ts";
import type { DryRun, PlaybookRow } from "../chat/console/rows/playbooks.ts";
import type { IncidentDetail } from "../chat/console/rows/incidents.ts";
import type { LedgerVerdict } from "../chat/console/rows/ledger.ts";
import type { MarketRow } from "../chat/console/rows/market.ts";
import type { PersonRow, SettingsView } from "../chat/console/rows/people.ts";
import type { ReplayRow, ReplayState } from "../chat/console/rows/replay.ts";
import type { RiskView } from "../chat/console/rows/risk.ts";
import type { Db } from "../db/client.ts";
import { links } from "../db/schema.ts";
import type { Account } from "../kernel/account.ts";
import type { Clock } from "../kernel/clock.ts";
import { listAccounts, listFreezes, pointsOf } from "./accounts.ts";
import { countOpen, listAlerts, listOrders, listRuns } from "./activity.ts";
import { listApprovals } from "./approvals.ts";
import { type LastHits, detectorHits, detectorJudgements, detectorStory, lastHits } from "./detectors.ts";
import { accountOf, actorName, incidentRows, listIncidents, timelineOf } from "./incidents.ts";
import { ledgerPageOf } from "./ledger-pages.ts";
import { type FindViewer, endSession, redeemSignIn, viewerOf } from "./sessions.ts";

/** A person as desk.yaml names them. */
interface DeskPerson {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
}

/** Roles that carry no deed: who holds no other may look. */
const LOOKING: ReadonlySet<string> = new Set(["viewer", "requester"]);

/** Finds the people of a desk; who may act at all is shown the buttons, and each deed asks for its own roles. */
export const findViewer =
  (
    people: () => readonly DeskPerson[],
    mayAct = (roles: readonly string[]) => roles.some((role) => !LOOKING.has(role)),
  ): FindViewer =>
  (person) => {
    const found = people().find((one) => one.id === person);
    return found ? { person: found.id, name: found.name, roles: found.roles, mayAct: mayAct(found.roles) } : null;
  };

/** What a detector is, without what the rows say of it. */
export type DetectorHead = Pick<
  DetectorDetail,
  "name" | "title" | "stream" | "params" | "alert" | "scope" | "source" | "settings"
>;

/** What the rows do not say; each function is the owner's of that knowledge. */
export interface BackendParts {
  readonly db: Db;
  /** The connection for what is drawn again and again. */
  readonly drawing: Db;
  readonly clock: Clock;
  readonly people: () => readonly DeskPerson[];
  /** Whether roles carry the right to act at all; any but viewer and requester where left out. Each deed asks anyway. */
  readonly mayAct?: (roles: readonly string[]) => boolean;
  readonly accounts: readonly Account[];
  /** How an account's dead-man switch stands, in words; null where it has none. */
  readonly deadMan: (account: string) => string | null;
  readonly cards: (ids: readonly string[]) => Promise<ReadonlyMap<string, Card>>;
  /** Milliseconds by name, "time to card". */
  readonly durations: (incident: string) => Promise<Readonly<Partial<Record<string, number>>>>;
  readonly dots: () => Promise<readonly Dot[]> | readonly Dot[];
  /** Ids of everyone who is on call now. */
  readonly onCall: () => readonly string[];
  readonly thresholds: AccountSeries["thresholds"];
  readonly playbooks: () => readonly PlaybookRow[];
  readonly market: (hits: LastHits) => readonly MarketRow[];
  readonly risk: () => Promise<RiskView>;
  readonly detectors: () => readonly DetectorHead[];
  readonly settings: () => SettingsView;
  readonly dryRun: (playbook: string, input: Readonly<Record<string, string>>) => Promise<DryRun>;
  readonly verifyLedger: () => Promise<LedgerVerdict>;
  readonly proof: (seq: number) => Promise<string | null>;
  readonly recordings: {
    list(): Promise<readonly ReplayRow[]>;
    open(id: string): Promise<ReplayState | null>;
  };
}

/** Answers everything the console asks from the database and the parts given. */
export function openBackend(parts: BackendParts): ConsoleBackend {
  const { db, clock } = parts;
  const nameOf = (person: string): string => parts.people().find((one) => one.id === person)?.name ?? person;
  const actor = (text: string): string => actorName(text, nameOf);
  const find = findViewer(parts.people, parts.mayAct);
  const freezes = () => listFreezes(db, actor);

  return {
    redeem: (token) => redeemSignIn(db, token, find),
    viewer: (cookie) => viewerOf(db, cookie, find),
    signOut: (cookie) => endSession(db, cookie),
    async header() {
      const [counts, holding, dots] = await Promise.all([countOpen(db), freezes(), parts.dots()]);
      const firm = holding.find((one) => one.scope === "firm");
      const narrower = holding.filter((one) => one.scope !== "firm");
      const detail = holding.map((one) => `${one.scope} ${one.state}: ${one.reason}`).join("; ");
      return {
        trading: { state: firm?.state ?? "active", detail: detail || "No freeze holds", freezes: narrower.length },
        dots,
        onCall: parts.onCall().map(nameOf).join(", ") || null,
        ...counts,
      };
    },
    incidents: (filter) => listIncidents(db, filter),
    incidentRows: (ids) => incidentRows(parts.drawing, ids),
    cards: (ids) => parts.cards(ids),
    async incident(id): Promise<IncidentDetail | null> {
      const [cards, timeline, durations, account] = await Promise.all([
        parts.cards([id]),
        timelineOf(db, id, nameOf),
        parts.durations(id),
        accountOf(db, id),
      ]);
      const card = cards.get(id);
      if (!card) return null;
      const rows = Object.entries(durations).flatMap(([label, ms]) => (ms === undefined ? [] : [{ label, ms }]));
      return { card, timeline, durations: rows, account };
    },
    alerts: (limit) => listAlerts(db, limit),
    accounts: async () => listAccounts(db, parts, await freezes()),
    async series(account, sinceMs) {
      const since = new Date(sinceMs < 0 ? clock.now().getTime() + sinceMs : sinceMs);
      return { account, points: await pointsOf(db, account, since), thresholds: parts.thresholds };
    },
    freezes,
    approvals: (viewer, state) => listApprovals(db, viewer, state, nameOf),
    orders: (limit) => listOrders(db, limit),
    playbooks: async () => parts.playbooks(),
    runs: (limit) => listRuns(db, limit, nameOf),
    dryRun: (playbook, input) => parts.dryRun(playbook, input),
    market: async () => parts.market(await lastHits(db)),
    risk: () => parts.risk(),
    async detectors() {
      const [hits, judged] = await Promise.all([detectorHits(db), detectorJudgements(db)]);
      return parts.detectors().map((one) => ({
        ...one,
        ...(hits.get(one.name) ?? { hits: 0, lastHitAt: null }),
        judged: judged.get(one.name) ?? { all: 0, right: 0, useful: 0 },
      }));
    },
    async detector(name) {
      const head = parts.detectors().find((one) => one.name === name);
      if (!head) return null;
      const [hits, judged, story] = await Promise.all([
        detectorHits(db),
        detectorJudgements(db),
        detectorStory(db, name, nameOf),
      ]);
      return {
        ...head,
        ...(hits.get(name) ?? { hits: 0, lastHitAt: null }),
        judged: judged.get(name) ?? { all: 0, right: 0, useful: 0 },
        ...story,
      };
    },
    replays: () => parts.recordings.list(),
    replay: (id) => parts.recordings.open(id),
    ledger: (before, limit) => ledgerPageOf(db, before, limit),
    verifyLedger: () => parts.verifyLedger(),
    proof: (seq) => parts.proof(seq),
    async people(): Promise<readonly PersonRow[]> {
      const linked = await db.select().from(links).orderBy(asc(links.person));
      const onCall = parts.onCall();
      return parts.people().map((one) => ({
        person: one.id,
        name: one.name,
        roles: one.roles,
        links: linked.filter((link) => link.person === one.id).map((link) => `${link.surface} ${link.user}`),
        onCall: onCall.includes(one.id),
      }));
    },
    settings: async () => parts.settings(),
  };
}
