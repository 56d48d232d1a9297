import { existsSync } from "node:fs";
import path from "node:path";
import { loadConfig } from "../config.ts";
import { reachSigner } from "../desk/signer.ts";
import { systemClock } from "../kernel/clock.ts";
import { DeskError } from "../kernel/errors.ts";
import { openLog } from "../kernel/log.ts";
import type { VenueWord } from "../ledger/verify-venues.ts";
import { isOurs } from "../venues/client-order-id.ts";
import { openVenues } from "../venues/open-venues.ts";
import { readPaperWord } from "../venues/paper/word.ts";
import type { VenueReader } from "../venues/venue.ts";

const DAY_MS = 86_400_000;

/** An exchange's word on one account: what its own look-ups say, as far back as it is asked. */
export function exchangeWord(reader: VenueReader, account: string, since: Date): VenueWord {
  return {
    accounts: new Set([account]),
    since,
    async taken(of, symbol, id) {
      const order = await reader.orderByClientId(of, symbol, id).catch((error: unknown) => {
        // A symbol that the venue never listed names none of its orders.
        if (error instanceof DeskError && error.code === "UNKNOWN_INSTRUMENT") return null;
        throw error;
      });
      return order === null ? [] : [order];
    },
    async ours(of) {
      const [open, fills] = await Promise.all([reader.openOrders(of), reader.fills(of, since)]);
      return [...open, ...fills].map((one) => one.clientOrderId).filter(isOurs);
    },
  };
}

/** The paper exchange's word, from the journals under a home folder; null where there are none. */
export async function paperWord(home: string): Promise<VenueWord | null> {
  const word = await readPaperWord(home);
  if (word === null) return null;
  return {
    accounts: word.accounts,
    since: null,
    taken: async (account, _symbol, id) => word.taken(account, id),
    ours: async (account) => word.ours(account),
  };
}

/**
 * Everybody who can say what became of the desk's orders: the paper exchange's journals, and each exchange of desk.yaml
 * with the keys of the environment, which only reads.
 * @param days how far back exchanges are asked; they forget old orders
 */
export async function openVenueWords(
  home: string,
  days: number,
): Promise<{ readonly words: readonly VenueWord[]; close(): Promise<void> }> {
  const paper = await paperWord(home);
  const words = paper === null ? [] : [paper];
  const desk = path.resolve(process.env["BREAKWATER_DESK"] ?? "desk.yaml");
  if (!existsSync(desk)) return { words, close: async () => {} };
  const config = loadConfig(process.env);
  const signer = await reachSigner(config, systemClock, openLog("error"));
  const venues = openVenues({
    accounts: config.accounts,
    paper: null,
    keyed: async (account) => signer.keyed(account),
  });
  const close = async (): Promise<void> => {
    await venues.close();
    await signer.close();
  };
  const since = new Date(systemClock.now().getTime() - days * DAY_MS);
  const exchanges = [...config.accounts.values()].filter((one) => one.venue !== "paper");
  const asked = await Promise.all(
    exchanges.map(async ({ id }) => exchangeWord((await venues.venueOf(id)).reader, id, since)),
  );
  return { words: [...words, ...asked], close };
}
