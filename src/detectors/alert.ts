import type { Alert } from "../kernel/alert.ts";
import { type Decimal, decimal } from "../kernel/decimal.ts";
import type { Hit } from "./finding.ts";
import { sparkline } from "./sparkline.ts";

/** A float of the evidence as a decimal with at most twelve digits after the point; undefined for what is no number. */
function decimalOf(value: number | string | boolean): Decimal | undefined {
  if (typeof value !== "number" || !Number.isFinite(value) || Math.abs(value) >= 1e21) return undefined;
  return decimal(value.toFixed(12).replace(/\.?0+$/, "") || "0");
}

/** A hit as an alert of our own: labels name the market and the account that it is about, values carry the numbers, the summary the rest and a small chart. */
export function toAlert(hit: Hit): Alert {
  const { account } = hit.evidence;
  // Own flow of two accounts in one instrument is two conditions.
  const whose: { readonly account?: string } = typeof account === "string" ? { account } : {};
  const values: Record<string, Decimal> = {};
  const words: string[] = [];
  for (const [name, value] of Object.entries({ score: hit.score, ...hit.evidence })) {
    const number = decimalOf(value);
    if (number === undefined) words.push(`${name}: ${String(value)}`);
    else values[name] = number;
  }
  const drawn = hit.chart ? sparkline(hit.chart) : "";
  if (drawn !== "") words.push(drawn);
  return {
    source: `detector:${hit.detector}`,
    trust: "internal",
    kind: hit.alert,
    status: hit.status,
    severity: hit.severity,
    title: hit.title,
    ...(words.length > 0 ? { summary: words.join("; ") } : {}),
    labels: { detector: hit.detector, venue: hit.venue, instrument: hit.instrument, ...whose },
    values,
    at: new Date(Math.round(hit.at)),
    deliveryId: [hit.detector, hit.venue, hit.instrument, ...Object.values(whose), hit.status, hit.at].join(":"),
  };
}
