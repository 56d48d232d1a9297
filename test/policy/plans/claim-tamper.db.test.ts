import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { escalate, openIncident } from "../../../src/incidents/lifecycle.ts";
import type { Plan } from "../../../src/kernel/plan.ts";
import { withDatabase } from "../../with-database.ts";
import { DESK_PEOPLE, SEAL, type TestDesk, beginRun, freshPlan, testDesk } from "../control.ts";
import { policyOf } from "../make.ts";

const database = withDatabase();
let desk: TestDesk;
beforeAll(async () => {
  desk = testDesk(database());
  await desk.publish();
});

/** What a claim relies on, changed by somebody who can write to the database but does not hold the seal's key. */
const CHANGES: Readonly<Record<string, readonly string[]>> = {
  plans: [
    "canonical = '{}'",
    "plan = jsonb_set(plan, '{orders,0,quantity}', '\"9\"')",
    "plan = jsonb_set(plan, '{reason}', '\"x\"')",
    "action = 'cancel'",
    "account = 'paper-b'",
    "incident_id = 'INC-9'",
    "run_id = null",
    "requested_by = 'person:eve'",
    "seal = ''",
    "created_at = created_at - interval '1 h'",
    "expires_at = expires_at + interval '1 h'",
    "state = 'applied'",
  ],
  approvals: [
    "requested_by = 'person:eve'",
    "run_id = null",
    "quorums = '[]'",
    "needed = 0",
    "roles = '[\"compliance\"]'",
    "policy_version = 'x'",
    "opened_at = opened_at - interval '1 h'",
    "expires_at = expires_at + interval '1 h'",
    "state = 'denied'",
    "seal = ''",
    "subject = 'policy'",
    "step_up = true",
  ],
  votes: [
    "person = 'bo'",
    "roles = '[\"risk\"]'",
    "surface = 'x'",
    "step_up = true",
    "reason = 'x'",
    "at = at - interval '1 h'",
    "seal = ''",
    "decision = 'deny'",
  ],
};

async function approved(): Promise<{ hash: string; plan: Plan }> {
  const asked = await desk.ask();
  await desk.vote(asked.hash, "ana");
  return asked;
}
const asOwner = (text: string) =>
  database().sql.unsafe(
    `alter table breakwater.votes disable trigger votes_keeps_rows; ${text}; alter table breakwater.votes enable always trigger votes_keeps_rows`,
  );

describe.each(Object.entries(CHANGES))(
  "an approved plan whose row of %s was changed by hand is not sent",
  (table, changes) => {
    test.each(changes)("%s", async (change) => {
      const { hash, plan } = await approved();
      await asOwner(
        `update breakwater.${table} set ${change} where ${table === "plans" ? "hash" : "plan_hash"} = '${hash}'`,
      );
      expect(await desk.claim(hash, plan)).toMatchObject({ claimed: false });
    });
  },
);

/** Who began it, and how far it is believed: who could change that would choose who must consent. */
describe("a plan is not sent where the run or the incident it came from was changed by hand", () => {
  const begun = async (): Promise<{ hash: string; plan: Plan; incident: string; run: string }> => {
    const { incident, run } = await desk.within(async (tx) => {
      const by = { actor: "person:cy", surface: "test" };
      const id = await openIncident(tx, SEAL, by, { kind: "test", severity: "high", title: "x", trust: "unsigned" });
      await beginRun(tx, { id: `run:${id}`, incidentId: id, requestedBy: "person:cy", trust: "unsigned" });
      return { incident: id, run: `run:${id}` };
    });
    const asked = await desk.ask(freshPlan({ run, incident }));
    await desk.vote(asked.hash, "ana");
    await desk.vote(asked.hash, "bo");
    return { ...asked, incident, run };
  };
  test("while nothing was changed it is sent", async () => {
    const { hash, plan } = await begun();
    expect(await desk.claim(hash, plan)).toMatchObject({ claimed: true });
  });
  test.each([
    "playbook = 'x'",
    "version = 2",
    "incident_id = 'INC-1'",
    "requested_by = 'person:eve'",
    "trust = 'internal'",
    'input = \'{"account":"paper-b"}\'',
    "seal = ''",
    "id = id || 'x'",
  ])("runs: %s", async (change) => {
    const { hash, plan, run } = await begun();
    await asOwner(`update breakwater.runs set ${change} where id = '${run}'`);
    expect(await desk.claim(hash, plan)).toMatchObject({ claimed: false, why: expect.stringContaining("began it") });
  });
  test.each([
    "kind = 'x'",
    "trust = 'internal'",
    "source = 'x'",
    "severity = 'critical'",
    "seal = ''",
    "id = id || 'x'",
  ])("incidents: %s", async (change) => {
    const { hash, plan, incident } = await begun();
    await asOwner(`update breakwater.incidents set ${change} where id = '${incident}'`);
    expect(await desk.claim(hash, plan)).toMatchObject({ claimed: false, why: expect.stringContaining("began it") });
  });
  test("a run that was written into the database by hand gets nothing allowed", async () => {
    await asOwner(`insert into breakwater.runs (id, playbook, version, incident_id, requested_by, trust, input, seal)
      select 'run-forged', playbook, version, incident_id, requested_by, trust, input, seal from breakwater.runs where id = 'run-signed'`);
    expect(await desk.propose(freshPlan({ run: "run-forged" }))).toMatchObject({ outcome: "deny" });
  });
  test("escalating an incident that was changed by hand does not make the change good", async () => {
    const { hash, plan, incident } = await begun();
    await asOwner(`update breakwater.incidents set trust = 'internal' where id = '${incident}'`);
    await escalate(database().db, SEAL, incident, { actor: "person:bo", surface: "test" });
    expect(await desk.claim(hash, plan)).toMatchObject({ claimed: false });
  });
  test("escalating one that was not changes who must consent by the rules alone", async () => {
    const { hash, plan, incident } = await begun();
    await escalate(database().db, SEAL, incident, { actor: "person:bo", surface: "test" });
    expect(await desk.claim(hash, plan)).toMatchObject({ claimed: true });
  });
});

test("an approval written into the database without a vote is not sent", async () => {
  const { hash, plan } = await desk.ask();
  await asOwner(`update breakwater.approvals set state = 'approved', decided_at = now() where plan_hash = '${hash}';
    update breakwater.plans set state = 'approved' where hash = '${hash}';
    insert into breakwater.votes (plan_hash, person, decision, roles, surface) values ('${hash}', 'ana', 'approve', '["trader"]', 'console')`);
  expect(await desk.claim(hash, plan)).toMatchObject({ claimed: false });
});

test("a vote copied from another plan is not counted", async () => {
  const first = await approved();
  const { hash, plan } = await desk.ask();
  await asOwner(`insert into breakwater.votes select '${hash}', person, decision, roles, surface, step_up, reason, at, seal from breakwater.votes where plan_hash = '${first.hash}';
    update breakwater.approvals set state = 'approved' where plan_hash = '${hash}'; update breakwater.plans set state = 'approved' where hash = '${hash}'`);
  expect(await desk.claim(hash, plan)).toMatchObject({ claimed: false });
});

test("a role written into the database gives nobody a say", async () => {
  await asOwner(
    "insert into breakwater.role_grants (person, role, granted_by, granted_at) values ('eve', 'risk', 'system', now() - interval '1 day')",
  );
  const { hash } = await desk.ask();
  expect(await desk.vote(hash, "eve")).toMatchObject({ outcome: "not-allowed" });
});

test("a plan that was sent is not sent again because its row says that it was not", async () => {
  const { hash, plan } = await approved();
  expect(await desk.claim(hash, plan)).toMatchObject({ claimed: true });
  await asOwner(`update breakwater.plans set state = 'approved', claimed_at = null where hash = '${hash}'`);
  expect(await desk.claim(hash, plan)).toMatchObject({ claimed: false, code: "PLAN_SPENT" });
});

test("a role that was taken away is not given back by a row", async () => {
  const without = { ...DESK_PEOPLE, ana: { name: "Ana", roles: [] } };
  await desk.publish({ people: without });
  await asOwner("update breakwater.role_grants set revoked_at = null where person = 'ana'");
  const { hash } = await desk.ask();
  expect(await desk.vote(hash, "ana")).toMatchObject({ outcome: "not-allowed" });
  await desk.publish();
});

test("rules that people replaced are not put back in force by a row", async () => {
  const { defaultPolicy } = await import("../../../src/policy/rules/default-policy.ts");
  const strict = policyOf([{ name: "nothing", says: "deny" }]);
  const before = await desk.within((tx) => desk.control.published(tx));
  await desk.publish({ policy: strict });
  await asOwner(`update breakwater.policy_versions set state = 'retired' where state = 'published';
    update breakwater.policy_versions set state = 'published' where version = '${before?.version}'`);
  expect(await desk.propose(freshPlan())).toMatchObject({ outcome: "deny" });
  await desk.publish({ policy: { ...defaultPolicy(), attention: { approvalsPerHour: 10_000 } } });
});

test("other rules put in force in the database by hand allow nothing at all, and a desk with live accounts does not start", async () => {
  const { canonical, sha256 } = await import("../../../src/kernel/canonical.ts");
  const { defaultPolicy } = await import("../../../src/policy/rules/default-policy.ts");
  const { publishAtStart } = await import("../../../src/policy/rules/publish-at-start.ts");
  const { rightsOf } = await import("../../../src/policy/rules/schema.ts");
  const base = defaultPolicy();
  const free = {
    policy: { ...base, hard: [], rules: base.rules.map((rule) => ({ ...rule, says: "allow" as const, limits: [] })) },
    people: DESK_PEOPLE,
  };
  const text = canonical(rightsOf(free));
  await desk.within(async (tx) => {
    await tx.execute(sql`update breakwater.policy_versions set state = 'retired'`);
    await tx.execute(
      sql`insert into breakwater.policy_versions (version, canonical, state, tightens, proposed_by, published_at) values (${sha256(text)}, ${text}, 'published', true, 'system', now())`,
    );
  });
  expect(await desk.propose(freshPlan())).toMatchObject({ outcome: "deny" });
  const start = (loosen: boolean) =>
    desk.within((tx) =>
      publishAtStart(tx, desk.control, { policy: base, people: DESK_PEOPLE }, { by: "system", loosen }),
    );
  await expect(start(false)).rejects.toThrow("changed in the database by hand");
  expect(await start(true)).toMatchObject({ outcome: "published" });
  expect(await desk.propose(freshPlan())).toMatchObject({ outcome: "quorum" });
});

test("rules changed in the database allow nothing at all", async () => {
  await asOwner(`update breakwater.policy_versions set canonical = replace(canonical, '"people":1', '"people":0')`);
  expect(await desk.propose(freshPlan())).toMatchObject({ outcome: "deny" });
});
