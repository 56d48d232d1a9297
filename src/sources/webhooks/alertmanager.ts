import { z } from "zod";
import { type Alert, SEVERITIES } from "../../kernel/alert.ts";
import { refuseShortSecret, verifyBearer } from "./bearer.ts";
import { decimalOf } from "./number.ts";
import type { Sender } from "./sender.ts";
import { severityOf } from "./sender.ts";
import { MAX_ALERTS, fit, number, timeOf } from "./shape.ts";

const settings = z.strictObject({
  severity: z.enum(SEVERITIES).default("medium").describe("Severity of alerts whose label severity says none we know."),
  unknownFields: z
    .enum(["refuse", "ignore"])
    .default("refuse")
    .describe("What to do with a body that has fields which this version does not know."),
});
type Settings = z.infer<typeof settings>;

const labels = z.record(z.string().max(200), z.string().max(8_000));

// Required is what an alert cannot be understood without; all the rest must have the right type where it stands.
const alertFields = {
  status: z.enum(["firing", "resolved"]),
  labels,
  annotations: labels.default({}),
  startsAt: z.string(),
  endsAt: z.string().optional(),
  generatorURL: z.string().optional(),
  fingerprint: z.string().optional(),
};
const bodyFields = {
  version: z.literal("4", { message: 'must be "4", the version of Alertmanager\'s webhook' }),
  groupKey: z.string().optional(),
  truncatedAlerts: number.optional(),
  status: z.enum(["firing", "resolved"]).optional(),
  receiver: z.string().optional(),
  groupLabels: labels.optional(),
  commonLabels: labels.optional(),
  commonAnnotations: labels.optional(),
  externalURL: z.string().optional(),
};
const listOf = <T extends z.ZodType>(one: T) => z.array(one).min(1).max(MAX_ALERTS);
const strict = z.strictObject({ ...bodyFields, alerts: listOf(z.strictObject(alertFields)) });
const loose = z.object({ ...bodyFields, alerts: listOf(z.object(alertFields)) });

type Sent = z.infer<typeof strict>["alerts"][number];

const ended = (text: string | undefined, index: number, now: Date): Date =>
  text === undefined ? now : timeOf(text, `alerts[${index}].endsAt`);

/** The label becomes the kind, so it is not repeated among the labels. */
function alertOf(sent: Sent, index: number, source: string, settings: Settings, now: Date): Alert {
  const { alertname, ...rest } = sent.labels;
  const name = alertname ?? "unnamed";
  const { summary, description, message, value } = sent.annotations;
  const measured = decimalOf(value);
  const detail = description ?? message;
  return {
    source,
    trust: "unsigned",
    kind: `alertmanager.${name}`,
    status: sent.status,
    severity: severityOf(sent.labels["severity"]) ?? settings.severity,
    title: summary ?? name,
    ...(detail === undefined ? {} : { summary: detail }),
    labels: rest,
    values: measured === undefined ? {} : { value: measured },
    at: sent.status === "firing" ? timeOf(sent.startsAt, `alerts[${index}].startsAt`) : ended(sent.endsAt, index, now),
  };
}

/**
 * Prometheus Alertmanager, webhook version 4. It signs nothing: a bearer token of 256 bits stands in (`http_config:
 * authorization: credentials_file:`), and its alerts may page and open incidents but execute nothing without people.
 * Source: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
export const alertmanager = {
  name: "alertmanager",
  contentTypes: ["application/json"],
  trust: "unsigned",
  securityHeaders: ["authorization"],
  settings,
  refuseSecret: refuseShortSecret,
  // Longer than its own retries (group_interval, five minutes by default), far shorter than repeat_interval.
  replayMs: 900_000,
  verify(request, _raw, source) {
    verifyBearer(request, source.secrets, false);
    return { deliveryId: undefined };
  },
  parse(body, { name, settings }, now) {
    const { alerts } = fit(settings.unknownFields === "refuse" ? strict : loose, body);
    return alerts.map((sent, index) => alertOf(sent, index, name, settings, now));
  },
} satisfies Sender<Settings>;
