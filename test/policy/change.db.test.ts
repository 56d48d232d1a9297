import { eq } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { policyVersions } from "../../src/db/schema.ts";
import { verifyLedger } from "../../src/ledger/verify.ts";
import { proposeChange, publishAtStart, publishChange } from "../../src/policy/change.ts";
import { defaultPolicy } from "../../src/policy/default-policy.ts";
import { explainPlan, explanationText } from "../../src/policy/explain.ts";
import { rolesOf } from "../../src/policy/grants.ts";
import type { Policy } from "../../src/policy/schema.ts";
import { simulate } from "../../src/policy/simulate.ts";
import { withDatabase } from "../with-database.ts";
import { DESK_PEOPLE, type TestDesk, freshPlan, testDesk } from "./control.ts";

const database = withDatabase();
let desk: TestDesk;
beforeAll(async () => {
  desk = testDesk(database());
  await desk.publish();
});

const document = (policy: Policy, people = DESK_PEOPLE) => ({ policy, people });
const looser = (): Policy => ({
  ...defaultPolicy(),
  hard: defaultPolicy().hard.map((cap) => ({ ...cap, max: "99999999999" })),
});
const stricter = (): Policy => ({
  ...defaultPolicy(),
  hard: [...defaultPolicy().hard, { per: "plan", measure: "orders", max: "9" }],
});
const inForce = async (): Promise<string> =>
  (await database().db.select().from(policyVersions).where(eq(policyVersions.state, "published")))[0]?.version ?? "";
const propose = (policy: Policy, by = "person:ed") =>
  desk.within((tx) => proposeChange(tx, desk.control, document(policy), by));

test("what only tightens is in force at once", async () => {
  const result = await propose(stricter());
  expect(result).toMatchObject({ outcome: "published", loosens: [] });
  expect(await inForce()).toBe(result.version);
});

test("what loosens waits for its quorum with step-up and for its time-lock", async () => {
  const before = await inForce();
  const result = await propose(looser());
  expect(result.outcome).toBe("drafted");
  expect(result.loosens.length).toBeGreaterThan(0);
  const publish = () => desk.within((tx) => publishChange(tx, desk.control, result.version, "person:ed"));
  await expect(publish()).rejects.toThrow("the change is pending");
  expect(await desk.vote(result.version, "ed", "approve", { stepUp: true })).toMatchObject({ outcome: "not-allowed" });
  expect(await desk.vote(result.version, "bo")).toMatchObject({ outcome: "step-up-needed" });
  // More people than the largest quorum in force: one vote that meets each role is not enough.
  await desk.vote(result.version, "bo", "approve", { stepUp: true });
  await desk.vote(result.version, "ana", "approve", { stepUp: true });
  await expect(publish()).rejects.toThrow("the change is pending");
  expect(await inForce()).toBe(before);
});

test("with its quorum met, only the time-lock is left, and then it is published", async () => {
  const people = { ...DESK_PEOPLE, flo: { name: "Flo", roles: ["policy-admin" as const] } };
  await desk.publish({ policy: stricter(), people });
  const proposed = await desk.within((tx) => proposeChange(tx, desk.control, document(looser(), people), "person:ed"));
  for (const person of ["bo", "ana", "flo"]) await desk.vote(proposed.version, person, "approve", { stepUp: true });
  const publish = () => desk.within((tx) => publishChange(tx, desk.control, proposed.version, "person:ed"));
  await expect(publish()).rejects.toThrow("the time-lock ends at");
  await database()
    .sql`update breakwater.approvals set opened_at = opened_at - interval '2 hours' where plan_hash = ${proposed.version}`;
  // Whoever moves the clock back by hand breaks the seal; nobody's grant is older than that moment either.
  await expect(publish()).rejects.toThrow("changed in the database by hand");
  await database()
    .sql`update breakwater.approvals set opened_at = opened_at + interval '2 hours' where plan_hash = ${proposed.version}`;
});

test("a change with its votes and its time behind it is in force, and the approvals of before are void", async () => {
  const people = { ...DESK_PEOPLE, flo: { name: "Flo", roles: ["policy-admin" as const] } };
  const quick = { ...stricter(), change: { ...stricter().change, timeLock: "1s" } };
  await desk.publish({ policy: quick, people });
  const old = await desk.ask();
  const proposed = await desk.within((tx) =>
    proposeChange(tx, desk.control, document({ ...quick, hard: looser().hard }, people), "person:ed"),
  );
  for (const person of ["bo", "ana", "flo"]) await desk.vote(proposed.version, person, "approve", { stepUp: true });
  await database().sql`select pg_sleep(1.1)`;
  await desk.within((tx) => publishChange(tx, desk.control, proposed.version, "person:ed"));
  expect(await inForce()).toBe(proposed.version);
  expect(await desk.vote(old.hash, "ana")).toMatchObject({
    outcome: "not-allowed",
    why: expect.stringContaining("rules changed"),
  });
});

test("a desk with live accounts keeps its rules when the file loosens them, a desk on paper takes them", async () => {
  await desk.publish();
  const start = (loosen: boolean) =>
    desk.within((tx) => publishAtStart(tx, desk.control, document(looser()), { by: "system", loosen }));
  const before = await inForce();
  expect(await start(false)).toMatchObject({ outcome: "drafted" });
  expect(await inForce()).toBe(before);
  expect(await start(true)).toMatchObject({ outcome: "published" });
  expect(await inForce()).not.toBe(before);
  await desk.publish();
});

test("a person who leaves the file loses the roles at the next start", async () => {
  const { cy: _, ...rest } = DESK_PEOPLE;
  await desk.publish({ people: rest });
  expect(await desk.within((tx) => rolesOf(tx, desk.control.seal, "cy"))).toEqual([]);
  await desk.publish();
  expect(await desk.within((tx) => rolesOf(tx, desk.control.seal, "cy"))).toEqual(["trader"]);
});

test("a simulation shows which plans of the past would be judged otherwise, and what loosens", async () => {
  await desk.propose(freshPlan());
  const free = {
    ...defaultPolicy(),
    rules: defaultPolicy().rules.map((rule) => (rule.name === "hedge" ? { ...rule, says: "allow" as const } : rule)),
  };
  const result = await desk.within((tx) =>
    simulate(tx, desk.control, document(free), new Date(Date.now() - 3_600_000)),
  );
  expect(result).toMatchObject({
    plans: 2,
    looser: 2,
    stricter: 0,
    differences: [{ what: "hedge: what it says is milder or of another kind", loosens: true, after: "allow" }],
  });
  expect(result.changed[0]).toMatchObject({ before: "quorum", after: "allow", direction: "looser" });
  expect(result.neverHit).toContain("unfreeze");
});

test("an explanation tells every rule that spoke, and who voted", async () => {
  const { hash } = await desk.ask();
  await desk.vote(hash, "ana");
  const one = await desk.within((tx) => explainPlan(tx, desk.control, hash.slice(0, 10)));
  expect(one).toMatchObject({ hash, intact: true, state: "approved", approval: { state: "approved" } });
  expect(explanationText(one)).toMatch(/quorum {7}hedge: A hedge needs one person/);
  expect(explanationText(one)).toMatch(/not about it unfreeze: /);
  expect(explanationText(one)).toMatch(/approve {6}ana on console/);
  await expect(desk.within((tx) => explainPlan(tx, desk.control, "zz"))).rejects.toThrow("names no plan");
  await expect(desk.within((tx) => explainPlan(tx, desk.control, "00000000"))).rejects.toThrow("no plan begins with");
});

test("all of it verifies", async () =>
  expect(await verifyLedger(database().sql)).toMatchObject({ ok: true, findings: [] }));
