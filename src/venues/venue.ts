import type { AccessEntry } from "../kernel/access.ts";
import type { AccountState, Environment, Transfer } from "../kernel/account.ts";
import type { Alert } from "../kernel/alert.ts";
import type { Consent } from "../kernel/consent.ts";
import type { Instrument } from "../kernel/instrument.ts";
import type { Decimal, Price } from "../kernel/decimal.ts";
import type { Fill, OrderRequest, PlaceOutcome, VenueOrder } from "../kernel/order.ts";
import type { VenueName } from "./capabilities.ts";
import type { KeyRights } from "./key-rights.ts";

/** Best prices and the levels behind them, best first; quantities in contracts. */
export interface BookTop {
  readonly symbol: string;
  readonly bids: readonly (readonly [price: Price, quantity: Decimal])[];
  readonly asks: readonly (readonly [price: Price, quantity: Decimal])[];
  readonly markPrice: Price | null;
  readonly indexPrice: Price | null;
  readonly fundingRate: Decimal | null;
  readonly at: Date;
}

/** Who hears what an account's private stream tells: a hint to read again, never the truth. */
export interface AccountListener {
  onChange(): void;
  /** The venue warns by itself: a margin call, a liquidation, a key it no longer takes. */
  onAlert(alert: Alert): void;
  /** The stream is down; it is opened again by itself. */
  onGone(why: string): void;
}

/**
 * The reading half of an exchange: safe anywhere, any number of times. Every method throws DeskError
 * VENUE_UNAVAILABLE, VENUE_RATE_LIMITED, VENUE_ANSWER_INVALID or NOT_SUPPORTED, and never answers with a guess.
 */
export interface VenueReader {
  readonly venue: VenueName;
  readonly environment: Environment;
  /** Every instrument the desk may name, by unified symbol. */
  instruments(): Promise<ReadonlyMap<string, Instrument>>;
  book(symbol: string, depth: number): Promise<BookTop>;
  account(account: string): Promise<AccountState>;
  openOrders(account: string): Promise<readonly VenueOrder[]>;
  /** Looks through open, closed and traded orders; null only where the venue says in all of them that it knows no such id. */
  orderByClientId(account: string, symbol: string, clientOrderId: string): Promise<VenueOrder | null>;
  fills(account: string, since: Date): Promise<readonly Fill[]>;
  /** What came into the account and left it since a moment, other than by trading; all of it, or it throws. */
  transfers(account: string, since: Date): Promise<readonly Transfer[]>;
  /** Follows the account's private stream until the returned function is called. Null where the venue is only polled. */
  watchAccount: ((account: string, listener: AccountListener) => Promise<() => Promise<void>>) | null;
  /** What the account's key may do; null where the venue cannot tell, absent where there is no key. Asks the venue each time. */
  keyRights?(account: string): Promise<KeyRights | null>;
  /**
   * What the venue noted of logins and of changes of keys and credentials after an entry, at most a thousand of the newest;
   * null where it shows no such log, absent where there is none to show.
   */
  accessLog?(account: string, after: number): Promise<readonly AccessEntry[] | null>;
  close(): Promise<void>;
}

/** The trading half: handed to `actions/` alone. Nothing here is ever retried by the adapter. */
export interface VenueTrader {
  /**
   * Sends once. Anything but a clear yes or no is `unknown`.
   * @param consent why it may be sent; a venue behind the signer refuses every order without
   * @param notAfter when it is too late to send it; a moment ago is a clear no
   */
  place(order: OrderRequest, consent?: Consent, notAfter?: Date): Promise<PlaceOutcome>;
  /** Sends once; the caller re-reads open orders to learn the truth. `gone` where the order is no longer open. */
  cancel(account: string, symbol: string, venueOrderId: string): Promise<"accepted" | "gone" | "unknown">;
  /**
   * Arms the venue's dead-man switch anew: unless that happens again within the time, the venue cancels the account's open
   * orders by itself. It cannot be disarmed through this port.
   * @param symbols those with open orders, for venues that arm each apart
   * @throws DeskError as reading does, where the venue did not confirm it
   */
  armDeadMan(account: string, timeoutMs: number, symbols: readonly string[]): Promise<void>;
}

/** Both halves of one venue, as the composition root opens them. */
export interface Venue {
  readonly reader: VenueReader;
  readonly trader: VenueTrader;
}
