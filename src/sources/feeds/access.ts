import type { AccessEvent } from "../../detectors/event.ts";
import type { AccessAction } from "../../kernel/access.ts";
import type { Markets } from "./market/markets.ts";

/** Where people sign in to the desk itself; the other places are venues. */
export const CONSOLE = "console";

/** Somebody came in, or changed what lets people in: at the console or at a venue. */
export interface Access {
  /** A venue's name, or `CONSOLE`. */
  readonly venue: string;
  /** The account at the venue; at the console the person. */
  readonly account: string;
  readonly action: AccessAction;
  /** Who did it, as far as it is known. */
  readonly actor: string;
  /** A way to sign in to the console, or a network address; empty where it is not known. */
  readonly origin: string;
  /** It came from there before, or it is how the account begins. */
  readonly known: boolean;
  /** What was done, in words; may be empty. */
  readonly detail: string;
  /** Number in the log that it was read from: no two of an account are alike. */
  readonly entry: number;
  readonly at: Date;
  /** When somebody last came into the account from an unknown place before this, however long ago; null where nobody did. */
  readonly strangerAt: Date | null;
}

/** An access as detectors hear of it. */
export const accessEvent = (markets: Markets, access: Access, receivedAt: number): AccessEvent => {
  const { venue, at, strangerAt, ...facts } = access;
  return {
    kind: "access",
    market: markets.named(venue, venue === CONSOLE ? "desk/console" : `access/${access.account}`),
    at: at.getTime(),
    receivedAt,
    ...facts,
    ...(strangerAt ? { strangerAt: strangerAt.getTime() } : {}),
  };
};
