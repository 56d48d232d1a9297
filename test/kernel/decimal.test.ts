import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Decimal,
  abs,
  add,
  compare,
  decimal,
  div,
  fromFloat,
  greater,
  grouped,
  isDecimal,
  mul,
  neg,
  places,
  roundTo,
  sub,
  sum,
  toFloat,
} from "../../src/kernel/decimal.ts";

const d = (text: string): Decimal => decimal(text);
/** Amounts up to twelve digits before and eight after the point. */
const amounts = fc
  .tuple(fc.boolean(), fc.integer({ min: 0, max: 999_999_999_999 }), fc.integer({ min: 0, max: 99_999_999 }))
  .map(([negative, whole, fraction]) => d(`${negative ? "-" : ""}${whole}.${String(fraction).padStart(8, "0")}`));

describe("reading", () => {
  test.each([
    ["1234.50", "1234.5"],
    ["+7", "7"],
    ["-0", "0"],
    ["0.000", "0"],
    [".5", "0.5"],
    ["5.", "5"],
    ["00012", "12"],
    ["9007199254740993", "9007199254740993"],
    ["0.0000000000000000001", "0.0000000000000000001"],
  ])("%s is kept exactly, as %s", (given, kept) => {
    expect(decimal(given)).toBe(kept);
  });

  test.each(["", " ", "1e5", "NaN", "Infinity", "1,5", "0x10", "1.2.3", "--1", "1 2", "٣", "9".repeat(42)])(
    "%j is refused, not guessed",
    (given) => {
      expect(() => decimal(given)).toThrow(RangeError);
      expect(isDecimal(given)).toBe(false);
    },
  );
});

describe("arithmetic", () => {
  test("a tenth and two tenths are exactly three tenths", () => {
    expect(add(d("0.1"), d("0.2"))).toBe("0.3");
  });

  test("adding and taking away again changes nothing", () => {
    fc.assert(fc.property(amounts, amounts, (a, b) => sub(add(a, b), b) === a));
  });

  test("products agree with whole-number arithmetic", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
        fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
        (a, b) => mul(decimal(a), decimal(b)) === decimal(a * b),
      ),
    );
  });

  test("a sum does not depend on the order", () => {
    fc.assert(fc.property(fc.array(amounts), (list) => sum(list) === sum(list.toReversed())));
  });

  test("comparing agrees with the sign of the difference", () => {
    fc.assert(fc.property(amounts, amounts, (a, b) => compare(a, b) === compare(sub(a, b), d("0"))));
  });

  test("numbers that no float tells apart are still compared exactly", () => {
    const step = fc.constantFrom("0.00000001", "0.0000000000000001", "1").map(d);
    const large = fc.bigInt({ min: 10n ** 16n, max: 10n ** 24n }).map((value) => decimal(value));
    fc.assert(fc.property(large, step, (a, b) => compare(a, add(a, b)) === -1 && compare(add(a, b), a) === 1));
    expect([compare(d("9007199254740993"), d("9007199254740992")), compare("1.0" as Decimal, d("1"))]).toEqual([1, 0]);
    expect(() => compare("" as Decimal, d("1"))).toThrow(/Invalid argument/);
  });

  test("a value and its opposite cancel", () => {
    fc.assert(fc.property(amounts, (a) => add(a, neg(a)) === "0" && abs(neg(a)) === abs(a)));
  });

  test("dividing by zero is refused", () => {
    expect(() => div(d("1"), d("0"), 2, "down")).toThrow(/cannot be divided by zero/);
  });
});

describe("rounding is named by the caller", () => {
  test.each([
    ["1.25", "0.1", "down", "1.2"],
    ["1.25", "0.1", "up", "1.3"],
    ["1.25", "0.1", "half-even", "1.2"],
    ["1.35", "0.1", "half-even", "1.4"],
    ["-1.25", "0.1", "down", "-1.2"],
    ["-1.25", "0.1", "floor", "-1.3"],
    ["-1.25", "0.1", "ceil", "-1.2"],
    ["61234.7", "0.5", "down", "61234.5"],
    ["7", "2.5", "up", "7.5"],
  ] as const)("%s on a step of %s, %s, is %s", (value, step, mode, result) => {
    expect(roundTo(d(value), d(step), mode)).toBe(result);
  });

  test("rounding down never leaves more than there was, rounding up never less, and both less than a step away", () => {
    const steps = fc.constantFrom("0.01", "0.5", "1", "25").map(d);
    fc.assert(
      fc.property(amounts.map(abs), steps, (value, step) => {
        const [low, high] = [roundTo(value, step, "down"), roundTo(value, step, "up")];
        return (
          !greater(low, value) &&
          !greater(value, high) &&
          greater(step, sub(value, low)) &&
          greater(step, sub(high, value))
        );
      }),
    );
  });

  test("a step that is not positive is refused", () => {
    expect(() => roundTo(d("1"), d("0"), "down")).toThrow(RangeError);
  });
});

describe("the doors to floats", () => {
  test("out and back gives the same price on its tick", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000 }), (ticks) => {
        const price = mul(d(String(ticks)), d("0.01"));
        return fromFloat(toFloat(price), d("0.01"), "half-even") === price;
      }),
    );
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("%s does not come back", (value) => {
    expect(() => fromFloat(value, d("1"), "down")).toThrow(RangeError);
  });
});

test.each([
  ["1234567.891", undefined, "1,234,567.891"],
  ["1234567.891", 2, "1,234,567.89"],
  ["-1000", 0, "-1,000"],
  ["999", undefined, "999"],
  ["0.5", 2, "0.50"],
])("%s is shown to people as grouped digits", (value, digits, shown) => {
  expect(grouped(d(value), digits)).toBe(shown);
});

test("places cuts digits after the point in the named way", () => {
  expect(places(d("1.23456"), 2, "up")).toBe("1.24");
  expect(places(d("1.23456"), 2, "down")).toBe("1.23");
});
