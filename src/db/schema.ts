import { sql } from "drizzle-orm";
import {
  bigint,
  bigserial,
  boolean,
  index,
  integer,
  jsonb,
  numeric,
  pgSchema,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import type { AccountState } from "../kernel/account.ts";
import type { Severity, Stop, TrustClass } from "../kernel/alert.ts";
import type { Json } from "../kernel/canonical.ts";
import type { ActionName, Plan } from "../kernel/plan.ts";
import type { OrderState } from "../kernel/order.ts";

/** Everything of ours lives in one schema beside the engine's `dbos`, so that a deed and its hand-over commit together. */
export const breakwater = pgSchema("breakwater");

const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: "date" });
const now = sql`now()`;

/** Every alert that was ever taken, also the stopped ones: storms cost rows, never workflows. */
export const alerts = breakwater.table(
  "alerts",
  {
    id: bigserial("id", { mode: "number" }).primaryKey(),
    source: text("source").notNull(),
    trust: text("trust").$type<TrustClass>().notNull(),
    kind: text("kind").notNull(),
    status: text("status").$type<"firing" | "resolved">().notNull(),
    severity: text("severity").$type<Severity>().notNull(),
    title: text("title").notNull(),
    summary: text("summary"),
    labels: jsonb("labels").$type<Record<string, string>>().notNull(),
    values: jsonb("values").$type<Record<string, string>>().notNull(),
    fingerprint: text("fingerprint").notNull(),
    /** Why it went no further; null where it reached an incident. */
    stop: text("stop").$type<Stop>(),
    /** What stopped it: the silence's id, the inhibiting incident, the first alert. */
    stoppedBy: text("stopped_by"),
    incidentId: text("incident_id"),
    at: moment("at").notNull(),
    receivedAt: moment("received_at").notNull().default(now),
  },
  (t) => [
    index("alerts_incident").on(t.incidentId),
    index("alerts_received").on(t.receivedAt),
    // What was last said about a condition: the one question that every new alert asks. Stopped ones said nothing new.
    index("alerts_condition")
      .on(t.fingerprint, t.id)
      .where(sql`stop is null or stop = 'resolved'`),
  ],
);

/** Deliveries taken before, by digest of what makes them unique: a replay dies here. */
export const deliveries = breakwater.table(
  "deliveries",
  {
    key: text("key").primaryKey(),
    source: text("source").notNull(),
    alertIds: jsonb("alert_ids").$type<number[]>().notNull(),
    receivedAt: moment("received_at").notNull().default(now),
  },
  (t) => [index("deliveries_received").on(t.receivedAt)],
);

/** What a detector's incident turned out to be: there was something, there was nothing, and it helped to know. */
export const DETECTOR_LABELS = ["true", "false", "useful"] as const;
export type DetectorLabel = (typeof DETECTOR_LABELS)[number];

/** One field test of a silence or inhibition; fixed operators, never patterns from outside. */
export interface Matcher {
  readonly field: string;
  readonly op: "equals" | "not" | "in" | "prefix";
  readonly value: string | readonly string[];
}

/** Alerts that match are kept but open nothing until `untilAt`. */
export const silences = breakwater.table("silences", {
  id: bigserial("id", { mode: "number" }).primaryKey(),
  matchers: jsonb("matchers").$type<Matcher[]>().notNull(),
  reason: text("reason").notNull(),
  createdBy: text("created_by").notNull(),
  createdAt: moment("created_at").notNull().default(now),
  untilAt: moment("until_at").notNull(),
});

export const incidents = breakwater.table(
  "incidents",
  {
    /** "INC-7". */
    id: text("id").primaryKey(),
    seq: bigserial("seq", { mode: "number" }).notNull(),
    /** What alerts of one incident share; at most one unresolved incident a key. */
    correlationKey: text("correlation_key").notNull(),
    kind: text("kind").notNull(),
    severity: text("severity").$type<Severity>().notNull(),
    status: text("status").$type<"open" | "acknowledged" | "resolved">().notNull().default("open"),
    trust: text("trust").$type<TrustClass>().notNull(),
    /** The source of its first alert; null where a person or the program opened it. */
    source: text("source"),
    title: text("title").notNull(),
    summary: text("summary"),
    labels: jsonb("labels").$type<Record<string, string>>().notNull(),
    values: jsonb("values").$type<Record<string, string>>().notNull(),
    owner: text("owner"),
    alertCount: integer("alert_count").notNull().default(1),
    /** How many of its conditions still hold by their sources' word; at 0 the sources say that it is over. */
    firingCount: integer("firing_count").notNull().default(0),
    /** Grows with every change of anything the card shows. */
    version: integer("version").notNull().default(1),
    outcome: text("outcome"),
    /** MAC over kind, trust, source and severity; the playbooks' plans are judged by them. */
    seal: text("seal").notNull().default(""),
    openedAt: moment("opened_at").notNull().default(now),
    lastAlertAt: moment("last_alert_at").notNull().default(now),
    resolvedAt: moment("resolved_at"),
  },
  (t) => [
    uniqueIndex("incidents_one_unresolved_per_key")
      .on(t.correlationKey)
      .where(sql`status <> 'resolved'`),
    index("incidents_status").on(t.status, t.openedAt),
  ],
);

/** The incident's timeline: typed, append-only; durations are two anchors in it. */
export const incidentEvents = breakwater.table(
  "incident_events",
  {
    id: bigserial("id", { mode: "number" }).primaryKey(),
    incidentId: text("incident_id").notNull(),
    type: text("type").notNull(),
    actor: text("actor").notNull(),
    text: text("text").notNull(),
    data: jsonb("data").$type<Record<string, Json>>().notNull().default({}),
    at: moment("at").notNull().default(now),
  },
  (t) => [index("incident_events_incident").on(t.incidentId, t.id)],
);

export type RunState = "ready" | "running" | "done" | "failed" | "cancelled" | "orphaned";

/** One playbook run; its id is the workflow's. Written with the alert, started right after the commit. */
export const runs = breakwater.table(
  "runs",
  {
    id: text("id").primaryKey(),
    playbook: text("playbook").notNull(),
    version: integer("version").notNull(),
    incidentId: text("incident_id").notNull(),
    requestedBy: text("requested_by").notNull(),
    trust: text("trust").$type<TrustClass>().notNull(),
    input: jsonb("input").$type<Record<string, Json>>().notNull(),
    /** MAC over all of the above, written once: who started it, and how far that is believed. */
    seal: text("seal").notNull().default(""),
    state: text("state").$type<RunState>().notNull().default("ready"),
    outcome: text("outcome"),
    /** Who asked the run to stop, and why; the run answers at its next step. */
    cancelRequestedBy: text("cancel_requested_by"),
    cancelReason: text("cancel_reason"),
    createdAt: moment("created_at").notNull().default(now),
    startedAt: moment("started_at"),
    endedAt: moment("ended_at"),
  },
  (t) => [index("runs_state").on(t.state), index("runs_incident").on(t.incidentId)],
);

/** What a run did, step by step; the name is the key, the card's line and the ledger's word. */
export const runSteps = breakwater.table(
  "run_steps",
  {
    runId: text("run_id").notNull(),
    name: text("name").notNull(),
    position: integer("position").notNull(),
    state: text("state").$type<"running" | "waiting" | "done" | "failed" | "skipped">().notNull(),
    note: text("note"),
    startedAt: moment("started_at").notNull().default(now),
    endedAt: moment("ended_at"),
  },
  (t) => [primaryKey({ columns: [t.runId, t.name] })],
);

export type PlanState = "proposed" | "approved" | "denied" | "expired" | "claimed" | "applied" | "failed";

/** Plans by the SHA-256 of their canonical bytes; the bytes are kept as they were hashed. */
export const plans = breakwater.table(
  "plans",
  {
    hash: text("hash").primaryKey(),
    canonical: text("canonical").notNull(),
    plan: jsonb("plan").$type<Plan>().notNull(),
    action: text("action").$type<ActionName>().notNull(),
    account: text("account").notNull(),
    incidentId: text("incident_id"),
    runId: text("run_id"),
    requestedBy: text("requested_by").notNull(),
    state: text("state").$type<PlanState>().notNull().default("proposed"),
    /** The policy's decision with its trace, as it stood when the plan was proposed. */
    decision: jsonb("decision").$type<Record<string, Json>>().notNull(),
    /** MAC over the columns that the hash does not cover, under a key that the database never sees. */
    seal: text("seal").notNull().default(""),
    createdAt: moment("created_at").notNull().default(now),
    expiresAt: moment("expires_at").notNull(),
    claimedAt: moment("claimed_at"),
    endedAt: moment("ended_at"),
  },
  (t) => [index("plans_incident").on(t.incidentId), index("plans_account").on(t.account, t.createdAt)],
);

/** A question put to people: who must consent to which plan until when. */
export const approvals = breakwater.table("approvals", {
  /** SHA-256 of what is asked: a plan's, or a policy draft's. */
  planHash: text("plan_hash").primaryKey(),
  subject: text("subject").$type<"plan" | "policy">().notNull().default("plan"),
  requestedBy: text("requested_by").notNull().default(""),
  runId: text("run_id"),
  /** All of them must be met; `needed` and `roles` are their summary for people. */
  quorums: jsonb("quorums").$type<Record<string, Json>[]>().notNull().default([]),
  needed: integer("needed").notNull(),
  roles: jsonb("roles").$type<string[]>().notNull(),
  stepUp: boolean("step_up").notNull().default(false),
  policyVersion: text("policy_version").notNull(),
  state: text("state").$type<"pending" | "approved" | "denied" | "expired">().notNull().default("pending"),
  openedAt: moment("opened_at").notNull().default(now),
  expiresAt: moment("expires_at").notNull(),
  decidedAt: moment("decided_at"),
  seal: text("seal").notNull().default(""),
});

/** One person's word, once, whatever the surface; who approved may still deny while it is open. */
export const votes = breakwater.table(
  "votes",
  {
    planHash: text("plan_hash").notNull(),
    person: text("person").notNull(),
    decision: text("decision").$type<"approve" | "deny">().notNull(),
    roles: jsonb("roles").$type<string[]>().notNull(),
    surface: text("surface").notNull(),
    stepUp: boolean("step_up").notNull().default(false),
    reason: text("reason"),
    at: moment("at").notNull().default(now),
    seal: text("seal").notNull().default(""),
  },
  (t) => [primaryKey({ columns: [t.planHash, t.person, t.decision] })],
);

/** Every order the desk ever meant to send: the intent row stands before the send. */
export const orders = breakwater.table(
  "orders",
  {
    clientOrderId: text("client_order_id").primaryKey(),
    planHash: text("plan_hash").notNull(),
    leg: integer("leg").notNull(),
    incidentId: text("incident_id"),
    runId: text("run_id"),
    venue: text("venue").notNull(),
    account: text("account").notNull(),
    symbol: text("symbol").notNull(),
    side: text("side").$type<"buy" | "sell">().notNull(),
    quantity: numeric("quantity").notNull(),
    limitPrice: numeric("limit_price").notNull(),
    timeInForce: text("time_in_force").notNull(),
    reduceOnly: boolean("reduce_only").notNull(),
    notionalUsd: numeric("notional_usd").notNull(),
    referencePrice: numeric("reference_price").notNull(),
    state: text("state").$type<OrderState>().notNull().default("intent"),
    venueOrderId: text("venue_order_id"),
    filledQuantity: numeric("filled_quantity").notNull().default("0"),
    averagePrice: numeric("average_price"),
    feeUsd: numeric("fee_usd"),
    reason: text("reason"),
    intendedAt: moment("intended_at").notNull().default(now),
    sentAt: moment("sent_at"),
    endedAt: moment("ended_at"),
    /** Contracts of the instrument that the account held by its newest reading when the order was sent. */
    positionBefore: numeric("position_before"),
    /** Look-ups in which the venue said that it knows no such order, and when the last one was. */
    lookUps: integer("look_ups").notNull().default(0),
    lookedUpAt: moment("looked_up_at"),
    /** The plan by which people declared its outcome; null where the venue told it. */
    settledBy: text("settled_by"),
  },
  (t) => [
    uniqueIndex("orders_one_per_leg").on(t.planHash, t.leg),
    index("orders_state").on(t.state),
    index("orders_account").on(t.account, t.intendedAt),
    index("orders_intended").on(t.intendedAt),
    index("orders_settled")
      .on(t.endedAt)
      .where(sql`settled_by is not null`),
  ],
);

export type TradingStateName = "active" | "reducing" | "halted";

/** Freezes as lasting facts, by scope: "firm", "venue:paper", "account:paper-a". No row is `active`. */
export const tradingStates = breakwater.table("trading_states", {
  scope: text("scope").primaryKey(),
  state: text("state").$type<TradingStateName>().notNull(),
  setBy: text("set_by").notNull(),
  reason: text("reason").notNull(),
  setAt: moment("set_at").notNull().default(now),
  remindAt: moment("remind_at"),
});

/** The desk's evidence: append-only, chained by hash; triggers refuse every change. */
export const ledger = breakwater.table(
  "ledger",
  {
    seq: bigint("seq", { mode: "number" }).primaryKey(),
    at: moment("at").notNull(),
    actor: text("actor").notNull(),
    type: text("type").notNull(),
    object: text("object").notNull(),
    /** Canonical JSON of what happened, exactly the bytes that were hashed. */
    body: text("body").notNull(),
    prev: text("prev").notNull(),
    hash: text("hash").notNull(),
  },
  // Only the few deeds that the executor compares with rows: alerts by the thousand stay out of it.
  (t) => [
    index("ledger_control")
      .on(t.object, t.seq)
      .where(sql`type like 'plan.%' or type like 'vote.%' or type like 'approval.%' or type like 'trading.%'`),
    // A start asks what ran last: one entry a start, among a million others.
    index("ledger_builds")
      .on(t.seq)
      .where(sql`type = 'program.hashed'`),
    index("ledger_rules")
      .on(t.seq)
      .where(sql`type = 'policy.published'`),
  ],
);

/** Signed tree heads over the ledger; copies go outside the database. */
export const checkpoints = breakwater.table("checkpoints", {
  size: bigint("size", { mode: "number" }).primaryKey(),
  root: text("root").notNull(),
  /** The perfect subtrees' hashes, left to right: they hash to the signed root, and the next head grows from them. */
  peaks: jsonb("peaks").$type<string[]>().notNull().default([]),
  note: text("note").notNull(),
  at: moment("at").notNull().default(now),
});

/** The newest state of each account. */
export const accountStates = breakwater.table("account_states", {
  account: text("account").primaryKey(),
  state: jsonb("state").$type<AccountState>().notNull(),
  at: moment("at").notNull(),
  receivedAt: moment("received_at").notNull().default(now),
});

/** Points of the live charts. */
export const accountPoints = breakwater.table(
  "account_points",
  {
    account: text("account").notNull(),
    at: moment("at").notNull(),
    equityUsd: numeric("equity_usd").notNull(),
    marginRatio: numeric("margin_ratio"),
    /** Of the account's first position, which `markSymbol` names. */
    markPrice: numeric("mark_price"),
    markSymbol: text("mark_symbol"),
  },
  (t) => [primaryKey({ columns: [t.account, t.at] })],
);

/** Where each account's loss of a UTC day is counted from: its first reading of the day, and what was paid in and out since. */
export const accountDays = breakwater.table(
  "account_days",
  {
    account: text("account").notNull(),
    /** "2026-03-02". */
    day: text("day").notNull(),
    /** Equity at the day's first reading, and when that was. */
    equityUsd: numeric("equity_usd").notNull(),
    openedAt: moment("opened_at").notNull(),
    /** Net of everything paid in and out since then; null where it was not read yet or has no price. */
    transfersUsd: numeric("transfers_usd"),
    /** When transfers were read last, and what was lost at that moment; later readings may raise it, and not lower it. */
    transfersAt: moment("transfers_at"),
    lossUsd: numeric("loss_usd"),
  },
  (t) => [primaryKey({ columns: [t.account, t.day] })],
);

/** What each venue last said of the key that an account is reached with, so that a change between two starts is seen. */
export const keyReadings = breakwater.table("key_readings", {
  account: text("account").primaryKey(),
  rights: jsonb("rights")
    .$type<{
      withdraws: boolean | null;
      addressBound: boolean | null;
      rights: readonly string[] | null;
      addresses: readonly string[] | null;
      /** ISO time. */
      expiresAt: string | null;
      others: readonly string[] | null;
    }>()
    .notNull(),
  /** How many changes were told so far. */
  changes: integer("changes").notNull().default(0),
  at: moment("at").notNull(),
});

/** How far the log that a venue keeps of logins was read, and where logins came from so far, the latest last. */
export const accessLogs = breakwater.table("access_logs", {
  account: text("account").primaryKey(),
  lastEntry: bigint("last_entry", { mode: "number" }).notNull(),
  places: jsonb("places").$type<string[]>().notNull(),
});

/** Processes that are alive, by the database's clock. */
export const replicas = breakwater.table("replicas", {
  id: text("id").primaryKey(),
  beatAt: moment("beat_at").notNull().default(now),
});

/** Console sessions; the cookie's value itself is never stored. */
export const sessions = breakwater.table("sessions", {
  tokenHash: text("token_hash").primaryKey(),
  person: text("person").notNull(),
  createdAt: moment("created_at").notNull().default(now),
  expiresAt: moment("expires_at").notNull(),
});

/** Clicks, commands and modals, by delivery id, before they are acknowledged: redelivery dies here. */
export const inbox = breakwater.table(
  "inbox",
  {
    deliveryId: text("delivery_id").primaryKey(),
    surface: text("surface").notNull(),
    event: jsonb("event").$type<Record<string, Json>>().notNull(),
    reply: jsonb("reply").$type<Record<string, Json>>(),
    /** Renewed by the process that works on it; an old one is taken over. */
    claimedAt: moment("claimed_at").notNull().default(now),
    receivedAt: moment("received_at").notNull().default(now),
    doneAt: moment("done_at"),
  },
  (t) => [
    index("inbox_received").on(t.receivedAt),
    index("inbox_unfinished")
      .on(t.claimedAt)
      .where(sql`done_at is null`),
  ],
);

/** Cards standing on surfaces, and the version each shows. */
export const messages = breakwater.table(
  "messages",
  {
    incidentId: text("incident_id").notNull(),
    surface: text("surface").notNull(),
    channel: text("channel").notNull(),
    message: text("message"),
    shownVersion: integer("shown_version").notNull().default(0),
    /** The newest version that should be shown; updates in between are never sent. */
    wantedVersion: integer("wanted_version").notNull().default(1),
    /** 0 decisions, 1 new criticals, 2 updates, 3 digests. */
    priority: integer("priority").notNull().default(2),
    /** `refused`: this channel takes nothing from us; its fall-back has a row of its own. */
    state: text("state").$type<"open" | "refused">().notNull().default("open"),
    postKey: text("post_key").notNull(),
    /** Set before a post leaves: until it is known to stand it is looked up by its key, never sent again blindly. */
    postingAt: moment("posting_at"),
    /** Posted anew because somebody deleted the card: once. */
    reposts: integer("reposts").notNull().default(0),
    attempts: integer("attempts").notNull().default(0),
    nextAt: moment("next_at").notNull().default(now),
    lastError: text("last_error"),
  },
  (t) => [
    primaryKey({ columns: [t.incidentId, t.surface, t.channel] }),
    index("messages_due")
      .on(t.surface, t.priority, t.nextAt)
      .where(sql`state = 'open' and wanted_version > shown_version`),
  ],
);

/** Lines and pictures for the threads of cards. */
export const notes = breakwater.table(
  "notes",
  {
    id: bigserial("id", { mode: "number" }).primaryKey(),
    incidentId: text("incident_id").notNull(),
    surface: text("surface").notNull(),
    channel: text("channel").notNull(),
    text: text("text").notNull(),
    /** A PNG in base64, with the name of its file and what it shows in words. */
    picture: jsonb("picture").$type<{ name: string; alt: string; png: string }>(),
    sentAt: moment("sent_at"),
    attempts: integer("attempts").notNull().default(0),
    nextAt: moment("next_at").notNull().default(now),
    lastError: text("last_error"),
  },
  (t) => [
    index("notes_due")
      .on(t.surface, t.nextAt)
      .where(sql`sent_at is null`),
  ],
);

/** Chat accounts linked to people, by the platform's ids. */
export const links = breakwater.table(
  "links",
  {
    surface: text("surface").notNull(),
    space: text("space").notNull(),
    user: text("user_id").notNull(),
    person: text("person").notNull(),
    confirmedBy: text("confirmed_by").notNull(),
    at: moment("at").notNull().default(now),
  },
  (t) => [primaryKey({ columns: [t.surface, t.space, t.user] })],
);

/** Pages due or sent, by a stable dedupe key. */
export const pages = breakwater.table("pages", {
  dedupeKey: text("dedupe_key").primaryKey(),
  incidentId: text("incident_id"),
  target: text("target").notNull(),
  summary: text("summary").notNull(),
  severity: text("severity").$type<Severity>().notNull(),
  state: text("state").$type<"due" | "triggered" | "acknowledged" | "resolved" | "stopped" | "failed">().notNull(),
  /** What the pager was told last; told again until it knows the state. */
  told: text("told").$type<"none" | "triggered" | "acknowledged" | "resolved">().notNull().default("none"),
  /** Where the paged person finds more. */
  link: text("link"),
  dueAt: moment("due_at").notNull(),
  attempts: integer("attempts").notNull().default(0),
  nextAt: moment("next_at").notNull().default(now),
  lastError: text("last_error"),
});

/** Who holds which role since when, by the database's clock: a grant counts only for plans that are younger. */
export const roleGrants = breakwater.table(
  "role_grants",
  {
    person: text("person").notNull(),
    role: text("role").notNull(),
    grantedBy: text("granted_by").notNull(),
    grantedAt: moment("granted_at").notNull().default(now),
    revokedAt: moment("revoked_at"),
    seal: text("seal").notNull().default(""),
  },
  (t) => [primaryKey({ columns: [t.person, t.role, t.grantedAt] })],
);

/** The rules of the desk, version by version; the version is the SHA-256 of the canonical policy and people. */
export const policyVersions = breakwater.table(
  "policy_versions",
  {
    version: text("version").primaryKey(),
    canonical: text("canonical").notNull(),
    state: text("state").$type<"draft" | "published" | "retired" | "refused">().notNull(),
    /** Whether it allows nothing that its predecessor did not. */
    tightens: boolean("tightens").notNull(),
    proposedBy: text("proposed_by").notNull(),
    createdAt: moment("created_at").notNull().default(now),
    /** Not before this moment, whoever approved. */
    opensAt: moment("opens_at").notNull().default(now),
    publishedAt: moment("published_at"),
    /** Who put it in force last: "system" for desk.yaml, a person, or "service:rules" for people's consent. */
    publishedBy: text("published_by"),
    /** MAC over the version and when it was published: rules put in force by hand are no rules. */
    seal: text("seal").notNull().default(""),
  },
  (t) => [
    uniqueIndex("policy_versions_one_published")
      .on(t.state)
      .where(sql`state = 'published'`),
  ],
);

/** Changes of the rules that people asked for, by the SHA-256 of their bytes, which name the versions before and after. */
export const ruleChanges = breakwater.table(
  "rule_changes",
  {
    hash: text("hash").primaryKey(),
    canonical: text("canonical").notNull(),
    version: text("version").notNull(),
    fromVersion: text("from_version").notNull(),
    requestedBy: text("requested_by").notNull(),
    incidentId: text("incident_id"),
    state: text("state").$type<"waiting" | "published" | "refused" | "void">().notNull(),
    openedAt: moment("opened_at").notNull(),
    /** Not in force before this moment, whoever approved. */
    opensAt: moment("opens_at").notNull(),
    endedAt: moment("ended_at"),
  },
  (t) => [index("rule_changes_waiting").on(t.state)],
);

/** Passkeys; enrolment waits for a second person. */
export const passkeys = breakwater.table(
  "passkeys",
  {
    credentialId: text("credential_id").primaryKey(),
    person: text("person").notNull(),
    publicKey: text("public_key").notNull(),
    counter: bigint("counter", { mode: "number" }).notNull().default(0),
    transports: jsonb("transports").$type<string[]>().notNull().default([]),
    createdAt: moment("created_at").notNull().default(now),
    confirmedBy: text("confirmed_by"),
    confirmedAt: moment("confirmed_at"),
    revokedAt: moment("revoked_at"),
    /** MAC over the key and whose it is. */
    seal: text("seal").notNull().default(""),
  },
  (t) => [index("passkeys_person").on(t.person)],
);

/** What a passkey was asked to sign, once, for one purpose and one plan. */
export const challenges = breakwater.table("challenges", {
  challenge: text("challenge").primaryKey(),
  person: text("person").notNull(),
  purpose: text("purpose").$type<"enrol" | "approve" | "break-glass" | "sign-in">().notNull(),
  planHash: text("plan_hash"),
  expiresAt: moment("expires_at").notNull(),
  usedAt: moment("used_at"),
});

/** One-time codes for a lost passkey; only their digests are kept. */
export const recoveryCodes = breakwater.table(
  "recovery_codes",
  {
    person: text("person").notNull(),
    codeHash: text("code_hash").notNull(),
    createdAt: moment("created_at").notNull().default(now),
    usedAt: moment("used_at"),
  },
  (t) => [primaryKey({ columns: [t.person, t.codeHash] })],
);

/** Emergency powers taken: narrow, short, and reviewed before the incident can close. */
export const breakGlass = breakwater.table("break_glass", {
  id: text("id").primaryKey(),
  person: text("person").notNull(),
  scope: text("scope").notNull(),
  reason: text("reason").notNull(),
  incidentId: text("incident_id"),
  openedAt: moment("opened_at").notNull().default(now),
  expiresAt: moment("expires_at").notNull(),
  reviewedBy: text("reviewed_by"),
  reviewedAt: moment("reviewed_at"),
});

/** One-time codes that tie a chat account to whoever types them into the console; only their hash is kept. */
export const linkCodes = breakwater.table("link_codes", {
  codeHash: text("code_hash").primaryKey(),
  surface: text("surface").notNull(),
  space: text("space").notNull(),
  user: text("user_id").notNull(),
  expiresAt: moment("expires_at").notNull(),
});

/** What people say of a detector's incident afterwards; its precision is counted from them. The last word stands. */
export const detectorLabels = breakwater.table(
  "detector_labels",
  {
    incidentId: text("incident_id").notNull(),
    detector: text("detector").notNull(),
    label: text("label").$type<DetectorLabel>().notNull(),
    person: text("person").notNull(),
    at: moment("at").notNull().default(now),
  },
  (t) => [primaryKey({ columns: [t.incidentId, t.detector] }), index("detector_labels_detector").on(t.detector)],
);
