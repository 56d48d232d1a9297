import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const ROOT = path.resolve(import.meta.dirname, "../..");
const DESK = `
desk: { name: Bench }
people: { ana: { name: Ana, roles: [trader] } }
accounts: { main: { venue: binanceusdm, environment: live, key: MAIN } }
`;

/** The program as a person starts it. */
export const PROGRAM = path.join(ROOT, "bin/breakwater.js");
/** A signer with a fake in the place of all venues, as the end-to-end tests start it. */
export const FAKED_SIGNER = path.join(ROOT, "test/e2e/signer/signer.mjs");

/** The environment of a desk with one keyed account, in a new home. */
export function coldHome(venue: string): Record<string, string> {
  const home = mkdtempSync(path.join(tmpdir(), "breakwater-cold-"));
  writeFileSync(path.join(home, "desk.yaml"), DESK);
  return {
    PATH: process.env["PATH"] ?? "",
    BREAKWATER_HOME: home,
    BREAKWATER_DESK: path.join(home, "desk.yaml"),
    BREAKWATER_LOG: "silent",
    BREAKWATER_SEAL_KEY: "0123456789abcdef0123456789abcdef",
    MAIN_API_KEY: "planted-key",
    MAIN_API_SECRET: "planted-secret",
    FAKE_VENUE: venue,
  };
}

/** Starts a program of Node's; `listening` resolves with its first line, `ended` with its exit code and all it said. */
export function started(file: string, args: readonly string[], env: Record<string, string>) {
  const child = spawn(process.execPath, [file, ...args], { env, stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += String(chunk)));
  return {
    listening: new Promise<void>((resolve) => child.stdout.once("data", () => resolve())),
    ended: new Promise<{ code: number | null; said: string }>((resolve) =>
      child.once("close", (code) => resolve({ code, said })),
    ),
    stop: () => void child.kill("SIGTERM"),
  };
}
