import type { QuorumRule, Role } from "./schema.ts";

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

/** Whether these distinct voices meet one quorum. A person counts once however often they appear. */
export function meets(quorum: Pick<Quorum, "people" | "from" | "roles">, voices: readonly Voice[]): boolean {
  const distinct = [...new Map(voices.map((voice) => [voice.id, voice])).values()].filter((one) => counts(quorum, one));
  if (distinct.length < Math.max(quorum.people, quorum.roles.length)) return false;
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
    needed: Math.max(0, roles.length > 0 ? 1 : 0, ...quorums.map((one) => Math.max(one.people, one.roles.length))),
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
