import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import type { Painter } from "../chat/picture/picture.ts";
import { type Config, documentOf } from "../config.ts";
import { deadMenOf } from "../config/accounts.ts";
import { type Started, startDatabase } from "../database.ts";
import type { Database } from "../db/client.ts";
import { type Durable, openDurable } from "../engine/durable.ts";
import type { AnyPlaybook } from "../engine/playbook.ts";
import { type Lease, holdLease } from "../engine/replicas.ts";
import { type Runs, openRuns } from "../engine/runs.ts";
import { WAKE } from "../engine/steps.ts";
import { type Hedger, openHedger } from "../exposure/hedger.ts";
import { resolveIn, unreviewed } from "../incidents/lifecycle.ts";
import { summaryOf } from "../incidents/summary.ts";
import type { AccountState } from "../kernel/account.ts";
import type { Alert } from "../kernel/alert.ts";
import type { Clock } from "../kernel/clock.ts";
import { durationMs } from "../kernel/duration.ts";
import { DeskError } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import { type Checkpoints, startCheckpoints } from "../ledger/checkpoint.ts";
import { fileSink, httpSink } from "../ledger/copies.ts";
import { makeNoteKey, openNoteKey } from "../ledger/note.ts";
import { type DeadMen, openDeadMen } from "../policy/freeze/dead-man.ts";
import { readMarker } from "../policy/freeze/halt-marker.ts";
import { settleMarker } from "../policy/freeze/halt-record.ts";
import { keyFile } from "../policy/key-file.ts";
import { openControl } from "../policy/open-control.ts";
import { type LimitUse, limitsUsed } from "../policy/judging/limits-used.ts";
import type { Wake } from "../policy/people/approvals.ts";
import type { Control } from "../policy/judging/gather.ts";
import { type Door, type DoorParts, openDoor } from "../policy/perform.ts";
import { recordingsOf } from "../replay/keep.ts";
import type { Signer } from "../signer/open.ts";
import { type Venues, openVenues } from "../venues/open-venues.ts";
import type { PaperExchange } from "../venues/paper/exchange.ts";
import { type KeyDoctor, openKeyDoctor } from "./watch/key-doctor.ts";
import { type Backtests, openBacktests } from "./backtest/backtests.ts";
import { conditionsOf } from "./conditions.ts";
import { openDeskSigner } from "./signer.ts";
import { freezeWhereRestored } from "./watch/restored.ts";
import { revivedAlert } from "./watch/revived.ts";

/** Everything below people and alerts: storage, venues, the door to actions, the engine, the ledger's checkpoints. */
export interface Foundation {
  readonly database: Database;
  readonly venues: Venues;
  /** Who holds the exchange keys; null where no account needs one. */
  readonly signer: Signer | null;
  /** The simulated exchange; null where no account is on paper. */
  readonly paper: PaperExchange | null;
  readonly door: Door;
  readonly durable: Durable;
  readonly runs: Runs;
  readonly backtests: Backtests;
  readonly lease: Lease;
  readonly checkpoints: Checkpoints;
  readonly account: (id: string) => Promise<AccountState>;
  readonly hedger: Hedger;
  readonly live: boolean;
  /** Rolling limits and what of each is used; none where no rules are in force. */
  readonly limits: () => Promise<readonly LimitUse[]>;
  readonly control: Control;
  readonly deadMen: DeadMen;
  /** Has looked at every live account's key once. */
  readonly keyDoctor: KeyDoctor;
  /** Wakes the run that waits for a plan's decision. */
  readonly wake: Wake;
  /** Why the firm was halted at the start: signed entries are missing. Null where none are. */
  readonly restored: string | null;
  /** What desk.yaml would loosen and was not taken for; empty where it was, or only tightens. */
  readonly held: readonly string[];
  /** Looks for orders whose end is not known every so often until the returned function is called; `emit` hears what people must look at. */
  readonly settleOrders: (emit: (alert: Alert) => Promise<void>) => () => Promise<void>;
  /** Looks after an embedded database until the returned function is called; `emit` hears where it was gone. */
  readonly keepDatabase: (emit: (alert: Alert) => Promise<void>) => () => Promise<void>;
  /** Brings the kill switch's marker and the database together. */
  readonly settleHalt: () => Promise<void>;
}

/** How often orders are looked for whose end was not known when their plan ended. */
const SETTLE_MS = 15_000;

/** What was started is undone in reverse where a later part fails, and at the end. */
export type Undo = (() => Promise<void>)[];

/** Starts the foundation. @throws DeskError where the database or the home cannot be used */
export async function layFoundation(options: {
  readonly config: Config;
  readonly playbooks: readonly AnyPlaybook[];
  readonly paper: (home: string) => Promise<PaperExchange | null>;
  readonly onLost: (why: string) => void;
  /** Draws a card's picture. */
  readonly paint: Painter["paint"];
  readonly undo: Undo;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<Foundation> {
  const { config, undo, clock, log } = options;
  const { file, accounts, home } = config;
  mkdirSync(home, { recursive: true });
  const started: Started = await startDatabase({ url: config.databaseUrl, home, exclusive: true, clock, log });
  undo.push(() => started.stop());
  const { database } = started;

  const paper = await options.paper(home);
  if (paper) undo.push(() => paper.close());
  const signer = await openDeskSigner(config, clock, log);
  if (signer) undo.push(() => signer.close());
  const venues = openVenues({
    accounts,
    paper,
    keyed: async (one) => {
      if (!signer) throw new DeskError("SIGNER_UNAVAILABLE", `no signer was opened for ${one.id}`);
      return signer.venueOf(one);
    },
  });
  undo.push(() => venues.close());
  const account = async (id: string): Promise<AccountState> => (await venues.venueOf(id)).reader.account(id);

  const live = [...accounts.values()].some((one) => one.environment === "live");
  const deadMen = openDeadMen({ accounts, timeouts: deadMenOf(file.accounts), venueOf: venues.venueOf, clock, log });
  const { control, held } = await openControl({
    database,
    document: documentOf(file),
    live,
    sealKey: config.environment.secret("BREAKWATER_SEAL_KEY") ?? keyFile(home, "seal"),
    halted: () => readMarker(home)?.state ?? null,
    conditions: conditionsOf(file, deadMen.armed),
    log,
  });
  const restored = await freezeWhereRestored(database, home, log);
  const checkpoints = startCheckpoints({
    db: database.db,
    key: openNoteKey("breakwater", keyFile(home, "ledger.pem", makeNoteKey)),
    sinks: [
      fileSink(home),
      ...(file.checkpoints === undefined
        ? []
        : [
            httpSink({
              home,
              url: file.checkpoints.url,
              token: config.environment.secret("BREAKWATER_CHECKPOINTS_TOKEN"),
            }),
          ]),
    ],
    clock,
    log,
  });
  undo.push(async () => {
    checkpoints.stop();
    await checkpoints.now();
  });
  const durable = openDurable({ database, executorId: `${process.pid}-${randomUUID()}`, clock, log });
  const hedger = openHedger();
  const wakeRun: DoorParts["wake"] = (tx, run, id) => durable.wake(tx, run, WAKE, id);
  const wake: Wake = (tx, run, planHash) => wakeRun(tx, run, `decided:${planHash}`);
  const door = openDoor({
    database,
    desk: {
      accounts,
      venueOf: venues.venueOf,
      clock,
      collarBps: file.plans.collarBps,
      hedger,
      planTtlMs: durationMs(file.plans.ttl),
    },
    control,
    sign: () => checkpoints.now(),
    wake: wakeRun,
    log,
  });
  const runs = openRuns({
    durable,
    database,
    door,
    account,
    accounts: [...accounts.keys()],
    playbooks: options.playbooks,
    seal: control.seal,
    log,
    close: async (tx, incident, outcome, actor) => {
      const story = await summaryOf(tx, incident, outcome, (person) => file.people[person]?.name ?? person);
      // What a person must review first stays open for people to close.
      if ((await unreviewed(tx, incident)).length === 0)
        await resolveIn(tx, incident, "handled", { actor, surface: "playbook" }, story);
      return story;
    },
  });
  runs.define();
  const backtests = openBacktests({
    durable,
    database,
    playbooks: options.playbooks,
    folder: recordingsOf(home),
    paint: options.paint,
    seal: control.seal,
    log,
  });
  backtests.define();
  // The launch takes up what a crash left, which may send: keys are looked at before.
  const keyDoctor = await openKeyDoctor({
    database,
    accounts: [...accounts.values()],
    readerOf: async (id) => (await venues.venueOf(id)).reader,
    clock,
    log,
  });
  await durable.launch();
  undo.push(() => durable.stop());
  const lease = await holdLease({
    database,
    durable,
    clock,
    log,
    alone: started.embedded,
    onLost: () => options.onLost("another replica declared this one dead"),
  });
  undo.push(() => lease.release());
  const settleOrders: Foundation["settleOrders"] = (emit) => {
    const stop = clock.every(SETTLE_MS, async () => {
      if (!lease.leads()) return;
      await door.settle(emit).catch((error: unknown) => log.warn({ err: error }, "orders not settled"));
    });
    return async () => stop();
  };
  const keepDatabase: Foundation["keepDatabase"] = (emit) =>
    started.keep({ revived: (at) => emit(revivedAlert(at)), lost: options.onLost });
  const settleHalt = async (): Promise<void> => {
    await database.db.transaction((tx) => settleMarker(tx, home));
  };
  const limits = (): Promise<readonly LimitUse[]> =>
    database.db.transaction(async (tx) => {
      const published = await control.published(tx);
      if (published === null) return [];
      return limitsUsed(tx, published, {
        account: [...accounts.keys()],
        venue: [...new Set([...accounts.values()].map((one) => one.venue))],
        playbook: [...new Set(options.playbooks.map((one) => one.head.name))],
        person: Object.keys(published.people),
      });
    });
  return {
    database,
    venues,
    signer,
    paper,
    door,
    durable,
    runs,
    backtests,
    lease,
    checkpoints,
    account,
    hedger,
    live,
    limits,
    control,
    deadMen,
    keyDoctor,
    wake,
    restored,
    held,
    settleOrders,
    keepDatabase,
    settleHalt,
  };
}
