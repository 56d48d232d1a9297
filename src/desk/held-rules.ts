import type { HeldRules } from "../chat/console/rules.ts";
import type { Alert } from "../kernel/alert.ts";
import { loosenings } from "../policy/compare.ts";
import type { Published } from "../policy/published.ts";
import type { PolicyDocument } from "../policy/schema.ts";
import { draftText } from "./draft-file.ts";

/** What of desk.yaml still waits to be put to people; null once the rules in force allow as much. */
export function heldBy(file: PolicyDocument | null, inForce: Published): HeldRules | null {
  if (file === null) return null;
  const loosens = loosenings(file, inForce);
  if (loosens.length === 0) return null;
  const document = { ...file, playbooksOff: file.playbooksOff ?? [] };
  return { loosens, text: draftText(document, (person) => file.people[person]?.name ?? person) };
}

/** The alert of a desk whose file would loosen the rules. */
export const heldAlert = (loosens: readonly string[], at: Date): Alert => ({
  source: "supervisor",
  trust: "internal",
  kind: "rules.held",
  status: "firing",
  severity: "high",
  title: "desk.yaml would loosen the rules, and was not taken",
  summary: `The rules before stay in force. Looser would be: ${loosens.join("; ")}. Put them to people on /rules, or by breakwater policy draft desk.yaml; or take them out of the file.`,
  labels: {},
  values: {},
  at,
});
