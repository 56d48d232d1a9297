import { z } from "zod";
import { type Alert, SEVERITIES } from "../../kernel/alert.ts";
import { DeskError } from "../../kernel/errors.ts";
import type { Decimal } from "../../kernel/decimal.ts";
import { refuseShortSecret, verifyBearer } from "./bearer.ts";
import type { Body } from "./json.ts";
import { mapped, mappingSchema, momentOf } from "./mapping.ts";
import { decimalOf, textOf } from "./number.ts";
import type { Sender } from "./sender.ts";

const settings = z.strictObject({
  severity: z.enum(SEVERITIES).default("medium").describe("Severity of its alerts where the message says none."),
  map: mappingSchema.optional().describe("How JSON messages are read; without it by the names that people use."),
});
type Settings = z.infer<typeof settings>;

/** Names that people give to TradingView's placeholders, compared without case; nothing else of a message is kept. */
const LABELS: Readonly<Record<string, readonly string[]>> = {
  symbol: ["ticker", "symbol", "pair", "instrument"],
  exchange: ["exchange"],
  interval: ["interval", "timeframe"],
  strategy: ["strategy", "alert_name", "name"],
  side: ["side", "action", "sentiment", "direction"],
};
const VALUES: Readonly<Record<string, readonly string[]>> = {
  price: ["price", "close", "order_price"],
  volume: ["volume"],
};
const TITLES = ["title", "message", "comment", "alert_message", "text"];
const TIMES = ["time", "timenow", "timestamp"];

const PLACEHOLDER = /\{\{[^{}]{1,60}\}\}/;

const refuse = (message: string): DeskError => new DeskError("INPUT_INVALID", message);

/** The fields of a message by their names in lower case; two that differ only in case are refused. */
function fieldsOf(body: Body): ReadonlyMap<string, Body> {
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw refuse("the message must be a JSON object or plain text");
  const fields = new Map<string, Body>();
  for (const [name, value] of Object.entries(body as Record<string, Body>)) {
    const key = name.toLowerCase();
    if (fields.has(key)) throw refuse(`the message has ${name.slice(0, 60)} twice, in different case`);
    fields.set(key, value);
    const text = textOf(value);
    const left = text === undefined ? null : PLACEHOLDER.exec(text);
    if (left)
      throw refuse(`the message still holds the placeholder ${left[0]}; TradingView fills it when the alert fires`);
  }
  return fields;
}

const first = (fields: ReadonlyMap<string, Body>, names: readonly string[]): string | undefined => {
  for (const name of names) {
    const text = textOf(fields.get(name));
    if (text !== undefined && text.trim() !== "") return text;
  }
  return undefined;
};

function named(fields: ReadonlyMap<string, Body>, source: string, settings: Settings, now: Date): Alert {
  const labels: [string, string][] = [];
  for (const [label, names] of Object.entries(LABELS)) {
    const text = first(fields, names);
    if (text !== undefined) labels.push([label, text]);
  }
  const values: [string, Decimal][] = [];
  for (const [name, names] of Object.entries(VALUES)) {
    const value = decimalOf(first(fields, names));
    if (value !== undefined) values.push([name, value]);
  }
  const { symbol, side } = Object.fromEntries(labels);
  const title = first(fields, TITLES) ?? (symbol && [symbol, side].filter(Boolean).join(" "));
  if (!title)
    throw refuse(
      `the message has neither a ticker (${LABELS["symbol"]?.join(", ")}) nor a text (${TITLES.join(", ")})`,
    );
  const severity = SEVERITIES.find((one) => one === first(fields, ["severity"])?.toLowerCase());
  const time = first(fields, TIMES);
  return {
    source,
    trust: "unsigned",
    kind: "tradingview.alert",
    status: "firing",
    severity: severity ?? settings.severity,
    title,
    labels: Object.fromEntries(labels),
    values: Object.fromEntries(values),
    at: time !== undefined && /^\d{4}-\d\d-\d\dT/.test(time) ? momentOf(time, "time") : now,
  };
}

/** The first line is the identity, figures included: a crossing of another level must not pass for a repetition. */
function plain(text: string, source: string, settings: Settings, now: Date): Alert {
  const words = text.trim();
  if (words === "") throw refuse("the message is empty");
  const left = PLACEHOLDER.exec(words);
  if (left)
    throw refuse(`the message still holds the placeholder ${left[0]}; TradingView fills it when the alert fires`);
  const [line = words] = words.split("\n");
  return {
    source,
    trust: "unsigned",
    kind: "tradingview.alert",
    status: "firing",
    severity: settings.severity,
    title: line,
    ...(line === words ? {} : { summary: words }),
    labels: { message: line },
    values: {},
    at: now,
  };
}

/**
 * TradingView alerts: JSON where the message is JSON, plain text else. It neither signs nor sets headers, so the
 * secret is the last part of the path and its alerts execute nothing without people. Fields that nobody named, such
 * as a password in the message, are not kept.
 * Source: https://www.tradingview.com/support/solutions/43000529348-how-to-configure-webhook-alerts/
 */
export const tradingview = {
  name: "tradingview",
  contentTypes: ["application/json", "text/plain"],
  trust: "unsigned",
  securityHeaders: [],
  settings,
  refuseSecret: refuseShortSecret,
  // It gives no ids: the same words a minute later are a second crossing, not a second delivery.
  replayMs: 60_000,
  verify(request, _raw, source) {
    verifyBearer(request, source.secrets, true);
    return { deliveryId: undefined };
  },
  parse(body, { name, settings }, now) {
    if (typeof body === "string") return [plain(body, name, settings, now)];
    const fields = fieldsOf(body);
    return settings.map ? mapped(body, settings.map, name, "unsigned", now) : [named(fields, name, settings, now)];
  },
} satisfies Sender<Settings>;
