import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Matcher } from "../../src/db/schema.ts";
import { louder, saysNothingNew } from "../../src/intake/dedupe.ts";
import { correlationKey, fingerprintOf } from "../../src/intake/fingerprint.ts";
import { inhibitorOf } from "../../src/intake/inhibit.ts";
import { holds, matchersSchema, matches } from "../../src/intake/match.ts";
import { normalised } from "../../src/intake/normalise.ts";
import { intakeSettings } from "../../src/intake/settings.ts";
import { ranges } from "../../src/intake/store.ts";
import { SEVERITIES } from "../../src/kernel/alert.ts";
import { alertOf } from "./desk.ts";

const NOW = new Date("2026-03-12T10:00:00Z");
const settings = intakeSettings.parse({});
const labelsAny = fc.dictionary(fc.string({ maxLength: 20 }), fc.string({ maxLength: 40, unit: "binary" }), {
  maxKeys: 8,
});
const shuffled = (labels: Record<string, string>) =>
  fc
    .shuffledSubarray(Object.entries(labels), { minLength: Object.keys(labels).length })
    .map((list) => Object.fromEntries(list));

describe("an alert in the desk's form", () => {
  const cases: readonly [string, string, string][] = [
    ["composes what looks the same", "cafe\u0301", "café"],
    ["drops what turns text around", "BTC\u202eTDSU", "BTC TDSU"],
    ["drops what cannot be seen", "BT\u200bC", "BT C"],
    ["drops control characters and tag characters", "a\u0007\u{e0041}b", "a b"],
    ["trims", "  a  ", "a"],
    ["cuts at 200 characters, marked, never within one", `${"x".repeat(198)}😀y`, `${"x".repeat(198)}…`],
  ];
  test.each(cases)("%s", (_name, title, expected) => {
    expect(normalised(alertOf({ title }), NOW).title).toBe(expected);
  });

  test("labels stand in order, without empty ones, at most 64 of bounded length", () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`l${index}`, "x".repeat(1_000)]));
    const { labels } = normalised(alertOf({ labels: { b: "2", a: " 1 ", c: " " } }), NOW);
    expect(Object.entries(labels)).toEqual([
      ["a", "1"],
      ["b", "2"],
    ]);
    const bounded = normalised(alertOf({ labels: many }), NOW).labels;
    expect(Object.keys(bounded)).toHaveLength(64);
    expect(Math.max(...Object.values(bounded).map((text) => text.length))).toBe(512);
  });

  test("a time in the future is not believed, a little clock drift is", () => {
    expect(normalised(alertOf({ at: new Date("2030-01-01") }), NOW).at).toEqual(NOW);
    const drift = new Date(NOW.getTime() + 60_000);
    expect(normalised(alertOf({ at: drift }), NOW).at).toEqual(drift);
  });

  test("an alert in the desk's form stays as it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), labelsAny, (title, labels) => {
        const once = normalised(alertOf({ title, labels }), NOW);
        expect(normalised(once, NOW)).toEqual(once);
      }),
    );
  });
});

describe("what identifies a condition", () => {
  test("the order of labels never matters, nor do words, figures and severity", () => {
    fc.assert(
      fc.property(
        labelsAny.chain((labels) => fc.tuple(fc.constant(labels), shuffled(labels))),
        fc.string(),
        fc.constantFrom(...SEVERITIES),
        ([labels, others], title, severity) => {
          const a = normalised(alertOf({ labels }), NOW);
          const b = normalised(alertOf({ labels: others, title, severity, values: { ratio: "0.1" } }), NOW);
          expect(fingerprintOf(b)).toBe(fingerprintOf(a));
          expect(correlationKey(b, settings)).toBe(correlationKey(a, settings));
        },
      ),
    );
  });

  test("no two sets of labels run together", () => {
    const pairs: [Record<string, string>, Record<string, string>][] = [
      [{ a: "b,c:d" }, { a: "b", c: "d" }],
      [{ a: '"],["b' }, { a: "", b: "" }],
      [{ ab: "c" }, { a: "bc" }],
    ];
    for (const [one, other] of pairs)
      expect(fingerprintOf(alertOf({ labels: one }))).not.toBe(fingerprintOf(alertOf({ labels: other })));
  });

  test("source and kind are part of it, and the trust class of the incident's key", () => {
    const base = alertOf();
    expect(fingerprintOf(alertOf({ source: "x" }))).not.toBe(fingerprintOf(base));
    expect(fingerprintOf(alertOf({ kind: "x" }))).not.toBe(fingerprintOf(base));
    expect(correlationKey(alertOf({ trust: "unsigned" }), settings)).not.toBe(correlationKey(base, settings));
  });
});

describe("tests of silences and inhibitions", () => {
  const alert = alertOf({ labels: { account: "paper-a", kind: "label of that name", source: "x" } });
  const cases: readonly [Matcher, boolean][] = [
    [{ field: "kind", op: "equals", value: "margin.ratio" }, true],
    [{ field: "kind", op: "prefix", value: "margin." }, true],
    [{ field: "kind", op: "prefix", value: "argin" }, false],
    [{ field: "labels.kind", op: "equals", value: "label of that name" }, true],
    [{ field: "source", op: "equals", value: "account-monitor" }, true],
    [{ field: "severity", op: "in", value: ["critical", "high"] }, true],
    [{ field: "severity", op: "in", value: [] }, false],
    [{ field: "severity", op: "not", value: "critical" }, false],
    [{ field: "trust", op: "equals", value: "internal" }, true],
    [{ field: "title", op: "prefix", value: "Maintenance" }, true],
    [{ field: "account", op: "not", value: "paper-b" }, true],
    [{ field: "absent", op: "not", value: "x" }, true],
    [{ field: "absent", op: "equals", value: "x" }, false],
    [{ field: "constructor", op: "prefix", value: "f" }, false],
  ];
  test.each(cases)("%j is %s", (matcher, expected) => {
    expect(holds(matcher, alert)).toBe(expected);
  });

  test("no tests match nothing, and cannot be written", () => {
    expect(matches([], alert)).toBe(false);
    expect(matchersSchema.safeParse([]).success).toBe(false);
    expect(matchersSchema.safeParse([{ field: "kind", op: "regex", value: ".*" }]).success).toBe(false);
    expect(matchersSchema.safeParse([{ field: "kind", op: "in", value: "margin.ratio" }]).success).toBe(false);
  });

  test("all tests must hold, whatever their order", () => {
    const matcher = fc.constantFrom(...cases.map(([one]) => one));
    fc.assert(
      fc.property(fc.array(matcher, { minLength: 1, maxLength: 5 }), (list) => {
        expect(matches(list, alert)).toBe(list.every((one) => holds(one, alert)));
        expect(matches(list.toReversed(), alert)).toBe(matches(list, alert));
      }),
    );
  });
});

describe("inhibition", () => {
  const rule = intakeSettings.parse({
    inhibit: [
      {
        source: [{ field: "severity", op: "equals", value: "critical" }],
        target: [{ field: "severity", op: "in", value: ["critical", "low"] }],
        equal: ["venue"],
      },
    ],
  }).inhibit[0];
  if (!rule) throw new Error("no rule");
  const cause = { name: "INC-1", tested: alertOf({ labels: { venue: "okx" } }) };

  test("only where the named labels are equal, absent being equal to absent", () => {
    expect(inhibitorOf(rule, alertOf({ severity: "low", labels: { venue: "okx" } }), [cause])).toBe(cause);
    expect(inhibitorOf(rule, alertOf({ severity: "low", labels: { venue: "bybit" } }), [cause])).toBeUndefined();
    const bare = { name: "INC-2", tested: alertOf({ labels: {} }) };
    expect(inhibitorOf(rule, alertOf({ severity: "low", labels: {} }), [bare])).toBe(bare);
  });

  test("what is believed less hides nothing that is believed more, unless the rule itself names its trust", () => {
    const target = alertOf({ severity: "low", trust: "internal", labels: { venue: "okx" } });
    const by = (trust: "internal" | "signed" | "unsigned") => [
      { name: "INC-1", tested: alertOf({ trust, labels: { venue: "okx" } }) },
    ];
    const hides = (one: typeof rule, of: typeof target) =>
      (["internal", "signed", "unsigned"] as const).filter((trust) => inhibitorOf(one, of, by(trust)) !== undefined);
    expect(hides(rule, target)).toEqual(["internal"]);
    expect(hides(rule, { ...target, trust: "signed" })).toEqual(["internal", "signed"]);
    expect(hides(rule, { ...target, trust: "unsigned" })).toEqual(["internal", "signed", "unsigned"]);
    const named = { ...rule, source: [...rule.source, { field: "trust", op: "in" as const, value: ["signed"] }] };
    expect(hides(named, target)).toEqual(["signed"]);
  });

  test("a cause is never silenced by a rule that makes it a consequence too", () => {
    expect(inhibitorOf(rule, alertOf({ labels: { venue: "okx" } }), [cause])).toBeUndefined();
  });
});

describe("what is new", () => {
  test("a louder severity or another figure is, a quieter word is not", () => {
    const last = alertOf({ severity: "high" });
    expect(saysNothingNew(alertOf({ severity: "high", title: "other words" }), last)).toBe(true);
    expect(saysNothingNew(alertOf({ severity: "low" }), last)).toBe(true);
    expect(saysNothingNew(alertOf({ severity: "critical" }), last)).toBe(false);
    expect(saysNothingNew(alertOf({ severity: "high", values: { ratio: "0.84" } }), last)).toBe(false);
    expect(saysNothingNew(alertOf({ severity: "high", values: { ratio: "0.83", more: "1" } }), last)).toBe(false);
    expect(saysNothingNew(alertOf({ status: "resolved" }), last)).toBe(false);
    expect(saysNothingNew(alertOf({ status: "resolved", values: {} }), alertOf({ status: "resolved" }))).toBe(true);
  });

  test("loudness is an order", () => {
    for (const a of SEVERITIES) for (const b of SEVERITIES) expect(louder(a, b) && louder(b, a)).toBe(false);
    expect(louder("critical", "info")).toBe(true);
  });
});

test("numbers are told as ranges that give them back", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(200)), (list) => {
      const sorted = list.sort((a, b) => a - b);
      const back = ranges(sorted).flatMap(([from = 0, to = -1]) =>
        Array.from({ length: to - from + 1 }, (_, index) => from + index),
      );
      expect(back).toEqual(sorted);
    }),
  );
});
