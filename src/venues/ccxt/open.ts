import type { Clock } from "../../kernel/clock.ts";
import type { Environment } from "../../kernel/account.ts";
import { DeskError } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { VenueName } from "../capabilities.ts";
import type { Venue } from "../venue.ts";
import { type StreamingExchange, followAccount } from "./account-stream.ts";
import { ccxtVenue } from "./adapter.ts";
import type { Row } from "../answer.ts";
import { binanceusdm } from "./binanceusdm.ts";
import { bybit } from "./bybit.ts";
import { deribit } from "./deribit.ts";
import type { Credentials, Dialect } from "./dialect.ts";
import { hyperliquid } from "./hyperliquid.ts";
import { krakenfutures } from "./krakenfutures.ts";
import { type CcxtExchange, type Link, type Listing, callImplicit, listingOf } from "./link.ts";
import { okx } from "./okx.ts";

/** Venues reached through ccxt. */
export type CcxtVenueName = Exclude<VenueName, "paper">;

/** How a connection to one account is opened. */
export interface CcxtOptions {
  readonly venue: CcxtVenueName;
  readonly account: string;
  /** `paper` speaks to the venue's test system, whatever else is set; `live` to the venue itself. */
  readonly environment: Environment;
  readonly credentials: Credentials;
  /** Origin that stands in for all of the venue's own, such as a loopback fake: "http://127.0.0.1:8080". */
  readonly baseUrl?: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether calls are spaced by the venue's weights; default true, false only against a fake. */
  readonly rateLimit?: boolean;
  /** For each call; default 10,000. */
  readonly timeoutMs?: number;
}

const DIALECTS = { binanceusdm, bybit, okx, deribit, krakenfutures, hyperliquid } as const satisfies Record<
  CcxtVenueName,
  Dialect
>;

/** New instruments appear daily; a name that is missing is looked for again after this long. */
const RELIST_MS = 60_000;

/** Nothing is ever sent twice by the library itself. */
const NO_RETRIES = { maxRetriesOnFailure: 0 } as const;

/** Streams tell what to read again, so nothing is read beside them. */
const NO_SNAPSHOTS = {
  watchBalance: { fetchBalanceSnapshot: false, awaitBalanceSnapshot: false },
  watchPositions: { fetchPositionsSnapshot: false, awaitPositionsSnapshot: false },
} as const;

type Opened = CcxtExchange & {
  has: Record<string, unknown>;
  options: Record<string, unknown>;
  setSandboxMode(on: boolean): void;
  enableDemoTrading(on: boolean): void;
  setMarkets(markets: unknown): void;
  handleErrors: (status: number, ...rest: unknown[]) => unknown;
  undiciRequest: (url: string, params: { readonly headers: Readonly<Record<string, string>> }) => Promise<unknown>;
  urls: { api: { ws?: unknown } };
  loadHttpProxyAgent(): Promise<unknown>;
  close(): Promise<void>;
};
type Constructor<Exchange = Opened> = new (config: Row) => Exchange;

/**
 * Opens one account at one venue through ccxt, which is loaded here and nowhere else (1.7 s, 126 MB). Nothing is sent
 * before the first call.
 * @throws DeskError CONFIG_INVALID where ccxt does not have the venue any more
 */
export async function openCcxt(options: CcxtOptions): Promise<Venue> {
  const { venue, account, environment, clock, log } = options;
  const { default: ccxt } = await import("ccxt");
  const Exchange = (ccxt as unknown as Readonly<Record<string, Constructor | undefined>>)[venue];
  const Streaming = (
    ccxt.pro as unknown as Readonly<Record<string, Constructor<Opened & StreamingExchange> | undefined>>
  )[venue];
  const faults = ccxt as unknown as ServerFaults;
  if (!Exchange || !Streaming)
    throw new DeskError("CONFIG_INVALID", `ccxt no longer has ${venue}; take the venue out of desk.yaml`);
  const dialect = DIALECTS[venue];
  const open = <E extends Opened>(Kind: Constructor<E>): E => {
    const exchange = new Kind({
      // Figures come as text. ccxt takes a proxy only where one is set on it, and none is.
      number: String,
      ...dialect.options,
      ...dialect.signing(options.credentials),
      enableRateLimit: options.rateLimit ?? true,
      timeout: options.timeoutMs ?? 10_000,
    });
    Object.assign(exchange.options, NO_RETRIES);
    Object.assign(exchange, dialect.overrides);
    // Reading currencies needs wider key permissions at several venues, and nothing here uses them.
    exchange.has["fetchCurrencies"] = false;
    if (environment === "paper") toTestSystem(exchange);
    keepServerFaults(exchange, faults);
    if (options.baseUrl !== undefined) redirect(exchange, options.baseUrl);
    return exchange;
  };
  const [calm, urgent] = [open(Exchange), open(Exchange)];

  let loading: Promise<Listing> | undefined;
  let loadedAt = 0;
  const listed = (): Promise<Listing> => {
    loading ??= (async () => {
      await calm.loadMarkets(true);
      loadedAt = clock.now().getTime();
      urgent.setMarkets(calm.markets);
      return listingOf(venue, calm, dialect);
    })().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
  const relisted = async (): Promise<boolean> => {
    if (clock.now().getTime() - loadedAt < RELIST_MS) return false;
    loading = undefined;
    await listed();
    return true;
  };
  const linkOver = (exchange: CcxtExchange): Link => ({
    venue,
    exchange,
    listed,
    relisted,
    walletAddress: options.credentials.apiKey.reveal(),
    keyAddress: () => exchange.ethGetAddressFromPrivateKey(options.credentials.apiSecret.reveal()),
    now: () => clock.now(),
    call: (method, params = {}) => callImplicit(exchange, method, params),
  });
  const close = async (): Promise<void> => {
    await Promise.all([calm.close(), urgent.close()]);
  };
  return ccxtVenue({
    link: linkOver(calm),
    urgent: linkOver(urgent),
    dialect,
    account,
    environment,
    clock,
    log,
    follow: async (listener) => {
      const known = await listed();
      return followAccount({
        open: async () => {
          const exchange = open(Streaming);
          Object.assign(exchange.options, NO_SNAPSHOTS);
          exchange.setMarkets(calm.markets);
          // ccxt opens a plain ws:// address only once it has this agent.
          if (options.baseUrl !== undefined) await exchange.loadHttpProxyAgent();
          return exchange;
        },
        venue,
        account,
        symbolOf: (id) => (known.has(id) ? known.byId(id).instrument.symbol : undefined),
        listener,
        clock,
      });
    },
    close,
  });
}

/** Binance has no test network for futures any more; its demo trading stands in. @throws ccxt's NotSupported where there is neither */
function toTestSystem(exchange: Opened): void {
  if (exchange.id === "binanceusdm") exchange.enableDemoTrading(true);
  else exchange.setSandboxMode(true);
}

interface ServerFaults {
  readonly ExchangeNotAvailable: new (message: string) => Error;
  readonly RateLimitExceeded: new (message: string) => Error;
}

/**
 * Keeps a 5xx a fault of the server and a 429 a wish to slow down. Several venues' handlers look at the body alone and take
 * one without a code they know for an error of an unknown kind; a known code still counts (Kraken refuses for lack of margin
 * with status 500).
 */
function keepServerFaults(exchange: Opened, { ExchangeNotAvailable, RateLimitExceeded }: ServerFaults): void {
  const judge = exchange.handleErrors;
  exchange.handleErrors = (status, ...rest) => {
    try {
      return judge.call(exchange, status, ...rest);
    } catch (error) {
      const vague = error instanceof Error && error.constructor.name === "ExchangeError";
      if (vague && status >= 500) throw new ExchangeNotAvailable(error.message);
      if (vague && status === 429) throw new RateLimitExceeded(error.message);
      throw error;
    }
  };
}

/**
 * Sends every request to another origin and names the one it was meant for in a header. It is done below ccxt, because Binance's error table is chosen by the venue's own
 * address: with other addresses in `urls` every refusal would be an error of an unknown kind.
 */
function redirect(exchange: Opened, base: string): void {
  const send = exchange.undiciRequest;
  if (typeof send !== "function")
    throw new DeskError("CONFIG_INVALID", "this ccxt cannot be sent to another address; take baseUrl away");
  exchange.undiciRequest = (url, params) => {
    const { headers } = params;
    const meant = { ...headers, "x-meant-for": new URL(url).host };
    return send.call(exchange, url.replace(/^https?:\/\/[^/]+/, base), { ...params, headers: meant });
  };
  exchange.urls.api.ws = otherOrigin(exchange.urls.api.ws, base.replace(/^http/, "ws"));
}

/** The same addresses, however they are nested, at another origin. */
function otherOrigin(urls: unknown, origin: string): unknown {
  if (typeof urls === "string") return urls.replace(/^wss?:\/\/[^/]+/, origin);
  if (typeof urls !== "object" || urls === null) return urls;
  return Object.fromEntries(Object.entries(urls).map(([name, value]) => [name, otherOrigin(value, origin)]));
}
