import type { Clock } from "../kernel/clock.ts";

/** At most `max` calls within any `perMs`; the last `reserve` of them only for decisions and new criticals. */
interface Rate {
  readonly max: number;
  readonly perMs: number;
  readonly reserve?: number;
}

/** Budgets of one platform: per method, for each channel and over all. */
export interface Budget {
  readonly post: { readonly channel: Rate; readonly all: Rate };
  readonly update: { readonly channel: Rate; readonly all: Rate };
}

export type Method = keyof Budget;

/** What may be sent now. */
export interface Gate {
  /**
   * Counts a call where the budgets allow it, null where they do not. The returned function is called when the call was
   * answered: the platform counted it some time until then, so our window begins there.
   */
  take(method: Method, channel: string, urgent: boolean): (() => void) | null;
  /** True where no channel may call the method now. */
  shut(method: Method, urgent: boolean): boolean;
  /** The platform asked this channel to wait; a second one asking shuts the method for all. */
  pause(method: Method, channel: string, ms: number): void;
  /** Channels that have to wait, told to or with their rate used up. */
  waiting(method: Method): string[];
  /** Milliseconds until something may change; 0 where something is open now. */
  nextMs(): number;
}

/** One call; `answeredAt` is endless while it is under way. */
interface Call {
  answeredAt: number;
}

/** Calls under way or answered within the rate's time: never more than its `max`. */
interface Window {
  readonly rate: Rate;
  calls: Call[];
}

const firstAnswer = (window: Window): number => Math.min(...window.calls.map((call) => call.answeredAt));
const lastAnswer = (window: Window): number => Math.max(...window.calls.map((call) => call.answeredAt));

/** Sliding windows, so that no minute anywhere holds more calls than the platform allows. */
export function openGate(budget: Budget, clock: Clock): Gate {
  const all: Record<Method, Window> = {
    post: { rate: budget.post.all, calls: [] },
    update: { rate: budget.update.all, calls: [] },
  };
  const channels = new Map<string, Window>();
  const pauses = new Map<string, number>();
  const now = (): number => clock.now().getTime();

  const open = (window: Window, at: number, urgent: boolean): boolean => {
    window.calls = window.calls.filter((call) => at - call.answeredAt < window.rate.perMs);
    return window.calls.length < window.rate.max - (urgent ? 0 : (window.rate.reserve ?? 0));
  };
  const windowOf = (method: Method, channel: string): Window => {
    const key = `${method} ${channel}`;
    const known = channels.get(key);
    if (known !== undefined) return known;
    const made: Window = { rate: budget[method].channel, calls: [] };
    channels.set(key, made);
    return made;
  };
  const pausedUntil = (key: string, at: number): number => {
    const until = pauses.get(key) ?? 0;
    if (until <= at) pauses.delete(key);
    return until;
  };
  const pausedNow = (method: Method, at: number): string[] =>
    [...pauses.keys()]
      .filter((key) => key.startsWith(`${method} `) && pausedUntil(key, at) > at)
      .map((key) => key.slice(method.length + 1));

  return {
    take(method, channel, urgent) {
      const at = now();
      if (pausedUntil(method, at) > at || pausedUntil(`${method} ${channel}`, at) > at) return null;
      const window = windowOf(method, channel);
      if (!open(all[method], at, urgent) || !open(window, at, urgent)) return null;
      const call: Call = { answeredAt: Number.POSITIVE_INFINITY };
      all[method].calls.push(call);
      window.calls.push(call);
      return () => {
        call.answeredAt = now();
      };
    },
    shut(method, urgent) {
      const at = now();
      return pausedUntil(method, at) > at || !open(all[method], at, urgent);
    },
    pause(method, channel, ms) {
      const at = now();
      if (pausedNow(method, at).some((other) => other !== channel)) pauses.set(method, at + ms);
      pauses.set(`${method} ${channel}`, at + ms);
    },
    waiting(method) {
      const at = now();
      const full = [...channels]
        .filter(([key, window]) => key.startsWith(`${method} `) && !open(window, at, true))
        .map(([key]) => key.slice(method.length + 1));
      return [...pausedNow(method, at), ...full];
    },
    nextMs() {
      const at = now();
      const waits: number[] = [];
      for (const [key, window] of channels) {
        // Forgetting quiet channels keeps the map as small as the traffic of one window.
        if (at - lastAnswer(window) >= window.rate.perMs) channels.delete(key);
        else if (window.calls.length >= window.rate.max) waits.push(firstAnswer(window) + window.rate.perMs - at);
      }
      for (const window of [all.post, all.update]) {
        if (window.calls.length >= window.rate.max - (window.rate.reserve ?? 0)) {
          waits.push(firstAnswer(window) + window.rate.perMs - at);
        }
      }
      for (const key of pauses.keys()) if (pausedUntil(key, at) > at) waits.push(pausedUntil(key, at) - at);
      return Math.max(0, Math.min(...waits, 1_000));
    },
  };
}
