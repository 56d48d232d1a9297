import type { AnyPlaybook } from "../engine/playbook.ts";
import { type Alert, SEVERITIES } from "../kernel/alert.ts";

/** The runs that answer an alert: every playbook whose `on` names its kind and a severity not above the alert's, and whose input the alert can fill. */
export function matching(
  alert: Alert,
  playbooks: readonly AnyPlaybook[],
): { playbook: string; version: number; input: Record<string, string> }[] {
  if (alert.status !== "firing") return [];
  return playbooks.flatMap(({ head }) => {
    const { on } = head;
    if (!on || on.kind !== alert.kind) return [];
    if (on.severity && SEVERITIES.indexOf(alert.severity) > SEVERITIES.indexOf(on.severity)) return [];
    const input = { ...alert.labels, ...alert.values };
    return head.input.safeParse(input).success ? [{ playbook: head.name, version: head.version, input }] : [];
  });
}

/** The playbook that answers this kind of incident whatever its severity, where its input is known; null where none does. */
export function responseTo(
  incident: { readonly kind: string; readonly labels: Record<string, string>; readonly values: Record<string, string> },
  playbooks: readonly AnyPlaybook[],
): string | null {
  const input = { ...incident.labels, ...incident.values };
  const found = playbooks.find(({ head }) => head.on?.kind === incident.kind && head.input.safeParse(input).success);
  return found?.head.name ?? null;
}
