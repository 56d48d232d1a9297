import type { Clock } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { ConsoleBackend } from "./backend.ts";
import { marketKey, renderMarketRow } from "./pages/market.ts";
import type { Subscriber } from "./subscriber.ts";

/** Prices are for reading: faster than this nobody can. */
const ROUND_MS = 1_000;
/** The focus of a stream whose page shows the market. */
export const MARKET = "market";

/** Keeps open market pages up to date. */
export interface MarketFeed {
  stop(): void;
}

/**
 * Tells every page that shows the market of the rows that changed, once a second; a page that has just come hears all of
 * them. Nothing is read or rendered while nobody looks.
 */
export function openMarketFeed(parts: {
  readonly backend: Pick<ConsoleBackend, "market">;
  readonly clients: () => Iterable<Subscriber>;
  readonly clock: Clock;
  readonly log: Log;
}): MarketFeed {
  const told = new Map<string, string>();
  let known = new WeakSet<Subscriber>();
  const round = async (): Promise<void> => {
    const watching = [...parts.clients()].filter((client) => client.focus === MARKET);
    if (watching.length === 0) return;
    const rows = await parts.backend.market();
    const stale = rows.filter((row) => row.stale).length;
    const fresh = watching.filter((client) => !known.has(client));
    for (const row of rows) {
      const key = marketKey(row);
      const html = renderMarketRow(row).toString();
      const audience = told.get(key) === html ? fresh : watching;
      told.set(key, html);
      const data = JSON.stringify({ key, html });
      for (const client of audience) client.offer(`quote:${key}`, { event: "quote", data });
    }
    const data = JSON.stringify({ count: rows.length, stale });
    for (const client of watching) client.offer("quotes", { event: "quotes", data });
    known = new WeakSet(watching);
  };
  const stop = parts.clock.every(ROUND_MS, () =>
    round().catch((error: unknown) => parts.log.error({ event: "console.market.failed", why: messageOf(error) })),
  );
  return { stop };
}
