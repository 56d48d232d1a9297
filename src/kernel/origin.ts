import type { Severity, TrustClass } from "./alert.ts";
import type { Json } from "./canonical.ts";

/** What of a run decides about money: who started it, how far its alert is believed, and with what it began. */
export interface RunOrigin {
  readonly id: string;
  readonly playbook: string;
  readonly version: number;
  readonly incidentId: string;
  readonly requestedBy: string;
  readonly trust: TrustClass;
  readonly input: Readonly<Record<string, Json>>;
}

/** What of an incident decides about money: who said it first, how far that is believed, and how bad it is. */
export interface IncidentOrigin {
  readonly id: string;
  readonly kind: string;
  readonly trust: TrustClass;
  /** The source of its first alert; null where a person or the program opened it. */
  readonly source: string | null;
  readonly severity: Severity;
}

type Facts = { readonly [key: string]: Json };

/** What a run's seal covers. */
export const runFacts = ({ id, playbook, version, incidentId, requestedBy, trust, input }: RunOrigin): Facts => ({
  id,
  playbook,
  version,
  incidentId,
  requestedBy,
  trust,
  input,
});

/** What an incident's seal covers. */
export const incidentFacts = ({ id, kind, trust, source, severity }: IncidentOrigin): Facts => ({
  id,
  kind,
  trust,
  source,
  severity,
});
