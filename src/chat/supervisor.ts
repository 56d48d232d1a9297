import type { Clock } from "../kernel/clock.ts";
import { messageOf } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import { withDeadline } from "./deadline.ts";
import type { Inbound, Surface, SurfaceName } from "./surface.ts";

const START_MS = 20_000;
const STOP_MS = 5_000;
const WATCH_MS = 1_000;
/** Surfaces reconnect by themselves; one that stays down this long is built anew. */
const DOWN_MS = 30_000;
const BACKOFF_FIRST_MS = 1_000;
const BACKOFF_LAST_MS = 60_000;

export interface SupervisorOptions {
  readonly surface: Surface;
  readonly inbound: Inbound;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when the surface goes down for good measure or comes back: an alert of its own. */
  readonly onChange?: (name: SurfaceName, up: boolean, why: string | undefined) => void;
  readonly downMs?: number;
}

/** Keeps one surface running; nothing that happens to it reaches the others. */
export interface Supervisor {
  readonly surface: Surface;
  /** Begins; never rejects and does not wait for the platform. */
  start(): void;
  stop(): Promise<void>;
  /** Builds the surface anew at once: its library failed somewhere nobody could catch. */
  kick(why: string): void;
  readonly restarts: number;
}

/** Supervises a surface: a deadline on its start, a watch on its health, restarts with back-off. */
export function supervise(options: SupervisorOptions): Supervisor {
  const { surface, clock, log } = options;
  const downMs = options.downMs ?? DOWN_MS;
  const ending = new AbortController();
  let kicked: string | undefined;
  let restarts = 0;
  let loop: Promise<void> = Promise.resolve();
  let told: boolean | undefined;

  const tell = (up: boolean, why?: string): void => {
    if (told === up) return;
    told = up;
    options.onChange?.(surface.name, up, why);
  };
  const rest = (ms: number): Promise<void> =>
    clock.sleep(ms, ending.signal).catch((error: unknown) => {
      if (!ending.signal.aborted) throw error;
    });
  const halt = (): Promise<void> =>
    withDeadline(surface.stop(), STOP_MS, clock, `stopping ${surface.name}`).catch((error: unknown) =>
      log.warn({ surface: surface.name, err: messageOf(error) }, "surface did not stop"),
    );

  /** Watches until the surface has to be built anew, or all ends; why. */
  const watch = async (): Promise<string> => {
    let downSince: number | undefined;
    while (!ending.signal.aborted) {
      if (kicked !== undefined) return kicked;
      const { state, why } = surface.health();
      if (state === "up" || state === "degraded") {
        downSince = undefined;
        tell(true);
      } else {
        const now = clock.now().getTime();
        downSince ??= now;
        if (now - downSince >= downMs) return why ?? "down";
      }
      await rest(Math.min(WATCH_MS, downMs));
    }
    return "stopped";
  };

  const run = async (): Promise<void> => {
    let failures = 0;
    while (!ending.signal.aborted) {
      let why: string;
      const begun = clock.now().getTime();
      kicked = undefined;
      try {
        await withDeadline(surface.start(options.inbound), START_MS, clock, `starting ${surface.name}`);
        why = await watch();
      } catch (error) {
        why = messageOf(error);
      }
      if (ending.signal.aborted) break;
      // A life of minutes was a good one: the next failure starts with short pauses again.
      failures = clock.now().getTime() - begun > BACKOFF_LAST_MS ? 0 : failures + 1;
      restarts += 1;
      log.error({ surface: surface.name, why, restarts }, "surface restarted");
      tell(false, why);
      await halt();
      await rest(Math.min(BACKOFF_LAST_MS, BACKOFF_FIRST_MS * 2 ** Math.min(Math.max(0, failures - 1), 10)));
    }
    await halt();
  };

  return {
    surface,
    get restarts() {
      return restarts;
    },
    start() {
      loop = run();
    },
    async stop() {
      ending.abort(new Error("stopped"));
      await loop;
    },
    kick(why) {
      kicked = why;
    },
  };
}

const LIBRARIES: readonly { readonly name: SurfaceName; readonly path: RegExp }[] = [
  { name: "slack", path: /node_modules[/\\]@slack[/\\]/ },
  { name: "discord", path: /node_modules[/\\](discord\.js|@discordjs)[/\\]/ },
];

/** The surface in whose library an error began, by its stack and its causes; null where it is our own. */
export function blame(error: unknown): SurfaceName | null {
  for (let at = error; at instanceof Error; at = at.cause) {
    const stack = at.stack ?? "";
    const hit = LIBRARIES.find((library) => library.path.test(stack));
    if (hit !== undefined) return hit.name;
  }
  return null;
}
