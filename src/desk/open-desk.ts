import { and, desc, eq, gt, ne, notInArray, sql } from "drizzle-orm";
import { announce } from "../db/changes.ts";
import type { Database } from "../db/client.ts";
import { accountStates, breakGlass, incidents, orders, runs, silences, tradingStates } from "../db/schema.ts";
import type { AnyPlaybook } from "../engine/playbook.ts";
import type { Runs } from "../engine/runs.ts";
import type { ExposureReader } from "../exposure/exposure.ts";
import { labelDetectors } from "../incidents/labels.ts";
import { acknowledge, assign, escalate, note, openIncident, resolve } from "../incidents/lifecycle.ts";
import { stateReporting } from "../incidents/reporting.ts";
import type { AccountState } from "../kernel/account.ts";
import { sha256 } from "../kernel/canonical.ts";
import type { Clock } from "../kernel/clock.ts";
import { DeskError } from "../kernel/errors.ts";
import { TERMINAL } from "../kernel/order.ts";
import { incidentFacts } from "../kernel/origin.ts";
import { append } from "../ledger/append.ts";
import type { HaltMode } from "../policy/freeze/halt.ts";
import { reviewBreakGlass } from "../policy/people/break-glass.ts";
import type { Control } from "../policy/judging/gather.ts";
import type { Door } from "../policy/perform.ts";
import type { Backtests } from "./backtest/backtests.ts";
import type { DeskApi } from "./api.ts";
import type { DeskCommand, Person } from "./command.ts";
import type { PeopleBook } from "./people/people.ts";
import type { Rules } from "./rules/rules.ts";
import { dryRun } from "./dry-run.ts";
import { ledgerRows } from "./ledger-rows.ts";

/** What the desk's verbs stand on. */
export interface DeskParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly door: Door;
  readonly control: Pick<Control, "seal" | "published">;
  readonly runs: Runs;
  readonly backtests: Backtests;
  readonly accounts: readonly string[];
  readonly commands: readonly DeskCommand[];
  readonly playbooks: readonly AnyPlaybook[];
  readonly people: PeopleBook;
  readonly rules: Rules;
  readonly isOn: DeskApi["isOn"];
  readonly account: (id: string) => Promise<AccountState>;
  readonly exposure: ExposureReader;
  readonly halt: (by: string, reason: string, mode: HaltMode) => Promise<string>;
  readonly limits: DeskApi["limits"];
  readonly page: DeskApi["page"];
  readonly digest: DeskApi["digest"];
}

const by = (person: Person) => ({ actor: `person:${person.id}`, surface: person.surface });
const requestOf = ({ request }: Person) => (request === undefined ? {} : { request });

/** A run's id says where it belongs; its seed keeps a second request apart from a first that is delivered again. */
const runId = (incident: string, playbook: string, seed: string): string =>
  `run:${incident}:${playbook}:${sha256(seed).slice(0, 8)}`;

/** Opens the verbs that commands and buttons share. */
export function openDesk(parts: DeskParts): DeskApi {
  const { database, door, clock } = parts;
  const { db } = database;

  const find = (playbook: string): AnyPlaybook => {
    const found = parts.playbooks
      .filter((one) => one.head.name === playbook)
      .sort((a, b) => b.head.version - a.head.version)[0];
    if (!found)
      throw new DeskError(
        "UNKNOWN_PLAYBOOK",
        `there is no playbook ${playbook}; installed are ${parts.playbooks.map((one) => one.head.name).join(", ")}`,
      );
    return found;
  };
  const runnable = (playbook: string): AnyPlaybook => {
    const found = find(playbook);
    if (!parts.isOn(playbook))
      throw new DeskError(
        "POLICY_DENIED",
        `playbook ${playbook} is switched off; /playbook enable ${playbook} asks others to let it run again`,
      );
    return found;
  };

  const checkInput = (playbook: AnyPlaybook, input: unknown): void => {
    const parsed = playbook.head.input.safeParse(input);
    if (parsed.success) return;
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join(".") || "input"}: ${issue.message}`).join("; ");
    throw new DeskError("INPUT_INVALID", `playbook ${playbook.head.name} cannot start: ${wrong}`);
  };

  const silence: DeskApi["silence"] = (person, matchers, untilMs, reason) =>
    db.transaction(async (tx) => {
      const request = person.request === undefined ? null : sha256(person.request);
      const [row] = await tx
        .insert(silences)
        .values({
          matchers,
          reason,
          createdBy: `person:${person.id}`,
          untilAt: sql`now() + make_interval(secs => ${untilMs / 1_000})`,
          request,
        })
        .onConflictDoNothing()
        .returning();
      if (!row) {
        const [known] = await tx
          .select({ id: silences.id })
          .from(silences)
          .where(eq(silences.request, request ?? ""));
        if (!known) throw new DeskError("DATABASE_UNAVAILABLE");
        return known.id;
      }
      await append(tx, {
        actor: `person:${person.id}`,
        type: "silence.set",
        object: String(row.id),
        body: { matchers: matchers.map((one) => ({ ...one })), until: row.untilAt.toISOString(), reason },
      });
      await announce(tx, { type: "trading" });
      return row.id;
    });

  return {
    accounts: parts.accounts,
    commands: parts.commands.map((one) => one.head),
    playbooks: parts.playbooks.map((one) => one.head),
    knownPeople: parts.people.list,
    link: parts.people.confirm,
    account: parts.account,
    exposure: parts.exposure,
    limits: parts.limits,
    page: parts.page,
    digest: parts.digest,

    async states() {
      const rows = await db.select().from(accountStates).orderBy(accountStates.account);
      return rows.map((row) => ({
        state: { ...row.state, at: row.at },
        ageMs: Math.max(0, clock.now().getTime() - row.receivedAt.getTime()),
      }));
    },

    async start(person, playbook, request) {
      checkInput(runnable(playbook), request.input);
      const started = await db.transaction(async (tx) => {
        const incident = await openIncident(tx, parts.control.seal, by(person), {
          kind: `manual.${playbook}`,
          severity: request.severity ?? "low",
          title: request.title,
          ...(request.labels ? { labels: request.labels } : {}),
          ...requestOf(person),
        });
        const run = runId(incident, playbook, person.id);
        const ready = await parts.runs.create(tx, {
          id: run,
          playbook,
          incidentId: incident,
          requestedBy: `person:${person.id}`,
          trust: "internal",
          input: request.input,
        });
        return { incident, ready };
      });
      await parts.runs.start([started.ready]);
      return { incident: started.incident, run: started.ready.id };
    },

    async startOn(person, playbook, incident, input) {
      const [row] = await db.select().from(incidents).where(eq(incidents.id, incident));
      if (!row || row.status === "resolved")
        throw new DeskError("UNKNOWN_INCIDENT", `${incident} is not open; nothing was started`);
      const whole = { ...row.labels, ...row.values, ...input };
      checkInput(runnable(playbook), whole);
      const run = runId(incident, playbook, `${person.id}|${person.request ?? clock.now().toISOString()}`);
      const ready = await db.transaction(async (tx) => {
        // Two who press at once start it once: the incident's row lets them pass one after the other.
        await tx.select({ id: incidents.id }).from(incidents).where(eq(incidents.id, incident)).for("update");
        const [active] = await tx
          .select({ id: runs.id })
          .from(runs)
          .where(
            and(
              eq(runs.incidentId, incident),
              eq(runs.playbook, playbook),
              notInArray(runs.state, ["done", "failed", "cancelled"]),
            ),
          );
        if (active) throw new DeskError("DECISION_TAKEN", `${playbook} runs on ${incident} already`);
        return parts.runs.create(tx, {
          id: run,
          playbook,
          incidentId: incident,
          requestedBy: `person:${person.id}`,
          // What nobody sealed is believed as little as can be.
          trust: parts.control.seal.holds("incident", incidentFacts(row), row.seal) ? row.trust : "unsigned",
          input: whole,
        });
      });
      await parts.runs.start([ready]);
      return { incident, run };
    },

    async dryRun(playbook, input) {
      const found = find(playbook);
      checkInput(found, input);
      return dryRun({
        playbook: found,
        input,
        draft: (request, context) => door.draft(request, context),
        account: parts.account,
        accounts: parts.accounts,
      });
    },

    backtest: (person, request) => parts.backtests.begin(person, request),
    recordings: () => parts.backtests.recordings(),
    cancelRun: (person, run, reason) => parts.runs.cancel(run, `person:${person.id}`, reason),
    runs: (limit) => db.select().from(runs).orderBy(desc(runs.createdAt)).limit(limit),

    async freeze(person, scope, state, reason) {
      const plan = await door.draft(
        { action: "freeze", scope, state },
        { requestedBy: `person:${person.id}`, incident: null, run: null, reason },
      );
      if (!plan) throw new DeskError("NOTHING_TO_DO", `${scope} is ${state} already`);
      const done = await db.transaction(async (tx) => {
        const proposal = await door.propose(tx, plan, {});
        const claim = await door.claim(tx, proposal.hash, {});
        if (claim.claimed)
          await door.ended(tx, proposal.hash, {
            orders: 0,
            filled: 0,
            partial: 0,
            unknown: 0,
            cancelled: 0,
            slippageBps: null,
            summary: `${scope} is ${state}`,
          });
        return { proposal, claim };
      });
      if (!done.claim.claimed) throw new DeskError("POLICY_DENIED", `${scope} was not frozen: ${done.claim.why}`);
      return state === "halted"
        ? `${scope} is halted: no new orders. /unfreeze ${scope} needs others' consent.`
        : `${scope} may only reduce now. /unfreeze ${scope} needs others' consent.`;
    },
    freezes: () =>
      db.select().from(tradingStates).where(ne(tradingStates.state, "active")).orderBy(tradingStates.scope),
    halt: (person, reason, mode) => parts.halt(`person:${person.id}`, reason, mode),

    incidents(status, limit) {
      const all = db.select().from(incidents).$dynamic();
      return (status === "all" ? all : all.where(ne(incidents.status, "resolved")))
        .orderBy(desc(incidents.seq))
        .limit(limit);
    },
    openIncident: (person, title, severity) =>
      db.transaction((tx) =>
        openIncident(tx, parts.control.seal, by(person), { kind: "manual", severity, title, ...requestOf(person) }),
      ),
    acknowledge: (person, incident) => acknowledge(db, incident, by(person)),
    assign: (person, incident, owner) => assign(db, incident, owner, by(person)),
    note: (person, incident, text) => note(db, incident, text, by(person), person.request),
    resolve: (person, incident, resolution, text) => resolve(db, incident, resolution, by(person), text),
    report: (person, incident, step, text) => stateReporting(db, incident, step, by(person), text),
    label: (person, incident, label) => labelDetectors(db, incident, label, by(person)),
    async escalate(person, incident) {
      return `${incident} is ${await escalate(db, parts.control.seal, incident, by(person), person.request)} now.`;
    },

    emergencies: (limit) => db.select().from(breakGlass).orderBy(desc(breakGlass.openedAt)).limit(limit),
    async reviewEmergency(person, id, finding) {
      const whose = await db.transaction((tx) => reviewBreakGlass(tx, parts.control, id, person.id, finding));
      return `You reviewed the emergency powers of ${whose}.`;
    },

    silence,
    async silenceIncident(person, incident, untilMs, reason) {
      const [row] = await db.select().from(incidents).where(eq(incidents.id, incident));
      if (!row) throw new DeskError("UNKNOWN_INCIDENT", `there is no incident ${incident}`);
      const account = row.labels["account"];
      return silence(
        person,
        [
          { field: "kind", op: "equals", value: row.kind },
          ...(account ? [{ field: "account", op: "equals" as const, value: account }] : []),
        ],
        untilMs,
        reason,
      );
    },
    silences: () =>
      db
        .select()
        .from(silences)
        .where(gt(silences.untilAt, sql`now()`)),

    async vote(person, plan, decision, reason) {
      const ofRules = await parts.rules.vote(person, plan, decision, reason);
      return ofRules ?? door.vote({ person, plan, decision, reason });
    },
    switchPlaybook: parts.rules.switchPlaybook,
    isOn: parts.isOn,
    rules: (person) => parts.rules.page(person.id),
    orders: (limit) => db.select().from(orders).orderBy(desc(orders.intendedAt)).limit(limit),
    openOrders: () =>
      db
        .select()
        .from(orders)
        .where(notInArray(orders.state, [...TERMINAL, "intent"]))
        .orderBy(orders.intendedAt),
    ledger: (object, limit) => ledgerRows(db, object, limit),
  };
}
