import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { type Browserless, signIn } from "../../../src/commandline/browserless.ts";

const FOLDER = import.meta.dirname;

/** One life of a desk process. */
export interface Life {
  readonly child: ChildProcess;
  /** Null where the process died before its console stood. */
  readonly browser: Promise<Browserless | null>;
  /** Everything it wrote to standard error. */
  readonly errors: string[];
  readonly ended: Promise<NodeJS.Signals | number | null>;
}

/** Starts a desk on `home`; with a file in `seen` it dies at the first step boundary that is not in there yet. */
export function live(home: string, seen: string | null, environment: NodeJS.ProcessEnv = {}): Life {
  const child = spawn(process.execPath, ["--import", path.join(FOLDER, "preload.mjs"), path.join(FOLDER, "desk.mjs")], {
    env: {
      PATH: process.env["PATH"],
      BREAKWATER_HOME: home,
      BREAKWATER_HTTP: "127.0.0.1:0",
      BREAKWATER_LOG: "warn",
      ...(seen ? { CRASH_SEEN: seen } : {}),
      ...environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const errors: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => errors.push(line));
  const ended = new Promise<NodeJS.Signals | number | null>((resolve) =>
    child.once("exit", (code, signal) => resolve(signal ?? code)),
  );
  const started = new Promise<{ url: string; token: string } | null>((resolve) => {
    createInterface({ input: child.stdout }).once("line", (line) =>
      resolve(JSON.parse(line) as { url: string; token: string }),
    );
    void ended.then(() => resolve(null));
  });
  const browser = started.then((at) => (at ? signIn(at.url, at.token).catch(() => null) : null));
  return { child, browser, errors, ended };
}

/** Ends a life politely. */
export async function end(life: Life): Promise<void> {
  life.child.kill("SIGTERM");
  await life.ended;
}
