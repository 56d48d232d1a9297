import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonical, digest, sha256 } from "../../src/kernel/canonical.ts";
import { fakeClock } from "../../src/kernel/clock.ts";
import { durationMs, spanOf } from "../../src/kernel/duration.ts";
import { DeskError, ERRORS } from "../../src/kernel/errors.ts";
import {
  type Instrument,
  baseQuantity,
  contractsFor,
  notional,
  onTick,
  unrealisedUsd,
} from "../../src/kernel/instrument.ts";
import { type Price, type Quantity, decimal } from "../../src/kernel/decimal.ts";
import { fingerprintWords } from "../../src/kernel/plan.ts";
import { Secret } from "../../src/kernel/secret.ts";
import { WORDS } from "../../src/kernel/words.ts";

describe("canonical JSON (RFC 8785)", () => {
  test("keys are sorted by code unit and nothing is added, as in the RFC's own example", () => {
    const given = {
      numbers: [333333333.3333333, 1e30, 4.5, 0.002, 1e-27],
      string: '€$\u000f\nA\'B"\\\\"/',
      literals: [null, true, false],
    };
    expect(canonical(given)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  test("the order of keys changes nothing", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean())), (object) => {
        const turned = Object.fromEntries(Object.entries(object).toReversed());
        return digest(turned) === digest(object);
      }),
    );
  });

  test("a value without a JSON form is refused", () => {
    expect(() => canonical(undefined as never)).toThrow(TypeError);
  });

  test("SHA-256 is the published one", () => {
    expect(sha256("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });
});

describe("a secret", () => {
  const secret = new Secret("hunter2-hunter2");
  test("never prints, whatever prints it", () => {
    const printed = [
      String(secret),
      "".concat(secret as unknown as string),
      JSON.stringify({ secret }),
      inspect({ deep: { secret } }),
      inspect(secret, { showHidden: true, depth: 9 }),
      Object.values(secret).join(),
    ];
    for (const text of printed) expect(text).not.toContain("hunter2");
    expect(JSON.stringify({ secret })).toBe('{"secret":"[secret]"}');
  });

  test("compares by value, and not with anything else", () => {
    expect(secret.equals("hunter2-hunter2")).toBe(true);
    expect(secret.equals("hunter2-hunter3")).toBe(false);
    expect(secret.equals("")).toBe(false);
  });
});

describe("errors", () => {
  test("every row says what happened and what to do", () => {
    for (const [code, row] of Object.entries(ERRORS)) {
      expect(code).toMatch(/^[A-Z][A-Z_]+$/);
      expect(row.title, code).toMatch(/^[A-Z].*[^.]$/);
      expect(row.hint, code).toMatch(/\.$/);
    }
  });

  test("an error without words of its own speaks the table's", () => {
    const error = new DeskError("FROZEN");
    expect(error.message).toContain(ERRORS.FROZEN.title);
    expect(error.retry).toBe("never");
  });
});

describe("time", () => {
  test("sleepers wake in order when the fake clock moves, and not before", async () => {
    const clock = fakeClock(new Date("2026-01-01T00:00:00Z"));
    const woken: string[] = [];
    void clock.sleep(2_000).then(() => woken.push("two"));
    void clock.sleep(1_000).then(() => woken.push("one"));
    await clock.advance(999);
    expect(woken).toEqual([]);
    await clock.advance(1_001);
    expect(woken).toEqual(["one", "two"]);
    expect(clock.now().toISOString()).toBe("2026-01-01T00:00:02.000Z");
  });

  test("a ticker ticks once per period until it is stopped", async () => {
    const clock = fakeClock(new Date(0));
    let ticks = 0;
    const stop = clock.every(1_000, () => void (ticks += 1));
    await clock.advance(3_500);
    expect(ticks).toBe(3);
    stop();
    await clock.advance(5_000);
    expect(ticks).toBe(3);
  });

  test.each([
    ["90s", 90_000],
    ["5m", 300_000],
    ["24h", 86_400_000],
    ["7d", 604_800_000],
  ])("%s is %d ms", (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  test.each(["", "5", "m", "1.5h", "-5m", "5 m", "999999s"])("%j is no duration", (text) => {
    expect(() => durationMs(text)).toThrow(RangeError);
  });

  test.each([
    [12, "12 ms"],
    [2_500, "2.5 s"],
    [125_000, "2 min 5 s"],
    [11_400_000, "3 h 10 min"],
  ])("%d ms reads %s", (ms, text) => {
    expect(spanOf(ms)).toBe(text);
  });
});

const linear: Instrument = {
  venue: "paper",
  symbol: "BTC/USDT:USDT",
  kind: "perpetual",
  base: "BTC",
  quote: "USDT",
  settle: "USDT",
  inverse: false,
  contractSize: decimal("0.001"),
  tickSize: decimal("0.1"),
  lotSize: decimal("1"),
  minQuantity: decimal("1"),
};
const inverse: Instrument = {
  ...linear,
  symbol: "BTC/USD:BTC",
  quote: "USD",
  settle: "BTC",
  inverse: true,
  contractSize: decimal("100"),
};
const price = (text: string): Price => decimal(text);
const contracts = (text: string): Quantity => decimal(text);

describe("instruments", () => {
  test("a linear position is worth contracts times size times price", () => {
    expect(notional(linear, contracts("-2500"), price("60000"))).toBe("150000");
    expect(baseQuantity(linear, contracts("-2500"), price("60000"))).toBe("-2.5");
  });

  test("an inverse position is worth its face, whatever the price", () => {
    expect(notional(inverse, contracts("50"), price("60000"))).toBe("5000");
    expect(baseQuantity(inverse, contracts("50"), price("50000"))).toBe("0.1");
  });

  test("contracts for coins never exceed the coins when rounded down", () => {
    expect(contractsFor(linear, decimal("1.2345"), price("60000"), "down")).toBe("1234");
    expect(contractsFor(inverse, decimal("0.1"), price("50050"), "down")).toBe("50");
  });

  test("a long gains when the price rises, a short loses the same", () => {
    expect(unrealisedUsd(linear, contracts("1000"), price("60000"), price("61000"))).toBe("1000");
    expect(unrealisedUsd(linear, contracts("-1000"), price("60000"), price("61000"))).toBe("-1000");
    expect(Number(unrealisedUsd(inverse, contracts("100"), price("50000"), price("60000")))).toBeCloseTo(2_000, 6);
  });

  test("a price off its tick is seen", () => {
    expect(onTick(linear, price("60000.1"))).toBe(true);
    expect(onTick(linear, price("60000.15"))).toBe(false);
    expect(onTick(linear, price("0"))).toBe(false);
  });
});

test("fingerprint words are four of 256 distinct ones, by the hash's first bytes", () => {
  expect(new Set(WORDS).size).toBe(256);
  expect(fingerprintWords(`00ff10${"0".repeat(58)}`)).toBe([WORDS[0], WORDS[255], WORDS[16], WORDS[0]].join(" "));
});
