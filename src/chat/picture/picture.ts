import type { Worker } from "node:worker_threads";
import type { Clock } from "../../kernel/clock.ts";
import { startThread } from "../../kernel/thread.ts";
import { withDeadline } from "../deadline.ts";
import type { Chart } from "./chart.ts";

const PAINT_MS = 15_000;
/** Native memory of pictures is given back late: a worker is replaced after this many. */
const PICTURES_A_WORKER = 100;

interface Painted {
  readonly id: number;
  readonly png?: Uint8Array;
  readonly error?: string;
}

/** Draws charts as PNG, 1600 × 900 pixels. */
export interface Painter {
  /** @throws Error where the chart cannot be drawn, CHAT_UNREACHABLE where it takes longer than fifteen seconds */
  paint(chart: Chart): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Opens a painter; its worker starts with the first picture and is replaced when it dies or has drawn enough. */
export function openPainter(clock: Clock): Painter {
  const waiting = new Map<number, { resolve(png: Uint8Array): void; reject(error: Error): void }>();
  let worker: Worker | undefined;
  let painted = 0;
  let count = 0;

  const fail = (error: Error): void => {
    for (const one of waiting.values()) one.reject(error);
    waiting.clear();
    worker = undefined;
  };
  const hire = (): Worker => {
    const made = startThread(import.meta.url, "./worker");
    made.unref();
    made.on("message", ({ id, png, error }: Painted) => {
      const one = waiting.get(id);
      waiting.delete(id);
      if (png === undefined) one?.reject(new Error(`the picture could not be drawn: ${error ?? "no reason given"}`));
      else one?.resolve(png);
    });
    made.on("error", fail);
    painted = 0;
    return made;
  };
  const retire = async (): Promise<void> => {
    const old = worker;
    worker = undefined;
    await old?.terminate();
  };

  return {
    async paint(chart) {
      if (painted >= PICTURES_A_WORKER && waiting.size === 0) await retire();
      worker ??= hire();
      painted += 1;
      count += 1;
      const id = count;
      const drawn = new Promise<Uint8Array>((resolve, reject) => {
        waiting.set(id, { resolve, reject });
      });
      worker.postMessage({ id, chart });
      try {
        return await withDeadline(drawn, PAINT_MS, clock, "drawing a picture");
      } finally {
        waiting.delete(id);
      }
    },
    async close() {
      const old = worker;
      fail(new Error("the painter was closed"));
      await old?.terminate();
    },
  };
}
