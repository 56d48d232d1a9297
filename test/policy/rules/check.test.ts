import { describe, expect, test } from "vitest";
import { checkPolicy, readDocument, strangers } from "../../../src/policy/rules/check.ts";
import { defaultPolicy } from "../../../src/policy/rules/default-policy.ts";
import { policySchema } from "../../../src/policy/rules/schema.ts";
import { DESK_PEOPLE } from "../control.ts";

const check = (rules: readonly unknown[], over: object = {}) =>
  checkPolicy({ policy: policySchema.parse({ hard: defaultPolicy().hard, rules, ...over }), people: DESK_PEOPLE }).map(
    (one) => `${one.severity} ${one.where}: ${one.what}`,
  );
const CANCEL = { name: "cancel", match: { actions: ["cancel"] }, says: "allow" };

const DESK = {
  accounts: ["paper-a"],
  venues: ["paper"],
  playbooks: ["hedge"],
  rotas: [] as string[],
  guarded: [] as string[],
};

describe("checking rules", () => {
  test("the default rules of a desk with enough people have no errors", () =>
    expect(
      checkPolicy({ policy: defaultPolicy(), people: DESK_PEOPLE }).filter((one) => one.severity === "error"),
    ).toEqual([]));
  test.each<[string, unknown, RegExp]>([
    [
      "a permission without a limit",
      { name: "free", match: { actions: ["hedge"] }, says: "allow" },
      /error policy.rules.free: .*without a limit/,
    ],
    [
      "a quorum that nobody can meet",
      { name: "many", says: { quorum: { people: 4, from: ["risk"] } } },
      /error policy.rules.many: nobody could approve it: 4 of risk/,
    ],
    [
      "a quorum that hangs on one person",
      { name: "lonely", says: { quorum: { people: 1, from: ["risk"] } } },
      /warning policy.rules.lonely: .*without bo/,
    ],
    [
      "a rule in another's shadow",
      { name: "shadowed", match: { actions: ["cancel"], accounts: ["paper-b"] }, says: { hold: "5m" } },
      /warning policy.rules.shadowed: it never decides: never/,
    ],
    [
      "a permission that people are asked about anyway",
      { name: "moot", match: { actions: ["freeze"] }, says: "allow" },
      /warning policy.rules.moot: it never decides: asked asks people about/,
    ],
    [
      "trust in unsigned sources",
      { name: "trusting", match: { actions: ["cancel"], trust: ["unsigned"] }, says: "allow" },
      /warning policy.rules.trusting: unsigned sources never/,
    ],
    [
      "a denial by role",
      { name: "by-role", match: { by: { roles: ["viewer"] } }, says: "deny" },
      /warning policy.rules.by-role: it denies by role/,
    ],
  ])("%s is found", (_, rule, what) => {
    const never = { name: "never", match: { accounts: ["paper-b"] }, says: "deny" };
    const asked = { name: "asked", match: { actions: ["freeze"] }, says: { quorum: { people: 1 } } };
    expect(check([CANCEL, never, asked, rule]).some((line) => what.test(line))).toBe(true);
  });
  test.each<[string, unknown, boolean]>([
    ["an account that the desk lacks", { accounts: ["okx-9"] }, true],
    ["one account that it lacks beside one that it has", { accounts: ["okx-9", "paper-a"] }, false],
    ["a playbook that is not installed", { by: { playbooks: ["moon"] } }, true],
    ["such a playbook beside a role", { by: { playbooks: ["moon"], roles: ["risk"] } }, false],
    ["every playbook", { by: { playbooks: ["*"] } }, false],
    ["a person who left", { by: { people: ["zoe"] } }, true],
  ])("a rule about %s: never hit is %s", (_, match, dead) => {
    const policy = policySchema.parse({ rules: [{ name: "one", match, says: "deny" }] });
    expect(strangers({ policy, people: DESK_PEOPLE }, DESK).length > 0).toBe(dead);
  });
  test.each<[string, object, Partial<typeof DESK>, RegExp | null]>([
    ["who is on call, without rotas", { when: { onCall: true } }, {}, /this desk has no rotas/],
    ["who is on call, with one", { when: { onCall: true } }, { rotas: ["night"] }, null],
    ["a dead-man switch that nobody keeps", { when: { deadManArmed: true } }, {}, /none of its accounts has/],
    [
      "one that another account keeps",
      { match: { accounts: ["paper-a"] }, when: { deadManArmed: true } },
      { guarded: ["b"] },
      /none/,
    ],
    ["one that is kept", { when: { deadManArmed: true } }, { guarded: ["paper-a"] }, null],
    ["that there is none", { when: { deadManArmed: false } }, {}, null],
  ])("a rule that asks %s", (_, over, kept, what) => {
    const policy = policySchema.parse({ rules: [{ name: "one", says: "allow", ...over }] });
    const found = strangers({ policy, people: DESK_PEOPLE }, { ...DESK, ...kept }).map((one) => one.what);
    if (what === null) expect(found).toEqual([]);
    else expect(found).toEqual([expect.stringMatching(what)]);
  });
  test("duties that clash in one person are found", () => {
    const policy = {
      ...defaultPolicy(),
      incompatibleRoles: [["policy-admin", "operator"] as ["policy-admin", "operator"]],
    };
    expect(checkPolicy({ policy, people: DESK_PEOPLE })).toContainEqual({
      severity: "error",
      where: "people.ed",
      what: "one person may not be both policy-admin and operator",
    });
  });
  test("a missing hard cap is found", () =>
    expect(check([CANCEL], { hard: [] })).toContainEqual(expect.stringMatching(/no hard cap on notionalUsd/)));
});

describe("reading rules", () => {
  test("all problems are told at once, each with its place", () => {
    const { document, findings } = readDocument({
      policy: {
        rules: [
          { name: "Bad Name", says: "maybe" },
          { name: "ok", says: "allow", limits: [{ per: "plan", measure: "leverage", max: "1e5" }] },
        ],
        extra: 1,
      },
      people: { ana: { name: "Ana", roles: ["king"] } },
      rotas: { night: { zone: "Mars", starts: "2026-01-05T09:00", people: ["ana"] } },
    });
    expect(document).toBeNull();
    const places = findings.map((one) => one.where);
    for (const place of [
      "policy.rules.0.name",
      "policy.rules.0.says",
      "policy.rules.1.limits.0.max",
      "policy",
      "people.ana.roles.0",
      "rotas.night.zone",
    ])
      expect(places).toContain(place);
  });
  test("withdrawing, moving funds out and creating keys cannot even be named", () => {
    for (const action of ["withdraw", "transfer", "create-key"])
      expect(
        policySchema.safeParse({ rules: [{ name: "x", match: { actions: [action] }, says: "allow" }] }).success,
      ).toBe(false);
  });
});
