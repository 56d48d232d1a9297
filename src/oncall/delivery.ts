import type { Database } from "../db/client.ts";
import type { Clock } from "../kernel/clock.ts";
import { messageOf } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import type { Page, Paged, Pager } from "./pager.ts";
import { PAGES_CHANNEL, type PageRow, claimPages, pageFailed, pageLater, pageTold } from "./pages.ts";

/** Due times are met to this; a call from the database comes sooner. */
const LOOK_MS = 1_000;
const BATCH = 20;
const BACKOFF_FIRST_MS = 1_000;
const BACKOFF_LAST_MS = 60_000;

export interface DeliveryOptions {
  readonly database: Database;
  /**
   * Who answers to a target: a pager by its name. Rotas ("rota:<name>") get their place here: a function that picks
   * the pager of whoever is on duty.
   */
  readonly pagerOf: (target: string) => Pager | undefined;
  /** A page that will reach nobody: it has to become an alert of its own. */
  readonly onFailed: (row: PageRow, why: string) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Sends pages from rows, for as long as it takes. */
export interface Delivery {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** One pass; the number of pagers told. */
  sweep(): Promise<number>;
}

/** Opens the delivery: outages of hours and restarts only delay a page, a refusal is said aloud at once. */
export function openDelivery(options: DeliveryOptions): Delivery {
  const { clock, log } = options;
  const { db } = options.database;
  let stopLooking = (): void => {};
  let unlisten: (() => Promise<void>) | undefined;
  let sweeping: Promise<number> | undefined;

  const settle = async (row: PageRow, told: "triggered" | "acknowledged" | "resolved", paged: Paged): Promise<void> => {
    switch (paged.outcome) {
      case "done":
        await pageTold(db, row, told);
        return;
      case "later": {
        const backoffMs = Math.min(BACKOFF_LAST_MS, BACKOFF_FIRST_MS * 2 ** Math.min(row.attempts, 10));
        log.warn({ key: row.dedupeKey, why: paged.why }, "page delayed");
        await pageLater(db, row, paged.afterMs ?? backoffMs, paged.why);
        return;
      }
      case "refused":
        log.error({ key: row.dedupeKey, why: paged.why }, "page refused");
        await pageFailed(db, row, paged.why);
        options.onFailed(row, paged.why);
    }
  };
  const deliver = async (row: PageRow): Promise<void> => {
    const pager = options.pagerOf(row.target);
    if (pager === undefined) {
      await settle(row, "triggered", { outcome: "refused", why: `there is no pager named ${row.target}` });
      return;
    }
    const page: Page = { key: row.dedupeKey, summary: row.summary, severity: row.severity, link: row.link };
    switch (row.state) {
      case "acknowledged":
        await settle(row, "acknowledged", await pager.acknowledge(page));
        return;
      case "resolved":
        await settle(row, "resolved", await pager.resolve(page));
        return;
      case "due":
      case "triggered":
      case "stopped":
      case "failed":
        await settle(row, "triggered", await pager.trigger(page));
    }
  };
  const pass = async (): Promise<number> => {
    const rows = await claimPages(db, BATCH);
    await Promise.all(rows.map(deliver));
    return rows.length;
  };
  /** Passes never overlap: a call while one runs gets that one's outcome. */
  const sweep = (): Promise<number> => {
    sweeping ??= pass().finally(() => {
      sweeping = undefined;
    });
    return sweeping;
  };
  const look = (): void => {
    sweep().catch((error: unknown) => log.warn({ err: messageOf(error) }, "page sweep failed"));
  };
  return {
    sweep,
    async start() {
      const listening = await options.database.sql.listen(PAGES_CHANNEL, look);
      unlisten = () => listening.unlisten();
      stopLooking = clock.every(LOOK_MS, look);
    },
    async stop() {
      stopLooking();
      await unlisten?.();
      // Whoever began that pass logs its failure; here only its end matters.
      await sweeping?.catch(() => 0);
    },
  };
}
