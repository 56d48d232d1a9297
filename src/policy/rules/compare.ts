import { decimal, greater, less } from "../../kernel/decimal.ts";
import { durationMs } from "../../kernel/duration.ts";
import type { Rotas } from "./rota.ts";
import { WINDOWS, type Limit, type Policy, type QuorumRule, type Role, type Rule, type RuleOutcome } from "./schema.ts";

/** Rules and people as they are compared. */
export interface Comparable {
  readonly policy: Policy;
  readonly people: Readonly<Record<string, { readonly roles: readonly Role[] }>>;
  readonly playbooksOff?: readonly string[];
  readonly rotas?: Rotas;
}

/** One thing that differs between two sets of rules. */
export interface Difference {
  /** One sentence: "hedge: what it says is milder or of another kind". */
  readonly what: string;
  /** Whether it might let through what was not let through before; what cannot be shown to tighten counts as loosening. */
  readonly loosens: boolean;
  /** As JSON, null where there was or is nothing. */
  readonly before: string | null;
  readonly after: string | null;
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

const said = (limit: Cap): string =>
  `${limit.measure} per ${limit.per}${limit.window === undefined ? "" : ` in ${limit.window}`}`;

/** The strictest of the caps that count the same. */
const strictest = (caps: readonly Cap[], like: Cap): Cap | null =>
  caps
    .filter((one) => nameOf(one) === nameOf(like))
    .reduce<Cap | null>(
      (least, one) => (least === null || less(decimal(one.max), decimal(least.max)) ? one : least),
      null,
    );

function capsDiffer(name: (limit: Cap) => string, after: readonly Cap[], before: readonly Cap[]): Difference[] {
  const kinds = [...new Map([...before, ...after].map((one) => [nameOf(one), one])).values()];
  return kinds.flatMap((kind) => {
    const [now, old] = [strictest(after, kind), strictest(before, kind)];
    if (now?.max === old?.max) return [];
    const loosens = old !== null && (now === null || greater(decimal(now.max), decimal(old.max)));
    const what = `${name(kind)} is ${loosens ? (now === null ? "gone" : "wider") : old === null ? "new" : "narrower"}`;
    return [{ what, loosens, before: old?.max ?? null, after: now?.max ?? null }];
  });
}

/** A rule that only ever permits: without it no more is allowed. */
export const onlyPermits = (rule: Rule): boolean =>
  rule.says === "allow" && rule.limits.length === 0 && Object.values(rule.when).every((one) => one === undefined);
/** A rule that only ever forbids or delays: with it no more is allowed. */
const onlyForbids = (rule: Rule): boolean =>
  [rule.says, rule.beyond].every((one) => one === "deny" || (typeof one === "object" && "hold" in one));

const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** What differs in one part; nothing where it is the same. */
function part(what: string, loosens: boolean, after: unknown, before: unknown): Difference[] {
  return same(after, before) ? [] : [{ what, loosens, before: text(before), after: text(after) }];
}

/** From tier 3 on the ledger is signed before anything leaves, so a lower tier takes a protection away. */
function tierDiffers(after: Rule, before: Rule): Difference[] {
  const [now, old] = [after.tier ?? "T1", before.tier ?? "T1"];
  return part(`${after.name}: its tier is ${now < old ? "lower" : "higher"}`, now < old, now, old);
}

function ruleDiffers(after: Rule, before: Rule): Difference[] {
  const { name } = after;
  const says = (beyond: string, now: RuleOutcome, old: RuleOutcome): Difference[] => {
    const loosens = !atLeast(now, old);
    return part(
      `${name}: what it says${beyond} is ${loosens ? "milder or of another kind" : "stricter"}`,
      loosens,
      now,
      old,
    );
  };
  return [
    ...part(`${name}: its title changed`, false, after.title ?? "", before.title ?? ""),
    ...tierDiffers(after, before),
    ...part(`${name}: it is about other plans than before`, true, after.match, before.match),
    ...part(`${name}: its conditions changed`, true, after.when, before.when),
    ...says("", after.says, before.says),
    ...says(" beyond its limits", after.beyond, before.beyond),
    ...capsDiffer((limit) => `${name}: the limit on ${said(limit)}`, after.limits, before.limits),
  ];
}

function rulesDiffer(after: readonly Rule[], before: readonly Rule[]): Difference[] {
  const old = new Map(before.map((rule) => [rule.name, rule]));
  const found = after.flatMap((rule) => {
    const twin = old.get(rule.name);
    old.delete(rule.name);
    if (twin !== undefined) return ruleDiffers(rule, twin);
    const loosens = !onlyForbids(rule);
    const what = `${rule.name}: a new rule that ${loosens ? "permits something" : "restrains"}`;
    return [{ what, loosens, before: null, after: text(rule) }];
  });
  for (const rule of old.values()) {
    const loosens = !onlyPermits(rule);
    const what = `${rule.name}: a rule that ${loosens ? "restrains" : "permits something"} is gone`;
    found.push({ what, loosens, before: text(rule), after: null });
  }
  return found;
}

function settingsDiffer({ policy: after }: Comparable, { policy: before }: Comparable): Difference[] {
  const collar =
    after.collar.minSources < before.collar.minSources ||
    durationMs(after.collar.maxAge) > durationMs(before.collar.maxAge) ||
    less(decimal(before.collar.maxDisagreementBps), decimal(after.collar.maxDisagreementBps));
  const change =
    after.change.people < before.change.people ||
    !holdsAll(after.change.roles, before.change.roles) ||
    durationMs(after.change.timeLock) < durationMs(before.change.timeLock);
  const throttle =
    after.throttle.runs > before.throttle.runs ||
    WINDOWS.indexOf(after.throttle.window) < WINDOWS.indexOf(before.throttle.window);
  const attention = after.attention.approvalsPerHour > before.attention.approvalsPerHour;
  const pairs = (policy: Policy): string[] => policy.incompatibleRoles.map((pair) => [...pair].sort().join(" "));
  const duties = !holdsAll(pairs(after), pairs(before));
  return [
    ...part(
      collar
        ? "collar: fewer, older or less agreeing prices suffice"
        : "collar: prices must be fresher or agree better",
      collar,
      after.collar,
      before.collar,
    ),
    ...part(
      `change: the rules themselves become ${change ? "easier" : "harder"} to change`,
      change,
      after.change,
      before.change,
    ),
    ...part(
      `throttle: a playbook may trade ${throttle ? "more" : "less"} often before it is switched off`,
      throttle,
      after.throttle,
      before.throttle,
    ),
    ...part(
      `attention: one person may approve ${attention ? "more" : "fewer"} times an hour`,
      attention,
      after.attention,
      before.attention,
    ),
    ...part(
      `incompatibleRoles: a pair of duties may ${duties ? "" : "no longer "}be held by one person`,
      duties,
      after.incompatibleRoles,
      before.incompatibleRoles,
    ),
  ];
}

/**
 * Roles that people gain and lose. Taking a role away always tightens here, because a revocation must not wait;
 * `policy check` warns of denials that hang on a role.
 */
function rolesDiffer({ people: after }: Comparable, { people: before }: Comparable): Difference[] {
  const gained = Object.entries(after).flatMap(([id, { roles }]) =>
    roles
      .filter((role) => before[id]?.roles.includes(role) !== true)
      .map((role) => ({ what: `people: ${id} becomes ${role}`, loosens: true, before: null, after: role })),
  );
  const lost = Object.entries(before).flatMap(([id, { roles }]) =>
    roles
      .filter((role) => after[id]?.roles.includes(role) !== true)
      .map((role) => ({ what: `people: ${id} is no longer ${role}`, loosens: false, before: role, after: null })),
  );
  return [...gained, ...lost];
}

function playbooksDiffer(
  { playbooksOff: after = [] }: Comparable,
  { playbooksOff: before = [] }: Comparable,
): Difference[] {
  const on = before
    .filter((name) => !after.includes(name))
    .map((name) => ({ what: `playbooks: ${name} is switched on`, loosens: true, before: "off", after: "on" }));
  const off = after
    .filter((name) => !before.includes(name))
    .map((name) => ({ what: `playbooks: ${name} is switched off`, loosens: false, before: "on", after: "off" }));
  return [...on, ...off];
}

/**
 * Rotas that come, go or change. While a rule asks who is on call, each such change loosens: it puts somebody on call,
 * whom the rule may let do more, or takes somebody off, whom it may have bound.
 */
function rotasDiffer(after: Comparable, before: Comparable): Difference[] {
  const loosens = [after, before].some(({ policy }) => policy.rules.some((rule) => rule.when.onCall !== undefined));
  const [now, old] = [after.rotas ?? {}, before.rotas ?? {}];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((name) => {
    const how = old[name] === undefined ? "is new" : now[name] === undefined ? "is gone" : "has other turns";
    // The order of people is the order of turns, so it counts.
    if (JSON.stringify(now[name]) === JSON.stringify(old[name])) return [];
    const [was, is] = [old[name], now[name]].map((one) => (one === undefined ? null : text(one)));
    return [{ what: `rotas: ${name} ${how}`, loosens, before: was ?? null, after: is ?? null }];
  });
}

/** Everything that differs, what loosens first. */
export function differences(after: Comparable, before: Comparable): readonly Difference[] {
  const all = [
    ...capsDiffer((limit) => `hard cap: ${said(limit)}`, after.policy.hard, before.policy.hard),
    ...settingsDiffer(after, before),
    ...rulesDiffer(after.policy.rules, before.policy.rules),
    ...rolesDiffer(after, before),
    ...playbooksDiffer(after, before),
    ...rotasDiffer(after, before),
  ];
  return [...all.filter((one) => one.loosens), ...all.filter((one) => !one.loosens)];
}

/**
 * Everything by which `after` might let through what `before` would not, one sentence each; none means that it only
 * tightens.
 */
export const loosenings = (after: Comparable, before: Comparable): readonly string[] =>
  differences(after, before).flatMap((one) => (one.loosens ? [one.what] : []));
