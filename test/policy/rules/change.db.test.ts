import { eq } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { policyVersions } from "../../../src/db/schema.ts";
import { canonical } from "../../../src/kernel/canonical.ts";
import { verifyLedger } from "../../../src/ledger/verify.ts";
import { lockedOut, proposeChange, publishChange, settleChanges } from "../../../src/policy/rules/change.ts";
import { publishAtStart } from "../../../src/policy/rules/publish-at-start.ts";
import { defaultPolicy } from "../../../src/policy/rules/default-policy.ts";
import { explainPlan, explanationText } from "../../../src/policy/judging/explain.ts";
import { rolesOf } from "../../../src/policy/people/voices.ts";
import { draft, openDocument, publish as putInForce } from "../../../src/policy/rules/published.ts";
import { type Rotas, rotasSettings } from "../../../src/policy/rules/rota.ts";
import { type Policy, rightsOf, versionOf } from "../../../src/policy/rules/schema.ts";
import { simulate } from "../../../src/policy/rules/simulate.ts";
import { withDatabase } from "../../with-database.ts";
import { DESK_PEOPLE, type TestDesk, freshPlan, testDesk } from "../control.ts";
import { order } from "../make.ts";

const database = withDatabase();
let desk: TestDesk;
beforeAll(async () => {
  desk = testDesk(database());
  await reset();
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
const reset = () => desk.publish({ policy: defaultPolicy() });
let serial = 0;
const small = () => order({ clientOrderId: `bw-rules-${(serial += 1)}` });
const inForce = async (): Promise<string> =>
  (await database().db.select().from(policyVersions).where(eq(policyVersions.state, "published")))[0]?.version ?? "";
const WHY = "the desk has grown since";
const propose = (policy: Policy, by = "person:ed", people = DESK_PEOPLE) =>
  desk.within((tx) => proposeChange(tx, desk.control, document(policy, people), by, WHY));
/** A change that must be asked of people; its hash is what they approve. */
async function asked(policy: Policy, by = "person:ed", people = DESK_PEOPLE) {
  const result = await propose(policy, by, people);
  if (result.outcome !== "drafted") throw new Error(`it was ${result.outcome}`);
  return result;
}
const publish = (hash: string) => desk.within((tx) => publishChange(tx, desk.control, hash, "service:rules"));
const settle = async () =>
  (await desk.within((tx) => settleChanges(tx, desk.control, desk.wake))).map(({ change, state }) => [
    change.hash,
    state,
  ]);
const approveAll = async (hash: string, people: readonly string[] = ["bo", "ana", "flo"]) => {
  for (const person of people) await desk.vote(hash, person, "approve", { stepUp: true });
};
const WITH_FLO = { ...DESK_PEOPLE, flo: { name: "Flo", roles: ["policy-admin" as const] } };

test("what only tightens is in force at once", async () => {
  const result = await propose(stricter());
  expect(result.outcome).toBe("published");
  expect(await inForce()).toBe(result.version);
  expect(await propose(stricter())).toMatchObject({ outcome: "unchanged" });
});

test.each([
  ["ana", "a trader asks", WHY, "needs the role risk or policy-admin or operator"],
  ["di", "a viewer asks", WHY, "needs the role"],
  ["nobody", "a stranger asks", WHY, "needs the role"],
  ["ed", "nobody says why", "why not", "say why in ten"],
])("%s: %s, and nothing changes", async (person, _, why, refusal) => {
  const before = await inForce();
  const change = () =>
    desk.within((tx) => proposeChange(tx, desk.control, document(looser()), `person:${person}`, why));
  await expect(change()).rejects.toThrow(refusal);
  expect(await inForce()).toBe(before);
});

test("what loosens waits for its quorum with step-up and for its time-lock", async () => {
  const before = await inForce();
  const { hash, loosens } = await asked(looser());
  expect(loosens.length).toBeGreaterThan(0);
  await expect(publish(hash)).rejects.toThrow("the change is pending");
  expect(await desk.vote(hash, "ed", "approve", { stepUp: true })).toMatchObject({ outcome: "not-allowed" });
  expect(await desk.vote(hash, "bo")).toMatchObject({ outcome: "step-up-needed" });
  // More people than the largest quorum in force: one vote that meets each role is not enough.
  await approveAll(hash, ["bo", "ana"]);
  await expect(publish(hash)).rejects.toThrow("the change is pending");
  expect(await settle()).toEqual([]);
  expect(await inForce()).toBe(before);
  await expect(propose(looser())).rejects.toThrow("waits for people already");
});

test("one denial ends a change, and it can be asked for again", async () => {
  const { hash } = await asked({ ...looser(), hard: [] });
  await desk.vote(hash, "bo", "deny");
  expect(await settle()).toEqual([[hash, "refused"]]);
  expect(await settle()).toEqual([]);
  const again = await asked({ ...looser(), hard: [] });
  expect(again.hash).not.toBe(hash);
  await desk.vote(again.hash, "ed", "deny");
  expect(await settle()).toEqual([[again.hash, "refused"]]);
});

test("with its quorum met, only the time-lock is left, and then it is published", async () => {
  await desk.publish({ policy: stricter(), people: WITH_FLO });
  await settle();
  const { hash } = await asked(looser(), "person:ed", WITH_FLO);
  await approveAll(hash);
  await expect(publish(hash)).rejects.toThrow("the time-lock ends at");
  expect(await settle()).toEqual([]);
  await database()
    .sql`update breakwater.approvals set opened_at = opened_at - interval '2 hours' where plan_hash = ${hash}`;
  // Whoever moves the clock back by hand breaks the seal; nobody's grant is older than that moment either.
  await expect(publish(hash)).rejects.toThrow("changed in the database by hand");
  await database()
    .sql`update breakwater.approvals set opened_at = opened_at + interval '2 hours' where plan_hash = ${hash}`;
  // A time-lock that was ended in the change's row is not believed; the change goes on waiting.
  await database().sql`update breakwater.rule_changes set opens_at = now() - interval '1 s' where hash = ${hash}`;
  const before = await inForce();
  expect(await settle()).toEqual([]);
  expect(await inForce()).toBe(before);
});

test("a change with its votes and its time behind it comes in force by itself, and the approvals of before are void", async () => {
  const quick = { ...stricter(), change: { ...stricter().change, timeLock: "1s" } };
  await desk.publish({ policy: quick, people: WITH_FLO });
  await settle();
  const old = await desk.ask();
  const other = await asked({ ...quick, hard: [] }, "person:ed", WITH_FLO);
  const { hash, version } = await asked({ ...quick, hard: looser().hard }, "person:ed", WITH_FLO);
  await approveAll(hash);
  await database().sql`select pg_sleep(1.1)`;
  // What was asked under the same rules is overtaken by the one that comes in force first.
  expect(await settle()).toEqual([[hash, "published"]]);
  expect(await settle()).toEqual([[other.hash, "void"]]);
  expect(await inForce()).toBe(version);
  expect(desk.woken).toContain(old.hash);
  const late = (question: string) => desk.vote(question, "ana", "approve", { stepUp: true });
  expect(await late(old.hash)).toMatchObject({ outcome: "expired" });
  expect(await late(other.hash)).toMatchObject({ outcome: "expired" });
});

test("bytes of a change that were edited in the database are never put in force", async () => {
  const quick = { ...stricter(), change: { ...stricter().change, timeLock: "1s" } };
  await desk.publish({ policy: quick, people: WITH_FLO });
  const { hash } = await asked({ ...quick, hard: looser().hard }, "person:ed", WITH_FLO);
  await approveAll(hash);
  await database()
    .sql`update breakwater.rule_changes set canonical = replace(canonical, 'grown', 'shrunk') where hash = ${hash}`;
  await database().sql`select pg_sleep(1.1)`;
  const before = await inForce();
  expect(await settle()).toEqual([[hash, "void"]]);
  expect(await inForce()).toBe(before);
  expect((await verifyLedger(database().sql)).findings.map((one) => one.where)).toContain(`rule_changes ${hash}`);
  await database()
    .sql`update breakwater.rule_changes set canonical = replace(canonical, 'shrunk', 'grown') where hash = ${hash}`;
});

test("a playbook that is switched off plans in vain, at once; switching it on waits for people", async () => {
  await reset();
  const reducing = () => freshPlan({ requestedBy: "playbook:margin-breach@1", action: "reduce", orders: [small()] });
  expect(await desk.propose(reducing())).toMatchObject({ outcome: "allow" });
  const switched = (off: readonly string[]) =>
    desk.within((tx) =>
      proposeChange(tx, desk.control, { ...document(defaultPolicy()), playbooksOff: off }, "person:bo", WHY),
    );
  expect(await switched(["margin-breach"])).toMatchObject({ outcome: "published" });
  expect(await desk.propose(reducing())).toMatchObject({ outcome: "deny" });
  expect(await switched([])).toMatchObject({
    outcome: "drafted",
    loosens: ["playbooks: margin-breach is switched on"],
  });
});

test("desk.yaml as it was before people changed the rules is no wish to go back", async () => {
  await reset();
  const file = await inForce();
  const { version } = await propose(stricter());
  const start = (policy: Policy) =>
    desk.within((tx) => publishAtStart(tx, desk.control, document(policy), { by: "system", loosen: true }));
  expect(await start(defaultPolicy())).toMatchObject({ outcome: "kept", version });
  expect(await inForce()).toBe(version);
  // A file that somebody touched since is one.
  expect(await start(looser())).toMatchObject({ outcome: "published" });
  expect(await start(defaultPolicy())).toMatchObject({ outcome: "published", version: file });
});

describe("rotas are part of the rules:", () => {
  const turns = (...who: string[]): Rotas =>
    rotasSettings.parse({ desk: { zone: "UTC", starts: "2026-01-05T09:00", shift: "12h", people: who } });
  const asking: Policy = {
    ...defaultPolicy(),
    rules: defaultPolicy().rules.map((rule) => (rule.name === "hedge" ? { ...rule, when: { onCall: true } } : rule)),
  };
  const start = (rotas: Rotas, policy = asking) =>
    desk.within((tx) =>
      publishAtStart(tx, desk.control, { ...document(policy), rotas }, { by: "system", loosen: false }),
    );
  const turnsInForce = async () => (await desk.within((tx) => desk.control.published(tx)))?.rotas["desk"]?.people;

  test("a live desk's file does not put another person on call where a rule asks for it; people do, by their quorum", async () => {
    await desk.publish({ policy: asking, rotas: turns("ana") });
    expect(await turnsInForce()).toEqual(["ana"]);
    expect(await start(turns("cy"))).toMatchObject({ outcome: "drafted", loosens: ["rotas: desk has other turns"] });
    expect(await turnsInForce()).toEqual(["ana"]);
    const asked = await desk.within((tx) =>
      proposeChange(
        tx,
        desk.control,
        { ...document(asking), rotas: turns("cy") },
        "person:bo",
        "cy takes over for ana",
      ),
    );
    expect(asked).toMatchObject({ outcome: "drafted", loosens: ["rotas: desk has other turns"] });
  });

  test("where no rule asks, the file's turns are taken at once", async () => {
    await desk.publish({ policy: defaultPolicy(), rotas: turns("ana") });
    expect(await start(turns("cy"), defaultPolicy())).toMatchObject({ outcome: "published" });
    expect(await turnsInForce()).toEqual(["cy"]);
  });

  test("versions from before rotas were kept stay readable, keep their name, and have none", async () => {
    const old = document(defaultPolicy());
    expect(versionOf({ ...old, rotas: {} })).toBe(versionOf(old));
    expect(canonical(rightsOf(old))).not.toContain("rotas");
    expect(openDocument(versionOf(old), canonical(rightsOf(old))).rotas).toEqual({});
    expect(versionOf({ ...old, rotas: turns("ana") })).not.toBe(versionOf(old));
  });

  test("a file with rotas whose rules people replaced before the update is no wish to go back either", async () => {
    await desk.publish({ policy: asking });
    await database().db.transaction(async (tx) => {
      const version = await draft(tx, document(defaultPolicy()), "person:bo", { tightens: false, opensAt: new Date() });
      await putInForce(tx, desk.control.seal, version, "service:rules");
    });
    expect(await start(turns("ana"))).toMatchObject({ outcome: "kept" });
    await reset();
  });
});

test("rules that the desk would lack the people to loosen again are told", () => {
  expect(lockedOut({ policy: defaultPolicy(), people: DESK_PEOPLE })).toBeNull();
  const { bo: _, ...rest } = DESK_PEOPLE;
  expect(lockedOut({ policy: defaultPolicy(), people: rest })).toContain("with policy-admin and risk among them");
});

test("a desk with live accounts keeps its rules when the file loosens them, a desk on paper takes them", async () => {
  await reset();
  const start = (loosen: boolean) =>
    desk.within((tx) => publishAtStart(tx, desk.control, document(looser()), { by: "system", loosen }));
  const before = await inForce();
  expect(await start(false)).toMatchObject({ outcome: "drafted" });
  expect(await inForce()).toBe(before);
  expect(await start(true)).toMatchObject({ outcome: "published" });
  expect(await inForce()).not.toBe(before);
  await reset();
});

test("a person who leaves the file loses the roles at the next start", async () => {
  const { cy: _, ...rest } = DESK_PEOPLE;
  await desk.publish({ people: rest });
  expect(await desk.within((tx) => rolesOf(tx, desk.control, "cy"))).toEqual([]);
  await reset();
  expect(await desk.within((tx) => rolesOf(tx, desk.control, "cy"))).toEqual(["trader"]);
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
    plans: 4,
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
