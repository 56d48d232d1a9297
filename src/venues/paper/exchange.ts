import type { Clock } from "../../kernel/clock.ts";
import { decimal, places, toFloat } from "../../kernel/decimal.ts";
import { DeskError, messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { Venue } from "../venue.ts";
import type { AccountSeed } from "./demo-accounts.ts";
import { type PaperMarketEvent, optionEvents, tickEvents } from "./events.ts";
import { type Faults, type PaperChaos, type PaperFault, openFaults } from "./faults.ts";
import type { Floor } from "./floor.ts";
import { type Deed, type JournalView, openJournal, viewOf } from "./journal.ts";
import { type Market, NO_PINS, type Pins, openMarket } from "./market.ts";
import { openTaken } from "./matching.ts";
import { submit } from "./orders.ts";
import { apply, emptyState } from "./state.ts";
import { STORMS, type Storm, type StormName } from "./storms.ts";
import { type Bouts, dropSilent, fillResting, liquidate, payFunding, settleExpired } from "./tick.ts";
import { paperVenue } from "./venue.ts";

/** How a paper exchange is opened. */
export interface PaperOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Any integer; the same seed and storm give the same prices. A journal's own seed and storm win over these. */
  readonly seed: number;
  readonly storm: StormName;
  /** Bitcoin's price at the start; the storm's own where left out. */
  readonly btcUsd?: number;
  /** Multiplies the storm's time; default 1 (a day in five minutes). */
  readonly speed?: number;
  /** A longer pause of the clock does not move the storm: nobody could have acted in it; 2 seconds by default. */
  readonly longestStepMs?: number;
  /** File of the journal; without one everything lives in memory. */
  readonly journalPath?: string;
  readonly faults?: readonly PaperFault[];
  readonly chaos?: PaperChaos;
  /** How long every call takes; default 0. */
  readonly latencyMs?: number;
  /** For how long a new order is not found by its client order id; default 0. */
  readonly visibilityLagMs?: number;
}

/**
 * A simulated exchange with the port's two halves and the controls a demo or a test needs.
 *
 * - `venue()`: the port. Both halves are the same objects each time.
 * - `seedAccounts(seeds)`: opens accounts the journal does not know yet; see `demoAccounts(storm, now)`.
 * - `accounts()`: ids of the accounts open here.
 * - `onMarket(listener)`: public events at each tick and trade; returns what stops it.
 * - `storm()`: name, `elapsedMs` of the storm's own time, `lastsMs`, speed.
 * - `faults`: planned failures, added and cleared at any time.
 * - `pin(base, price)`: holds a coin's price for a test; `pin(base, null)` lets the storm have it again.
 * - `thin(share)`: multiplies the depth of every book, as a decimal above 0; "1" is the storm's own.
 * - `hide(ms)`: for how long new orders are not found by their client order id; as `visibilityLagMs`.
 * - `tick()`: one step now; runs by itself every 250 ms of the clock.
 * - `journal()`: what was taken and done, the judge in tests (`readJournal(path)` reads the file of a dead process).
 * - `close()`: stops the ticks, and the journal is on disk.
 */
export interface PaperExchange {
  venue(): Venue;
  seedAccounts(seeds: readonly AccountSeed[]): Promise<void>;
  accounts(): readonly string[];
  onMarket(listener: (event: PaperMarketEvent) => void): () => void;
  storm(): { readonly name: StormName; readonly elapsedMs: number; readonly lastsMs: number; readonly speed: number };
  readonly faults: Faults;
  pin(base: "BTC" | "ETH", price: string | null): void;
  thin(share: string): void;
  hide(ms: number): void;
  tick(): Promise<void>;
  journal(): JournalView;
  close(): Promise<void>;
}

const TICK_MS = 250;
const LONGEST_STEP_MS = 2_000;
/** How often the storm's time is noted: often while it lasts, rarely after. */
const NOTE_MS = 1_000;
const NOTE_AFTER_MS = 60_000;

/**
 * Opens the paper exchange, from its journal where there is one: accounts, orders, positions and the storm's time continue
 * where they were. An order is on disk before it is answered for.
 * @throws DeskError CONFIG_INVALID for an unknown storm in the journal or a speed that is not above 0;
 *   RECORDING_UNREADABLE for a damaged journal
 */
export async function openPaper(options: PaperOptions): Promise<PaperExchange> {
  const { clock, log, speed = 1, longestStepMs = LONGEST_STEP_MS } = options;
  if (!(speed > 0 && speed <= 1000))
    throw new DeskError("CONFIG_INVALID", `the storm's speed was ${speed}, it must be above 0 and at most 1000`);
  const { journal, deeds } = await openJournal(options.journalPath);
  const state = emptyState();
  for (const deed of deeds) apply(state, deed);
  const name = state.opened?.storm ?? options.storm;
  const seed = state.opened?.seed ?? options.seed;
  if (!isStorm(name))
    throw new DeskError(
      "CONFIG_INVALID",
      `the journal's storm "${name}" is not known; known are ${Object.keys(STORMS).join(", ")}`,
    );
  const storm: Storm = options.btcUsd === undefined ? STORMS[name] : { ...STORMS[name], btcUsd: options.btcUsd };
  const lastsMs = storm.legs.at(-1)?.untilMs ?? 0;

  const kept: Deed[] = [...deeds];
  const marketListeners = new Set<(event: PaperMarketEvent) => void>();
  const accountListeners = new Set<{ account: string; onChange: () => void; onGone: (why: string) => void }>();
  let pins: Pins = NO_PINS;
  let hiddenMs = options.visibilityLagMs ?? 0;
  const faults = openFaults(options.faults ?? [], options.chaos);
  const taken = openTaken();
  const bouts: Bouts = new Set();
  const marketOf = openMarket(storm, seed);
  let elapsedMs = state.stormMs;
  let notedMs = elapsedMs;
  let steppedAt = clock.now().getTime();
  let market: Market = marketOf(elapsedMs, clock.now(), pins);
  let closed = false;

  const tell = (what: string, listener: () => void): void => {
    try {
      listener();
    } catch (error) {
      log.error({ what, reason: messageOf(error) }, "paper.listener_failed");
    }
  };
  const changed = (account: string): void => {
    for (const one of accountListeners) if (one.account === account) tell("account", one.onChange);
  };
  const publish = (event: PaperMarketEvent): void => {
    for (const listener of marketListeners) tell("market", () => listener(event));
  };
  const remember = (list: readonly Deed[]): void => {
    for (const deed of list) {
      apply(state, deed);
      if (deed.deed !== "clock") kept.push(deed);
    }
    journal.write(list);
  };
  const floor: Floor = {
    state,
    storm,
    taken,
    market: () => market,
    now: () => clock.now(),
    record: (...list) => {
      remember(list);
      for (const deed of list) {
        if ("account" in deed) changed(deed.account);
        if (deed.deed === "cancelled") changed(state.orders.get(deed.order)?.account ?? "");
        if (deed.deed === "filled" && !deed.maker) publishTrade(deed);
        if (deed.deed === "liquidating")
          log.warn({ account: deed.account, marginRatio: deed.marginRatio }, "paper.liquidation_started");
      }
    },
  };
  const publishTrade = (deed: Extract<Deed, { deed: "filled" }>): void => {
    const { symbol, side, price, quantity } = deed;
    const forced = state.orders.get(deed.order)?.by === "liquidation";
    const at = new Date(deed.at);
    publish({ kind: "trade", symbol, side, price, quantity, at });
    if (forced) publish({ kind: "liquidation", symbol, side, price, quantity, at });
  };

  const note = (): void => {
    if (elapsedMs - notedMs < (elapsedMs < lastsMs ? NOTE_MS : NOTE_AFTER_MS) * Math.max(1, speed)) return;
    notedMs = elapsedMs;
    remember([{ deed: "clock", stormMs: elapsedMs, at: clock.now().toISOString() }]);
  };
  const step = async (): Promise<void> => {
    if (closed) return;
    const now = clock.now();
    const passed = Math.min(Math.max(0, now.getTime() - steppedAt), longestStepMs);
    const before = market;
    const fundedTimes = Math.floor(elapsedMs / storm.fundingEveryMs);
    steppedAt = now.getTime();
    elapsedMs += passed * speed;
    market = marketOf(elapsedMs, now, pins);
    note();
    dropSilent(floor);
    fillResting(floor);
    for (let due = Math.floor(elapsedMs / storm.fundingEveryMs); due > fundedTimes; due -= 1) payFunding(floor);
    settleExpired(floor);
    liquidate(floor, bouts);
    if (marketListeners.size > 0) {
      for (const event of tickEvents(market, before, seed)) publish(event);
      for (const event of optionEvents(market, before, storm)) publish(event);
    }
    for (const [account, { holdings }] of state.accounts) if (holdings.size > 0) changed(account);
    await journal.flush();
  };
  let stopTicks: (() => void) | undefined;
  const guarded = async (): Promise<void> => {
    try {
      await step();
    } catch (error) {
      // A journal that cannot be written ends the exchange: nothing it said afterwards would survive.
      stopTicks?.();
      log.error({ reason: messageOf(error) }, "paper.tick_failed");
      for (const one of accountListeners) tell("gone", () => one.onGone(messageOf(error)));
    }
  };

  if (!state.opened) {
    remember([{ deed: "opened", format: 1, storm: name, seed, at: clock.now().toISOString() }]);
    await journal.flush();
  }
  // A crash can tear the journal between an order and its outcome; what was never meant to rest does not begin to.
  for (const id of state.working) {
    const order = state.orders.get(id);
    if (order?.timeInForce !== "IOC" && order?.timeInForce !== "FOK") continue;
    remember([{ deed: "cancelled", order: id, cause: "unfilled", at: clock.now().toISOString() }]);
  }
  const venue = paperVenue({
    floor,
    clock,
    faults,
    journal,
    latencyMs: options.latencyMs ?? 0,
    hiddenMs: () => hiddenMs,
    watch: (account, onChange, onGone) => {
      const one = { account, onChange, onGone };
      accountListeners.add(one);
      return () => accountListeners.delete(one);
    },
  });
  stopTicks = clock.every(TICK_MS, guarded);

  return {
    venue: () => venue,
    async seedAccounts(seeds) {
      for (const { account, balances, positions, orders } of seeds) {
        if (state.accounts.has(account)) continue;
        floor.record({ deed: "seeded", account, balances, positions, at: clock.now().toISOString() });
        for (const order of orders) {
          const verdict = submit(floor, { ...order, account });
          if ("refused" in verdict)
            throw new DeskError(
              "CONFIG_INVALID",
              `the opening order ${order.clientOrderId} of ${account} was refused: ${verdict.refused}`,
            );
        }
      }
      await journal.flush();
    },
    accounts: () => [...state.accounts.keys()],
    onMarket(listener) {
      marketListeners.add(listener);
      return () => marketListeners.delete(listener);
    },
    storm: () => ({ name, elapsedMs, lastsMs, speed }),
    faults,
    pin(base, price) {
      const prices = new Map(pins.prices);
      if (price === null) prices.delete(base);
      else prices.set(base, places(decimal<"price">(price), 2, "half-even"));
      pins = { ...pins, prices };
      market = marketOf(elapsedMs, clock.now(), pins);
    },
    thin(share) {
      pins = { ...pins, depth: toFloat(decimal(share)) };
      market = marketOf(elapsedMs, clock.now(), pins);
    },
    hide(ms) {
      hiddenMs = ms;
    },
    tick: step,
    journal: () => viewOf(kept),
    async close() {
      if (closed) return;
      closed = true;
      stopTicks?.();
      for (const one of accountListeners) tell("gone", () => one.onGone("the paper exchange was closed"));
      remember([{ deed: "clock", stormMs: elapsedMs, at: clock.now().toISOString() }]);
      await journal.close();
    },
  };
}

const isStorm = (name: string): name is StormName => Object.hasOwn(STORMS, name);
