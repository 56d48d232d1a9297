import { expect, test } from "vitest";
import type { Account } from "../../../src/kernel/account.ts";
import { casesSchema, runCase } from "../../../src/policy/rules/cases.ts";
import { defaultPolicy } from "../../../src/policy/rules/default-policy.ts";
import type { PolicyDocument } from "../../../src/policy/rules/schema.ts";
import { DESK_PEOPLE } from "../control.ts";
import { policyOf } from "../make.ts";

const ACCOUNTS = new Map<string, Account>([["main", { id: "main", venue: "okx", environment: "live" }]]);
const BUILT_IN: PolicyDocument = { policy: defaultPolicy(), people: DESK_PEOPLE };
const BTC = "BTC/USDT:USDT";

const run = (over: object, document: PolicyDocument = BUILT_IN) => {
  const [one] = casesSchema.parse({
    cases: [{ name: "a case", by: "playbook:margin-breach", action: "hedge", account: "main", ...over }],
  }).cases;
  if (!one) throw new Error("no case");
  return runCase(document, ACCOUNTS, one);
};
const hedge = (notionalUsd: string) => ({ orders: [{ symbol: BTC, notionalUsd }] });
const reduce = (notionalUsd: string) => ({
  action: "reduce",
  orders: [{ symbol: BTC, notionalUsd, reduceOnly: true }],
});

test.each<[string, object]>([
  ["a small reduction runs by itself", { ...reduce("200000"), expect: "allow" }],
  ["a larger one asks one person", { ...reduce("300000"), expect: "quorum", people: 1 }],
  [
    "one that was preceded by others asks too",
    {
      ...reduce("200000"),
      given: { spent: { "account:main": { notionalUsd: "900000" } } },
      expect: "quorum",
      people: 1,
    },
  ],
  [
    "a hedge above a million asks two with risk and step-up",
    { ...hedge("1500000"), expect: "quorum", people: 2, roles: ["risk"], stepUp: true },
  ],
  ["nobody passes a hard cap", { ...hedge("6000000"), expect: "deny" }],
  ["a freeze needs nobody", { action: "freeze", by: "person:bo", scope: "venue:okx", expect: "allow" }],
  ["lifting one asks two", { action: "unfreeze", by: "person:ana", scope: "venue:okx", expect: "quorum", people: 2 }],
  ["a playbook lifts none", { action: "unfreeze", scope: "venue:okx", expect: "deny" }],
  [
    "nothing is sent while the account is halted",
    { ...reduce("1"), given: { states: { "account:main": "halted" } }, expect: "deny" },
  ],
])("by the built-in rules %s", (_, over) => expect(run(over)).toMatchObject({ wrong: [] }));

test("a decision that is otherwise than expected is told, with the rules' reasons", () => {
  expect(run({ ...hedge("1500000"), expect: "allow", people: 1, roles: [], stepUp: false })).toMatchObject({
    wrong: [
      "the decision was quorum, expected was allow",
      "the number of people was 2, expected was 1",
      "the roles among them was risk, expected was none",
      "the step-up was true, expected was false",
    ],
    reasons: expect.arrayContaining([expect.stringMatching(/\w/)]),
  });
});

test("facts that a case leaves out are not known, and so deny", () => {
  const document = {
    policy: policyOf([
      {
        name: "guarded",
        when: { onCall: true, deadManArmed: true },
        limits: [{ per: "account", measure: "lossUsd", max: "1000" }],
        says: "allow",
      },
    ]),
    people: DESK_PEOPLE,
  };
  const given = { onCall: true, deadManArmed: true, lossUsd: "999" };
  expect(run({ ...hedge("1"), given, expect: "allow" }, document).wrong).toEqual([]);
  for (const missing of Object.keys(given))
    expect(run({ ...hedge("1"), given: { ...given, [missing]: undefined }, expect: "deny" }, document).wrong).toEqual(
      [],
    );
});

test("an account that the desk lacks is told", () =>
  expect(run({ account: "other", expect: "deny" }).wrong).toEqual(["this desk has no account other"]));
