import { decimal, greater } from "../../kernel/decimal.ts";
import { onlyPermits } from "./compare.ts";
import { meets } from "../people/quorum.ts";
import { rotaProblems, rotasSettings } from "./rota.ts";
import {
  type PolicyDocument,
  type QuorumRule,
  type Rule,
  type RuleOutcome,
  peopleSchema,
  policySchema,
} from "./schema.ts";

/** Something about the rules that a person should look at. */
export interface PolicyFinding {
  readonly severity: "error" | "warning";
  /** Where in the document: "policy.rules.hedge", "people.ana". */
  readonly where: string;
  readonly what: string;
}

const quorumsOf = (rule: Rule): QuorumRule[] =>
  [rule.says, rule.beyond].flatMap((one: RuleOutcome) =>
    typeof one === "object" && "quorum" in one ? [one.quorum] : [],
  );

function quorumFindings(rule: Rule, people: PolicyDocument["people"]): PolicyFinding[] {
  const where = `policy.rules.${rule.name}`;
  const voices = Object.entries(people).map(([id, { roles }]) => ({ id, roles }));
  return quorumsOf(rule).flatMap((quorum): PolicyFinding[] => {
    if (!meets(quorum, voices))
      return [
        {
          severity: "error",
          where,
          what: `nobody could approve it: ${quorum.people} of ${quorum.from.join(", ")}${quorum.roles.length > 0 ? ` with ${quorum.roles.join(", ")} among them` : ""} is more than this desk has`,
        },
      ];
    const spare = voices.filter(
      (one) =>
        !meets(
          quorum,
          voices.filter((other) => other !== one),
        ),
    );
    return spare.map((one) => ({
      severity: "warning",
      where,
      what: `it cannot be approved without ${one.id}, who may be asleep or may be the one who asks`,
    }));
  });
}

const lists = [
  "actions",
  "effects",
  "environments",
  "venues",
  "accounts",
  "instruments",
  "trust",
  "sources",
  "severities",
  "scopes",
] as const;

/** Whether everything that `inner` is about, `outer` is about too. */
export function covers(outer: Rule["match"], inner: Rule["match"]): boolean {
  const wide = lists.every((name) => {
    const [all, some] = [outer[name] as readonly string[] | undefined, inner[name] as readonly string[] | undefined];
    return all === undefined || (some !== undefined && some.every((one) => all.includes(one)));
  });
  const over =
    outer.notionalUsdOver === undefined ||
    (inner.notionalUsdOver !== undefined && !greater(decimal(outer.notionalUsdOver), decimal(inner.notionalUsdOver)));
  return wide && over && (outer.by === undefined || JSON.stringify(outer.by) === JSON.stringify(inner.by));
}

const always = (rule: Rule): boolean => Object.values(rule.when).every((one) => one === undefined);

/** What a rule is outdone by: a denial outdoes all, and people who are asked anyway outdo a mere permission. */
const outdoes = (other: Rule, rule: Rule): boolean =>
  other.says === "deny" ||
  (rule.says === "allow" && rule.limits.length === 0 && typeof other.says === "object" && "quorum" in other.says);

function shadowFindings(rules: readonly Rule[]): PolicyFinding[] {
  return rules.flatMap((rule) => {
    if (rule.says === "deny") return [];
    const by = rules.find(
      (other) => other !== rule && outdoes(other, rule) && always(other) && covers(other.match, rule.match),
    );
    if (by === undefined) return [];
    const does = by.says === "deny" ? "denies" : "asks people about";
    const what = `it never decides: ${by.name} ${does} everything that it is about`;
    return [{ severity: "warning" as const, where: `policy.rules.${rule.name}`, what }];
  });
}

/**
 * A rule that is about accounts, venues, playbooks or people that the desk does not have at all can never be hit, and one that
 * names facts which the desk does not keep never permits.
 */
export function strangers(
  { policy, people }: PolicyDocument,
  desk: {
    readonly accounts: readonly string[];
    readonly venues: readonly string[];
    readonly playbooks: readonly string[];
    /** Names of on-call rotas, and accounts with a dead-man switch. */
    readonly rotas: readonly string[];
    readonly guarded: readonly string[];
  },
): readonly PolicyFinding[] {
  const unknown = (named: readonly string[] = [], known: readonly string[] = []): readonly string[] =>
    named.some((one) => one === "*" || known.includes(one)) ? [] : named;
  return policy.rules.flatMap(({ name, match, when }) => {
    const { by } = match;
    const where = `policy.rules.${name}`;
    const unfed = [
      ...(when.onCall !== undefined && desk.rotas.length === 0
        ? ["it always denies: it asks who is on call, and this desk has no rotas"]
        : []),
      ...(when.deadManArmed === true &&
      !(match.accounts ?? desk.guarded).some((account) => desk.guarded.includes(account))
        ? ["it never holds: none of its accounts has a dead-man switch (deadMan)"]
        : []),
    ].map((what) => ({ severity: "warning" as const, where, what }));
    const asking = [...(by?.people ?? []), ...(by?.playbooks ?? [])];
    // Who asks may be named in several ways; the rule is dead only where none of them exists.
    const others = by?.roles !== undefined || by?.services !== undefined;
    const absent = [
      ...unknown(match.accounts, desk.accounts),
      ...unknown(match.venues, desk.venues),
      ...(others ? [] : unknown(asking, [...Object.keys(people), ...desk.playbooks])),
    ];
    if (absent.length === 0) return unfed;
    const what = `it is never hit: this desk has no ${absent.join(", ")}`;
    return [{ severity: "warning" as const, where, what }, ...unfed];
  });
}

function ruleFindings(rule: Rule): PolicyFinding[] {
  const where = `policy.rules.${rule.name}`;
  const found: PolicyFinding[] = [];
  const trades =
    rule.match.actions === undefined || rule.match.actions.some((action) => action === "hedge" || action === "reduce");
  if (rule.says === "allow" && trades && rule.limits.length === 0)
    found.push({
      severity: "error",
      where,
      what: "it lets orders through without people and without a limit; add limits",
    });
  if (
    rule.match.by?.roles !== undefined &&
    !onlyPermits(rule) &&
    (rule.says === "deny" || rule.beyond === "deny") &&
    rule.says !== "allow" &&
    typeof rule.says === "string"
  )
    found.push({
      severity: "warning",
      where,
      what: "it denies by role, so it ends for a person whose role is taken away; deny by people instead",
    });
  if (rule.says === "allow" && rule.match.trust?.includes("unsigned") === true)
    found.push({
      severity: "warning",
      where,
      what: "unsigned sources never execute without people, whatever this rule says",
    });
  return found;
}

function peopleFindings({ people, policy }: PolicyDocument): PolicyFinding[] {
  return Object.entries(people).flatMap(([id, { roles }]) =>
    policy.incompatibleRoles
      .filter(([a, b]) => roles.includes(a) && roles.includes(b))
      .map(([a, b]) => ({
        severity: "error" as const,
        where: `people.${id}`,
        what: `one person may not be both ${a} and ${b}`,
      })),
  );
}

/** What a document says of itself: shadowed rules, quorums nobody can meet, permissions without a limit, duties that clash. */
export function checkPolicy(document: PolicyDocument): readonly PolicyFinding[] {
  const { policy, people } = document;
  const missing = (["notionalUsd", "messages"] as const).filter(
    (measure) => !policy.hard.some((cap) => cap.measure === measure),
  );
  return [
    ...policy.rules.flatMap((rule) => [...ruleFindings(rule), ...quorumFindings(rule, people)]),
    ...shadowFindings(policy.rules),
    ...peopleFindings(document),
    ...rotaProblems(document.rotas ?? {}, people).map((one) => ({ severity: "error" as const, ...one })),
    ...missing.map((measure) => ({
      severity: "warning" as const,
      where: "policy.hard",
      what: `no hard cap on ${measure}: a quorum could pass any amount`,
    })),
  ];
}

/** Reads rules, people and rotas from parsed YAML or JSON; all problems at once, each with its place. */
export function readDocument(input: { readonly policy: unknown; readonly people: unknown; readonly rotas: unknown }): {
  readonly document: PolicyDocument | null;
  readonly findings: readonly PolicyFinding[];
} {
  const [policy, people] = [policySchema.safeParse(input.policy), peopleSchema.safeParse(input.people)];
  const rotas = rotasSettings.safeParse(input.rotas);
  const problems = (
    name: string,
    issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
  ): PolicyFinding[] =>
    issues.map((issue) => ({
      severity: "error",
      where: [name, ...issue.path].map(String).join("."),
      what: issue.message,
    }));
  const findings = [
    ...problems("policy", policy.error?.issues ?? []),
    ...problems("people", people.error?.issues ?? []),
    ...problems("rotas", rotas.error?.issues ?? []),
  ];
  if (!policy.success || !people.success || !rotas.success) return { document: null, findings };
  const document = { policy: policy.data, people: people.data, rotas: rotas.data };
  return { document, findings: checkPolicy(document) };
}
