import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Clock } from "../kernel/clock.ts";
import { DeskError } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";

/** How the signer's process is started. */
export interface ChildOptions {
  /** Program and arguments. */
  readonly command: readonly [string, ...string[]];
  /** All of its environment: nothing else is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly log: Log;
}

/** A signer of one's own that is started again whenever it ends. */
export interface SignerChild {
  /** Ends a life that answers nothing; the next begins by itself. */
  kill(): void;
  stop(): Promise<void>;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** A life of this length was a good one. */
const GOOD_MS = 60_000;
/** How long a stopped one may finish what is under way. */
const STOP_MS = 12_000;
const WRONG_CONFIGURATION = 2;
const KEPT_CHARACTERS = 4_000;

interface Life {
  /** Resolves once it listens. */
  readonly listening: Promise<void>;
  readonly ended: Promise<{ readonly code: number | null; readonly said: string }>;
  kill(signal: NodeJS.Signals): void;
}

function begin({ command: [program, ...args], environment }: ChildOptions): Life {
  // It watches its standard input: when we die, however, that ends, and so does it.
  const child = spawn(program, args, { env: { ...environment }, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => undefined);
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    process.stderr.write(chunk);
    said = `${said}${chunk.toString("utf8")}`.slice(-KEPT_CHARACTERS);
  });
  const listening = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).once("line", () => resolve());
  });
  const ended = new Promise<{ code: number | null; said: string }>((resolve) => {
    child.once("error", (error) => resolve({ code: null, said: error.message }));
    child.once("close", (code) => resolve({ code, said: said.trim() }));
  });
  return { listening, ended, kill: (signal) => void child.kill(signal) };
}

/**
 * Starts the signer as a child and keeps it running: a life that ended is followed by another after half a second,
 * doubling up to thirty while lives are short. Resolves once the first one listens.
 * @throws DeskError CONFIG_INVALID with what the child said where its configuration is wrong, SIGNER_UNAVAILABLE where it
 * ended otherwise before it listened
 */
export async function keepSigner(options: ChildOptions): Promise<SignerChild> {
  const { clock, log } = options;
  let stopped = false;
  let life = begin(options);
  const first = await Promise.race([life.listening, life.ended]);
  if (first !== undefined)
    throw new DeskError(
      first.code === WRONG_CONFIGURATION ? "CONFIG_INVALID" : "SIGNER_UNAVAILABLE",
      first.said || "the signer ended before it listened; run breakwater signer by hand to see why",
    );
  const stopping = new AbortController();
  const keep = async (): Promise<void> => {
    for (let pauseMs = FIRST_PAUSE_MS; !stopped;) {
      const began = clock.now().getTime();
      const { code, said } = await life.ended;
      if (stopped) return;
      if (clock.now().getTime() - began > GOOD_MS) pauseMs = FIRST_PAUSE_MS;
      log.error({ code, said: said.slice(-300), pauseMs }, "signer ended, started again");
      await clock.sleep(pauseMs, stopping.signal).catch(() => undefined);
      if (stopped) return;
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      life = begin(options);
    }
  };
  const keeping = keep();
  return {
    kill: () => life.kill("SIGKILL"),
    async stop() {
      stopped = true;
      stopping.abort();
      life.kill("SIGTERM");
      const done = new AbortController();
      await Promise.race([
        life.ended,
        clock.sleep(STOP_MS, done.signal).then(
          () => life.kill("SIGKILL"),
          () => undefined,
        ),
      ]);
      done.abort();
      await keeping;
    },
  };
}
