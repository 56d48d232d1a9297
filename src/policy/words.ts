import type { Limit, QuorumRule, Rule, RuleOutcome } from "./schema.ts";

/** A quorum in words: "2 of trader or risk, with risk among them, each with a passkey, within 15m". */
const quorumWords = ({ people, from, roles, stepUp, within }: QuorumRule): string =>
  [
    `${people} of ${from.join(" or ")}`,
    ...(roles.length > 0 ? [`with ${roles.join(" and ")} among them`] : []),
    ...(stepUp ? ["each with a passkey"] : []),
    `within ${within}`,
  ].join(", ");

/** What a rule says, in words. */
export const outcomeWords = (outcome: RuleOutcome): string => {
  if (typeof outcome === "string") return outcome;
  return "hold" in outcome ? `wait ${outcome.hold}` : quorumWords(outcome.quorum);
};

/** A limit in words: "notionalUsd per plan up to 250000". */
export const limitWords = (limit: Limit): string =>
  `${limit.measure} per ${limit.per}${limit.window === undefined ? "" : ` in ${limit.window}`} up to ${limit.max}`;

/** Which plans a rule is about, in words. */
export function aboutWords({ match, when }: Rule): string {
  const { by, notionalUsdOver, ...lists } = match;
  const said = Object.values(lists).flatMap((list) => (list === undefined ? [] : [list.join(" or ")]));
  const asks = [
    ...(by?.people ?? []),
    ...(by?.roles ?? []),
    ...(by?.playbooks ?? []).map((name) => (name === "*" ? "any playbook" : `playbook ${name}`)),
    ...(by?.services ?? []).map((name) => (name === "*" ? "any service" : `service ${name}`)),
  ];
  const conditions = Object.keys(when).filter((name) => when[name as keyof typeof when] !== undefined);
  return (
    [
      ...said,
      ...(notionalUsdOver === undefined ? [] : [`above ${notionalUsdOver} USD`]),
      ...(asks.length === 0 ? [] : [`by ${asks.join(", ")}`]),
      ...(conditions.length === 0 ? [] : [`when ${conditions.join(", ")} hold`]),
    ].join("; ") || "every plan"
  );
}
