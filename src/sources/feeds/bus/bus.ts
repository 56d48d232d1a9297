import { randomUUID } from "node:crypto";
import type { NatsConnection } from "@nats-io/transport-node";
import { toAlert } from "../../../detectors/alert.ts";
import type { Detector } from "../../../detectors/detector.ts";
import type { MarketEvent } from "../../../detectors/event.ts";
import type { Alert } from "../../../kernel/alert.ts";
import type { Clock } from "../../../kernel/clock.ts";
import { spanOf } from "../../../kernel/duration.ts";
import type { Log } from "../../../kernel/log.ts";
import type { Secret } from "../../../kernel/secret.ts";
import { type Gateway, createGateway } from "./gateway.ts";
import { consumeHits } from "./hits.ts";
import { type LinkState, openLink } from "./link.ts";
import { type Shares, shareWork } from "./shares.ts";
import { createWorker } from "./worker.ts";

/** Taken events wait this long at most before they are sent. */
const FLUSH_MS = 10;
const LOOK_MS = 1_000;
/** Shorter outages are healed before anybody has read of them. */
const SAY_AFTER_MS = 10_000;

/** What detectors on a bus are made of. */
interface WorkOptions {
  readonly address: Secret;
  readonly detectors: readonly Detector[];
  /** Settings put over the defaults, by detector's name. */
  readonly params?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly clock: Clock;
  readonly log: Log;
}

/** How the bus is, for /readyz and the metrics. */
export interface BusState extends LinkState {
  /** Parts of the market that this process watches. */
  readonly partitions: readonly number[];
  /** This process sends the market's events. */
  readonly publishing: boolean;
  readonly published: number;
  readonly lost: number;
  /** Hits taken from the bus and stored. */
  readonly hits: number;
}

const sharesOn = ({ detectors, params, clock, log }: WorkOptions, connection: NatsConnection): Promise<Shares> =>
  shareWork({
    connection,
    me: randomUUID(),
    start: (partition, toldThrough) =>
      createWorker({ connection, partition, detectors, toldThrough, ...(params ? { params } : {}) }),
    clock,
    log,
  });

/** A process that only runs detectors. */
export interface BusWorkers {
  state(): LinkState & { readonly partitions: readonly number[] };
  stop(): Promise<void>;
}

/** Runs detectors over this process's share of the market's events. */
export function openBusWorkers(options: WorkOptions): BusWorkers {
  let shares: Shares | undefined;
  const link = openLink({
    ...options,
    async open(connection) {
      const opened = await sharesOn(options, connection);
      shares = opened;
      return async () => {
        shares = undefined;
        await opened[Symbol.asyncDispose]();
      };
    },
  });
  return { state: () => ({ ...link.state(), partitions: shares?.held() ?? [] }), stop: () => link.stop() };
}

/** The desk's side of the bus. */
export interface Bus {
  /** Sends a market's event, where this process is the one that does. */
  take(event: MarketEvent): void;
  state(): BusState;
  stop(): Promise<void>;
}

/** What the desk's bus is made of. */
export interface BusOptions extends WorkOptions {
  /** Whether this process sends: only one of a desk does. */
  readonly publishes: () => boolean;
  /** Our time as feeds write it into `receivedAt`, ms. */
  readonly receivedAt: () => number;
  readonly emit: (alert: Alert) => Promise<void>;
}

const awayAlert = (state: LinkState, now: Date): Alert => ({
  source: "market-watch",
  trust: "internal",
  kind: "bus.away",
  status: state.up ? "resolved" : "firing",
  severity: "high",
  title: state.up ? "The market bus is back" : "The market bus is away: detectors see nothing of the market",
  summary: state.up
    ? "Detectors see the market's events again; books began anew."
    : `NATS has been away for ${spanOf(now.getTime() - state.since.getTime())} (${state.why}). Accounts are watched as before.`,
  labels: { part: "bus" },
  values: {},
  at: now,
});

/** Connects the desk to the bus: sends events where it leads, runs a share of the detectors, and turns hits into alerts. */
export function openBus(options: BusOptions): Bus {
  const { clock, log, emit } = options;
  let gateway: Gateway | undefined;
  let sending: NatsConnection | undefined;
  let shares: Shares | undefined;
  let [hits, told] = [0, false];
  let before = { published: 0, lost: 0 };
  const link = openLink({
    ...options,
    async open(connection) {
      const opened = await sharesOn(options, connection);
      shares = opened;
      sending = connection;
      const taken = await consumeHits(connection, {
        name: "desk",
        async onHit(hit) {
          await emit(toAlert(hit));
          hits += 1;
        },
        onTrouble: (error) => log.warn({ err: error }, "hit not stored, it is tried again"),
      });
      return async () => {
        sending = undefined;
        atGateway();
        shares = undefined;
        await Promise.all([taken[Symbol.asyncDispose](), opened[Symbol.asyncDispose]()]);
      };
    },
  });

  /** A gateway for as long as this process leads and the bus is there. */
  const atGateway = (): void => {
    const wanted = sending !== undefined && options.publishes();
    if (wanted === (gateway !== undefined)) return;
    const counted = gateway?.counts();
    if (counted) before = { published: before.published + counted.published, lost: before.lost + counted.lost };
    gateway = wanted && sending ? createGateway(sending, randomUUID()) : undefined;
  };
  const stopFlush = clock.every(FLUSH_MS, () => gateway?.flush(options.receivedAt()));
  const look = async (): Promise<void> => {
    atGateway();
    const state = link.state();
    const now = clock.now();
    const due = state.up ? told : !told && now.getTime() - state.since.getTime() >= SAY_AFTER_MS;
    if (!due) return;
    try {
      await emit(awayAlert(state, now));
      told = !state.up;
    } catch (error) {
      log.warn({ err: error }, "alert about the bus not stored, it is tried again");
    }
  };
  const stopLook = clock.every(LOOK_MS, look);

  return {
    take: (event) => gateway?.take(event),
    state() {
      const counted = gateway?.counts() ?? { published: 0, lost: 0 };
      return {
        ...link.state(),
        partitions: shares?.held() ?? [],
        publishing: gateway !== undefined,
        published: before.published + counted.published,
        lost: before.lost + counted.lost,
        hits,
      };
    },
    async stop() {
      stopFlush();
      stopLook();
      gateway?.flush(options.receivedAt());
      await gateway?.settled();
      gateway = undefined;
      await link.stop();
    },
  };
}
