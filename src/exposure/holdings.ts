import type { AccountState } from "../kernel/account.ts";
import { type Decimal, toFloat } from "../kernel/decimal.ts";
import type { Instrument } from "../kernel/instrument.ts";
import type { Position } from "../kernel/order.ts";
import type { Holding } from "../quant/risk/holdings.ts";
import type { VenueReader } from "../venues/venue.ts";
import { isDollar } from "../kernel/dollar.ts";
import { perpetualsOf, twinOf } from "./instruments.ts";
import { holdingOf, markOf, viewOption } from "./option-view.ts";

/** An account's book as `quant` reads it. */
export interface Reading {
  readonly account: string;
  readonly holdings: readonly Holding[];
  /** Index price in USD by coin. */
  readonly indexes: ReadonlyMap<string, number>;
  /** What could not be read in full and how it was counted instead, a sentence each. */
  readonly notes: readonly string[];
  readonly at: Date;
}

/** The index of a coin at a venue, from its main perpetual or spot market; undefined where neither is listed or priced. */
export async function indexOf(
  reader: VenueReader,
  instruments: ReadonlyMap<string, Instrument>,
  asset: string,
): Promise<number | undefined> {
  const one =
    perpetualsOf(instruments, asset)[0] ??
    [...instruments.values()].find((other) => other.base === asset && other.kind !== "option" && isDollar(other.quote));
  if (!one) return undefined;
  const book = await reader.book(one.symbol, 1);
  return book.indexPrice === null ? markOf(book) : toFloat(book.indexPrice);
}

const coinOf = (symbol: string): string => symbol.split("/")[0] ?? symbol;

/** What a venue reports of a position, where the contract itself is not known: its delta and nothing else. */
function byDelta(account: string, one: Position, indexUsd: number): Holding {
  return {
    kind: "future",
    settlement: "linear",
    account,
    asset: coinOf(one.symbol),
    indexUsd,
    size: toFloat(one.delta),
    markUsd: indexUsd,
  };
}

/**
 * Reads an account's positions and coins as holdings: option volatilities from the venue's marks, forwards by parity.
 * Coins count once, whether the venue shows them as balances or as spot positions; dollars and their coins are assets of
 * their own. @throws DeskError as the venue's reads do
 */
export async function readHoldings(reader: VenueReader, state: AccountState): Promise<Reading> {
  const { account } = state;
  const instruments = await reader.instruments();
  const notes: string[] = [];
  const assets = new Set([
    ...state.positions.map((one) => coinOf(one.symbol)),
    ...state.balances
      .filter((one) => toFloat(one.total as Decimal) !== 0 && !isDollar(one.asset))
      .map((one) => one.asset),
  ]);
  const indexes = new Map<string, number>();
  await Promise.all(
    [...assets].map(async (asset) => {
      const index = (await indexOf(reader, instruments, asset)) ?? balancePrice(state, asset);
      if (index === undefined || !(index > 0))
        notes.push(`${asset} of ${account} has no price at ${state.venue}; it is left out.`);
      else indexes.set(asset, index);
    }),
  );
  const read = async (one: Position): Promise<readonly Holding[]> => {
    const asset = coinOf(one.symbol);
    const indexUsd = indexes.get(asset);
    if (indexUsd === undefined) return [];
    const instrument = instruments.get(one.symbol);
    const contracts = toFloat(one.quantity);
    if (instrument?.kind === "option") {
      const twin = twinOf(instruments, instrument);
      const [book, other] = await Promise.all([reader.book(one.symbol, 1), twin && reader.book(twin.symbol, 1)]);
      const view = viewOption(instrument, book, other, indexUsd, state.at);
      if (view) return [holdingOf(view, account, contracts)];
    }
    if (instrument === undefined || instrument.kind === "option") {
      notes.push(
        `${one.symbol} of ${account} counts with the delta its venue reports alone: its mark gives no volatility.`,
      );
      return [byDelta(account, one, indexUsd)];
    }
    if (instrument.kind === "spot") return [{ kind: "spot", account, asset, indexUsd, coins: contracts }];
    const size = contracts * toFloat(instrument.contractSize);
    const markUsd = toFloat(one.markPrice);
    const settlement = instrument.inverse ? ("inverse" as const) : ("linear" as const);
    const future: Holding = { kind: "future", account, asset, indexUsd, settlement, size, markUsd };
    // Profit of an inverse contract that is not settled yet is already owned in coins.
    const unsettled = toFloat(one.unrealisedUsd) / markUsd;
    return instrument.inverse && unsettled !== 0
      ? [future, { kind: "spot", account, asset, indexUsd, coins: unsettled }]
      : [future];
  };
  const positions = (await Promise.all(state.positions.filter((one) => toFloat(one.quantity) !== 0).map(read))).flat();
  const shown = new Set(
    state.positions.filter((one) => instruments.get(one.symbol)?.kind === "spot").map((one) => coinOf(one.symbol)),
  );
  const coins = state.balances.flatMap((one): Holding[] => {
    const total = toFloat(one.total as Decimal);
    if (total === 0 || one.asset === "USD" || shown.has(one.asset)) return [];
    const indexUsd = isDollar(one.asset) ? (balancePrice(state, one.asset) ?? 1) : indexes.get(one.asset);
    return indexUsd === undefined ? [] : [{ kind: "spot", account, asset: one.asset, indexUsd, coins: total }];
  });
  return { account, holdings: [...positions, ...coins], indexes, notes, at: state.at };
}

function balancePrice(state: AccountState, asset: string): number | undefined {
  const held = state.balances.find((one) => one.asset === asset);
  const price = held ? toFloat(held.usd) / toFloat(held.total as Decimal) : Number.NaN;
  return Number.isFinite(price) && price > 0 ? price : undefined;
}
