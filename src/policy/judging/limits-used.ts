import type { Tx } from "../../db/client.ts";
import { type Decimal, ZERO, compare, decimal, div, isZero } from "../../kernel/decimal.ts";
import type { Published } from "../rules/published.ts";
import type { Limit, Window } from "../rules/schema.ts";
import { usageOf } from "./usage.ts";

/** How much of one rolling limit is used. */
export interface LimitUse {
  /** "firm", "account:paper-a", "playbook:margin-breach". */
  readonly scope: string;
  readonly measure: "notionalUsd" | "orders" | "messages";
  readonly window: Window;
  readonly used: Decimal;
  readonly max: Decimal;
  /** 0..1 and above; 1 where the limit is zero. */
  readonly usedRatio: Decimal;
  /** "hard cap", or the rule's name. */
  readonly from: string;
}

/** Whose use is asked for, by dimension; `firm` always is. */
export type LimitScopes = Readonly<
  Partial<Record<"account" | "venue" | "playbook" | "person" | "instrument" | "source", readonly string[]>>
>;

interface Asked {
  readonly limit: Limit & { readonly window: Window };
  readonly from: string;
  readonly scope: string;
}

const rolling = (limit: Limit): limit is Asked["limit"] => limit.window !== undefined;

/**
 * The rolling limits of the rules in force and what of each is used, the fullest first. Where several limit the same, the
 * tightest stands. Orders with an unknown outcome count as filled, as everywhere.
 */
export async function limitsUsed(tx: Tx, published: Published, scopes: LimitScopes): Promise<readonly LimitUse[]> {
  const all = [
    ...published.policy.hard.map((limit) => ({ limit, from: "hard cap" })),
    ...published.policy.rules.flatMap((rule) => rule.limits.map((limit) => ({ limit, from: rule.name }))),
  ];
  const asked = all.flatMap(({ limit, from }): Asked[] => {
    if (!rolling(limit)) return [];
    const { per } = limit;
    if (per === "firm") return [{ limit, from, scope: "firm" }];
    if (per === "order" || per === "plan") return [];
    return (scopes[per] ?? []).map((name) => ({ limit, from, scope: `${per}:${name}` }));
  });
  const usage = await usageOf(
    tx,
    asked.map((one) => one.scope),
  );
  const tightest = new Map<string, LimitUse>();
  for (const { limit, from, scope } of asked) {
    const measure = limit.measure as LimitUse["measure"];
    const used = decimal(usage[scope]?.[limit.window]?.[measure] ?? "0");
    const max = decimal(limit.max);
    const key = `${scope} ${measure} ${limit.window}`;
    const before = tightest.get(key);
    if (before && compare(before.max, max) <= 0) continue;
    const usedRatio = isZero(max) ? decimal("1") : div(used, max, 4, "up");
    tightest.set(key, { scope, measure, window: limit.window, used, max, usedRatio, from });
  }
  return [...tightest.values()].toSorted((a, b) => compare(b.usedRatio, a.usedRatio) || a.scope.localeCompare(b.scope));
}

/** Whether anything of a limit is used. */
export const isUsed = (use: LimitUse): boolean => compare(use.used, ZERO) > 0;
