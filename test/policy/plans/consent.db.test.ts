import { beforeAll, expect, test } from "vitest";
import type { Account } from "../../../src/kernel/account.ts";
import { decimal } from "../../../src/kernel/decimal.ts";
import type { Plan } from "../../../src/kernel/plan.ts";
import { consentOf } from "../../../src/policy/plans/consent.ts";
import { examine } from "../../../src/signer/examine.ts";
import { consentShape } from "../../../src/signer/shapes.ts";
import { requestOf } from "../../signer/consents.ts";
import { withDatabase } from "../../with-database.ts";
import { controlOf, freshPlan, testDesk } from "../control.ts";
import { order } from "../make.ts";

const database = withDatabase();
const PAPER: Account = { id: "paper-a", venue: "paper", environment: "paper" };
const known = {
  accounts: new Map([[PAPER.id, PAPER]]),
  seal: controlOf().seal,
  unapprovedUsd: decimal<"usd">("250000"),
};

beforeAll(() => testDesk(database()).publish());

/** What the signer says of a claimed plan's first order, from what the database holds of it. */
async function signerOn(plan: Plan, hash: string): Promise<string | null> {
  const consent = consentShape.parse(JSON.parse(JSON.stringify(await consentOf(database().db, hash))));
  return examine(requestOf(plan), consent, known, new Date()).refusal?.why ?? null;
}

test("what the desk kept of an approved and claimed plan is all that the signer asks for", async () => {
  const desk = testDesk(database());
  const { hash, plan } = await desk.ask();
  await desk.vote(hash, "ana");
  expect(await desk.claim(hash, plan)).toMatchObject({ claimed: true });
  expect(await signerOn(plan, hash)).toBeNull();
});

test("of a large plan it is two persons and their passkeys", async () => {
  const desk = testDesk(database());
  const { hash, plan } = await desk.ask(
    freshPlan({ orders: [order({ clientOrderId: "bw-large", quantity: "40", notionalUsd: "2000000" })] }),
  );
  await desk.vote(hash, "ana", "approve", { stepUp: true });
  await desk.vote(hash, "bo", "approve", { stepUp: true });
  expect(await desk.claim(hash, plan)).toMatchObject({ claimed: true });
  expect(await signerOn(plan, hash)).toBeNull();
});

test("a small reduction that nobody was asked for passes too", async () => {
  const desk = testDesk(database());
  const { hash, plan } = await desk.propose(freshPlan({ action: "reduce" }));
  expect(await desk.claim(hash, plan)).toMatchObject({ claimed: true });
  expect(await signerOn(plan, hash)).toBeNull();
});

test("a plan that was approved and not claimed has nothing to show", async () => {
  const desk = testDesk(database());
  const { hash } = await desk.ask();
  await desk.vote(hash, "ana");
  await expect(consentOf(database().db, hash)).rejects.toMatchObject({ code: "PLAN_CHANGED" });
});

test("a vote that was written into the database by hand is seen by the signer", async () => {
  const desk = testDesk(database());
  const { hash, plan } = await desk.ask();
  await desk.vote(hash, "ana");
  await desk.claim(hash, plan);
  await database().sql.unsafe(
    `alter table breakwater.votes disable trigger votes_keeps_rows; update breakwater.votes set person = 'bo' where plan_hash = '${hash}'; alter table breakwater.votes enable always trigger votes_keeps_rows`,
  );
  expect(await signerOn(plan, hash)).toMatch(/was changed, or another desk's key sealed it/);
});
