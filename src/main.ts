import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { openHub } from "./chat/console/hub.ts";
import { openConsole } from "./chat/console/console.ts";
import { openInbox } from "./chat/inbox.ts";
import type { ChatUser } from "./chat/surface.ts";
import { credentialsOf } from "./commandline/credentials.ts";
import { type Config, monitorSettings } from "./config.ts";
import { startDatabase } from "./database.ts";
import { listen } from "./db/changes.ts";
import type { Database } from "./db/client.ts";
import { WAKE } from "./engine/steps.ts";
import { consoleBackend } from "./desk/console.ts";
import type { Person } from "./desk/command.ts";
import { completeLine, judgeInbound } from "./desk/inbound.ts";
import { openDesk } from "./desk/open-desk.ts";
import { openDurable } from "./engine/durable.ts";
import { workflowName } from "./engine/playbook.ts";
import { holdLease } from "./engine/replicas.ts";
import { openRuns } from "./engine/runs.ts";
import { resolveIn } from "./incidents/lifecycle.ts";
import { summaryOf } from "./incidents/summary.ts";
import { openIntake } from "./intake/intake.ts";
import type { Alert } from "./kernel/alert.ts";
import { SEVERITIES } from "./kernel/alert.ts";
import type { Clock } from "./kernel/clock.ts";
import { decimal } from "./kernel/decimal.ts";
import { durationMs } from "./kernel/duration.ts";
import type { Log } from "./kernel/log.ts";
import { append } from "./ledger/append.ts";
import { loadCommands, loadPlaybooks } from "./load.ts";
import { openMetrics } from "./metrics.ts";
import { openDoor } from "./policy/perform.ts";
import { openControl } from "./policy/open-control.ts";
import { haltEverything } from "./policy/halt.ts";
import { readMarker, settleMarker } from "./policy/halt-marker.ts";
import { keyFile } from "./policy/key-file.ts";
import { mountRoutes } from "./routes.ts";
import { monitorAccount } from "./sources/feeds/account-monitor.ts";
import { openSources } from "./sources/webhooks/settings.ts";
import { openVenues } from "./venues/open-venues.ts";
import type { PaperExchange } from "./venues/paper/exchange.ts";
import { issueSignIn } from "./views/sessions.ts";

/** A running desk. */
export interface Program {
  readonly url: string;
  /** One-time token that opens the console. */
  readonly token: string;
  readonly database: Database;
  /** Another one-time token, for another person of the desk. */
  signInFor(person: string): Promise<string>;
  stop(): Promise<void>;
}

/** What a start may be given beside its configuration. */
export interface Given {
  readonly clock: Clock;
  readonly log: Log;
  /** The simulated exchange, where accounts are on paper. */
  readonly paper: (home: string) => Promise<PaperExchange | null>;
  /** Whose console session the printed token opens. */
  readonly operator: string;
  /** Called where this process must leave: it was declared dead, or its database is gone. */
  readonly onLost: (why: string) => void;
}

const SWEEP_MS = 1_000;

/** Builds the desk from its parts and starts it; whatever was started is stopped again where a later part fails. */
export async function startProgram(config: Config, given: Given): Promise<Program> {
  const { clock, log } = given;
  const undo: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const one of undo.toReversed())
      await one().catch((error: unknown) => log.warn({ err: error }, "part not stopped cleanly"));
    undo.length = 0;
  };
  try {
    return await build();
  } catch (error) {
    await stop();
    throw error;
  }

  async function build(): Promise<Program> {
    const { file, accounts } = config;
    const [commands, allPlaybooks] = await Promise.all([loadCommands(), loadPlaybooks()]);
    const playbooks = allPlaybooks.filter((one) => file.playbooks[one.head.name]?.enabled !== false);
    mkdirSync(config.home, { recursive: true });
    const started = await startDatabase({ url: config.databaseUrl, home: config.home, exclusive: true, clock, log });
    undo.push(() => started.stop());
    const { database } = started;
    const metrics = openMetrics();

    const paper = await given.paper(config.home);
    if (paper) undo.push(() => paper.close());
    const venues = openVenues({
      accounts,
      paper,
      clock,
      log,
      credentials: (account) => credentialsOf(config, account),
    });
    undo.push(() => venues.close());
    const account = async (id: string) => (await venues.venueOf(id)).reader.account(id);

    const live = [...accounts.values()].some((one) => one.environment === "live");
    const deskOfVenues = {
      accounts,
      venueOf: venues.venueOf,
      clock,
      collarBps: file.plans.collarBps,
      planTtlMs: durationMs(file.plans.ttl),
    };
    const durable = openDurable({ database, executorId: `${process.pid}-${randomUUID()}`, clock, log });
    const control = await openControl({
      database,
      document: { policy: file.policy, people: file.people },
      live,
      sealKey: config.environment.secret("BREAKWATER_SEAL_KEY") ?? keyFile(config.home, "seal"),
      halted: () => readMarker(config.home)?.state ?? null,
      log,
    });
    const door = openDoor({
      database,
      desk: deskOfVenues,
      control,
      wake: (tx, run, id) => durable.wake(tx, run, WAKE, id),
      log,
    });
    const runs = openRuns({
      durable,
      database,
      door,
      account,
      playbooks,
      log,
      close: async (tx, incident, outcome, actor) => {
        const story = await summaryOf(tx, incident, outcome);
        await resolveIn(tx, incident, "handled", { actor, surface: "playbook" }, story);
        return story;
      },
    });
    runs.define();
    await durable.launch();
    undo.push(() => durable.stop());
    const lease = await holdLease({
      database,
      durable,
      clock,
      log,
      alone: started.embedded,
      onLost: () => given.onLost("another replica declared this one dead"),
    });
    undo.push(() => lease.release());

    const intake = openIntake({
      db: database,
      clock,
      settings: file.intake,
      log,
      matchPlaybooks: (alert) => matching(alert, playbooks),
      onCommitted: (committed) => {
        for (const one of committed.alerts) metrics.alerts.inc({ stop: one.stop ?? "none" });
        metrics.runsStarted.inc(committed.runs.length);
        runs.start(committed.runs).catch((error: unknown) => log.warn({ err: error }, "run left to the sweep"));
      },
    });
    undo.push(() => intake.close());

    const people: ReadonlyMap<string, Person> = new Map(
      Object.entries(file.people).map(([id, one]) => [
        id,
        { id, name: one.name, roles: one.roles, surface: "console" },
      ]),
    );
    const halt = (by: string, reason: string): Promise<string> =>
      haltEverything(
        { database, home: config.home, accounts: [...accounts.values()], venueOf: venues.venueOf, clock, log },
        by,
        reason,
      );
    const desk = openDesk({
      database,
      clock,
      door,
      runs,
      accounts: [...accounts.keys()],
      commands,
      playbooks,
      account,
      halt,
      people: () => [...people.values()].map(({ id, name, roles }) => ({ id, name, roles })),
      page: async () => "no pager is configured; nothing was sent",
      digest: async () => "no digest yet",
    });
    const identify = async (user: ChatUser): Promise<Person | null> => {
      const known = user.surface === "console" ? people.get(user.user) : undefined;
      return known ?? null;
    };
    const inboundContext = {
      desk,
      commands,
      identify,
      log,
      called: (person: Person, text: string) =>
        database.db.transaction(
          async (tx) =>
            void (await append(tx, {
              actor: `person:${person.id}`,
              type: "command.called",
              object: text.slice(0, 80),
              body: { text, surface: person.surface },
            })),
        ),
    };
    const inbox = openInbox({
      database,
      clock,
      log,
      handle: async (event) => {
        const reply = await judgeInbound(inboundContext, event);
        metrics.inbound.inc({ surface: event.user.surface, ok: String(reply.ok) });
        return reply;
      },
      complete: (_user, text) => completeLine(inboundContext, text),
    });
    await inbox.start();
    undo.push(() => inbox.stop());

    const hub = openHub(clock);
    const backend = consoleBackend({ database, clock, config, desk, playbooks, onCall: () => null });
    const { sources, problems } = openSources(file.webhooks, (variable) => config.environment.secretNamed(variable));
    for (const one of problems) log.error({ path: one.path, problem: one.message }, "webhook source not usable");
    const console = await openConsole({
      host: config.http.host,
      port: config.http.port,
      backend,
      inbound: inbox,
      clock,
      log,
      hub,
      publicOrigin: config.publicUrl,
      environment: live ? "live" : "paper",
      deskName: file.desk.name,
      typedAboveUsd: decimal(file.plans.typedAboveUsd),
      limits: {
        warnRatio: decimal(file.monitor.high),
        limitRatio: decimal(file.monitor.critical),
        staleAfterMs: durationMs(file.monitor.staleAfter),
      },
      mount: (app) => mountRoutes(app, { database, intake, sources, metrics, clock, log, surfaces: () => [console] }),
    });
    undo.push(() => console.close());

    undo.push(
      await listen(
        database,
        (change) => {
          if (change.type === "incident") hub.publish({ type: "card", incident: change.id, version: change.version });
          else if (change.type === "account") hub.publish({ type: "account", account: change.id });
          else hub.publish({ type: "header" });
        },
        () => hub.publish({ type: "header" }),
      ),
    );

    const sweep = async (): Promise<void> => {
      await database.db.transaction((tx) => settleMarker(tx, config.home));
      if (lease.leads()) await runs.sweep();
    };
    await runs.sweep();
    const stopSweep = clock.every(SWEEP_MS, () =>
      sweep().catch((error: unknown) => log.warn({ err: error }, "sweep failed")),
    );
    undo.push(async () => stopSweep());
    for (const one of accounts.values()) {
      undo.push(
        await monitorAccount({
          database,
          account: one,
          reader: async () => (await venues.venueOf(one.id)).reader,
          settings: monitorSettings(file),
          emit: async (alert) => void (await intake.take([alert])),
          clock,
          log,
        }),
      );
    }
    await database.db.transaction((tx) =>
      append(tx, {
        actor: "system",
        type: "program.started",
        object: durable.executorId,
        body: {
          accounts: [...accounts.keys()],
          playbooks: playbooks.map((one) => workflowName(one.head.name, one.head.version)),
        },
      }),
    );
    const token = await issueSignIn(database.db, given.operator);
    log.info({ url: console.url, accounts: accounts.size, playbooks: playbooks.length }, "desk started");
    return { url: console.url, token, database, signInFor: (person) => issueSignIn(database.db, person), stop };
  }
}

/** The runs that answer an alert: every enabled playbook whose `on` names its kind and a severity not above it. */
function matching(
  alert: Alert,
  playbooks: Awaited<ReturnType<typeof loadPlaybooks>>,
): { playbook: string; version: number; input: Record<string, string> }[] {
  if (alert.status !== "firing") return [];
  return playbooks.flatMap(({ head }) => {
    const { on } = head;
    if (!on || on.kind !== alert.kind) return [];
    if (on.severity && SEVERITIES.indexOf(alert.severity) > SEVERITIES.indexOf(on.severity)) return [];
    const input = { ...alert.labels, ...alert.values };
    return head.input.safeParse(input).success ? [{ playbook: head.name, version: head.version, input }] : [];
  });
}
