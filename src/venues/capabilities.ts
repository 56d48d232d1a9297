import { namesOption } from "../kernel/instrument.ts";
type Contract = "linear" | "inverse" | "option" | "spot";

/** What each venue can do, as data: the docs table is printed from it and the contract tests skip by it. */
export interface Capabilities {
  readonly title: string;
  /** Refuses a second order with the same client order id, so that a look-up settles an unknown outcome. */
  readonly enforcesClientOrderId: boolean;
  /** Longest client order id and the characters it may hold. */
  readonly clientOrderId: { readonly maxLength: number; readonly pattern: RegExp };
  /** How long after a send an order may still be invisible to look-ups; absence proves something only later. */
  readonly lookUpHorizonMs: number;
  /** Contracts whose positions it keeps a reduce-only order from growing or turning over; elsewhere it takes the order and ignores the word. */
  readonly reduceOnly: readonly Contract[];
  readonly accountStream: boolean;
  readonly cancelAllByOneCall: boolean;
  /** How a dead-man switch is armed there. */
  readonly deadMan: "account" | "symbol" | "connection" | "none";
  readonly contracts: readonly Contract[];
  /** Page of the venue's documentation these lines were read from. */
  readonly source: string;
}

const WORD = /^[A-Za-z0-9_-]+$/;

/** One row a venue. */
export const CAPABILITIES = {
  paper: {
    title: "Paper exchange",
    enforcesClientOrderId: true,
    lookUpHorizonMs: 3_000,
    clientOrderId: { maxLength: 32, pattern: WORD },
    reduceOnly: ["linear", "inverse", "option"],
    accountStream: true,
    cancelAllByOneCall: true,
    deadMan: "account",
    contracts: ["linear", "inverse", "option", "spot"],
    source: "src/venues/paper",
  },
  binanceusdm: {
    title: "Binance USD-M",
    enforcesClientOrderId: true,
    lookUpHorizonMs: 35_000,
    clientOrderId: { maxLength: 36, pattern: /^[.A-Z:/a-z0-9_-]+$/ },
    reduceOnly: ["linear"],
    accountStream: true,
    cancelAllByOneCall: false,
    deadMan: "symbol",
    contracts: ["linear"],
    source: "developers.binance.com/docs/derivatives/usds-margined-futures",
  },
  bybit: {
    title: "Bybit",
    enforcesClientOrderId: true,
    lookUpHorizonMs: 35_000,
    clientOrderId: { maxLength: 36, pattern: WORD },
    reduceOnly: ["linear", "inverse", "option"],
    accountStream: true,
    cancelAllByOneCall: false,
    deadMan: "connection",
    contracts: ["linear", "inverse", "option", "spot"],
    source: "bybit-exchange.github.io/docs/v5",
  },
  okx: {
    title: "OKX",
    enforcesClientOrderId: true,
    lookUpHorizonMs: 35_000,
    clientOrderId: { maxLength: 32, pattern: /^[A-Za-z0-9]+$/ },
    // Its page of "Place order": only margin orders, and futures and swaps in net mode.
    reduceOnly: ["linear", "inverse"],
    accountStream: true,
    cancelAllByOneCall: false,
    deadMan: "account",
    contracts: ["linear", "inverse", "option", "spot"],
    source: "okx.com/docs-v5",
  },
  deribit: {
    title: "Deribit",
    enforcesClientOrderId: false,
    lookUpHorizonMs: 35_000,
    clientOrderId: { maxLength: 64, pattern: WORD },
    reduceOnly: ["linear", "inverse", "option"],
    accountStream: true,
    cancelAllByOneCall: true,
    deadMan: "connection",
    contracts: ["linear", "inverse", "option", "spot"],
    source: "docs.deribit.com",
  },
  krakenfutures: {
    title: "Kraken Futures",
    enforcesClientOrderId: true,
    lookUpHorizonMs: 35_000,
    clientOrderId: { maxLength: 100, pattern: WORD },
    reduceOnly: ["linear", "inverse"],
    accountStream: true,
    cancelAllByOneCall: true,
    deadMan: "account",
    contracts: ["linear", "inverse"],
    source: "docs.kraken.com/api/docs/futures-api",
  },
  hyperliquid: {
    title: "Hyperliquid",
    // No page says that a second order with the same cloid is refused, so it is not relied on.
    enforcesClientOrderId: false,
    lookUpHorizonMs: 35_000,
    clientOrderId: { maxLength: 34, pattern: /^0x[0-9a-f]{32}$/ },
    reduceOnly: ["linear"],
    accountStream: true,
    cancelAllByOneCall: false,
    deadMan: "account",
    contracts: ["linear"],
    source: "hyperliquid.gitbook.io/hyperliquid-docs",
  },
} as const satisfies Record<string, Capabilities>;

/** Venues the desk can attach. */
export type VenueName = keyof typeof CAPABILITIES;

/** The kind of contract that a symbol such as "BTC/USD:BTC-261225-100000-C" names. */
function contractOf(symbol: string): Contract {
  const [pair = "", settled] = symbol.split(":");
  if (settled === undefined) return "spot";
  if (namesOption(settled)) return "option";
  return settled.split("-")[0] === pair.split("/")[0] ? "inverse" : "linear";
}

/** Whether a venue keeps a reduce-only order in an instrument from adding to risk; false of a venue that is not known. */
export const enforcesReduceOnly = (venue: string, symbol: string): boolean => {
  const known: Readonly<Record<string, Capabilities>> = CAPABILITIES;
  return Object.hasOwn(known, venue) && known[venue]?.reduceOnly.includes(contractOf(symbol)) === true;
};
