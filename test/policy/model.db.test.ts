import * as fc from "fast-check";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { Plan } from "../../src/kernel/plan.ts";
import { verifyLedger } from "../../src/ledger/verify.ts";
import { syncGrants } from "../../src/policy/people/grants.ts";
import { freeze, unfreeze } from "../../src/policy/freeze/trading-state.ts";
import type { Role } from "../../src/policy/rules/schema.ts";
import { withDatabase } from "../with-database.ts";
import { DESK_PEOPLE, type TestDesk, freshPlan, testDesk } from "./control.ts";
import { order } from "./make.ts";

/** Sequences that are played; BREAKWATER_SEQUENCES raises it. */
const RUNS = Number(process.env["BREAKWATER_SEQUENCES"] ?? "60");
const database = withDatabase();

const PEOPLE = ["ana", "bo", "cy", "di"] as const;
type Person = (typeof PEOPLE)[number];
type Op =
  | { readonly op: "propose"; readonly large: boolean; readonly by: "playbook" | Person }
  | {
      readonly op: "vote";
      readonly at: number;
      readonly person: Person;
      readonly yes: boolean;
      readonly stepUp: boolean;
    }
  | { readonly op: "claim"; readonly at: number; readonly edited: boolean }
  | { readonly op: "revoke" | "grant"; readonly person: Person }
  | { readonly op: "freeze" | "thaw" | "rules" };

const person = fc.constantFrom(...PEOPLE);
const ops: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant("propose" as const),
      large: fc.boolean(),
      by: fc.oneof(fc.constant("playbook" as const), person),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constant("vote" as const),
      at: fc.nat({ max: 9 }),
      person,
      yes: fc.constant(true),
      stepUp: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant("vote" as const),
      at: fc.nat({ max: 9 }),
      person,
      yes: fc.constant(false),
      stepUp: fc.constant(false),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constant("claim" as const),
      at: fc.nat({ max: 9 }),
      edited: fc.constantFrom(false, false, true),
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constantFrom("revoke" as const, "grant" as const), person }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constantFrom("freeze" as const, "thaw" as const, "rules" as const) }) },
);

/** What the rules of the desk mean, written a second time and without a database. */
interface Asked {
  readonly hash: string;
  readonly plan: Plan;
  readonly large: boolean;
  readonly requester: Person | null;
  readonly born: number;
  readonly rules: number;
  readonly yes: Set<Person>;
  state: "open" | "approved" | "denied" | "claimed";
}

class Model {
  time = 0;
  rules = 0;
  frozen = false;
  readonly plans: Asked[] = [];
  /** Since when a person holds the role of the desk's list. */
  readonly since = new Map<Person, number>(PEOPLE.map((one) => [one, 0]));

  roles(who: Person): readonly Role[] {
    return this.since.has(who) ? (DESK_PEOPLE[who]?.roles ?? []) : [];
  }
  /** Roles that count for a plan. */
  older(who: Person, plan: Asked): readonly Role[] {
    return (this.since.get(who) ?? Number.POSITIVE_INFINITY) < plan.born ? this.roles(who) : [];
  }
  may(who: Person, plan: Asked): boolean {
    return this.older(who, plan).some((role) => role === "trader" || role === "risk");
  }
  met(plan: Asked): boolean {
    const counted = [...plan.yes].filter((who) => who !== plan.requester && this.may(who, plan));
    return plan.large
      ? counted.length >= 2 && counted.some((who) => this.older(who, plan).includes("risk"))
      : counted.length >= 1;
  }
  /** Whether a quorum could be met at all when the plan is proposed. */
  possible(large: boolean, requester: Person | null): boolean {
    const able = PEOPLE.filter(
      (who) => who !== requester && this.roles(who).some((role) => role === "trader" || role === "risk"),
    );
    return large ? able.length >= 2 && able.some((who) => this.roles(who).includes("risk")) : able.length >= 1;
  }
  vote(plan: Asked, who: Person, yes: boolean, stepUp: boolean): string {
    if (plan.state === "approved" || plan.state === "denied" || plan.state === "claimed") return "already-decided";
    if (yes && plan.yes.has(who)) return "already-voted";
    if (plan.rules !== this.rules) return "not-allowed";
    // Somebody whose every role is younger than the plan is a stranger to it, even if they asked for it.
    if (this.older(who, plan).length === 0) return "not-allowed";
    if (!yes) {
      if (!this.may(who, plan) && plan.requester !== who) return "not-allowed";
      plan.state = "denied";
      return "recorded";
    }
    if (plan.requester === who || !this.may(who, plan)) return "not-allowed";
    if (plan.large && !stepUp) return "step-up-needed";
    plan.yes.add(who);
    if (this.met(plan)) plan.state = "approved";
    return "recorded";
  }
  claim(plan: Asked, edited: boolean): boolean {
    if (edited || this.frozen || plan.rules !== this.rules || plan.state !== "approved" || !this.met(plan))
      return false;
    // Judged anew, the one who asked must still hold a role that the rules name.
    if (plan.requester !== null && !this.roles(plan.requester).some((role) => role === "trader" || role === "risk"))
      return false;
    plan.state = "claimed";
    return true;
  }
}

const pause = () => database().db.execute(sql`select pg_sleep(0.003)`);

async function play(desk: TestDesk, sequence: readonly Op[], round: number): Promise<void> {
  const model = new Model();
  const grants = () =>
    desk.within((tx) =>
      syncGrants(
        tx,
        desk.control.seal,
        {
          ...Object.fromEntries(PEOPLE.map((who) => [who, { roles: model.roles(who) }])),
          ed: { roles: DESK_PEOPLE["ed"]?.roles ?? [] },
        },
        "system",
      ),
    );
  await grants();
  await pause();
  for (const step of sequence) {
    model.time += 1;
    switch (step.op) {
      case "propose": {
        const requester = step.by === "playbook" ? null : step.by;
        const allowed =
          requester === null || model.roles(requester).some((role) => role === "trader" || role === "risk");
        const size = step.large ? { quantity: "24", notionalUsd: "1200000" } : {};
        const plan = freshPlan({
          orders: [order({ clientOrderId: `bw-m-${round}-${model.time}`, ...size })],
          ...(requester === null ? {} : { requestedBy: `person:${requester}`, run: null }),
        });
        const { hash, outcome } = await desk.propose(plan);
        const expected = allowed && !model.frozen && model.possible(step.large, requester) ? "quorum" : "deny";
        expect(outcome).toBe(expected);
        if (outcome !== "quorum") break;
        await desk.ask(plan);
        model.plans.push({
          hash,
          plan,
          large: step.large,
          requester,
          born: model.time,
          rules: model.rules,
          yes: new Set(),
          state: "open",
        });
        await pause();
        break;
      }
      case "vote": {
        const asked = model.plans[step.at % Math.max(model.plans.length, 1)];
        if (asked === undefined) break;
        const expected = model.vote(asked, step.person, step.yes, step.stepUp);
        const result = await desk.vote(asked.hash, step.person, step.yes ? "approve" : "deny", { stepUp: step.stepUp });
        expect({ step, outcome: result.outcome }).toEqual({ step, outcome: expected });
        break;
      }
      case "claim": {
        const asked = model.plans[step.at % Math.max(model.plans.length, 1)];
        if (asked === undefined) break;
        const expected = model.claim(asked, step.edited);
        const presented = step.edited ? { ...asked.plan, reason: "another one" } : asked.plan;
        const result = await desk.claim(asked.hash, presented);
        expect({ step, result: result.claimed ? "claimed" : "refused" }).toEqual({
          step,
          result: expected ? "claimed" : "refused",
        });
        break;
      }
      case "revoke":
      case "grant":
        if (step.op === "revoke") model.since.delete(step.person);
        else if (!model.since.has(step.person)) model.since.set(step.person, model.time);
        await grants();
        await pause();
        break;
      case "freeze":
      case "thaw": {
        const change = { scope: "firm", by: "person:bo", reason: "model" };
        model.frozen = step.op === "freeze";
        await desk.within(async (tx) =>
          step.op === "freeze"
            ? void (await freeze(tx, { ...change, state: "halted", planHash: null }))
            : unfreeze(tx, { ...change, state: "active", planHash: "none" }),
        );
        break;
      }
      case "rules":
        model.rules += 1;
        await desk.publish({
          people: { ...DESK_PEOPLE, [`guest-${round}-${model.time}`]: { name: "Guest", roles: ["viewer"] } },
        });
        await grants();
        await pause();
        break;
    }
  }
  await desk.within((tx) =>
    unfreeze(tx, { scope: "firm", state: "active", by: "person:bo", reason: "model", planHash: "none" }),
  );
}

test(
  `${RUNS} random sequences of proposals, votes, lost and new roles, freezes, new rules and claims go as the model says`,
  async () => {
    const desk = testDesk(database());
    await desk.publish();
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(ops, { minLength: 8, maxLength: 30 }), async (sequence) =>
        play(desk, sequence, (round += 1)),
      ),
      { numRuns: RUNS, endOnFailure: true },
    );
    expect(await verifyLedger(database().sql)).toMatchObject({ ok: true, findings: [] });
  },
  Math.max(120_000, RUNS * 3_000),
);
