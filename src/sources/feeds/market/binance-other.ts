import type { Lane } from "./binance-frame.ts";
import type { Data } from "./binance-json.ts";
import type { Emit, Records } from "./records.ts";

const HOUR_MS = 3_600_000;
/** Perpetuals are funded as often as this; in a storm the venue makes one hour of four or eight. */
const INTERVALS_MS = [8 * HOUR_MS, 4 * HOUR_MS, 2 * HOUR_MS, HOUR_MS] as const;
const number = (value: unknown): number => (value === undefined || value === "" ? Number.NaN : Number(value));

/** Binance's rarer messages: mark price with funding, forced orders, finished candles, open interest. */
export function otherBinance(
  data: Data,
  receivedAt: number,
  laneOf: (symbol: string) => Lane,
  records: Records,
  emit: Emit,
): void {
  const at = typeof data["E"] === "number" ? data["E"] : receivedAt;
  switch (data["e"]) {
    case "markPriceUpdate": {
      const lane = laneOf(String(data["s"]));
      const { market } = lane;
      emit(Object.assign(records.mark, { market, at, receivedAt, mark: number(data["p"]), index: number(data["i"]) }));
      const rate = number(data["r"]);
      // Dated futures carry the field empty.
      if (!Number.isNaN(rate))
        emit(
          Object.assign(records.funding, {
            market,
            at,
            receivedAt,
            rate,
            intervalMs: intervalOf(lane, number(data["T"])),
          }),
        );
      return;
    }
    case "forceOrder": {
      const order = data["o"] as Data;
      const { market } = laneOf(String(order["s"]));
      const price = number(order["ap"]) || number(order["p"]);
      const size = number(order["q"]);
      const taker = order["S"] === "BUY" ? 1 : -1;
      if (price > 0 && size > 0)
        emit(Object.assign(records.liquidation, { market, at, receivedAt, price, size, taker }));
      return;
    }
    case "kline": {
      const k = data["k"] as Data;
      if (k["x"] !== true) return;
      const { market } = laneOf(String(data["s"]));
      const [open, high, low, close, volume] = ["o", "h", "l", "c", "v"].map((key) => number(k[key]));
      const intervalMs = number(k["T"]) + 1 - number(k["t"]);
      emit(
        Object.assign(records.candle, {
          market,
          at: number(k["T"]) + 1,
          receivedAt,
          intervalMs,
          open,
          high,
          low,
          close,
          volume,
        }),
      );
      return;
    }
    default:
  }
}

/**
 * The stream names no interval but the next funding's time: how far that moved tells it, and before it moves the longest
 * interval that begins at midnight and passes through it.
 */
function intervalOf(lane: Lane, next: number): number {
  if (next === lane.fundingAt) return lane.fundingMs;
  const moved = INTERVALS_MS.find((one) => next - lane.fundingAt === one);
  lane.fundingMs = moved ?? INTERVALS_MS.find((one) => next % one === 0) ?? INTERVALS_MS[0];
  lane.fundingAt = next;
  return lane.fundingMs;
}
