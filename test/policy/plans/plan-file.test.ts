import { expect, test } from "vitest";
import { fingerprintWords, planHash } from "../../../src/kernel/plan.ts";
import { readPlanFile } from "../../../src/policy/plans/plan-file.ts";
import { plan } from "../make.ts";

test("a plan saved in any layout has the fingerprint of the card", () => {
  const one = plan();
  const shuffled = Object.fromEntries(Object.entries(one).toReversed());
  for (const text of [JSON.stringify(one), JSON.stringify(shuffled, null, 4)]) {
    const read = readPlanFile(text);
    expect(read.hash).toBe(planHash(one));
    expect(read.words).toBe(fingerprintWords(planHash(one)));
  }
  expect(readPlanFile(JSON.stringify(one)).lines).toEqual([
    "PAPER hedge on paper-a at paper, asked for by playbook:margin-breach@1: the margin ratio passed 0.8",
    "  sell 1 BTC/USDT:USDT at 50000 or better, IOC, reduce-only (50,000.00 USD) bw-1",
    "  only while BTC/USDT:USDT is between 49500 and 50500",
    "  in all 50,000.00 USD; may be sent until 2026-03-02T12:15:00.000Z",
  ]);
});

test("one changed digit is another fingerprint", () =>
  expect(readPlanFile(JSON.stringify(plan()).replace('"quantity":"1"', '"quantity":"2"')).hash).not.toBe(
    planHash(plan()),
  ));

test("what is no plan is refused in a sentence", () => {
  expect(() => readPlanFile("{")).toThrow("not JSON");
  expect(() => readPlanFile('{"format":2}')).toThrow("no plan of format 1");
  expect(() => readPlanFile('{"format":1}')).toThrow("no plan of format 1");
});
