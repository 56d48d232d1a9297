import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { QuantError } from "../../../src/quant/errors.ts";
import { assetOrNothing, cashOrNothing } from "../../../src/quant/options/digital.ts";
import { barrierOption } from "../../../src/quant/options/barrier.ts";
import { black76 } from "../../../src/quant/options/black76.ts";
import { blackScholes } from "../../../src/quant/options/black-scholes.ts";
import { impliedVolatility } from "../../../src/quant/options/implied-volatility.ts";
import { inverseOption } from "../../../src/quant/options/inverse-option.ts";
import { merton } from "../../../src/quant/options/merton.ts";
import { touch } from "../../../src/quant/options/reflection.ts";

/** Any double at all, and more often one that a market could show. */
const anyNumber = fc.oneof(
  { weight: 1, arbitrary: fc.double() },
  { weight: 4, arbitrary: fc.double({ min: 1e-6, max: 1e6, noNaN: true }) },
);

interface Numbers {
  kind: "call" | "put";
  forward: number;
  strike: number;
  years: number;
  sigma: number;
  rate: number;
  price: number;
}

const PRICERS: Record<string, (n: Numbers) => object | number> = {
  "Black-76": black76,
  "Black–Scholes": (n) => blackScholes({ ...n, spot: n.forward }),
  "an implied volatility": impliedVolatility,
  "an inverse option": inverseOption,
  Merton: (n) => merton({ ...n, spot: n.forward, jumpIntensity: 2, jumpMeanLog: -0.1, jumpSdLog: 0.2 }),
  "a cash-or-nothing": (n) => cashOrNothing({ ...n, spot: n.forward }),
  "an asset-or-nothing": (n) => assetOrNothing({ ...n, spot: n.forward }),
  "a touch": (n) => touch({ ...n, spot: n.forward, barrier: n.strike }),
  "a barrier": (n) => barrierOption({ ...n, type: "up-out", spot: n.forward, barrier: n.price }),
};

describe("whatever the numbers", () => {
  test.each(Object.keys(PRICERS))("%s answers with finite figures or says why not", (name) => {
    const numbers = fc.record({
      kind: fc.constantFrom("call" as const, "put" as const),
      forward: anyNumber,
      strike: anyNumber,
      years: anyNumber,
      sigma: anyNumber,
      rate: fc.double({ min: -1, max: 1 }),
      price: anyNumber,
    });
    fc.assert(
      fc.property(numbers, (input) => {
        let figures: unknown[];
        try {
          const answer = PRICERS[name]!(input);
          figures = typeof answer === "number" ? [answer] : Object.values(answer);
        } catch (error) {
          expect(error).toBeInstanceOf(QuantError);
          return;
        }
        expect(figures.every((figure) => Number.isFinite(figure))).toBe(true);
      }),
      { numRuns: 400 },
    );
  });
});
