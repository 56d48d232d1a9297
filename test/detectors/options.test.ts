import { describe, expect, test } from "vitest";
import { optionMispriced } from "../../src/detectors/option-mispriced.ts";
import { surfaceArbitrage } from "../../src/detectors/surface-arbitrage.ts";
import { black76 } from "../../src/quant/options/black76.ts";
import { START, stage } from "./_stage.ts";

const DAY_MS = 86_400_000;
const FORWARD = 60_000;
const STRIKES = [40_000, 45_000, 50_000, 55_000, 60_000, 65_000, 70_000, 75_000, 80_000];

/** A smile with a skew, and its marks as Deribit tells them: in coins, with the volatility behind. */
const smile = (strike: number, days: number) => {
  const k = Math.log(strike / FORWARD);
  return 0.55 + 0.02 * Math.sqrt(30 / days) - 0.08 * k + 0.25 * k * k;
};

/** The day `days` after the stage's beginning, 08:00 UTC, in Deribit's words. */
const expiry = (days: number) => {
  const date = new Date(START + days * DAY_MS);
  const month = date.toLocaleString("en", { month: "short", timeZone: "UTC" }).toUpperCase();
  return { name: `${date.getUTCDate()}${month}${date.getUTCFullYear() - 2000}`, at: date.setUTCHours(8, 0, 0, 0) };
};

interface Quoted {
  readonly sigmaOf?: (strike: number, days: number) => number;
  readonly named?: boolean;
  readonly days?: readonly number[];
}

function venue(detector: Parameters<typeof stage>[0], params?: Record<string, number>) {
  const one = stage(detector, params);
  return {
    ...one,
    /** Every option of every expiry, out of the money, once. */
    tell(at: number, { sigmaOf = smile, named = true, days = [30, 60] }: Quoted = {}) {
      for (const day of days) {
        const { name, at: end } = expiry(day);
        for (const strike of STRIKES) {
          const kind = strike < FORWARD ? "put" : "call";
          const sigma = sigmaOf(strike, day);
          const years = (end - START - at) / (365 * DAY_MS);
          const mark = black76({ kind, forward: FORWARD, strike, years, sigma }).price / FORWARD;
          one.take({
            kind: "option",
            at,
            market: `deribit BTC-${name}-${strike}-${kind === "put" ? "P" : "C"}`,
            bid: mark * 0.99,
            bidSize: 10,
            ask: mark * 1.01,
            askSize: 10,
            mark,
            impliedVolatility: named ? Math.round(sigma * 10_000) / 10_000 : Number.NaN,
            forward: FORWARD,
          });
        }
      }
    },
  };
}

describe("an option marked apart from its smile", () => {
  test.each([
    ["the dear wing put", 45_000, 0.08, "above"],
    ["the cheap call", 70_000, -0.06, "below"],
    ["the dear option at the money", 60_000, 0.05, "above"],
  ])("is found, and only it: %s", (_name, wrong, gap, word) => {
    const one = venue(optionMispriced);
    const sigmaOf = (strike: number, days: number) => smile(strike, days) + (strike === wrong && days === 60 ? gap : 0);
    for (let at = 0; at <= 60_000; at += 5000) one.tell(at, { sigmaOf });
    expect(one.firing()).toHaveLength(1);
    const [hit] = one.firing();
    expect(hit).toMatchObject({ alert: "option.mispriced", venue: "deribit" });
    expect(hit!.title).toContain(`${word} its smile`);
    expect(hit!.instrument).toContain(`-${wrong}-`);
    expect(Number(hit!.evidence["gapPoints"])).toBeCloseTo(gap * 100, 0);
  });

  test("is found by its price alone where the venue names no volatility", () => {
    const one = venue(optionMispriced);
    const sigmaOf = (strike: number, days: number) => smile(strike, days) + (strike === 50_000 ? 0.06 : 0);
    one.tell(0, { sigmaOf, named: false });
    one.tell(11_000, { sigmaOf, named: false });
    one.tell(22_000, { sigmaOf, named: false });
    expect(one.firing().map(({ instrument }) => instrument.endsWith("-50000-P"))).toEqual([true, true]);
  });

  test("comes to an end when the mark is along its smile again", () => {
    const one = venue(optionMispriced);
    const sigmaOf = (strike: number, days: number) => smile(strike, days) + (strike === 50_000 ? 0.06 : 0);
    one.tell(0, { sigmaOf, days: [30] });
    one.tell(11_000, { sigmaOf, days: [30] });
    for (let at = 20_000; at < 80_000; at += 5000) one.tell(at, { days: [30] });
    expect(one.hits.map(({ status }) => status)).toEqual(["firing", "resolved"]);
  });

  test.each([
    ["a smile as it should be", smile],
    ["a gap of one point", (strike: number, days: number) => smile(strike, days) + (strike === 50_000 ? 0.01 : 0)],
    [
      "every second strike apart: then the model is wrong, not the marks",
      (strike: number, days: number) => smile(strike, days) + (strike % 10_000 === 0 ? 0.08 : 0),
    ],
    [
      "a gap in a wing that is worth nothing",
      (strike: number, days: number) => smile(strike, days) - (strike === 40_000 && days === 7 ? 0.2 : 0),
    ],
  ])("is not seen in %s", (_name, sigmaOf) => {
    const one = venue(optionMispriced);
    for (let at = 0; at <= 120_000; at += 5000) one.tell(at, { sigmaOf, days: [7, 30, 60] });
    expect(one.hits).toEqual([]);
  });

  test("is not seen where a storm moves the whole smile between one moment and the next", () => {
    const one = venue(optionMispriced);
    for (let at = 0; at <= 60_000; at += 5000)
      one.tell(at, { sigmaOf: (strike, days) => smile(strike, days) + at / 3e5 });
    expect(one.hits).toEqual([]);
  });
});

describe("marks that contradict each other", () => {
  test.each([
    [
      "butterfly",
      (strike: number, days: number) => smile(strike, days) + (strike === 60_000 && days === 30 ? 0.15 : 0),
    ],
    ["calendar", (strike: number, days: number) => smile(strike, days) - (days === 60 ? 0.25 : 0)],
    ["vertical", (strike: number, days: number) => smile(strike, days) + (strike === 80_000 && days === 30 ? 0.6 : 0)],
  ])("are told as a %s", (kind, sigmaOf) => {
    const one = venue(surfaceArbitrage);
    for (let at = 0; at <= 60_000; at += 5000) one.tell(at, { sigmaOf });
    expect(one.firing()).toHaveLength(1);
    expect(one.firing()[0]).toMatchObject({ alert: "surface.arbitrage", evidence: { kind } });
    for (let at = 65_000; at <= 120_000; at += 5000) one.tell(at);
    expect(one.hits.at(-1)!.status).toBe("resolved");
  });

  test("are not seen in a sound surface, however its volatilities are rounded", () => {
    const one = venue(surfaceArbitrage);
    for (let at = 0; at <= 120_000; at += 5000) one.tell(at, { days: [2, 7, 30, 60, 180] });
    expect(one.hits).toEqual([]);
  });
});
