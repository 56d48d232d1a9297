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
