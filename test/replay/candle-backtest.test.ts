import { array, assert, double, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { type Candles, backtestCandles } from "../../src/replay/candle-backtest.ts";

const FREE = { feeRatio: 0, slippageRatio: 0 };

/** Candles that open and close at the prices given, without wicks. */
function candles(closes: readonly number[], lows?: readonly number[]): Candles {
  const close = Float64Array.from(closes);
  const open = Float64Array.from(closes, (_, i) => closes[Math.max(0, i - 1)]!);
  const high = Float64Array.from(closes, (value, i) => Math.max(value, open[i]!));
  const low = lows ? Float64Array.from(lows) : Float64Array.from(closes, (value, i) => Math.min(value, open[i]!));
  return { open, high, low, close };
}

describe("the candle backtest", () => {
  test("fills at the next bar's open, so the bar of the decision earns nothing", () => {
    const result = backtestCandles(candles([100, 200, 400]), Float64Array.of(0, 1, 1), FREE);
    expect(result.equity).toBe(2);
    expect(result.trades).toBe(1);
    expect(result.barsInMarket).toBe(1);
  });

  test("takes fees and slippage of every trade, and tells them apart", () => {
    const result = backtestCandles(candles([100, 100, 100, 100]), Float64Array.of(1, 0, Number.NaN, Number.NaN), {
      feeRatio: 0.001,
      slippageRatio: 0.0005,
    });
    expect(result.trades).toBe(2);
    expect(result.fees).toBeCloseTo(0.002, 10);
    expect(result.slippage).toBeCloseTo(0.001, 10);
    expect(result.equity).toBeCloseTo(0.997, 10);
  });

  test("liquidates within the bar, at its worst price, though the bar closes well", () => {
    const lows = [100, 100, 60, 100];
    const curve = new Float64Array(4);
    const result = backtestCandles(
      candles([100, 100, 100, 100], lows),
      Float64Array.of(3, Number.NaN, Number.NaN, Number.NaN),
      FREE,
      curve,
    );
    expect(result).toMatchObject({ liquidatedAt: 2, equity: 0, maxDrawdownRatio: 1 });
    expect([...curve]).toEqual([1, 1, 0, 0]);
  });

  test("measures drawdown from the height before, and danger before death", () => {
    const result = backtestCandles(
      candles([100, 110, 99, 120]),
      Float64Array.of(1, Number.NaN, Number.NaN, Number.NaN),
      FREE,
    );
    expect(result.maxDrawdownRatio).toBeCloseTo(0.1, 10);
    const close = backtestCandles(
      candles([100, 100, 77, 100]),
      Float64Array.of(4, Number.NaN, Number.NaN, Number.NaN),
      { ...FREE, maintenanceRatio: 0.02 },
    );
    expect(close.barsInDanger).toBe(2);
    expect(close.liquidatedAt).toBe(-1);
  });

  test("lets longs pay funding and shorts receive it", () => {
    const terms = { ...FREE, fundingRatio: 0.001 };
    const hold = (target: number) =>
      backtestCandles(candles([100, 100, 100]), Float64Array.of(target, Number.NaN, Number.NaN), terms).funding;
    expect(hold(1)).toBeCloseTo(0.002, 10);
    expect(hold(-1)).toBeCloseTo(-0.002, 10);
  });

  test("without costs a held position earns exactly what the price did, whatever the price", () => {
    const price = double({ min: 50, max: 150, noNaN: true });
    assert(
      property(array(price, { minLength: 3, maxLength: 50 }), (closes) => {
        const targets = new Float64Array(closes.length).fill(Number.NaN);
        targets[0] = 1;
        const { equity } = backtestCandles(candles(closes), targets, FREE);
        expect(equity).toBeCloseTo(closes.at(-1)! / closes[0]!, 8);
      }),
    );
  });

  test("refuses columns of different lengths", () => {
    expect(() => backtestCandles(candles([1, 2]), new Float64Array(3))).toThrow(/equally long/);
  });
});
