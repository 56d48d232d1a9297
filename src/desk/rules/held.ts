import { and, eq, ne } from "drizzle-orm";
import type { HeldRules } from "../../chat/console/rules.ts";
import type { Tx } from "../../db/client.ts";
import { incidents } from "../../db/schema.ts";
import { resolveIn } from "../../incidents/lifecycle.ts";
import type { Alert } from "../../kernel/alert.ts";
import { loosenings } from "../../policy/rules/compare.ts";
import type { Published } from "../../policy/rules/published.ts";
import { type PolicyDocument, versionOf } from "../../policy/rules/schema.ts";
import { draftText } from "./draft-file.ts";

/** What of desk.yaml still waits to be put to people; null once the rules in force allow as much. */
export function heldBy(file: PolicyDocument | null, inForce: Published): HeldRules | null {
  if (file === null) return null;
  const loosens = loosenings(file, inForce);
  if (loosens.length === 0) return null;
  const document = { ...file, playbooksOff: file.playbooksOff ?? [], rotas: file.rotas ?? {} };
  return { loosens, text: draftText(document, (person) => file.people[person]?.name ?? person) };
}

const KIND = "rules.held";

/** Which text of the file is held back: its rules' version. A start on the same file speaks of the same. */
const nameOf = (file: PolicyDocument): string => versionOf(file).slice(0, 16);

/** The alert of a desk whose file would loosen the rules. */
export const heldAlert = (file: PolicyDocument, loosens: readonly string[], at: Date): Alert => ({
  source: "supervisor",
  trust: "internal",
  kind: KIND,
  status: "firing",
  severity: "high",
  title: "desk.yaml would loosen the rules, and was not taken",
  summary: `The rules before stay in force. Looser would be: ${loosens.join("; ")}. Put them to people on /rules, or by breakwater policy draft desk.yaml; or take them out of the file.`,
  labels: { rules: nameOf(file) },
  values: {},
  at,
});

/**
 * Closes the incidents of rules that are held back no more: people put them in force, or desk.yaml was taken back.
 * @param first at a start, where incidents about another text of the file are over too
 */
export async function resolveHeld(
  tx: Tx,
  file: PolicyDocument | null,
  inForce: Published,
  first: boolean,
): Promise<void> {
  const open = await tx
    .select({ id: incidents.id, labels: incidents.labels })
    .from(incidents)
    .where(and(eq(incidents.kind, KIND), ne(incidents.status, "resolved")));
  const allowed = heldBy(file, inForce) === null;
  const mine = file === null ? null : nameOf(file);
  for (const { id, labels } of open) {
    const here = labels["rules"] === mine;
    if (here ? !allowed : !first) continue;
    const text = here
      ? "The rules in force allow as much by now."
      : "desk.yaml says something else since: what it asked for then is held back no more.";
    await resolveIn(tx, id, "handled", { actor: "service:rules", surface: "the desk" }, text);
  }
}
