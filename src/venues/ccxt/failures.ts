import { DeskError, type ErrorCode, messageOf } from "../../kernel/errors.ts";

/** What an error of ccxt's tree means to an order that was being sent, and to a reading. */
interface Meaning {
  readonly sent: "rejected" | "unknown";
  readonly read: ErrorCode;
}

const REFUSED: Meaning = { sent: "rejected", read: "VENUE_REJECTED" };
const UNREACHED: Meaning = { sent: "unknown", read: "VENUE_UNAVAILABLE" };
const SLOWED: Meaning = { sent: "unknown", read: "VENUE_RATE_LIMITED" };
const GARBLED: Meaning = { sent: "unknown", read: "VENUE_ANSWER_INVALID" };

/**
 * ccxt's error tree (base/errorHierarchy, 4.5.84), mapped once; a class that is not here means what its parent means.
 * Only a clear no of the venue is `rejected`. A duplicate client order id is `unknown`: the order exists, look it up. So is a
 * bare ExchangeError, which is what ccxt throws for a code it does not know.
 */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  BaseError: GARBLED,
  ExchangeError: { sent: "unknown", read: "VENUE_REJECTED" },
  AuthenticationError: REFUSED,
  ArgumentsRequired: REFUSED,
  BadRequest: REFUSED,
  BadSymbol: { sent: "rejected", read: "UNKNOWN_INSTRUMENT" },
  OperationRejected: REFUSED,
  InsufficientFunds: REFUSED,
  InvalidAddress: REFUSED,
  InvalidOrder: REFUSED,
  OrderNotFound: { sent: "unknown", read: "VENUE_REJECTED" },
  DuplicateOrderId: { sent: "unknown", read: "VENUE_REJECTED" },
  NotSupported: { sent: "rejected", read: "NOT_SUPPORTED" },
  InvalidProxySettings: REFUSED,
  OperationFailed: UNREACHED,
  DDoSProtection: SLOWED,
  RateLimitExceeded: SLOWED,
  BadResponse: GARBLED,
};

/** The names of an error's classes, its own first; empty for what is not ccxt's. */
function lineage(error: unknown): readonly string[] {
  const names: string[] = [];
  let level: object | null =
    typeof error === "object" && error !== null ? (Object.getPrototypeOf(error) as object | null) : null;
  while (level && level !== Error.prototype && level !== Object.prototype) {
    names.push(level.constructor.name);
    level = Object.getPrototypeOf(level) as object | null;
  }
  return names;
}

function meaningOf(error: unknown): Meaning {
  for (const name of lineage(error)) {
    const found = MEANINGS[name];
    if (found) return found;
  }
  // A TypeError inside ccxt's parsers is an answer of an unexpected shape.
  return GARBLED;
}

/** Whether an error is ccxt's class of this name or one below it. */
export const isA = (error: unknown, name: string): boolean => lineage(error).includes(name);

/** The venue's own codes, as they stand in its answers, where ccxt's table does not know them. */
interface Codes {
  /** What leaves open whether the order exists, as a client order id that exists already. */
  readonly doubtful: RegExp | null;
  /** A clear no. */
  readonly refused: RegExp;
}

/** What became of an order whose sending threw. */
export function placeFailure(
  error: unknown,
  { doubtful, refused }: Codes,
): { readonly outcome: "rejected" | "unknown"; readonly reason: string } {
  if (error instanceof DeskError) {
    const no = error.code === "VENUE_REJECTED" || error.code === "NOT_SUPPORTED";
    return { outcome: no ? "rejected" : "unknown", reason: error.message };
  }
  const words = messageOf(error);
  const open = doubtful?.test(words) ?? false;
  const vague = lineage(error)[0] === "ExchangeError";
  const outcome = open ? "unknown" : vague && refused.test(words) ? "rejected" : meaningOf(error).sent;
  return { outcome, reason: said(error) };
}

/** The error a reading throws. */
export function readFailure(error: unknown, venue: string, what: string): DeskError {
  if (error instanceof DeskError) return error;
  const { read } = meaningOf(error);
  return new DeskError(read, `${venue} could not tell ${what}: ${said(error)}`, { cause: error });
}

/** The venue's own words, shortened; ccxt puts the whole answer into the message. */
const said = (error: unknown): string => messageOf(error).replaceAll(/\s+/g, " ").slice(0, 300);
