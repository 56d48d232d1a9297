import { decimal, greater, less } from "../kernel/decimal.ts";
import { durationMs } from "../kernel/duration.ts";
import type { Limit, Policy, QuorumRule, Role, Rule, RuleOutcome } from "./schema.ts";

/** Rules and people as they are compared. */
export interface Comparable {
  readonly policy: Policy;
  readonly people: Readonly<Record<string, { readonly roles: readonly Role[] }>>;
}

const same = (a: unknown, b: unknown): boolean => plain(a) === plain(b);
const plain = (value: unknown): string => JSON.stringify(sorted(value ?? null));
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
};
const holdsAll = <T>(all: readonly T[], some: readonly T[]): boolean => {
  const left = [...all];
  return some.every((one) => {
    const at = left.indexOf(one);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
};

const quorumAtLeast = (after: QuorumRule, before: QuorumRule): boolean =>
  after.people >= before.people &&
  holdsAll(after.roles, before.roles) &&
  after.from.every((role) => before.from.includes(role)) &&
  (after.stepUp || !before.stepUp) &&
  durationMs(after.within) <= durationMs(before.within);

/** Whether an outcome lets no more through than another, whatever else is said. */
function atLeast(after: RuleOutcome, before: RuleOutcome): boolean {
  if (after === "deny" || before === "allow") return true;
  if (before === "deny" || after === "allow") return false;
  if ("hold" in after && "hold" in before) return durationMs(after.hold) >= durationMs(before.hold);
  // A waiting time ends and a quorum does not: neither can stand for the other.
  return "quorum" in after && "quorum" in before && quorumAtLeast(after.quorum, before.quorum);
}

type Cap = Limit & { readonly environments?: unknown; readonly effects?: unknown };
const nameOf = (cap: Cap): string => plain({ ...cap, max: null });

/** Limits of before that are gone or wider. */
const widened = (after: readonly Cap[], before: readonly Cap[]): readonly Cap[] =>
  before.filter(
    (old) => !after.some((one) => nameOf(one) === nameOf(old) && !greater(decimal(one.max), decimal(old.max))),
  );

const said = (limit: Cap): string =>
  `${limit.measure} per ${limit.per}${limit.window === undefined ? "" : ` in ${limit.window}`}`;

/** A rule that only ever permits: without it no more is allowed. */
export const onlyPermits = (rule: Rule): boolean =>
  rule.says === "allow" && rule.limits.length === 0 && Object.values(rule.when).every((one) => one === undefined);
/** A rule that only ever forbids or delays: with it no more is allowed. */
const onlyForbids = (rule: Rule): boolean =>
  [rule.says, rule.beyond].every((one) => one === "deny" || (typeof one === "object" && "hold" in one));

function ruleLoosens(after: Rule, before: Rule): string[] {
  const found: string[] = [];
  if (!same(after.match, before.match)) found.push(`${after.name}: it is about other plans than before`);
  if (!same(after.when, before.when)) found.push(`${after.name}: its conditions changed`);
  if (!atLeast(after.says, before.says)) found.push(`${after.name}: what it says is milder or of another kind`);
  if (!atLeast(after.beyond, before.beyond))
    found.push(`${after.name}: what it says beyond its limits is milder or of another kind`);
  for (const limit of widened(after.limits, before.limits))
    found.push(`${after.name}: the limit on ${said(limit)} is gone or wider`);
  return found;
}

function settingsLoosen({ policy: after }: Comparable, { policy: before }: Comparable): string[] {
  const found: string[] = [];
  if (
    after.collar.minSources < before.collar.minSources ||
    durationMs(after.collar.maxAge) > durationMs(before.collar.maxAge) ||
    less(decimal(before.collar.maxDisagreementBps), decimal(after.collar.maxDisagreementBps))
  )
    found.push("collar: fewer, older or less agreeing prices suffice");
  if (
    after.change.people < before.change.people ||
    !holdsAll(after.change.roles, before.change.roles) ||
    durationMs(after.change.timeLock) < durationMs(before.change.timeLock)
  )
    found.push("change: the rules themselves become easier to change");
  const pairs = (policy: Policy): string[] => policy.incompatibleRoles.map((pair) => [...pair].sort().join(" "));
  if (!holdsAll(pairs(after), pairs(before)))
    found.push("incompatibleRoles: a pair of duties may be held by one person");
  return found;
}

/**
 * Everything by which `after` might let through what `before` would not, one sentence each; none means that it only
 * tightens. Conservative: what cannot be shown to tighten counts as loosening. Taking a role away always tightens here,
 * because a revocation must not wait; `policy check` warns of denials that hang on a role.
 */
export function loosenings(after: Comparable, before: Comparable): readonly string[] {
  const found = [
    ...widened(after.policy.hard, before.policy.hard).map((limit) => `hard cap: ${said(limit)} is gone or wider`),
    ...settingsLoosen(after, before),
  ];
  const old = new Map(before.policy.rules.map((rule) => [rule.name, rule]));
  for (const rule of after.policy.rules) {
    const twin = old.get(rule.name);
    old.delete(rule.name);
    if (twin !== undefined) found.push(...ruleLoosens(rule, twin));
    else if (!onlyForbids(rule)) found.push(`${rule.name}: a new rule that permits something`);
  }
  for (const rule of old.values()) if (!onlyPermits(rule)) found.push(`${rule.name}: a rule that restrains is gone`);
  for (const [id, { roles }] of Object.entries(after.people)) {
    for (const role of roles)
      if (before.people[id]?.roles.includes(role) !== true) found.push(`people: ${id} becomes ${role}`);
  }
  return found;
}
