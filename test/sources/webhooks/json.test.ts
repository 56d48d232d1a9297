import * as fc from "fast-check";
import { LosslessNumber, isLosslessNumber } from "lossless-json";
import { describe, expect, test } from "vitest";
import { type Body, readJson } from "../../../src/sources/webhooks/json.ts";

/** The same value as JSON.parse would give it, to compare. */
function plain(body: Body): unknown {
  if (isLosslessNumber(body)) return Number(body.value);
  if (Array.isArray(body)) return body.map((one: Body) => plain(one));
  if (typeof body === "object" && body !== null) {
    return Object.fromEntries(Object.entries(body as Record<string, Body>).map(([key, value]) => [key, plain(value)]));
  }
  return body;
}

const deep = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

describe("what is read", () => {
  const good: readonly [string, unknown][] = [
    ["null", null],
    [" \t\r\n true ", true],
    ["[]", []],
    ["{}", {}],
    ["[ ]", []],
    ["{ }", {}],
    ["-0", -0],
    ["1E+2", 100],
    ["0.5e-1", 0.05],
    ['""', ""],
    ['"\\u0041\\n\\"\\\\\\/"', 'A\n"\\/'],
    ['"\\ud83d\\ude00"', "😀"],
    ['"é\u2028\u007f"', "é\u2028\u007f"],
    ['{"":1,"a":{"":[]}}', { "": 1, a: { "": [] } }],
    ['{"constructor":1,"toString":2,"hasOwnProperty":3}', { constructor: 1, toString: 2, hasOwnProperty: 3 }],
    [deep(32), JSON.parse(deep(32))],
  ];
  test.each(good)("%s", (text, value) => {
    expect(plain(readJson(text))).toEqual(value);
  });

  test("whatever JSON.parse reads, every string and figure of it, however it is laid out", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6, stringUnit: "grapheme" }), fc.constantFrom(0, 1, 4), (text, indent) => {
        fc.pre(!text.includes("__proto__") && !text.includes("\\u0000"));
        const laidOut = JSON.stringify(JSON.parse(text), null, indent);
        expect(plain(readJson(laidOut))).toEqual(JSON.parse(laidOut));
      }),
    );
  });

  test("an object has no prototype that a key could reach", () => {
    expect(Object.getPrototypeOf(readJson('{"a":1}'))).toBeNull();
  });

  test.each([
    "9007199254740993",
    "1502709956288000110",
    "0.1000000000000000055",
    "1e400",
    "-123456789012345678901234567890",
  ])("the figure %s keeps every digit", (digits) => {
    expect(readJson(digits)).toEqual(new LosslessNumber(digits));
  });
});

describe("what is refused", () => {
  const bad = [
    "",
    " ",
    "[",
    "]",
    "{",
    "}",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[1:2]",
    '{"a"}',
    '{"a":}',
    '{"a" 1}',
    '{"a":1,}',
    '{,"a":1}',
    "{a:1}",
    "{'a':1}",
    '{"a":1 "b":2}',
    "{1:1}",
    "[1]x",
    "1 2",
    "nul",
    "nulll",
    "True",
    "NaN",
    "Infinity",
    "-",
    "+1",
    ".5",
    "1.",
    "01",
    "-01",
    "1e",
    "1e+",
    "0x10",
    "1_000",
    '"',
    '"a',
    '"\\',
    '"\\x41"',
    '"\\u00g1"',
    '"\\u12"',
    '"a\nb"',
    '"a\tb"',
    "// a\n1",
    "/* a */ 1",
    "\ufeff1",
    "\u00a01",
    "[1]\u0000",
    '["\\u0000"]',
    '["\\ud800"]',
    '["\\udc00\\ud800"]',
    '{"a":1,"a":1}',
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":1}',
    '[{"b":{"x":null,"x":null}}]',
    '{"__proto__":{"polluted":true}}',
    '{"\\u005f_proto__":1}',
    deep(33),
    "[".repeat(100_000),
    '{"a":'.repeat(50_000),
  ];
  test.each(bad.map((text) => [text.slice(0, 40), text]))("%j", (_name, text) => {
    expect(() => readJson(text)).toThrow(expect.objectContaining({ code: "BODY_MALFORMED" }));
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test("nothing but a refusal comes of any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('{}[]",:\\u0019.eE+- truefalsn')) }), (text) => {
        let expected: unknown;
        let stands = true;
        try {
          expected = JSON.parse(text);
        } catch {
          stands = false;
        }
        try {
          const found = plain(readJson(text));
          expect(stands).toBe(true);
          expect(found).toEqual(expected);
        } catch (error) {
          expect(error).toMatchObject({ code: "BODY_MALFORMED" });
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
