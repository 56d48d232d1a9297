import type { Alert, Severity } from "../../kernel/alert.ts";
import type { Decimal, Price, Quantity } from "../../kernel/decimal.ts";
import { DeskError, messageOf } from "../../kernel/errors.ts";
import type { Side, VenueOrder } from "../../kernel/order.ts";

/** Venues whose private streams are read. */
export type StreamVenue = "binanceusdm" | "bybit" | "okx" | "deribit";

/** Whose stream it is, and when the message came. */
export interface StreamContext {
  readonly account: string;
  readonly receivedAt: Date;
  /** The unified symbol of a venue's own; the venue's own where left out or undefined. */
  readonly symbolOf?: (id: string) => string | undefined;
}

/** An order as a stream tells it: a hint to read it again, never the truth. Quantities are as the venue counts them. */
export interface StreamOrder {
  readonly symbol: string;
  readonly venueOrderId: string;
  readonly clientOrderId: string;
  readonly side: Side;
  readonly quantity: Quantity;
  readonly filledQuantity: Quantity;
  readonly state: VenueOrder["state"];
}

/** What changed in an account. */
export type StateChange =
  | { readonly what: "orders"; readonly orders: readonly StreamOrder[] }
  | {
      readonly what: "fills";
      readonly fills: readonly {
        readonly symbol: string;
        readonly venueOrderId: string;
        readonly side: Side;
        readonly quantity: Quantity;
        readonly price: Price;
      }[];
    }
  | {
      readonly what: "positions";
      /** Signed: negative is short. In hedge mode the same symbol stands twice. */
      readonly positions: readonly {
        readonly symbol: string;
        readonly quantity: Quantity;
        readonly entryPrice: Price | null;
      }[];
    }
  | { readonly what: "balances"; readonly balances: readonly { readonly asset: string; readonly total: Decimal }[] }
  | {
      readonly what: "margin";
      /** What the figures are counted in: "USD", or a coin. */
      readonly currency: string;
      readonly equity: Decimal;
      readonly maintenance: Decimal;
    };

/** What one message of a private stream means. `control`: about the connection, and well. `refused`: not understood or not for here. */
export type StreamReading =
  | { readonly kind: "alert"; readonly alert: Alert }
  | { readonly kind: "state"; readonly at: Date; readonly change: StateChange }
  | { readonly kind: "control"; readonly what: string }
  | { readonly kind: "refused"; readonly reason: string };

/** Kinds of alerts that account streams raise. */
export const STREAM_ALERTS = {
  "margin.call": { severity: "critical", says: "called for margin on" },
  "account.liquidation": { severity: "critical", says: "liquidated" },
  "account.deleveraging": { severity: "critical", says: "auto-deleveraged" },
  "stream.auth-failed": { severity: "high", says: "refused our key on the private stream of" },
  "stream.expired": { severity: "high", says: "ended the private stream of" },
  "stream.refused": { severity: "medium", says: "refused a request on the private stream of" },
} as const satisfies Record<string, { readonly severity: Severity; readonly says: string }>;

/** Builds an alert of an account stream. */
export function streamAlert(
  venue: StreamVenue,
  context: StreamContext,
  kind: keyof typeof STREAM_ALERTS,
  at: Date,
  facts: {
    readonly instrument?: string;
    readonly summary?: string;
    readonly values?: Readonly<Record<string, Decimal>>;
    readonly deliveryId?: string;
  } = {},
): StreamReading {
  const { severity, says } = STREAM_ALERTS[kind];
  const symbol = facts.instrument === undefined ? undefined : named(context, facts.instrument);
  const where = symbol === undefined ? context.account : `${symbol} in ${context.account}`;
  return {
    kind: "alert",
    alert: {
      source: `account-stream:${venue}`,
      trust: "internal",
      kind,
      status: "firing",
      severity,
      title: `${venue} ${says} ${where}`,
      ...(facts.summary === undefined ? {} : { summary: facts.summary }),
      labels: { account: context.account, venue, ...(symbol === undefined ? {} : { instrument: symbol }) },
      values: facts.values ?? {},
      at,
      ...(facts.deliveryId === undefined ? {} : { deliveryId: facts.deliveryId }),
    },
  };
}

/** The unified symbol, where the caller knows it. */
export const named = (context: StreamContext, id: string): string => context.symbolOf?.(id) ?? id;

/** Reads with `read`; whatever does not fit becomes a refusal that says what was wrong. */
export function guarded(read: () => readonly StreamReading[]): readonly StreamReading[] {
  try {
    return read();
  } catch (error) {
    if (error instanceof DeskError || error instanceof RangeError)
      return [{ kind: "refused", reason: messageOf(error) }];
    throw error;
  }
}

/** One refusal. */
export const refusal = (reason: string): readonly StreamReading[] => [{ kind: "refused", reason }];

/** One change of state. */
export const state = (at: Date, change: StateChange): StreamReading => ({ kind: "state", at, change });
