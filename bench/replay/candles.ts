import type { Workload } from "../workload.ts";

const BARS = 1_000_000;

/** Moving averages of 10 and 30 bars that cross, with fees, slippage, next-bar fills and intrabar liquidation. */
export const workload: Workload = {
  name: "candle backtest, moving averages crossing",
  unit: "ns/op",
  better: "lower",
  n: BARS,
  rounds: 3,
  own: async () => {
    const { backtestCandles } = await import("../../src/replay/candle-backtest.ts");
    const close = new Float64Array(BARS);
    let state = 1;
    let price = 30_000;
    for (let i = 0; i < BARS; i += 1) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      price *= 1 + ((state >>> 8) / 16_777_216 - 0.5) * 0.002;
      close[i] = price;
    }
    const open = close.map((value, i) => (i === 0 ? value : close[i - 1]!));
    const high = close.map((value, i) => Math.max(value, open[i]!) * 1.0002);
    const low = close.map((value, i) => Math.min(value, open[i]!) * 0.9998);
    const targets = new Float64Array(BARS);
    return () => {
      let fast = 0;
      let slow = 0;
      let before = 0;
      for (let i = 0; i < BARS; i += 1) {
        fast += close[i]! - (i >= 10 ? close[i - 10]! : 0);
        slow += close[i]! - (i >= 30 ? close[i - 30]! : 0);
        const side = i < 30 ? 0 : fast * 3 > slow ? 1 : -1;
        targets[i] = side === before ? Number.NaN : side;
        before = side;
      }
      return backtestCandles({ open, high, low, close }, targets).equity;
    };
  },
};
