import type { Market } from "../../../detectors/event.ts";
import { unify } from "./symbols.ts";

/** The instruments that a run has seen, with dense ids for venues, assets and markets. */
export interface Markets {
  readonly list: Market[];
  /** The market a venue calls `raw`; made on first sight. */
  of(venue: string, raw: string): Market;
  /** The market of a unified symbol: the one a feed made where there is one, so that both meet in one state. */
  named(venue: string, instrument: string): Market;
}

/** An empty register. */
export function createMarkets(): Markets {
  const list: Market[] = [];
  const byName = new Map<string, Market>();
  const venues = new Map<string, number>();
  const assets = new Map<string, number>();
  const dense = (ids: Map<string, number>, name: string): number => {
    const id = ids.get(name) ?? ids.size;
    ids.set(name, id);
    return id;
  };
  const of: Markets["of"] = (venue, raw) => {
    const name = `${venue}\u0000${raw}`;
    const known = byName.get(name);
    if (known) return known;
    const unified = unify(venue, raw);
    const market: Market = {
      id: list.length,
      venue,
      venueId: dense(venues, venue),
      raw,
      ...unified,
      assetId: dense(assets, unified.base),
      book: undefined,
    };
    list.push(market);
    byName.set(name, market);
    return market;
  };
  return {
    list,
    of,
    named: (venue, instrument) =>
      list.find((one) => one.venue === venue && one.instrument === instrument) ?? of(venue, instrument),
  };
}
