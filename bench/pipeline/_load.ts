import { sleep } from "./_process.ts";
import type { Target } from "./_target.ts";

/** A promise that is settled from outside. */
function settled(): { readonly promise: Promise<void>; readonly settle: () => void } {
  const parts: { settle?: () => void } = {};
  const promise = new Promise<void>((resolve) => {
    parts.settle = resolve;
  });
  return { promise, settle: () => parts.settle?.() };
}

/** The value below which a share of the list lies. */
export function quantile(list: readonly number[], share: number): number {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

let next = 1;
/** Numbers that no alert had before. */
export const numbers = (count: number): number[] => Array.from({ length: count }, () => next++);

/** Sends at a fixed rate whatever comes back; milliseconds from the moment each alert was due to when it was shown. */
export async function openLoop(target: Target, perSecond: number, count: number): Promise<number[]> {
  const due = new Map<number, number>();
  const taken: number[] = [];
  const all = settled();
  target.onShown = (number) => {
    const at = due.get(number);
    if (at === undefined) return;
    due.delete(number);
    taken.push(performance.now() - at);
    if (taken.length === count) all.settle();
  };
  const begin = performance.now() + 50;
  const sending: Promise<boolean>[] = [];
  for (let index = 0; index < count; index += 1) {
    const at = begin + (index * 1_000) / perSecond;
    const wait = at - performance.now();
    if (wait > 0) await sleep(wait);
    const [number = 0] = numbers(1);
    due.set(number, at);
    sending.push(target.send([number]));
  }
  await Promise.all(sending);
  await Promise.race([all.promise, sleep(30_000)]);
  if (due.size > 0) throw new Error(`${due.size} of ${count} alerts were never shown`);
  return taken;
}

/** A desk runs for weeks: Node's compiler is done with an alert's way only after some thousands of them. */
export const WARM_UP = 10_000;

/** Keeps so many alerts on their way from sending to being shown; resolves to the milliseconds it took in all. */
export async function closedLoop(target: Target, inFlight: number, count: number): Promise<number> {
  const waiting = new Map<number, () => void>();
  target.onShown = (number) => {
    waiting.get(number)?.();
    waiting.delete(number);
  };
  let left = count;
  const worker = async (): Promise<void> => {
    for (; left > 0;) {
      left -= 1;
      const [number = 0] = numbers(1);
      const shown = settled();
      waiting.set(number, shown.settle);
      if (!(await target.send([number]))) throw new Error("an alert was refused");
      await shown.promise;
    }
  };
  const begin = performance.now();
  await Promise.all(Array.from({ length: inFlight }, worker));
  return performance.now() - begin;
}

/** Sends bodies of so many alerts, some at a time; resolves to alerts acknowledged a second. */
export async function bodies(target: Target, size: number, count: number, inFlight: number): Promise<number> {
  target.onShown = () => {};
  let left = count;
  const worker = async (): Promise<void> => {
    for (; left > 0;) {
      left -= 1;
      if (!(await target.send(numbers(size)))) throw new Error("a body was refused");
    }
  };
  const begin = performance.now();
  await Promise.all(Array.from({ length: inFlight }, worker));
  return (count * size * 1_000) / (performance.now() - begin);
}

/** Sends bodies of 100 alerts at a fixed rate for so long; resolves to the number of alerts acknowledged. */
export async function storm(target: Target, alertsPerSecond: number, seconds: number): Promise<number> {
  const begin = performance.now();
  const sending: Promise<boolean>[] = [];
  const count = (alertsPerSecond * seconds) / 100;
  for (let index = 0; index < count; index += 1) {
    const wait = begin + (index * 100_000) / alertsPerSecond - performance.now();
    if (wait > 0) await sleep(wait);
    // A refusal (429) is an honest answer; only what was acknowledged counts.
    sending.push(target.send(numbers(100)));
  }
  const answers = await Promise.all(sending);
  return answers.filter(Boolean).length * 100;
}

/** Runs a measurement on a fresh target and stops it. */
export const measured =
  <T extends Target>(open: () => Promise<T>, measure: (target: T) => Promise<number>) =>
  async (): Promise<() => Promise<number>> => {
    const target = await open();
    return async () => {
      try {
        return await measure(target);
      } finally {
        await target.stop();
      }
    };
  };
