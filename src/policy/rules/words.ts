import { type Decimal, grouped } from "../../kernel/decimal.ts";
import { durationWords } from "../../kernel/duration.ts";
import type { Limit, QuorumRule, Rule, RuleOutcome } from "./schema.ts";

/** A quorum in words: "2 of trader or risk, with risk among them, each with a passkey, within 15 minutes". */
const quorumWords = ({ people, from, roles, stepUp, within }: QuorumRule): string =>
  [
    `${people} of ${from.join(" or ")}`,
    ...(roles.length > 0 ? [`with ${roles.join(" and ")} among them`] : []),
    ...(stepUp ? ["each with a passkey"] : []),
    `within ${durationWords(within)}`,
  ].join(", ");

/** What a rule says, in words. */
export const outcomeWords = (outcome: RuleOutcome): string => {
  if (typeof outcome === "string") return outcome;
  return "hold" in outcome ? `wait ${durationWords(outcome.hold)}` : quorumWords(outcome.quorum);
};

/** What a limit counts, as people call it, with the unit of its largest value. */
const MEASURES = {
  notionalUsd: ["notional", " USD"],
  quantity: ["quantity", ""],
  orders: ["orders", ""],
  messages: ["messages", ""],
  openOrders: ["open orders", ""],
  leverage: ["leverage", " times"],
  collarBps: ["price collar", " bps"],
  slippageBps: ["slippage", " bps"],
  lossUsd: ["loss of the day", " USD"],
} as const satisfies Record<Limit["measure"], readonly [name: string, unit: string]>;

/** What a limit counts, in words: "notional USD", "open orders". */
export const measureWords = (measure: Limit["measure"]): string => MEASURES[measure].join("");

/** What a limit counts and where, in words: "notional per account within 1 hour". */
export const scopeWords = ({ measure, per, window }: Limit): string =>
  `${MEASURES[measure][0]} per ${per}${window === undefined ? "" : ` within ${durationWords(window)}`}`;

/** An amount of what a limit counts, in words: "250,000 USD". */
export const amountWords = ({ measure }: Limit, amount: Decimal): string => `${grouped(amount)}${MEASURES[measure][1]}`;

/** A limit in words: "notional per plan up to 250,000 USD". */
export const limitWords = (limit: Limit): string =>
  `${scopeWords(limit)} up to ${amountWords(limit, limit.max as Decimal)}`;

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
      ...(notionalUsdOver === undefined ? [] : [`above ${grouped(notionalUsdOver as Decimal)} USD`]),
      ...(asks.length === 0 ? [] : [`by ${asks.join(", ")}`]),
      ...(conditions.length === 0 ? [] : [`when ${conditions.join(", ")} hold`]),
    ].join("; ") || "every plan"
  );
}
