import { eq } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { ledger } from "../../../src/db/schema.ts";
import { verifyLedger } from "../../../src/ledger/verify.ts";
import { openIncident, resolve, unreviewed } from "../../../src/incidents/lifecycle.ts";
import {
  emergencyDigest,
  holdsBreakGlass,
  openBreakGlass,
  reviewBreakGlass,
} from "../../../src/policy/people/break-glass.ts";
import { syncGrants } from "../../../src/policy/people/grants.ts";
import {
  type ConsoleIdentity,
  beginEnrolment,
  confirmPasskey,
  finishEnrolment,
  makeRecoveryCodes,
  pruneChallenges,
  spendChallenge,
  useRecoveryCode,
} from "../../../src/policy/people/passkeys.ts";
import {
  approveWithStepUp,
  beginBreakGlassStepUp,
  beginStepUp,
  typedRight,
  verifyTouch,
} from "../../../src/policy/people/step-up.ts";
import type { People } from "../../../src/policy/rules/schema.ts";
import { withDatabase } from "../../with-database.ts";
import { type SoftAuthenticator, softAuthenticator } from "../../../src/commandline/soft-authenticator.ts";
import { SEAL, beginRun, DESK_PEOPLE, type TestDesk, controlOf, freshPlan, testDesk } from "../control.ts";
import { order } from "../make.ts";

const where: ConsoleIdentity = { origin: "http://localhost:7070", rpId: "localhost", deskName: "Test desk" };
const PEOPLE: People = { ...DESK_PEOPLE, gil: { name: "Gil", roles: ["trader", "break-glass"] } };
const database = withDatabase();
let desk: TestDesk;
const keys = new Map<string, SoftAuthenticator>();
const keyOf = (person: string): SoftAuthenticator => keys.get(person) as SoftAuthenticator;

async function enrol(person: string, confirmedBy: string | null): Promise<SoftAuthenticator> {
  const key = softAuthenticator(where);
  const options = await desk.within((tx) => beginEnrolment(tx, desk.control, where, person));
  const id = await desk.within((tx) => finishEnrolment(tx, desk.control, where, person, key.create(options.challenge)));
  if (confirmedBy !== null) await desk.within((tx) => confirmPasskey(tx, desk.control, id, confirmedBy));
  return key;
}

beforeAll(async () => {
  const base = controlOf();
  desk = testDesk(database(), {
    ...base,
    breakGlass: (tx, person, account) => holdsBreakGlass(tx, base, person, account),
  });
  await desk.publish({ people: PEOPLE });
  keys.set("ana", await enrol("ana", "bo"));
  keys.set("bo", await enrol("bo", "ed"));
  keys.set("gil", await enrol("gil", "bo"));
});

let serial = 0;
const large = () =>
  freshPlan({ orders: [order({ clientOrderId: `bw-step-${(serial += 1)}`, quantity: "24", notionalUsd: "1200000" })] });
const begin = (person: string, hash: string) => desk.within((tx) => beginStepUp(tx, desk.control, where, person, hash));
const approve = (person: string, planHash: string, response: never, typed = "1200000") =>
  desk.within((tx) =>
    approveWithStepUp(tx, desk.control, where, { person, planHash, typed, response, reason: null }, desk.wake),
  );

describe("approving with a step-up", () => {
  test("two persons type the amount, touch their keys, and the plan may be sent", async () => {
    const { hash, plan } = await desk.ask(large());
    for (const [person, state] of [
      ["ana", "pending"],
      ["bo", "approved"],
    ] as const) {
      const page = await begin(person, hash);
      expect(page.plan).toEqual(plan);
      expect(await approve(person, hash, keyOf(person).get(page.options.challenge), "1,200,000")).toMatchObject({
        outcome: "recorded",
        state,
      });
    }
    expect(await desk.claim(hash, plan)).toMatchObject({ claimed: true, approvedBy: ["ana", "bo"] });
  });

  test("the amount must be the plan's", async () => {
    const { hash } = await desk.ask(large());
    const page = await begin("ana", hash);
    await expect(approve("ana", hash, keyOf("ana").get(page.options.challenge), "1200001")).rejects.toThrow(
      "the amount typed was",
    );
    expect(typedRight(" 1,200,000.00 ", { notionalUsd: "1200000" })).toBe(true);
    for (const typed of ["", "1e6", "NaN", "1.200.000", "-1200000", "12 00000"])
      expect(typedRight(typed, { notionalUsd: "1200000" })).toBe(false);
  });

  test.each<[string, (challenge: string, other: string) => unknown]>([
    ["another site's page", (challenge) => keyOf("ana").get(challenge, { origin: "http://evil.example" })],
    ["another host's key", (challenge) => keyOf("ana").get(challenge, { rpId: "evil.example" })],
    ["a touch without the person verified", (challenge) => keyOf("ana").get(challenge, { flags: 0x01 })],
    ["somebody else's key", (challenge) => keyOf("bo").get(challenge)],
    ["a touch for another plan", (_, other) => keyOf("ana").get(other)],
    ["a challenge nobody drew", () => keyOf("ana").get(Buffer.alloc(48, 7).toString("base64url"))],
    ["a key nobody confirmed", async (challenge) => (await enrol("ana", null)).get(challenge)],
  ])("%s is refused", async (_, answer) => {
    const [{ hash }, other] = [await desk.ask(large()), await desk.ask(large())];
    const [page, elsewhere] = [await begin("ana", hash), await begin("ana", other.hash)];
    const response = (await answer(page.options.challenge, elsewhere.options.challenge)) as never;
    await expect(approve("ana", hash, response)).rejects.toThrow("does not fit this plan and person");
  });

  test("a touch counts once", async () => {
    const { hash } = await desk.ask(large());
    const page = await begin("ana", hash);
    const answer = keyOf("ana").get(page.options.challenge);
    await approve("ana", hash, answer);
    await expect(approve("ana", hash, answer)).rejects.toThrow("does not fit");
  });

  test("a touch that comes too late is refused", async () => {
    const { hash } = await desk.ask(large());
    const page = await begin("ana", hash);
    await database()
      .sql`update breakwater.challenges set expires_at = now() - interval '1 second' where challenge = ${page.options.challenge}`;
    await expect(approve("ana", hash, keyOf("ana").get(page.options.challenge))).rejects.toThrow("does not fit");
  });

  test("a plan whose bytes were changed is not shown for approval", async () => {
    const { hash } = await desk.ask(large());
    await database().sql`update breakwater.plans set plan = jsonb_set(plan, '{reason}', '"x"') where hash = ${hash}`;
    await expect(begin("ana", hash)).rejects.toThrow("not those of its fingerprint");
  });
});

test("challenges are forgotten a day after their end, and one that was spent is not good again for it", async () => {
  const { sql } = database();
  const { hash } = await desk.ask(large());
  const { options } = await begin("ana", hash);
  const touch = () => desk.within((tx) => spendChallenge(tx, desk.control, options.challenge, "ana", "approve", hash));
  expect(await touch()).toBe(true);
  await pruneChallenges(database().db);
  expect(await touch()).toBe(false);
  await sql`update breakwater.challenges set expires_at = now() - interval '25 hours' where challenge = ${options.challenge}`;
  await pruneChallenges(database().db);
  expect(await sql`select from breakwater.challenges where challenge = ${options.challenge}`).toHaveLength(0);
  expect(await sql`select from breakwater.challenges`).not.toHaveLength(0);
  expect(await touch()).toBe(false);
});

describe("enrolment", () => {
  test("nobody confirms their own key, and not everybody may confirm", async () => {
    const key = await enrol("cy", null);
    const confirm = (by: string) => desk.within((tx) => confirmPasskey(tx, desk.control, key.id, by));
    await expect(confirm("cy")).rejects.toThrow("a second person");
    await expect(confirm("ana")).rejects.toThrow("needs the role");
    const { hash } = await desk.ask(large());
    await expect(begin("cy", hash)).rejects.toThrow("no confirmed passkey");
    await confirm("bo");
    await expect(begin("cy", hash)).resolves.toMatchObject({ hash });
  });

  test("a key that was confirmed in the database by hand counts for nothing", async () => {
    const key = await enrol("ed", null);
    await database()
      .sql`update breakwater.passkeys set confirmed_by = 'bo', confirmed_at = now() where credential_id = ${key.id}`;
    const { hash } = await desk.ask(large());
    await expect(begin("ed", hash)).rejects.toThrow("no confirmed passkey");
  });

  test("a recovery code works once, ends the old keys and approves nothing", async () => {
    const key = await enrol("cy", "bo");
    const codes = await desk.within((tx) => makeRecoveryCodes(tx, "cy"));
    expect(new Set(codes).size).toBe(8);
    const use = (person: string, code: string) => desk.within((tx) => useRecoveryCode(tx, person, code));
    expect(await use("ana", codes[0] ?? "")).toBe(false);
    expect(await use("cy", (codes[0] ?? "").toUpperCase())).toBe(true);
    expect(await use("cy", codes[0] ?? "")).toBe(false);
    const revoked = await database().db.select().from(ledger).where(eq(ledger.type, "passkey.revoked"));
    expect(revoked.map(({ object, body }) => [object, JSON.parse(body)])).toContainEqual([
      "person:cy",
      { credential: key.id },
    ]);
    const { hash } = await desk.ask(large());
    await expect(begin("cy", hash)).rejects.toThrow("no confirmed passkey");
    expect(key.id).toHaveLength(43);
  });

  describe("of somebody who can write into the database and has a revoked key", () => {
    const recover = async (person: string): Promise<void> => {
      const [code = ""] = await desk.within((tx) => makeRecoveryCodes(tx, person));
      expect(await desk.within((tx) => useRecoveryCode(tx, person, code))).toBe(true);
    };
    const refused = async (id: string): Promise<void> => {
      const { hash } = await desk.ask(large());
      await expect(begin("cy", hash)).rejects.toThrow("no confirmed passkey");
      await expect(desk.within((tx) => confirmPasskey(tx, desk.control, id, "bo"))).rejects.toThrow("no such passkey");
      const { findings } = await verifyLedger(database().sql, { seal: SEAL });
      expect(findings).toContainEqual({
        where: `passkeys ${id}`,
        why: "whether the passkey is revoked is not what the ledger says",
      });
      await database().sql`update breakwater.passkeys set revoked_at = now() where credential_id = ${id}`;
    };

    test("wiping the revocation off brings the key back to nobody, and the verifier names it", async () => {
      const { id } = await enrol("cy", "bo");
      await recover("cy");
      await database().sql`update breakwater.passkeys set revoked_at = null where credential_id = ${id}`;
      await refused(id);
    });

    test("nor does a key that was hidden from the revocation, marked before or taken out and put back", async () => {
      const [marked, hidden] = [await enrol("cy", "bo"), await enrol("cy", "bo")];
      const { sql } = database();
      await sql`update breakwater.passkeys set revoked_at = now() where credential_id = ${marked.id}`;
      await sql`create table breakwater.elsewhere as select * from breakwater.passkeys where credential_id = ${hidden.id}`;
      await sql`delete from breakwater.passkeys where credential_id = ${hidden.id}`;
      await recover("cy");
      await sql`insert into breakwater.passkeys select * from breakwater.elsewhere`;
      await sql`drop table breakwater.elsewhere`;
      await sql`update breakwater.passkeys set revoked_at = null where credential_id = ${marked.id}`;
      await refused(hidden.id);
      await refused(marked.id);
    });

    test("a key enrolled after the recovery counts once it is confirmed", async () => {
      await enrol("cy", "bo");
      const { hash } = await desk.ask(large());
      await expect(begin("cy", hash)).resolves.toMatchObject({ hash });
    });
  });
});

describe("emergency powers", () => {
  const request = {
    scope: "account:paper-a",
    reason: "liquidation in two minutes",
    incidentId: "INC-1",
    forMs: 900_000,
  };
  const open = (person: string, over: object = {}) =>
    desk.within((tx) => openBreakGlass(tx, desk.control, person, { ...request, ...over }));

  test("they need the role, a reason and a touch, and last fifteen minutes at most", async () => {
    await expect(open("ana")).rejects.toThrow("need the role break-glass");
    await expect(open("gil", { reason: "now" })).rejects.toThrow("ten to five hundred letters");
    await expect(open("gil", { scope: "venue:paper" })).rejects.toThrow("no scope");
    for (const forMs of [0, -1, 900_001, Number.NaN])
      await expect(open("gil", { forMs })).rejects.toThrow("one to fifteen minutes");
    const words = emergencyDigest(request);
    const asked = await desk.within((tx) => beginBreakGlassStepUp(tx, desk.control, where, "gil", words));
    const touch = (planHash: string) =>
      desk.within((tx) =>
        verifyTouch(tx, desk.control, where, {
          person: "gil",
          purpose: "break-glass",
          planHash,
          response: keyOf("gil").get(asked.challenge),
        }),
      );
    // A touch for one account is none for the firm.
    await expect(touch(emergencyDigest({ ...request, scope: "firm" }))).rejects.toThrow("does not fit");
    await touch(words);
    const powers = await open("gil");
    expect(powers.expiresAt.getTime() - powers.openedAt.getTime()).toBe(900_000);
    await expect(open("gil")).rejects.toThrow("within the last hour");
  });

  test("they stand in for approvals of what reduces risk, on their account only", async () => {
    const own = (over: object = {}) => freshPlan({ requestedBy: "person:gil", run: null, ...over });
    const reducing = own();
    expect(await desk.propose(reducing)).toMatchObject({ outcome: "allow" });
    expect(await desk.propose(own({ orders: [order({ reduceOnly: false })] }))).toMatchObject({ outcome: "quorum" });
    expect(await desk.propose(own({ account: "paper-b", orders: [order({ account: "paper-b" })] }))).toMatchObject({
      outcome: "quorum",
    });
    const { planHash } = await import("../../../src/kernel/plan.ts");
    expect(await desk.claim(planHash(reducing), reducing)).toMatchObject({ claimed: true });
  });

  test("they hold for a playbook that the person started, and for nobody else's", async () => {
    const runOf = async (person: string) => {
      const id = `run-of-${person}`;
      await desk.within((tx) => beginRun(tx, { id, playbook: "reduce", requestedBy: `person:${person}` }));
      const plan = { requestedBy: "playbook:reduce@1", run: id, action: "reduce" as const };
      return desk.propose(freshPlan({ ...plan, orders: [order({ quantity: "24", notionalUsd: "1200000" })] }));
    };
    expect(await runOf("gil")).toMatchObject({ outcome: "allow" });
    expect(await runOf("ana")).toMatchObject({ outcome: "quorum" });
  });

  test("they end with the role that gave them", async () => {
    const asked = () => desk.propose(freshPlan({ requestedBy: "person:gil", run: null }));
    expect(await asked()).toMatchObject({ outcome: "allow" });
    await desk.within((tx) =>
      syncGrants(tx, desk.control.seal, { ...PEOPLE, gil: { roles: ["trader" as const] } }, "system"),
    );
    expect(await asked()).toMatchObject({ outcome: "quorum" });
    await desk.within((tx) => syncGrants(tx, desk.control.seal, PEOPLE, "system"));
  });

  test("a row written by hand gives no powers", async () => {
    await database()
      .sql`insert into breakwater.break_glass (id, person, scope, reason, opened_at, expires_at) values ('forged', 'ana', 'firm', 'because', now(), now() + interval '10 minutes')`;
    expect(await desk.within((tx) => holdsBreakGlass(tx, desk.control, "ana", "paper-a"))).toBe(false);
  });

  test("another person of risk or compliance reviews them before the incident can close", async () => {
    const incident = await database().db.transaction((tx) =>
      openIncident(
        tx,
        SEAL,
        { actor: "person:gil", surface: "slack" },
        { kind: "manual", severity: "high", title: "drill" },
      ),
    );
    await database().sql`update breakwater.break_glass set incident_id = ${incident} where person = 'gil'`;
    const close = () => resolve(database().db, incident, "handled", { actor: "person:bo", surface: "slack" });
    const [task] = await desk.within((tx) => unreviewed(tx, incident));
    await expect(close()).rejects.toThrow(/stays open: the emergency powers that gil took have no review/);
    const review = (by: string) =>
      desk.within((tx) =>
        reviewBreakGlass(tx, desk.control, (task?.id ?? "").slice(0, 12), by, "justified by the book"),
      );
    await expect(review("gil")).rejects.toThrow("another person");
    await expect(review("ana")).rejects.toThrow("another person");
    await review("bo");
    await expect(review("bo")).rejects.toThrow("bo reviewed it before");
    expect(await desk.within((tx) => unreviewed(tx, incident))).toEqual([]);
    await close();
  });
});

test("the chain holds", async () => expect((await verifyLedger(database().sql, { chainOnly: true })).ok).toBe(true));
