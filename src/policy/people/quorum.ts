import type { QuorumRule, Role } from "../rules/schema.ts";

/** What people must say: `people` distinct ones out of `from`, and among them each of `roles` by another person. */
export interface Quorum {
  readonly rule: string;
  readonly people: number;
  readonly roles: readonly Role[];
  readonly from: readonly Role[];
  readonly stepUp: boolean;
  readonly withinMs: number;
}

/** A person who approved or could, with the roles that count. */
export interface Voice {
  readonly id: string;
  readonly roles: readonly Role[];
}

/** Whether a voice counts for a quorum at all. */
export const counts = (quorum: Pick<Quorum, "from" | "roles">, voice: Voice): boolean =>
  voice.roles.some((role) => quorum.from.includes(role) || quorum.roles.includes(role));

/**
 * Whether these voices meet one quorum: `people` distinct ones hold a role of `from`, and each of `roles` is held by
 * another one. The two demands stand beside each other, so that asking for one more role never makes more voices count.
 */
export function meets(quorum: Pick<Quorum, "people" | "from" | "roles">, voices: readonly Voice[]): boolean {
  const distinct = [...new Map(voices.map((voice) => [voice.id, voice])).values()];
  if (distinct.filter((one) => one.roles.some((role) => quorum.from.includes(role))).length < quorum.people)
    return false;
  const assign = (at: number, free: readonly Voice[]): boolean => {
    const role = quorum.roles[at];
    if (role === undefined) return true;
    return free.some(
      (one) =>
        one.roles.includes(role) &&
        assign(
          at + 1,
          free.filter((other) => other !== one),
        ),
    );
  };
  return assign(0, distinct);
}

/** Whether these voices meet every quorum; true where none is asked. */
export const meetsAll = (quorums: readonly Quorum[], voices: readonly Voice[]): boolean =>
  quorums.every((quorum) => meets(quorum, voices));

/** The fewest persons that can meet a quorum: roles outside `from` come on top. */
const fewest = (quorum: Quorum): number =>
  Math.max(quorum.people + quorum.roles.filter((role) => !quorum.from.includes(role)).length, quorum.roles.length);

/** All quorums in one line for people: how many at least, which roles, whether a step-up, how long. */
export function summaryOf(quorums: readonly Quorum[]): {
  readonly needed: number;
  readonly roles: readonly Role[];
  readonly stepUp: boolean;
  readonly ttlMs: number;
} {
  const roles: Role[] = [];
  for (const quorum of quorums) {
    for (const role of new Set(quorum.roles)) {
      const wanted = quorum.roles.filter((one) => one === role).length;
      while (roles.filter((one) => one === role).length < wanted) roles.push(role);
    }
  }
  return {
    needed: Math.max(0, ...quorums.map(fewest)),
    roles: roles.sort(),
    stepUp: quorums.some((one) => one.stepUp),
    ttlMs: Math.min(...quorums.map((one) => one.withinMs), 24 * 3_600_000),
  };
}

/** A quorum as a rule states it. */
export const quorumOf = (rule: string, stated: QuorumRule, withinMs: number): Quorum => ({
  rule,
  people: stated.people,
  roles: [...stated.roles].sort(),
  from: [...stated.from].sort(),
  stepUp: stated.stepUp,
  withinMs,
});
