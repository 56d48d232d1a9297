import { readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { black76 } from "../../../src/quant/options/black76.ts";
import { impliedVolatility } from "../../../src/quant/options/implied-volatility.ts";
import { inverseOption } from "../../../src/quant/options/inverse-option.ts";
import { linearOption } from "../../../src/quant/options/linear-option.ts";
import { sharedData } from "../../shared-data.ts";
import { exact, exactBlack, relativeError, seeded } from "./exact.ts";

describe("an inverse option", () => {
  test("agrees with 60-digit arithmetic to 1e-12, the net delta included", () => {
    const random = seeded(9);
    for (let i = 0; i < 60; i += 1) {
      const kind = random() < 0.5 ? "call" : "put";
      const [years, sigma, forward] = [0.002 + random(), 0.2 + 1.5 * random(), 60_000 * (0.9 + 0.2 * random())];
      const strike = forward * Math.exp((6 * random() - 3) * sigma * Math.sqrt(years));
      const own = inverseOption({ kind, forward, strike, years, sigma });
      const { price, delta, gamma, vega, theta } = exactBlack(kind, forward, strike, years, sigma);
      const coin = price.div(exact(forward));
      const net = delta.minus(coin);
      expect(relativeError(own.priceCoin, coin)).toBeLessThan(1e-12);
      expect(relativeError(own.priceUsd, price)).toBeLessThan(1e-12);
      expect(relativeError(own.netDelta, net)).toBeLessThan(1e-12);
      expect(relativeError(own.dPriceCoinDForward, net.div(exact(forward)))).toBeLessThan(1e-12);
      expect(relativeError(own.gammaUsd, gamma)).toBeLessThan(1e-12);
      expect(relativeError(own.vegaUsd, vega)).toBeLessThan(1e-12);
      expect(relativeError(own.thetaUsdPerYear, theta)).toBeLessThan(1e-12);
    }
  });

  test("moves in coin by the derivative it states", () => {
    const base = { kind: "put", forward: 60_000, strike: 55_000, years: 0.1, sigma: 0.7 } as const;
    const up = inverseOption({ ...base, forward: 60_001 }).priceCoin;
    const down = inverseOption({ ...base, forward: 59_999 }).priceCoin;
    expect((up - down) / 2).toBeCloseTo(inverseOption(base).dPriceCoinDForward, 12);
  });

  test("of the call less that of the put is worth 1 - strike/forward coin", () => {
    const draw = {
      forward: fc.double({ min: 100, max: 1e5, noNaN: true }),
      strike: fc.double({ min: 100, max: 1e5, noNaN: true }),
      years: fc.double({ min: 0, max: 2, noNaN: true }),
      sigma: fc.double({ min: 0, max: 3, noNaN: true }),
    };
    fc.assert(
      fc.property(fc.record(draw), (option) => {
        const [call, put] = [inverseOption({ kind: "call", ...option }), inverseOption({ kind: "put", ...option })];
        const parity = 1 - option.strike / option.forward;
        expect(Math.abs(call.priceCoin - put.priceCoin - parity)).toBeLessThan(
          1e-14 * (1 + option.strike / option.forward),
        );
      }),
    );
  });

  test("is refused with a bad volatility", () => {
    const option = { kind: "call", forward: 100, strike: 100, years: 1, sigma: NaN } as const;
    expect(() => inverseOption(option)).toThrow(expect.objectContaining({ code: "NOT_FINITE" }));
    expect(() => linearOption({ ...option, sigma: 1, contractSize: 0 })).toThrow(
      expect.objectContaining({ code: "OUT_OF_RANGE" }),
    );
  });
});

test("a linear option is a Black-76 option times its contract size", () => {
  const option = { kind: "call", forward: 3000, strike: 3200, years: 0.05, sigma: 0.8 } as const;
  const { price, delta, theta } = black76(option);
  expect(linearOption({ ...option, contractSize: 0.1 })).toMatchObject({
    priceUsd: 0.1 * price,
    delta: 0.1 * delta,
    thetaUsdPerYear: 0.1 * theta,
  });
});

interface Ticker {
  instrument_name: string;
  timestamp: number;
  underlying_price: number;
  mark_price: number;
  mark_iv: number;
  greeks: { delta: number; vega: number };
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

function recordedTickers(file: string): Ticker[] {
  const tickers: Ticker[] = [];
  for (const line of gunzipSync(readFileSync(file)).toString("utf8").split("\n")) {
    if (!line.includes('"ticker.') || !line.includes('"mark_iv"')) continue;
    const message = JSON.parse(line.slice(line.indexOf("{"))) as { params?: { data?: Ticker } };
    if (message.params?.data?.greeks !== undefined) tickers.push(message.params.data);
  }
  return tickers;
}

/** Deribit options expire at 08:00 UTC of the day in their name. */
function toOption(ticker: Ticker) {
  const [, date = "", strike = "", kind = ""] = ticker.instrument_name.split("-");
  const [, day = "", month = "", year = ""] = /^(\d+)([A-Z]{3})(\d\d)$/.exec(date) ?? [];
  const expiry = Date.UTC(2000 + Number(year), MONTHS.indexOf(month), Number(day), 8);
  const years = (expiry - ticker.timestamp) / (365 * 86_400_000);
  return {
    kind: kind === "C" ? ("call" as const) : ("put" as const),
    forward: ticker.underlying_price,
    strike: Number(strike),
    years,
  };
}

const recording = sharedData(path.join("exchange-ws-recordings", "DERIBIT.ws.1.0.gz"));

describe.skipIf(recording === undefined)(
  "real Deribit tickers of July 2021 (skipped where the recordings are absent)",
  () => {
    test("delta is the venue's to its last published digit, and the mark price follows from the mark volatility", () => {
      const tickers = recordedTickers(recording!);
      expect(tickers.length).toBeGreaterThan(80);
      for (const ticker of tickers) {
        const own = inverseOption({ ...toOption(ticker), sigma: ticker.mark_iv / 100 });
        expect(Math.abs(own.delta - ticker.greeks.delta)).toBeLessThanOrEqual(1.05e-5);
        expect(Math.abs(own.vegaUsd / 100 - ticker.greeks.vega)).toBeLessThan(0.02 + 1e-3 * ticker.greeks.vega);
        expect(Math.abs(own.priceCoin - ticker.mark_price)).toBeLessThan(3e-4);
      }
    });

    test("the mark price implies the mark volatility as far as its six digits reach", () => {
      for (const ticker of recordedTickers(recording!)) {
        const option = toOption(ticker);
        // A deep option's price says little of its volatility, and its forward is a moment older than its mark.
        if (Math.abs(ticker.greeks.delta) > 0.9) continue;
        const { vegaUsd } = inverseOption({ ...option, sigma: ticker.mark_iv / 100 });
        const sigma = impliedVolatility({ ...option, price: ticker.mark_price * option.forward });
        const tolerance = 1e-3 + (1e-4 * option.forward) / vegaUsd;
        expect(Math.abs(sigma - ticker.mark_iv / 100)).toBeLessThan(tolerance);
      }
    });
  },
);
