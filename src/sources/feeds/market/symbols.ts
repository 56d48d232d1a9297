import type { MarketType, OptionTerms } from "../../../detectors/event.ts";

/** A venue's name for an instrument, in the words all venues share. */
export interface Unified {
  readonly instrument: string;
  readonly type: MarketType;
  readonly base: string;
  readonly quote: string;
  readonly inverse: boolean;
  /** When it ends, ms; NaN for what has no end. */
  readonly expiresAt: number;
  readonly option: OptionTerms | undefined;
}

/** Every venue here settles at 08:00 UTC. */
const SETTLES_AT_HOUR = 8;

/** Longest first, so that FDUSD is not read as USD. */
const QUOTES = [
  "FDUSD",
  "USDT",
  "USDC",
  "BUSD",
  "TUSD",
  "USDE",
  "USD1",
  "DAI",
  "USD",
  "EUR",
  "GBP",
  "BTC",
  "ETH",
  "BNB",
  "TRY",
  "JPY",
];
const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const SAME: Readonly<Record<string, string>> = { XBT: "BTC" };

const spot = (base: string, quote: string): Unified => ({
  instrument: `${base}/${quote}`,
  type: "spot",
  base,
  quote,
  inverse: false,
  expiresAt: Number.NaN,
  option: undefined,
});

const perpetual = (base: string, quote: string, inverse: boolean): Unified => ({
  instrument: `${base}/${quote}:${inverse ? base : quote}`,
  type: "perpetual",
  base,
  quote,
  inverse,
  expiresAt: Number.NaN,
  option: undefined,
});

/** When "240927" ends, ms; NaN where a name tells no date. */
function endOf(date: string): number {
  const parts = /^(\d{2})(\d{2})(\d{2})$/.exec(date);
  if (!parts) return Number.NaN;
  return Date.UTC(2000 + Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]), SETTLES_AT_HOUR);
}

const future = (base: string, quote: string, inverse: boolean, expiry: string): Unified => ({
  instrument: `${base}/${quote}:${inverse ? base : quote}-${expiry}`,
  type: "future",
  base,
  quote,
  inverse,
  expiresAt: endOf(expiry),
  option: undefined,
});

const option = (
  base: string,
  quote: string,
  settle: string,
  expiry: string,
  strike: string,
  kind: string,
): Unified => ({
  instrument: `${base}/${quote}:${settle}-${expiry}-${strike}-${kind}`,
  type: "option",
  base,
  quote,
  inverse: settle === base,
  expiresAt: endOf(expiry),
  option: { right: kind.startsWith("P") ? "put" : "call", strike: Number(strike) },
});

/** Splits "BTCUSDT" into its coins; a name without a known quote currency is a base priced in USD. */
export function split(name: string): readonly [base: string, quote: string] {
  // XBTUSD would else be read as XB in TUSD.
  const pair = name.startsWith("XBT") ? `BTC${name.slice(3)}` : name;
  for (const quote of QUOTES) {
    if (pair.length > quote.length && pair.endsWith(quote)) {
      const base = pair.slice(0, -quote.length);
      return [SAME[base] ?? base, quote];
    }
  }
  return [SAME[pair] ?? pair, "USD"];
}

/** "24SEP21" as "210924". */
function dateOf(text: string): string {
  const match = /^(\d{1,2})([A-Z]{3})(\d{2})$/.exec(text);
  if (!match) return text;
  const month = String(MONTHS.indexOf(match[2]!) + 1).padStart(2, "0");
  return `${match[3]}${month}${match[1]!.padStart(2, "0")}`;
}

function deribit(raw: string): Unified {
  const [head = raw, expiry, strike, kind] = raw.split("-");
  const [base = head, quote] = head.includes("_") ? head.split("_") : [head];
  const inverse = quote === undefined;
  if (expiry === undefined) return spot(base, quote ?? "USD");
  if (expiry === "PERPETUAL") return perpetual(base, quote ?? "USD", inverse);
  if (kind === undefined) return future(base, quote ?? "USD", inverse, dateOf(expiry));
  return option(base, quote ?? "USD", inverse ? base : (quote ?? base), dateOf(expiry), strike ?? "", kind);
}

function okx(raw: string): Unified {
  const [base = raw, quote = "USD", third, strike, kind] = raw.split("-");
  if (third === undefined) return spot(base, quote);
  const inverse = quote === "USD";
  if (third === "SWAP") return perpetual(base, quote, inverse);
  return kind === undefined
    ? future(base, quote, inverse, third)
    : option(base, quote, base, third, strike ?? "", kind);
}

function krakenFutures(raw: string): Unified {
  const [kind = "", pair = raw, expiry] = raw.split("_");
  const [base, quote] = split(pair);
  const inverse = kind === "PI" || kind === "FI";
  return expiry === undefined ? perpetual(base, quote, inverse) : future(base, quote, inverse, expiry);
}

/** "BTCUSDT", "BTCUSD_PERP", "BTCUSDT_210924", as Binance and Bybit derivatives write them. */
function contract(raw: string): Unified {
  const [pair = raw, tail] = raw.split(/[_-]/);
  const [base, quote] = split(pair);
  const inverse = quote === "USD";
  if (tail === undefined || tail === "PERP") return perpetual(base, quote, inverse);
  return future(base, quote, inverse, dateOf(tail));
}

/** The code of a month in a contract's name, January first, as the futures exchanges have written them for a century. */
const MONTH_CODES = "FGHJKMNQUVXZ";

/** The last Friday of a month, as "250328". */
function lastFriday(year: number, month: number): string {
  const last = new Date(Date.UTC(year, month + 1, 0));
  last.setUTCDate(last.getUTCDate() - ((last.getUTCDay() + 2) % 7));
  return last.toISOString().slice(2, 10).replaceAll("-", "");
}

/**
 * As `contract`. "BTCUSDH25" is settled in its coin on the last Friday of March 2025 (Bybit V5, "Instruments"); "BTCPERP" and "BTC-27JUN25", which name no quote currency, are settled in USDC.
 */
function bybit(raw: string): Unified {
  const [left = raw, tail] = raw.split("-");
  if (tail === undefined && raw.endsWith("PERP")) return perpetual(raw.slice(0, -"PERP".length), "USDC", false);
  if (tail !== undefined && split(left)[0] === left) return future(left, "USDC", false, dateOf(tail));
  const coded = /^([A-Z0-9]+)USD([FGHJKMNQUVXZ])(\d{2})$/.exec(raw);
  if (coded === null) return contract(raw);
  const [, base = "", code = "", year = ""] = coded;
  return future(base, "USD", true, lastFriday(2000 + Number(year), MONTH_CODES.indexOf(code)));
}

function bitmex(raw: string): Unified {
  const match = /^([A-Z]+?)(USDT|USD)?([FGHJKMNQUVXZ]\d{2})?$/.exec(raw);
  const base = SAME[match?.[1] ?? raw] ?? match?.[1] ?? raw;
  const quote = match?.[2] ?? (match?.[3] === undefined ? "USD" : "BTC");
  return match?.[3] === undefined
    ? perpetual(base, quote, quote === "USD")
    : future(base, quote, quote === "USD", match[3]);
}

/** Words a venue's own name in the unified form: pair, settlement, expiry, strike. */
export function unify(venue: string, raw: string): Unified {
  if (raw.includes("/")) {
    const [pair = raw, tail] = raw.split(":");
    const [left = pair, quote = "USD"] = pair.split("/");
    const base = SAME[left] ?? left;
    if (tail === undefined) return spot(base, quote);
    const [settle = quote, expiry, strike, kind] = tail.split("-");
    if (expiry !== undefined && strike !== undefined && kind !== undefined)
      return option(base, quote, settle, expiry, strike, kind);
    return expiry === undefined
      ? perpetual(base, quote, settle === base)
      : future(base, quote, settle === base, expiry);
  }
  switch (venue) {
    case "binanceusdm":
    case "binancecoinm":
      return contract(raw);
    case "bybit":
      return bybit(raw);
    case "okx":
      return okx(raw);
    case "deribit":
      return deribit(raw);
    case "krakenfutures":
      return krakenFutures(raw);
    case "bitmex":
      return bitmex(raw);
    case "hyperliquid":
      // Thousands of a coin are "kPEPE" in its streams, and KPEPE to accounts.
      return perpetual(raw.toUpperCase(), "USDC", false);
    default:
      if (!/[-_]/.test(raw)) return spot(...split(raw));
      return okx(raw.replaceAll("_", "-"));
  }
}
