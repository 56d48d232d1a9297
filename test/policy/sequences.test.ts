import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Facts } from "../../src/policy/judging/facts.ts";
import { type Decision, judge } from "../../src/policy/judging/judge.ts";
import { type Quorum, meetsAll } from "../../src/policy/people/quorum.ts";
import { type VoteRow, voteFacts } from "../../src/policy/rows.ts";
import type { Policy, Role } from "../../src/policy/rules/schema.ts";
import { countedVoices } from "../../src/policy/people/vote.ts";
import { asking, policies, situations } from "./arbitraries.ts";
import { SEAL, controlOf } from "./control.ts";

/** Sequences that are played in memory; BREAKWATER_LAWS=100000 raises it. The whole way through the database is played by model.db.test.ts. */
const RUNS = Number(process.env["BREAKWATER_LAWS"] ?? "5000");

const NAMES = ["ana", "bo", "cy", "di", "ed"] as const;
type Name = (typeof NAMES)[number];
type Op =
  | { readonly op: "vote" | "forge"; readonly name: Name; readonly stepUp: boolean }
  | { readonly op: "grant" | "revoke"; readonly name: Name; readonly role: Role }
  | { readonly op: "rules"; readonly policy: Policy }
  | { readonly op: "freeze" | "thaw" | "unsign" };

const rules = fc.oneof({ weight: 1, arbitrary: policies }, { weight: 3, arbitrary: asking });
const name = fc.constantFrom(...NAMES);
const role = fc.constantFrom<Role>("trader", "risk", "compliance", "operator");
const ops: fc.Arbitrary<Op> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ op: fc.constant("vote" as const), name, stepUp: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("forge" as const), name, stepUp: fc.constant(true) }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constantFrom("grant" as const, "revoke" as const), name, role }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("rules" as const), policy: rules }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constantFrom("freeze" as const, "thaw" as const, "unsign" as const) }) },
);

function voteOf(person: string, stepUp: boolean, sealed: boolean): VoteRow {
  const row = {
    planHash: "a".repeat(64),
    person,
    decision: "approve" as const,
    roles: [],
    surface: "console",
    stepUp,
    reason: null,
    at: new Date(0),
  };
  return { ...row, seal: sealed ? SEAL.of("vote", voteFacts(row)) : "f".repeat(64) };
}

/** What the executor asks before it sends. */
function sendable(decision: Decision, cast: readonly VoteRow[], situation: Facts): boolean {
  if (decision.outcome === "allow") return true;
  if (decision.outcome !== "quorum") return false;
  const voted = countedVoices(controlOf(), cast, situation.approvers, situation.excluded, decision.stepUp);
  return meetsAll(decision.quorums, voted);
}

/** Whether distinct persons can take the roles, by trying every order of them. */
const filled = (roles: readonly Role[], people: readonly { readonly roles: readonly Role[] }[]): boolean => {
  const [first, ...rest] = roles;
  if (first === undefined) return true;
  return people.some((one, at) => one.roles.includes(first) && filled(rest, people.toSpliced(at, 1)));
};

/** The same question by the book: who really voted, may vote, and holds the roles now. */
function consented(
  quorums: readonly Quorum[],
  stepUp: boolean,
  votes: ReadonlyMap<Name, boolean>,
  now: Facts,
): boolean {
  const voices = now.approvers.filter((one) => {
    const touched = votes.get(one.id as Name);
    return touched !== undefined && (touched || !stepUp) && !now.excluded.includes(one.id);
  });
  return quorums.every(
    (quorum) =>
      voices.filter((one) => one.roles.some((each) => quorum.from.includes(each))).length >= quorum.people &&
      filled(quorum.roles, voices),
  );
}

test(
  `in ${RUNS} random sequences of votes, forged votes, lost and new roles, other rules and freezes nothing is sent without its people`,
  () => {
    let sent = 0;
    fc.assert(
      fc.property(rules, situations, fc.array(ops, { minLength: 4, maxLength: 16 }), (first, begin, sequence) => {
        let policy = first;
        let trust = begin.trust;
        let frozen = false;
        const roles = new Map<Name, Set<Role>>(
          NAMES.map((one, at) => [one, new Set([at % 2 === 0 ? "trader" : "risk"])]),
        );
        const votes = new Map<Name, boolean>();
        const cast: VoteRow[] = [];
        for (const step of sequence) {
          switch (step.op) {
            case "vote":
              cast.push(voteOf(step.name, step.stepUp, true));
              votes.set(step.name, step.stepUp || votes.get(step.name) === true);
              break;
            case "forge":
              cast.push(voteOf(step.name, step.stepUp, false));
              break;
            case "grant":
              roles.get(step.name)?.add(step.role);
              break;
            case "revoke":
              roles.get(step.name)?.delete(step.role);
              break;
            case "rules":
              policy = step.policy;
              break;
            case "freeze":
            case "thaw":
              frozen = step.op === "freeze";
              break;
            case "unsign":
              trust = "unsigned";
          }
          const now: Facts = {
            ...begin,
            trust,
            breakGlass: false,
            states: frozen ? { ...begin.states, firm: "halted" } : begin.states,
            approvers: NAMES.map((id) => ({ id, roles: [...(roles.get(id) ?? [])] })).filter(
              (one) => one.roles.length > 0,
            ),
          };
          const decision = judge(policy, now);
          const goes = sendable(decision, cast, now);
          if (goes) sent += 1;
          if (frozen || (trust === "unsigned" && votes.size === 0)) expect(goes).toBe(false);
          if (decision.outcome === "quorum")
            expect(goes).toBe(consented(decision.quorums, decision.stepUp, votes, now));
        }
      }),
      { numRuns: RUNS },
    );
    // A law that nothing ever passes would prove nothing.
    expect(sent).toBeGreaterThan(RUNS / 10);
  },
  Math.max(120_000, RUNS * 20),
);
