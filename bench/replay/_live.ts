import { setImmediate as turn } from "node:timers/promises";
import { DETECTORS } from "../../src/detectors/load.ts";
import { createWatch } from "../../src/detectors/watch.ts";
import { createMarkets } from "../../src/sources/feeds/market/markets.ts";
import { PARSERS } from "../../src/sources/feeds/market/venues.ts";

const INSTRUMENTS = 200;
const MESSAGES_A_SECOND = 50;
const SECONDS = 12;
/** Compiling is not counted: a process that runs for days does it once. */
const WARM_UP_SECONDS = 4;

/** What a live process needs. */
export interface Load {
  /** Cores in use, on average. */
  readonly cores: number;
  readonly megabytes: number;
  /** From a message's due time to the end of all detectors, 99th percentile, ms. */
  readonly p99Ms: number;
}

/** 200 instruments, each with 50 messages a second (a third books of eight levels, the rest quotes and trades), at their own pace. */
export async function runLive(): Promise<Load> {
  let hits = 0;
  const watch = createWatch({ detectors: DETECTORS, onHit: () => (hits += 1) });
  const parser = PARSERS.binanceusdm({ markets: createMarkets(), emit: (event) => watch.take(event) });
  let state = 1;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 8) % below;
  };
  const send = (message: unknown, at: number): void => {
    const bytes = Buffer.from(typeof message === "string" ? message : JSON.stringify(message));
    parser.message(bytes, 0, bytes.length, at);
  };
  const names = Array.from({ length: INSTRUMENTS }, (_, i) => `COIN${i}USDT`);
  const price = (away: number): string => (1000 + away / 10).toFixed(1);
  const size = (): string => (1 + next(900) / 10).toFixed(1);
  const last = names.map(() => 1);
  const began = performance.timeOrigin + performance.now();
  for (const symbol of names) {
    send(
      { e: "depthUpdate", E: Math.round(began), T: Math.round(began), s: symbol, U: 1, u: 1, pu: 0, b: [], a: [] },
      began,
    );
    const levels = (sign: 1 | -1): string[][] => Array.from({ length: 500 }, (_, i) => [price(sign * (i + 1)), size()]);
    parser.answer(
      `https://x/depth?symbol=${symbol}&limit=1000`,
      JSON.stringify({ lastUpdateId: 1, bids: levels(-1), asks: levels(1) }),
      began,
    );
  }
  const delays: number[] = [];
  const total = INSTRUMENTS * MESSAGES_A_SECOND * SECONDS;
  const warm = INSTRUMENTS * MESSAGES_A_SECOND * WARM_UP_SECONDS;
  let before = process.cpuUsage();
  const start = performance.now();
  for (let sent = 0; sent < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - start) * INSTRUMENTS * MESSAGES_A_SECOND) / 1000));
    for (; sent < due; sent += 1) {
      if (sent === warm) before = process.cpuUsage();
      const i = sent % INSTRUMENTS;
      const symbol = names[i]!;
      const now = performance.timeOrigin + performance.now();
      const at = Math.round(now);
      if (sent % 3 === 0) {
        const u = last[i]! + 1;
        last[i] = u;
        const rows = (sign: 1 | -1): string =>
          Array.from({ length: 4 }, () => `["${price(sign * (1 + next(40)))}","${size()}"]`).join();
        send(
          `{"e":"depthUpdate","E":${at},"T":${at},"s":"${symbol}","U":${u},"u":${u},"pu":${u - 1},"b":[${rows(-1)}],"a":[${rows(1)}]}`,
          now,
        );
      } else if (sent % 3 === 1) {
        send(
          `{"e":"bookTicker","u":${sent},"s":"${symbol}","b":"999.9","B":"${size()}","a":"1000.1","A":"${size()}","T":${at},"E":${at}}`,
          now,
        );
      } else
        send(
          `{"e":"trade","E":${at},"T":${at},"s":"${symbol}","t":${sent},"p":"1000.1","q":"${size()}","X":"MARKET","m":${next(2) === 0}}`,
          now,
        );
      if (sent >= warm) delays.push(performance.now() - start - (sent * 1000) / (INSTRUMENTS * MESSAGES_A_SECOND));
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
    await turn();
  }
  const { user, system } = process.cpuUsage(before);
  delays.sort((a, b) => a - b);
  return {
    cores: (user + system) / 1e6 / (SECONDS - WARM_UP_SECONDS),
    megabytes: process.memoryUsage().rss / 1e6,
    p99Ms: delays[Math.floor(delays.length * 0.99)]!,
  };
}
