import { property, assert, array, float, integer, record } from "fast-check";
import { describe, expect, test } from "vitest";
import { scoreOf, severityOf } from "../../src/detectors/finding.ts";
import { createGate, pass } from "../../src/detectors/gate.ts";

const SETTINGS = { release: 0.5, holdMs: 1000, quietMs: 5000 };

describe("the gate of all detectors", () => {
  test("fires once at its limit, ends only after the release has held, and then keeps quiet", () => {
    const gate = createGate();
    const steps: [at: number, score: number][] = [
      [0, 0.49],
      [1, 0.5],
      [2, 0.55],
      [3, 0.3],
      [500, 0.4],
      [600, 0.3],
      [1700, 0.3],
      [2000, 0.6],
      [7000, 0.6],
    ];
    expect(steps.map(([at, score]) => pass(gate, score, at, SETTINGS))).toEqual([
      "silent",
      "fire",
      "silent",
      "silent",
      "silent",
      "silent",
      "resolve",
      "silent",
      "fire",
    ]);
  });

  test("speaks again when it grows worse by a class of severity", () => {
    const gate = createGate();
    expect([0.5, 0.6, 0.65, 0.7, 0.8, 0.9].map((score, at) => pass(gate, score, at, SETTINGS))).toEqual([
      "fire",
      "silent",
      "fire",
      "silent",
      "fire",
      "silent",
    ]);
  });

  test("never ends what it did not begin, whatever comes", () => {
    const step = record({ wait: integer({ min: 0, max: 3000 }), score: float({ min: 0, max: 1, noNaN: true }) });
    assert(
      property(array(step), (steps) => {
        const gate = createGate();
        let at = 0;
        let on = false;
        for (const { wait, score } of steps) {
          at += wait;
          const verdict = pass(gate, score, at, SETTINGS);
          if (verdict === "resolve") expect(on).toBe(true);
          if (verdict === "fire") on = true;
          if (verdict === "resolve") on = false;
          expect(gate.on).toBe(on);
        }
      }),
    );
  });
});

test("a measure at its limit scores one half; severity follows the score", () => {
  expect([0, 1, 2, 4].map((measure) => severityOf(scoreOf(measure, 1)))).toEqual(["low", "medium", "high", "critical"]);
  expect(scoreOf(Number.POSITIVE_INFINITY, 5)).toBe(1);
});
