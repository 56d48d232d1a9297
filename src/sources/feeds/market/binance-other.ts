import type { Market } from "../../../detectors/event.ts";
import type { Data } from "./binance-json.ts";
import type { Emit, Records } from "./records.ts";

const EIGHT_HOURS_MS = 28_800_000;
const number = (value: unknown): number => (value === undefined || value === "" ? Number.NaN : Number(value));

/** Binance's rarer messages: mark price with funding, forced orders, finished candles, open interest. */
export function otherBinance(
  data: Data,
  receivedAt: number,
  marketOf: (symbol: string) => Market,
  records: Records,
  emit: Emit,
): void {
  const at = typeof data["E"] === "number" ? data["E"] : receivedAt;
  switch (data["e"]) {
    case "markPriceUpdate": {
      const market = marketOf(String(data["s"]));
      emit(Object.assign(records.mark, { market, at, receivedAt, mark: number(data["p"]), index: number(data["i"]) }));
      const rate = number(data["r"]);
      // Dated futures carry the field empty.
      if (!Number.isNaN(rate))
        emit(Object.assign(records.funding, { market, at, receivedAt, rate, intervalMs: EIGHT_HOURS_MS }));
      return;
    }
    case "forceOrder": {
      const order = data["o"] as Data;
      const market = marketOf(String(order["s"]));
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
      const market = marketOf(String(data["s"]));
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
