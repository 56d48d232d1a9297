import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import type { Plan } from "../../src/kernel/plan.ts";
import { verifyLedger } from "../../src/ledger/verify.ts";
import { syncGrants } from "../../src/policy/people/grants.ts";
import { freeze } from "../../src/policy/freeze/trading-state.ts";
import { withDatabase } from "../with-database.ts";
import { DESK_PEOPLE, type TestDesk, freshPlan, testDesk } from "./control.ts";
import { order } from "./make.ts";

/** Rounds a race is run; BREAKWATER_RACES=1000 runs each a thousand times. */
const ROUNDS = Number(process.env["BREAKWATER_RACES"] ?? "15");
const LONG_MS = Math.max(60_000, ROUNDS * 1_500);
const database = withDatabase();
let desk: TestDesk;
beforeAll(async () => {
  desk = testDesk(database());
  await desk.publish();
});

const entrySeq = async (type: string, object: string): Promise<number> =>
  Number(
    (
      await database()
        .sql`select coalesce(max(seq), 0) as seq from breakwater.ledger where type = ${type} and object = ${object}`
    )[0]?.["seq"],
  );
const approvedPlan = async (): Promise<{ hash: string; plan: Plan }> => {
  const asked = await desk.ask();
  await desk.vote(asked.hash, "cy");
  return asked;
};

interface Rival {
  readonly name: string;
  readonly type: string;
  readonly object: string;
  deed(round: number): Promise<unknown>;
  undo(): Promise<unknown>;
}
const grants = (people: Parameters<typeof syncGrants>[2]) =>
  desk.within((tx) => syncGrants(tx, desk.control.seal, people, "system"));
const RIVALS: readonly Rival[] = [
  {
    name: "a freeze",
    type: "trading.state",
    object: "firm",
    deed: () =>
      desk.within((tx) =>
        freeze(tx, { scope: "firm", state: "halted", by: "person:bo", reason: "race", planHash: null }),
      ),
    // As an unfreeze does it, without the plan that it needs.
    undo: () =>
      desk.within(async (tx) => {
        const { unfreeze } = await import("../../src/policy/freeze/trading-state.ts");
        await unfreeze(tx, { scope: "firm", state: "active", by: "person:bo", reason: "race", planHash: "none" });
      }),
  },
  {
    name: "the loss of the approver's role",
    type: "role.revoked",
    object: "person:cy",
    deed: () => grants({ ...DESK_PEOPLE, cy: { roles: [] } }),
    undo: async () => {
      await grants(DESK_PEOPLE);
      await database().db.execute(sql`select pg_sleep(0.005)`);
    },
  },
  {
    name: "a change of the rules",
    type: "policy.published",
    object: "",
    deed: (round) => desk.publish({ people: { ...DESK_PEOPLE, [`p${round % 2}`]: { name: "P", roles: ["viewer"] } } }),
    undo: async () => {},
  },
];

describe.each(RIVALS.map((rival) => [rival.name, rival] as const))("%s and a claim at the same moment", (_, rival) => {
  test(
    `the claim came first or did not happen, ${ROUNDS} times`,
    async () => {
      const outcomes = { claimed: 0, refused: 0 };
      for (let round = 0; round < ROUNDS; round += 1) {
        const { hash, plan } = await approvedPlan();
        const claim = () => desk.claim(hash, plan);
        const deed = () => rival.deed(round);
        const pair =
          round % 2 === 0 ? await Promise.all([claim(), deed()]) : (await Promise.all([deed(), claim()])).toReversed();
        const claimed = (pair[0] as Awaited<ReturnType<typeof claim>>).claimed;
        outcomes[claimed ? "claimed" : "refused"] += 1;
        if (claimed) {
          const object =
            rival.object ||
            String(
              (await database().sql`select version from breakwater.policy_versions where state = 'published'`)[0]?.[
                "version"
              ],
            );
          expect(await entrySeq("plan.claimed", hash)).toBeLessThan(await entrySeq(rival.type, object));
        }
        // Afterwards it is refused in any case.
        expect((await desk.claim(hash, plan)).claimed).toBe(false);
        await rival.undo();
      }
      expect(outcomes.claimed + outcomes.refused).toBe(ROUNDS);
      // Who wins a race is chance; what was done before the claim always wins.
      const { hash, plan } = await approvedPlan();
      await rival.deed(ROUNDS);
      expect(await desk.claim(hash, plan)).toMatchObject({ claimed: false });
      await rival.undo();
    },
    LONG_MS,
  );
});

test(
  `an edited plan is refused beside the real one, ${ROUNDS} times`,
  async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { hash, plan } = await approvedPlan();
      const edited = { ...plan, orders: [order({ clientOrderId: plan.orders[0]?.clientOrderId, side: "buy" })] };
      const [real, forged] = await Promise.all([desk.claim(hash, plan), desk.claim(hash, edited)]);
      expect([real.claimed, forged.claimed]).toEqual([true, false]);
    }
  },
  LONG_MS,
);

test(
  `fifty clicks and five claims at once give one decision and one claim, ${Math.ceil(ROUNDS / 5)} times`,
  async () => {
    for (let round = 0; round < Math.ceil(ROUNDS / 5); round += 1) {
      const { hash, plan } = await desk.ask(freshPlan());
      const clicks = await Promise.all(
        Array.from({ length: 50 }, (_, at) =>
          desk.vote(hash, at % 2 === 0 ? "ana" : "cy", "approve", { surface: at % 3 === 0 ? "slack" : "console" }),
        ),
      );
      expect(clicks.filter((one) => one.outcome === "recorded")).toHaveLength(1);
      const claims = await Promise.all(Array.from({ length: 5 }, () => desk.claim(hash, plan)));
      expect(claims.filter((one) => one.claimed)).toHaveLength(1);
    }
  },
  LONG_MS,
);

test(
  `a denial and an approval at the same moment end in one of them, ${ROUNDS} times`,
  async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { hash, plan } = await desk.ask();
      const [yes, no] = await Promise.all([desk.vote(hash, "ana"), desk.vote(hash, "bo", "deny")]);
      expect([yes.outcome, no.outcome].filter((one) => one === "recorded")).toHaveLength(1);
      expect((await desk.claim(hash, plan)).claimed).toBe(yes.outcome === "recorded");
    }
  },
  LONG_MS,
);

test("limits hold for claims that come at once: together they may not spend what none may alone", async () => {
  const { defaultPolicy } = await import("../../src/policy/rules/default-policy.ts");
  const base = defaultPolicy();
  await desk.publish({
    policy: { ...base, hard: [...base.hard, { per: "account", measure: "notionalUsd", window: "1h", max: "150000" }] },
  });
  const asked = await Promise.all(
    Array.from({ length: 6 }, () =>
      desk
        .ask(
          freshPlan({
            action: "reduce",
            account: "paper-x",
            orders: [order({ account: "paper-x", clientOrderId: `bw-x-${Math.random()}` })],
          }),
        )
        .catch(() => null),
    ),
  );
  expect(asked.every((one) => one === null)).toBe(true);
  const plans = Array.from({ length: 6 }, (_, at) =>
    freshPlan({
      action: "reduce",
      account: "paper-x",
      orders: [order({ account: "paper-x", clientOrderId: `bw-y-${at}` })],
    }),
  );
  const proposed = await Promise.all(plans.map((one) => desk.propose(one)));
  const { claimPlan } = await import("../../src/policy/plans/claim.ts");
  const { quotesNow } = await import("./control.ts");
  const claims = await Promise.all(
    proposed.map(({ hash, plan }) =>
      desk.within(async (tx) => {
        const claim = await claimPlan(tx, desk.control, { hash, plan, quotes: quotesNow() });
        if (claim.claimed)
          await tx.execute(sql`insert into breakwater.orders (client_order_id, plan_hash, leg, run_id, venue, account, symbol, side, quantity, limit_price, time_in_force, reduce_only, notional_usd, reference_price, state)
            values (${plan.orders[0]?.clientOrderId}, ${hash}, 0, ${plan.run}, 'paper', 'paper-x', ${plan.orders[0]?.symbol}, 'sell', '1', '50000', 'IOC', true, '50000', '50000', 'unknown')`);
        return claim;
      }),
    ),
  );
  expect(claims.filter((one) => one.claimed)).toHaveLength(3);
  expect(claims.find((one) => !one.claimed)).toMatchObject({
    why: expect.stringContaining("notional per account within 1 hour would be 200,000 USD"),
  });
});

test("after all races the chain holds", async () =>
  expect((await verifyLedger(database().sql, { chainOnly: true })).ok).toBe(true));
