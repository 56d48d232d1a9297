import type { RulesPage } from "../chat/console/rules.ts";
import type { Reply } from "../chat/surface.ts";
import type { AccountState } from "../kernel/account.ts";
import type { Severity } from "../kernel/alert.ts";
import type { Json } from "../kernel/canonical.ts";
import type { DetectorLabel, breakGlass, incidents, orders, runs, silences, tradingStates } from "../db/schema.ts";
import type { ExposureReader } from "../exposure/exposure.ts";
import type { Resolution } from "../incidents/lifecycle.ts";
import type { ReportingStep } from "../incidents/reporting.ts";
import type { HaltMode } from "../policy/freeze/halt.ts";
import type { LimitUse } from "../policy/judging/limits-used.ts";
import type { PlaybookHead } from "../engine/playbook.ts";
import type { BacktestRequest } from "./backtest/backtests.ts";
import type { DeskCommandHead, Person } from "./command.ts";
import type { LedgerRow } from "./ledger-rows.ts";

type Row<T extends { $inferSelect: unknown }> = T["$inferSelect"];

/** What a request for a deed came to. */
export interface Started {
  readonly incident: string;
  readonly run: string;
}

/**
 * All that commands may do. Whatever trades goes through a playbook run, and so through plan, policy, approval and
 * ledger; nothing here sends an order.
 */
export interface DeskApi {
  readonly accounts: readonly string[];
  readonly commands: readonly DeskCommandHead[];
  readonly playbooks: readonly PlaybookHead<never>[];
  /** The newest figures of every account that ever reported. */
  states(): Promise<readonly { readonly state: AccountState; readonly ageMs: number }[]>;
  /** Reads one account from its venue now. @throws DeskError UNKNOWN_ACCOUNT, VENUE_UNAVAILABLE */
  account(id: string): Promise<AccountState>;
  /** Greeks, volatility, risk and the cheapest hedge of the books as they stand: reads only. */
  readonly exposure: ExposureReader;
  /** Opens an incident for a person's request and starts a playbook on it. */
  start(
    person: Person,
    playbook: string,
    request: { title: string; severity?: Severity; input: Record<string, Json>; labels?: Record<string, string> },
  ): Promise<Started>;
  /** Starts a playbook on an incident that is open. */
  startOn(person: Person, playbook: string, incident: string, input: Record<string, Json>): Promise<Started>;
  /** Says what a playbook would send now, and sends nothing. */
  dryRun(playbook: string, input: Record<string, Json>): Promise<readonly string[]>;
  /** Begins a backtest on an incident of its own; resolves to that incident. @throws DeskError INPUT_INVALID, UNKNOWN_PLAYBOOK */
  backtest(person: Person, request: BacktestRequest): Promise<string>;
  /** Markets a backtest can be asked for. */
  recordings(): readonly { readonly value: string; readonly hint: string }[];
  cancelRun(person: Person, run: string, reason: string): Promise<void>;
  runs(limit: number): Promise<readonly Row<typeof runs>[]>;
  /** Limits trading in a scope at once, where the policy lets this person. */
  freeze(person: Person, scope: string, state: "reducing" | "halted", reason: string): Promise<string>;
  freezes(): Promise<readonly Row<typeof tradingStates>[]>;
  /** Stops new orders everywhere and cancels every working one, or less of it by its mode. */
  halt(person: Person, reason: string, mode: HaltMode): Promise<string>;
  incidents(status: "unresolved" | "all", limit: number): Promise<readonly Row<typeof incidents>[]>;
  openIncident(person: Person, title: string, severity: Severity): Promise<string>;
  acknowledge(person: Person, incident: string): Promise<void>;
  assign(person: Person, incident: string, owner: string): Promise<void>;
  note(person: Person, incident: string, text: string): Promise<void>;
  resolve(person: Person, incident: string, resolution: Resolution, text?: string): Promise<void>;
  /** Writes down a step of reporting to an authority: classified as major, or a report submitted. */
  report(person: Person, incident: string, step: ReportingStep, text?: string): Promise<string>;
  /** Says whether the detectors behind an incident were right; resolves to their names. */
  label(person: Person, incident: string, label: DetectorLabel): Promise<readonly string[]>;
  /** Uses of emergency powers, newest first. */
  emergencies(limit: number): Promise<readonly Row<typeof breakGlass>[]>;
  /** Writes another person's review of a use, by the first characters of its id. */
  reviewEmergency(person: Person, id: string, finding: string): Promise<string>;
  silence(person: Person, matchers: Row<typeof silences>["matchers"], untilMs: number, reason: string): Promise<number>;
  /** Silences what the incident's alerts have in common. */
  silenceIncident(person: Person, incident: string, untilMs: number, reason: string): Promise<number>;
  /** Raises the severity by one step. */
  escalate(person: Person, incident: string): Promise<string>;
  silences(): Promise<readonly Row<typeof silences>[]>;
  vote(
    person: Person,
    planPrefix: string,
    decision: "approve" | "deny",
    reason: string | null,
  ): Promise<{ ok: boolean; text: string }>;
  /** Switches a playbook off at once, or asks others to let it be switched on; the answer links to the change. */
  switchPlaybook(person: Person, name: string, on: boolean, reason: string): Promise<Reply>;
  /** Whether a playbook may run by the rules in force. */
  isOn(playbook: string): boolean;
  /** The rules in force, and the changes that people asked for. */
  rules(person: Person): Promise<RulesPage>;
  /** Rolling limits of the rules in force and what of each is used, the fullest first. */
  limits(): Promise<readonly LimitUse[]>;
  orders(limit: number): Promise<readonly Row<typeof orders>[]>;
  /** Orders that were sent and have no known end, oldest first. */
  openOrders(): Promise<readonly Row<typeof orders>[]>;
  ledger(object: string | null, limit: number): Promise<readonly LedgerRow[]>;
  /** Calls a person or everyone on call. */
  page(person: Person, whom: string, why: string): Promise<string>;
  /** Sends the risk digest to its channels now; resolves to its text. */
  digest(): Promise<string>;
  /** Ties a chat account to the signed-in person, by the code the chat answered. */
  link(person: Person, code: string): Promise<string>;
  knownPeople(): readonly { readonly id: string; readonly name: string; readonly roles: readonly string[] }[];
}
