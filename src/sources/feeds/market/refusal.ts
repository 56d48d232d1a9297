import { type Json, object, text } from "./json-parser.ts";

/** Longest words of a venue that are kept. */
const MOST = 200;

/**
 * The venue's own words where it refuses what was asked of it; undefined for every other message. OKX and Kraken Futures
 * send `event`, Coinbase `type`, Hyperliquid `channel`, Bybit and Kraken `success`, Deribit and BitMEX `error`.
 */
export function refusalOf(message: Json): string | undefined {
  const { event, type, channel, success, error } = message;
  const refused =
    event === "error" || event === "alert" || type === "error" || channel === "error" || success === false || error;
  if (refused === undefined || refused === false || refused === null) return undefined;
  const { message: reason, data } = object(error);
  const detail = text(object(data)["reason"]);
  const said = [
    message["msg"],
    message["message"],
    message["ret_msg"],
    error,
    reason,
    message["reason"],
    message["data"],
  ];
  const words = said.map(text).find((one) => one !== "") ?? "it refused without a reason";
  return `${words}${detail === "" ? "" : ` (${detail})`}`.slice(0, MOST);
}

/** What a name of an instrument consists of; anything else ends it. */
const NAME = /[A-Za-z0-9_/-]+/g;

/** Which of these instruments a refusal names, in its words or in the request that it repeats; all where it names none. */
export function refusedBy(message: Json, raws: readonly string[]): readonly string[] {
  const named = new Set(JSON.stringify(message).match(NAME));
  const found = raws.filter((raw) => named.has(raw));
  return found.length > 0 ? found : raws;
}
