import type { MarketEvent, OwnOrderEvent, Taker } from "../../detectors/event.ts";
import { countsFace, sizeOf } from "../../detectors/sizes.ts";
import type { AccountState } from "../../kernel/account.ts";
import { type Decimal, toFloat } from "../../kernel/decimal.ts";
import type { Fill, Side } from "../../kernel/order.ts";
import type { VenueReader } from "../../venues/venue.ts";
import type { Markets } from "./market/markets.ts";

/** An order that this program sent, as its own table knows it: what a venue refused is seen nowhere else. */
export interface SentOrder {
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: Decimal;
  readonly limitPrice: Decimal;
  readonly rejected: boolean;
  readonly at: Date;
}

/** What own flow stands on. */
export interface OwnFlowParts {
  readonly markets: Markets;
  readonly emit: (event: MarketEvent) => void;
  /** Our time as feeds write it, ms. */
  readonly receivedAt: () => number;
  /** Orders this program sent for an account since the moment. */
  readonly sent: (account: string, since: Date) => Promise<readonly SentOrder[]>;
}

/** An account's own orders and positions, as detectors hear of them. */
export interface OwnFlow {
  /** Takes an account's newest figures; orders that came and went since the last are found among its fills. */
  look(state: AccountState, reader: Pick<VenueReader, "fills" | "instruments">): Promise<void>;
}

/** Orders remembered of an account; a forgotten one that changes again would be told as new. */
const MOST_KNOWN = 10_000;
/** Venues list fills late; each is told once all the same. */
const OVERLAP_MS = 60_000;

interface Known {
  readonly open: Map<string, Placed>;
  readonly told: Set<string>;
  readonly fills: Set<string>;
  positions: ReadonlyMap<string, string>;
  /** What happened before is not told. */
  readonly begunAt: Date;
  /** Fills are read from here on. */
  since: Date;
}

type Placed = Pick<OwnOrderEvent, "id" | "taker" | "price" | "size"> & { readonly symbol: string };

const takerOf = (side: Side): Taker => (side === "buy" ? 1 : -1);
const keyOf = (one: { readonly clientOrderId: string; readonly venueOrderId?: string }): string =>
  one.clientOrderId === "" ? (one.venueOrderId ?? "") : one.clientOrderId;
const fillKey = (fill: Fill): string => [fill.venueOrderId, fill.at.getTime(), fill.price, fill.quantity].join(" ");

/** An account's contracts of an instrument in the unit of its market's sizes; NaN where the venue no longer lists it. */
type SizeInUnits = (symbol: string, contracts: number) => number;

/** The one place where sizes of our own become comparable with those of the market. */
async function unitsOf(venue: string, reader: Pick<VenueReader, "instruments">): Promise<SizeInUnits> {
  // Most venues count both alike, and need not be asked.
  const listed = countsFace(venue) ? await reader.instruments() : null;
  return (symbol, contracts) => {
    const contractSize = listed?.get(symbol)?.contractSize;
    return sizeOf(venue, contracts, contractSize === undefined ? Number.NaN : toFloat(contractSize));
  };
}

function forget(set: Set<string>): void {
  for (const one of set) {
    if (set.size <= MOST_KNOWN) return;
    set.delete(one);
  }
}

/**
 * Turns accounts' figures into the events of own flow. The first look only learns what is there; from then on an order is
 * told once as placed, whoever placed it, with each of its fills, and as cancelled where it went without being filled.
 */
export function openOwnFlow({ markets, emit, receivedAt, sent }: OwnFlowParts): OwnFlow {
  const accounts = new Map<string, Known>();

  const tell = (
    state: AccountState,
    order: Placed,
    what: OwnOrderEvent["state"],
    at: Date,
    inUnits: SizeInUnits,
  ): void => {
    const { symbol, size, ...facts } = order;
    emit({
      kind: "order",
      market: markets.named(state.venue, symbol),
      at: at.getTime(),
      receivedAt: receivedAt(),
      account: state.account,
      ...facts,
      size: inUnits(symbol, size),
      state: what,
    });
  };
  const tellPositions = (state: AccountState, before: ReadonlyMap<string, string>, inUnits: SizeInUnits): void => {
    const gone = [...before.keys()].filter((symbol) => !state.positions.some((one) => one.symbol === symbol));
    const rows = [
      ...state.positions.map((one) => ({ ...one, quantity: toFloat(one.quantity), usd: toFloat(one.notionalUsd) })),
      ...gone.map((symbol) => ({ symbol, quantity: 0, usd: 0, adlRankRatio: undefined })),
    ];
    for (const { symbol, quantity, usd, adlRankRatio } of rows)
      emit({
        kind: "position",
        market: markets.named(state.venue, symbol),
        at: state.at.getTime(),
        receivedAt: receivedAt(),
        account: state.account,
        quantity: quantity === 0 ? 0 : inUnits(symbol, quantity),
        notionalUsd: usd,
        equityUsd: toFloat(state.equityUsd),
        adlRankRatio: adlRankRatio === undefined ? Number.NaN : toFloat(adlRankRatio),
      });
  };

  const learn = (state: AccountState): void => {
    const keys = state.openOrders.map(keyOf);
    accounts.set(state.account, {
      open: new Map(state.openOrders.map((one) => [keyOf(one), placedOf(one)])),
      told: new Set(keys),
      fills: new Set(),
      positions: new Map(state.positions.map((one) => [one.symbol, one.quantity])),
      begunAt: state.at,
      since: state.at,
    });
  };

  return {
    async look(state, reader) {
      const known = accounts.get(state.account);
      const inUnits = await unitsOf(state.venue, reader);
      tellPositions(state, known?.positions ?? new Map(), inUnits);
      if (!known) {
        learn(state);
        return;
      }
      const now = new Map(state.openOrders.map((one) => [keyOf(one), one]));
      const positions = new Map(state.positions.map((one) => [one.symbol, one.quantity]));
      const moved =
        [...now.keys()].some((key) => !known.told.has(key)) ||
        [...known.open.keys()].some((key) => !now.has(key)) ||
        positions.size !== known.positions.size ||
        [...positions].some(([symbol, quantity]) => known.positions.get(symbol) !== quantity);
      const ours = await sent(state.account, known.since);
      // Reading fills costs the venue's patience: only where something moved.
      const fills = moved ? await reader.fills(state.account, known.since) : [];

      const events: { readonly at: Date; readonly tell: () => void }[] = [];
      const place = (key: string, order: Placed, at: Date): void => {
        if (known.told.has(key)) return;
        known.told.add(key);
        events.push({ at, tell: () => tell(state, order, "placed", at, inUnits) });
      };
      for (const one of ours) {
        const order = placedOf({ ...one, venueOrderId: one.clientOrderId });
        place(one.clientOrderId, order, one.at);
        const refused = `rejected ${one.clientOrderId}`;
        if (!one.rejected || known.fills.has(refused)) continue;
        known.fills.add(refused);
        events.push({ at: one.at, tell: () => tell(state, order, "rejected", one.at, inUnits) });
      }
      for (const [key, one] of now) place(key, placedOf(one), one.updatedAt);
      const filled = new Set<string>();
      for (const fill of fills) {
        const key = keyOf(fill);
        filled.add(key);
        if (known.fills.has(fillKey(fill)) || fill.at < known.begunAt) continue;
        known.fills.add(fillKey(fill));
        const order = placedOf({ ...fill, limitPrice: fill.price });
        const size = fills.reduce((sum, one) => (keyOf(one) === key ? sum + toFloat(one.quantity) : sum), 0);
        place(key, { ...order, size }, fill.at);
        events.push({ at: fill.at, tell: () => tell(state, order, "filled", fill.at, inUnits) });
      }
      for (const [key, order] of known.open)
        if (!now.has(key) && !filled.has(key))
          events.push({ at: state.at, tell: () => tell(state, order, "cancelled", state.at, inUnits) });

      known.open.clear();
      for (const [key, one] of now) known.open.set(key, placedOf(one));
      known.positions = positions;
      known.since = new Date(state.at.getTime() - OVERLAP_MS);
      forget(known.told);
      forget(known.fills);
      for (const one of events.toSorted((a, b) => a.at.getTime() - b.at.getTime())) one.tell();
    },
  };
}

const placedOf = (one: {
  readonly venueOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: Decimal;
  readonly limitPrice: Decimal | null;
}): Placed => ({
  id: one.venueOrderId,
  symbol: one.symbol,
  taker: takerOf(one.side),
  price: one.limitPrice === null ? Number.NaN : toFloat(one.limitPrice),
  size: toFloat(one.quantity),
});
