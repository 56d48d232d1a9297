import { type Tested, fieldOf, matches } from "./match.ts";
import { type Stage, halt } from "./passing.ts";
import { rows } from "../db/rows.ts";
import type { IntakeSettings } from "./settings.ts";

type Rule = IntakeSettings["inhibit"][number];

/** Something that may inhibit: an incident whose conditions hold, or an alert of the same batch. */
interface Inhibitor {
  readonly name: string;
  readonly tested: Tested;
}

const HOLDING = `
  select id, kind, severity, trust, labels from breakwater.incidents
  where status <> 'resolved' and firing_count > 0 and ($1::json is null or kind in (select json_array_elements_text($1::json)))
  order by seq`;

/** The kinds that the rules' sources name exactly; null where one of them leaves the kind open. */
function kindsOf(rules: readonly Rule[]): readonly string[] | null {
  const kinds = new Set<string>();
  for (const { source } of rules) {
    const test = source.find((one) => one.field === "kind" && (one.op === "equals" || one.op === "in"));
    if (!test) return null;
    for (const kind of [test.value].flat()) kinds.add(kind);
  }
  return [...kinds];
}

const equalOn = (labels: readonly string[], a: Tested, b: Tested): boolean =>
  labels.every((name) => fieldOf(a, `labels.${name}`) === fieldOf(b, `labels.${name}`));

/** The more it is believed, the smaller. */
const DOUBT = { internal: 0, signed: 1, unsigned: 2 } as const;

/** Whether a cause is believed as much as what it would hide; a rule that names the trust of its source has said so itself. */
const believed = (rule: Rule, cause: Tested, target: Tested): boolean =>
  DOUBT[cause.trust] <= DOUBT[target.trust] || rule.source.some((one) => one.field === "trust");

/**
 * What inhibits `target` by `rule`, if anything; nothing inhibits its own kind of cause, and nobody who cannot sign hides
 * what our own monitors say.
 */
export function inhibitorOf<One extends Inhibitor>(
  rule: Rule,
  target: Tested,
  candidates: readonly One[],
): One | undefined {
  // A cause that is also a consequence by the same rule would silence itself, and with it everything.
  if (!matches(rule.target, target) || matches(rule.source, target)) return undefined;
  return candidates.find(
    ({ tested }) =>
      matches(rule.source, tested) && equalOn(rule.equal, tested, target) && believed(rule, tested, target),
  );
}

/** Stops firing alerts that are only the consequence of something that is known to hold. */
export const inhibit: Stage = async (passing, { tx, settings, batch }) => {
  const firing = passing.filter((one) => one.alert.status === "firing");
  const rules = settings.inhibit.filter((rule) => firing.some((one) => matches(rule.target, one.alert)));
  if (rules.length === 0) return;
  const kinds = kindsOf(rules);
  const holding = await rows<Tested & { readonly id: string }>(tx, HOLDING, [kinds ? JSON.stringify(kinds) : null]);
  const candidates: Inhibitor[] = holding.map((row) => ({ name: row.id, tested: row }));
  // Causes that arrive together with their consequences count whatever the order in which they stand.
  for (const one of batch) {
    if (one.alert.status === "firing" && one.stop === null)
      candidates.push({ name: `alert:${one.id}`, tested: one.alert });
  }
  for (const one of firing) {
    for (const rule of rules) {
      const cause = inhibitorOf(rule, one.alert, candidates);
      if (cause) {
        halt(one, "inhibited", cause.name);
        break;
      }
    }
  }
};
