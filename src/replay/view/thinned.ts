/** Intervals as columns: their last moment, lowest, highest and last price. */
interface Columns {
  at: number[];
  low: number[];
  high: number[];
  last: number[];
}

/** Prices over time, as few as a chart can show. */
export interface Thinned {
  /** @param at ms; earlier than the one before counts as that moment */
  take(at: number, price: number): void;
  columns(): { readonly [name in keyof Columns]: readonly number[] };
}

const FIRST_WIDTH_MS = 100;

/** Keeps at most `most` intervals however long it goes on: where they are full, two become one. */
export function createThinned(most: number): Thinned {
  let width = FIRST_WIDTH_MS;
  let kept: Columns = { at: [], low: [], high: [], last: [] };
  function put(time: number, lowest: number, highest: number, price: number): void {
    const { at, low, high, last } = kept;
    const end = at.length - 1;
    const moment = end < 0 ? time : Math.max(time, at[end]!);
    if (end >= 0 && Math.floor(moment / width) === Math.floor(at[end]! / width)) {
      at[end] = moment;
      low[end] = Math.min(low[end]!, lowest);
      high[end] = Math.max(high[end]!, highest);
      last[end] = price;
      return;
    }
    at.push(moment);
    low.push(lowest);
    high.push(highest);
    last.push(price);
  }
  const widen = (): void => {
    width *= 2;
    const { at, low, high, last } = kept;
    kept = { at: [], low: [], high: [], last: [] };
    for (let i = 0; i < at.length; i += 1) put(at[i]!, low[i]!, high[i]!, last[i]!);
  };
  return {
    take(time, price) {
      put(time, price, price, price);
      while (kept.at.length > most) widen();
    },
    columns: () => kept,
  };
}
