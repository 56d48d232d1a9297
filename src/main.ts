import { openConsole } from "./chat/console/console.ts";
import { openHub } from "./chat/console/hub.ts";
import { openInbox } from "./chat/inbox.ts";
import { openPainter } from "./chat/picture/picture.ts";
import type { Supervisor } from "./chat/supervisor.ts";
import { type Config, documentOf } from "./config.ts";
import type { Database } from "./db/client.ts";
import { noteBuild, noteStart } from "./desk/watch/build.ts";
import { consoleBackend } from "./desk/console/console.ts";
import { openDigest } from "./desk/risk/digest.ts";
import { openEmergency } from "./desk/people/emergency.ts";
import { environmentOf } from "./desk/environment-of.ts";
import { remindOfFreezes } from "./desk/watch/freeze-reminders.ts";
import { heldAlert } from "./desk/rules/held.ts";
import { hearChanges } from "./desk/cards/hear.ts";
import { type Undo, layFoundation } from "./desk/foundation.ts";
import { completeLine, judgeInbound, withAddress, writesCalls } from "./desk/inbound.ts";
import { type DeskMarket, openDeskMarket } from "./desk/market.ts";
import { matching, responseTo } from "./desk/matching.ts";
import { openDesk } from "./desk/open-desk.ts";
import { openPlacing } from "./desk/cards/places.ts";
import { openPaging } from "./desk/paging.ts";
import { openPasskeySignIn } from "./desk/people/passkey-sign-in.ts";
import { openPasskeys } from "./desk/people/passkeys.ts";
import { openPeople } from "./desk/people/people.ts";
import { replayThreads } from "./desk/replay/thread.ts";
import { openReportingClock } from "./desk/watch/reporting-clock.ts";
import { restoredAlert } from "./desk/watch/restored.ts";
import { openSingleSignOn } from "./desk/people/single-sign-on.ts";
import { openRules } from "./desk/rules/rules.ts";
import { openStanding } from "./desk/standing.ts";
import { watchSigner } from "./desk/signer.ts";
import { type Surfaces, openSurfaces } from "./desk/cards/surfaces.ts";
import { watchAccess } from "./desk/watch/watch-access.ts";
import { watchAccounts } from "./desk/watch/watch-accounts.ts";
import { workflowName } from "./engine/playbook.ts";
import { openExposure } from "./exposure/exposure.ts";
import { buildCards } from "./incidents/card.ts";
import { openIntake } from "./intake/intake.ts";
import type { Alert } from "./kernel/alert.ts";
import type { Clock } from "./kernel/clock.ts";
import { decimal } from "./kernel/decimal.ts";
import { durationMs } from "./kernel/duration.ts";
import type { Log } from "./kernel/log.ts";
import { loadCommands, loadPlaybooks } from "./load.ts";
import { countBus, countFeeds, openMetrics } from "./metrics.ts";
import { haltEverything } from "./policy/freeze/halt.ts";
import { readMarker } from "./policy/freeze/halt-marker.ts";
import { pruneChallenges } from "./policy/people/passkeys.ts";
import { recordingPlaces } from "./replay/keep.ts";
import { openLibrary } from "./replay/view/library.ts";
import { mountRoutes } from "./routes.ts";
import { openSources } from "./sources/webhooks/settings.ts";
import type { PaperExchange } from "./venues/paper/exchange.ts";
import { findViewer } from "./views/console-backend.ts";
import { issueSignIn, recordLimited } from "./views/sessions.ts";

/** A running desk. */
export interface Program {
  readonly url: string;
  /** One-time token that opens the console. */
  readonly token: string;
  readonly database: Database;
  /** Who keeps the chat surfaces running. */
  readonly supervisors: readonly Supervisor[];
  /** Another one-time token, for another person of the desk. */
  signInFor(person: string): Promise<string>;
  stop(): Promise<void>;
}

/** What a start is given beside its configuration. */
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
  const undo: Undo = [];
  const stop = async (): Promise<void> => {
    for (const one of undo.toReversed())
      await one().catch((error: unknown) => given.log.warn({ err: error }, "part not stopped cleanly"));
    undo.length = 0;
  };
  try {
    return await build(config, given, undo, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(config: Config, given: Given, undo: Undo, stop: () => Promise<void>): Promise<Program> {
  const { clock, log } = given;
  const { file, accounts } = config;
  const warn = (what: string) => (error: unknown) => log.warn({ err: error }, what);
  const [commands, playbooks] = await Promise.all([loadCommands(), loadPlaybooks()]);
  const metrics = openMetrics();
  const painter = openPainter(clock);
  undo.push(() => painter.close());
  const { paper, onLost } = given;
  if (config.publicUrl !== null && config.proxies.none)
    log.warn({ publicUrl: config.publicUrl }, "no proxy is trusted: everybody who comes by one counts as one address");
  const base = await layFoundation({ config, playbooks, paper, onLost, paint: painter.paint, undo, clock, log });
  const { database, runs, lease } = base;
  const standing = openStanding(database, base.control, file.rotas);
  const switchedOn = () => playbooks.filter((one) => standing.isOn(one.head.name));
  await standing.refresh();
  const nameOf = (person: string): string => file.people[person]?.name ?? person;

  // From an alert to a run.
  const hub = openHub(clock);
  const intake = openIntake({
    db: database,
    clock,
    settings: file.intake,
    seal: base.control.seal,
    log,
    matchPlaybooks: (alert) => matching(alert, switchedOn()),
    place: openPlacing(config),
    onCommitted: (committed) => {
      for (const one of committed.alerts) metrics.alerts.inc({ stop: one.stop ?? "none" });
      metrics.runsStarted.inc(committed.runs.length);
      for (const { id, version } of committed.incidents) hub.publish({ type: "card", incident: id, version });
      runs.start(committed.runs).catch(warn("run left to the sweep"));
    },
  });
  undo.push(() => intake.close());
  const emit = async (alert: Alert): Promise<void> => void (await intake.take([alert]));

  // From people to deeds.
  let surfaces: Surfaces | null = null;
  let market: DeskMarket | null = null;
  const people = openPeople({
    people: file.people,
    rolesOf: standing.rolesOf,
    database,
    clock,
    standing: async (user) =>
      (user.surface === "slack" ? surfaces?.slack : surfaces?.discord)?.standing(user.user) ?? "gone",
  });
  const paging = openPaging({ config, database, rotas: standing.rotas, emit, clock, log });
  undo.push(() => paging.stop());
  const readerOf = async (account: string) => (await base.venues.venueOf(account)).reader;
  const exposure = openExposure({
    db: database.db,
    accounts: [...accounts.keys()],
    readerOf,
    hedger: base.hedger,
    collarBps: file.plans.collarBps,
  });
  const digest = openDigest({
    config,
    database,
    clock,
    log,
    leads: lease.leads,
    limits: base.limits,
    seal: base.control.seal,
    funding: exposure.funding,
    paint: painter.paint,
    show: async (id, version) => surfaces?.show(id, version),
  });
  undo.push(() => digest.stop());
  const governed = { database, control: base.control, wake: base.wake, deskName: file.desk.name, nameOf };
  const held = base.held.length === 0 ? null : documentOf(file);
  const rules = openRules({ ...governed, held, playbooks: playbooks.map((one) => one.head) });
  const desk = openDesk({
    rules,
    isOn: standing.isOn,
    database,
    clock,
    door: base.door,
    control: base.control,
    runs,
    backtests: base.backtests,
    accounts: [...accounts.keys()],
    commands,
    playbooks,
    account: base.account,
    exposure,
    people,
    halt: async (by, reason, mode) => {
      const { text } = await haltEverything(
        { database, home: config.home, accounts: [...accounts.values()], venueOf: base.venues.venueOf, clock, log },
        by,
        reason,
        mode,
      );
      return text;
    },
    limits: base.limits,
    page: paging.byHand,
    digest: digest.byHand,
  });
  const deeds = { desk, commands, people, log, called: writesCalls(database.db) };
  // Known once the console listens; what a crash left is answered before.
  let address = config.publicUrl;
  const inbox = openInbox({
    database,
    clock,
    log,
    handle: async (event) => {
      const reply = await judgeInbound(deeds, event);
      metrics.inbound.inc({ surface: event.user.surface, ok: String(reply.ok) });
      return event.user.surface === "console" ? reply : withAddress(reply, address);
    },
    complete: (user, text) => completeLine(deeds, user, text),
  });
  await inbox.start();
  undo.push(() => inbox.stop());

  // Where people look.
  const { sources } = openSources(file.webhooks, (variable) => config.environment.secretNamed(variable));
  const library = openLibrary(recordingPlaces(config.home, file.recordings.library), replayThreads(file), clock);
  undo.push(() => library.close());
  const viewerOf = findViewer(desk.knownPeople);
  const sso = openSingleSignOn({ database, config, viewerOf, clock, log });
  const console = await openConsole({
    ...config.http,
    backend: consoleBackend({
      database,
      clock,
      config,
      desk,
      playbooks,
      seal: base.control.seal,
      deadMan: base.deadMen.standing,
      rotas: standing.rotas,
      market: () => market,
      recordings: library,
    }),
    inbound: inbox,
    passkeys: openPasskeys({ ...governed, clock }),
    passkeySignIn: openPasskeySignIn({ ...governed, viewerOf, log }),
    rules,
    emergency: openEmergency({ ...governed, accounts: [...accounts.keys()], everyone: paging.everyone }),
    ...(sso ? { sso } : {}),
    onLimited: (door, address) =>
      void recordLimited(database.db, door, address).catch(warn("refused sign-ins not written down")),
    clock,
    log,
    hub,
    publicOrigin: config.publicUrl,
    proxies: config.proxies,
    environment: base.live ? "live" : "paper",
    deskName: file.desk.name,
    typedAboveUsd: decimal(file.plans.typedAboveUsd),
    limits: {
      warnRatio: decimal(file.monitor.high),
      limitRatio: decimal(file.monitor.critical),
      staleAfterMs: durationMs(file.monitor.staleAfter),
    },
    mount: (app) =>
      mountRoutes(app, {
        database,
        accounts,
        halted: () => readMarker(config.home),
        apiToken: config.environment.secret("BREAKWATER_API_TOKEN") ?? null,
        intake,
        sources,
        proxies: config.proxies,
        metrics,
        clock,
        log,
        signer: () => base.signer?.health() ?? null,
        surfaces: () => [console, ...(surfaces?.all ?? [])],
        slack: () => surfaces?.slack ?? null,
        discord: () => surfaces?.discord ?? null,
        bus: () => market?.bus() ?? null,
        heard: () => market?.heard() ?? null,
      }),
  });
  undo.push(() => console.close());
  address = console.url;
  const chat = await openSurfaces({
    config,
    database,
    commands: commands.map((one) => one.head),
    inbound: inbox,
    cardOf: async (id) =>
      (
        await buildCards(database.outbox, [id], {
          nameOf,
          environmentOf: environmentOf(accounts),
          responseTo: (incident) => responseTo(incident, switchedOn()),
        })
      ).get(id) ?? null,
    consoleUrl: console.url,
    paint: painter.paint,
    emit,
    clock,
    log,
  });
  surfaces = chat;
  await chat.start();
  undo.push(() => chat.stop());
  undo.push(await hearChanges({ database, hub, chat, paging, standing, clock, log }));

  // What goes on by itself.
  await base.settleHalt();
  if (base.signer) watchSigner(base.signer, emit, clock, log);
  undo.push(base.deadMen.keep(emit));
  undo.push(base.settleOrders(emit));
  undo.push(base.keepDatabase(emit));
  await runs.sweep();
  const stopSweep = clock.every(SWEEP_MS, async () => {
    await base.settleHalt().catch(warn("kill switch marker not settled"));
    if (!lease.leads()) return;
    await rules.settle().catch(warn("changes of the rules not settled"));
    await pruneChallenges(database.db).catch(warn("old challenges not forgotten"));
    await remindOfFreezes(database, emit, clock).catch(warn("freezes not reminded of"));
    await runs.sweep().catch(warn("sweep failed"));
  });
  undo.push(async () => stopSweep());
  paging.start();
  const { everyone } = paging;
  const reporting = openReportingClock({ database, leads: lease.leads, emit, everyone, clock, log });
  const stopReporting = reporting.start();
  undo.push(async () => stopReporting());
  await rules.settle().catch(warn("changes of the rules not settled"));
  if (held !== null) await emit(heldAlert(held, base.held, clock.now()));
  if (base.restored !== null) await emit(restoredAlert(base.restored, clock.now()));
  const opened = await openDeskMarket({ config, paper: base.paper, leads: lease.leads, database, emit, clock, log });
  market = opened;
  undo.push(() => opened.stop());
  countFeeds(metrics.registry, opened.feeds);
  countBus(metrics.registry, opened.bus);
  const { keyDoctor } = base;
  const onAccess = opened.access;
  const all = [...accounts.values()];
  undo.push(await watchAccess({ database, accounts: all, readerOf, keyDoctor, onAccess, emit, clock, log }));
  const { wake } = base;
  undo.push(await watchAccounts({ config, database, readerOf, own: opened.own, emit, wake, clock, log }));
  const installed = playbooks.map((one) => workflowName(one.head.name, one.head.version));
  await noteStart(database.db, base.durable.executorId, { accounts: [...accounts.keys()], playbooks: installed });
  const token = await issueSignIn(database.db, given.operator);
  log.info({ url: console.url, accounts: accounts.size, playbooks: playbooks.length }, "desk started");
  const noting = noteBuild({ db: database.db, by: base.durable.executorId, live: base.live, emit, clock, log });
  undo.push(() => noting);
  return {
    url: console.url,
    token,
    database,
    supervisors: chat.supervisors,
    signInFor: (person) => issueSignIn(database.db, person),
    stop,
  };
}
