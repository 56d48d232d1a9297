import type { ActionName } from "../../kernel/plan.ts";
import type { Policy, Rule } from "./schema.ts";

/** A playbook as its limits see it. */
export interface Limited {
  readonly name: string;
  /** The actions that its steps may plan. */
  readonly needs: readonly ActionName[];
}

const TRADES: readonly ActionName[] = ["reduce", "hedge"];

const permits = (rule: Rule): boolean =>
  rule.says === "allow" || (typeof rule.says === "object" && "quorum" in rule.says);

const isAbout = ({ match }: Rule, playbook: string, action: ActionName): boolean =>
  match.actions?.includes(action) !== false &&
  // Whoever a rule lets ask may ask by a playbook that they begin.
  (match.by === undefined ||
    match.by.people !== undefined ||
    match.by.roles !== undefined ||
    match.by.playbooks?.some((name) => name === "*" || name === playbook) === true);

/**
 * The trading actions of a playbook that no limit of its own bounds: neither a hard cap per playbook, nor one in every
 * rule that lets the action through. RTS 6, Article 8: limits are set before an algorithm is used.
 */
export function emptyLimits(policy: Policy, { name, needs }: Limited): readonly ActionName[] {
  const capped = policy.hard.some(
    (cap) => cap.per === "playbook" && cap.effects === undefined && cap.environments === undefined,
  );
  if (capped) return [];
  return needs.filter((action) => {
    if (!TRADES.includes(action)) return false;
    const open = policy.rules.filter((rule) => permits(rule) && isAbout(rule, name, action));
    return open.some((rule) => !rule.limits.some((limit) => limit.per === "playbook"));
  });
}
