import { saysNothingNew } from "../../intake/dedupe.ts";
import { correlationKey, fingerprintOf } from "../../intake/fingerprint.ts";
import { inhibitorOf } from "../../intake/inhibit.ts";
import { normalised } from "../../intake/normalise.ts";
import type { IntakeSettings } from "../../intake/settings.ts";
import { type Alert, SEVERITIES } from "../../kernel/alert.ts";

/** An incident of a replay. */
export interface ReplayIncident {
  readonly id: string;
  readonly key: string;
  kind: string;
  severity: Alert["severity"];
  trust: Alert["trust"];
  labels: Alert["labels"];
  /** What was last said of each condition, by fingerprint. */
  readonly said: Map<string, Alert>;
  /** Playbooks that answered it: each answers an incident once. */
  readonly answered: Set<string>;
}

/** The path of an alert, with incidents in memory instead of the database. */
export interface ReplayIncidents {
  /** Leads an alert along the path; null where a stage stops it, or it ends what it told of. */
  take(alert: Alert, now: Date): { readonly alert: Alert; readonly incident: ReplayIncident } | null;
  /** A playbook or a person closed it; a closed one is forgotten. */
  resolve(id: string): void;
}

const loudest = (a: Alert["severity"], b: Alert["severity"]): Alert["severity"] =>
  SEVERITIES.indexOf(a) < SEVERITIES.indexOf(b) ? a : b;

/**
 * Decides by the intake's own rules: normalise, fingerprint, dedupe, inhibit, correlate. Nobody is there to silence, or to
 * resolve an incident by hand: one in which nothing holds any more is taken for resolved.
 */
export function createIncidents(settings: IntakeSettings): ReplayIncidents {
  const open = new Map<string, ReplayIncident>();
  let count = 0;
  return {
    resolve(id) {
      for (const [key, one] of open) if (one.id === id) open.delete(key);
    },
    take(raw, now) {
      const alert = normalised(raw, now);
      const [fingerprint, key] = [fingerprintOf(alert), correlationKey(alert, settings)];
      const known = open.get(key);
      const last = known?.said.get(fingerprint);
      if (last && saysNothingNew(alert, last)) return null;
      if (alert.status === "resolved") {
        known?.said.delete(fingerprint);
        if (known?.said.size === 0) open.delete(key);
        return null;
      }
      const holding = [...open.values()].map((one) => ({ name: one.id, tested: one }));
      if (settings.inhibit.some((rule) => inhibitorOf(rule, alert, holding))) return null;
      const { kind, severity, trust, labels } = alert;
      let incident = known;
      if (incident === undefined) {
        count += 1;
        const id = `INC-${count}`;
        incident = { id, key, kind, severity, trust, labels, said: new Map(), answered: new Set() };
        open.set(key, incident);
      }
      incident.severity = loudest(incident.severity, severity);
      incident.said.set(fingerprint, alert);
      return { alert, incident };
    },
  };
}
