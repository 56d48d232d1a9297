import type { AccessEntry } from "../../kernel/access.ts";
import type { AccountState, Transfer } from "../../kernel/account.ts";
import type { Decimal, Price } from "../../kernel/decimal.ts";
import type { Fill, OrderRequest, VenueOrder } from "../../kernel/order.ts";
import type { Secret } from "../../kernel/secret.ts";
import type { Row } from "../answer.ts";
import type { KeyRights } from "../key-rights.ts";
import type { Link, Listed, Sizing } from "./link.ts";

/** What a venue asks for to sign. Hyperliquid: the account's address as key, the agent's private key as secret. */
export interface Credentials {
  readonly apiKey: Secret;
  readonly apiSecret: Secret;
  /** OKX calls it passphrase. */
  readonly apiPassword?: Secret;
}

/** The usual shape of ccxt's credentials. */
export const keyAndSecret = ({ apiKey, apiSecret, apiPassword }: Credentials): Row => ({
  apiKey: apiKey.reveal(),
  secret: apiSecret.reveal(),
  ...(apiPassword ? { password: apiPassword.reveal() } : {}),
});

/** Prices beside the book. */
interface Marks {
  readonly markPrice: Price | null;
  readonly indexPrice: Price | null;
  readonly fundingRate: Decimal | null;
}

/** Whether a position's margin is its own or the account's. */
export type MarginMode = "cross" | "isolated";

/**
 * How one venue is spoken to: its own calls through ccxt's signing, rate limiter and error codes, its answers read
 * field by field. All of them throw ccxt's errors or DeskErrors; the adapter maps both. `place` throws VENUE_REJECTED for a
 * clear no that ccxt does not see.
 */
export interface Dialect extends Sizing {
  /** Options for ccxt's constructor. */
  readonly options: Row;
  /** The credentials by ccxt's names. */
  signing(credentials: Credentials): Row;
  /** Members of ccxt's exchange to be replaced, where it would otherwise send something nobody asked for. */
  readonly overrides?: Row;
  /**
   * Codes of the venue that leave open what became of an order, whatever ccxt takes them for: its client order id exists already,
   * or the venue gave up waiting for itself. Null where there are none.
   */
  readonly doubtful: RegExp | null;
  /** Codes of the venue that are a clear no to an order, as they stand in its answer, where ccxt has no class for them. */
  readonly refused: RegExp;
  account(link: Link): Promise<Omit<AccountState, "account" | "venue" | "openOrders">>;
  /** What the key may do; absent where the venue has no such question. */
  keyRights?(link: Link): Promise<KeyRights>;
  /** The venue's log of logins and changes of credentials, as far back as an entry; absent where its API shows none. */
  accessLog?(link: Link, after: number): Promise<readonly AccessEntry[]>;
  openOrders(link: Link): Promise<readonly VenueOrder[]>;
  /** Orders that wait for a price, where the venue keeps them apart from its open orders; left out of the account's frequent readings. */
  waitingOrders?(link: Link): Promise<readonly VenueOrder[]>;
  /** Places where an order may be found, asked in this order; each answers undefined where it does not know the id. */
  lookUps(link: Link, one: Listed, clientOrderId: string): readonly (() => Promise<VenueOrder | undefined>)[];
  fills(link: Link, since: Date): Promise<readonly Fill[]>;
  /** May answer with earlier ones too. */
  transfers(link: Link, since: Date): Promise<readonly Transfer[]>;
  marks(link: Link, one: Listed): Promise<Marks>;
  /** Whether the account holds long and short of this instrument apart. */
  isHedged(link: Link, one: Listed): Promise<boolean>;
  /** The margin mode that an order has to name, read before it is sent; absent where the venue goes by the position's own. */
  marginMode?(link: Link, one: Listed, order: OrderRequest): Promise<MarginMode>;
  /** Sends the order, for an account in one-way mode; answers with the venue's id, or the order where the venue tells it. */
  place(
    link: Link,
    one: Listed,
    order: OrderRequest,
    marginMode?: MarginMode,
  ): Promise<VenueOrder | { readonly venueOrderId: string }>;
  /** Arms the dead-man switch and reads the confirmation; null where the venue's hangs on a connection, which is not kept. */
  armDeadMan: ((link: Link, timeoutMs: number, symbols: readonly Listed[]) => Promise<void>) | null;
  /** Throws ccxt's OrderNotFound, or answers "gone", where the order is no longer open. */
  cancel(link: Link, one: Listed, venueOrderId: string): Promise<"accepted" | "gone">;
}
