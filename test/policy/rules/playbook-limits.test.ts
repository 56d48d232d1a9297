import { describe, expect, test } from "vitest";
import { emptyLimits } from "../../../src/policy/rules/playbook-limits.ts";
import { policySchema } from "../../../src/policy/rules/schema.ts";

const HEDGE = { name: "hedge", match: { actions: ["hedge"] }, says: { quorum: { people: 1 } } };
const PER_PLAYBOOK = { per: "playbook", measure: "notionalUsd", window: "1h", max: "100000" };
const of = (rules: readonly unknown[], hard: readonly unknown[] = []) =>
  emptyLimits(policySchema.parse({ rules, hard }), { name: "delta-drift", needs: ["cancel", "hedge"] });

describe("a playbook's limits are empty", () => {
  test("where a rule lets it trade and nothing counts per playbook", () => expect(of([HEDGE])).toEqual(["hedge"]));
  test("where one of two rules that let it trade has no such limit", () =>
    expect(
      of([
        { ...HEDGE, limits: [PER_PLAYBOOK] },
        { ...HEDGE, name: "other" },
      ]),
    ).toEqual(["hedge"]));
  test("where only a cap per account stands", () =>
    expect(of([HEDGE], [{ ...PER_PLAYBOOK, per: "account" }])).toEqual(["hedge"]));
  test("where the cap per playbook is for paper only", () =>
    expect(of([HEDGE], [{ ...PER_PLAYBOOK, environments: ["paper"] }])).toEqual(["hedge"]));
});

describe("a playbook is limited", () => {
  test("by a hard cap per playbook", () => expect(of([HEDGE], [PER_PLAYBOOK])).toEqual([]));
  test("by a limit in every rule that lets it trade", () =>
    expect(of([{ ...HEDGE, limits: [PER_PLAYBOOK] }])).toEqual([]));
  test("where no rule lets it trade at all", () =>
    expect(of([{ ...HEDGE, match: { actions: ["hedge"], by: { playbooks: ["other"] } } }])).toEqual([]));
  test("where it only cancels", () =>
    expect(emptyLimits(policySchema.parse({ rules: [HEDGE] }), { name: "cancel-orders", needs: ["cancel"] })).toEqual(
      [],
    ));
});
