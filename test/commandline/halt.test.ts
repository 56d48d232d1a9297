import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { main } from "../../src/cli.ts";
import { readMarker } from "../../src/policy/freeze/halt-marker.ts";
import { withTerminal } from "./with-terminal.ts";

let folder: string;
const said = withTerminal();

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "breakwater-halt-"));
  vi.stubEnv("DATABASE_URL", undefined);
  vi.stubEnv("BREAKWATER_HOME", path.join(folder, "home"));
  vi.stubEnv("BREAKWATER_DESK", path.join(folder, "desk.yaml"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const home = (): string => path.join(folder, "home");
/** What the first start leaves there. */
const startedOnce = (): void => void mkdirSync(path.join(home(), "keys"), { recursive: true });
const desk = (text: string): void => writeFileSync(path.join(folder, "desk.yaml"), text);
const DESK = "desk: { name: Night }\npeople: { ana: { name: Ana, roles: [trader] } }\n";

test("the kill switch stops every sender while a typing mistake stands in desk.yaml, and says that nothing was cancelled", async () => {
  startedOnce();
  desk("desk: { name: Night\naccounts: [");
  expect(await main(["halt", "--reason", "fills we cannot explain"])).toBe(1);
  expect(readMarker(home())).toMatchObject({ state: "halted", reason: "fills we cannot explain" });
  expect(said()).toMatch(/^Trading is halted/);
  expect(said()).toMatch(/no order was cancelled.*desk\.yaml.*cancel at the venues/is);
  expect(said()).not.toContain("nothing was started");
});

test("the kill switch works in a shell that has none of the desk's secrets", async () => {
  startedOnce();
  desk(
    `${DESK}accounts: { paper-a: { venue: paper } }\nwebhooks: { am: { sender: alertmanager, secret: AM_SECRET } }\n`,
  );
  vi.stubEnv("AM_SECRET", undefined);
  expect(await main(["halt"])).toBe(0);
  expect(readMarker(home())).toMatchObject({ state: "halted" });
});

test("a pull in a folder where no desk runs says that it stops none", async () => {
  desk(`${DESK}accounts: { paper-a: { venue: paper } }\n`);
  expect(await main(["halt"])).toBe(1);
  expect(said()).toContain(`no desk has run on ${home()}`);
  expect(said()).toContain("set BREAKWATER_HOME to the running desk's");
});

test("cancelling alone needs a desk.yaml that can be read, and leaves no marker", async () => {
  startedOnce();
  expect(await main(["halt", "--mode", "cancel"])).toBe(1);
  expect(said()).toMatch(/Trading goes on; no live account was asked to cancel/);
  expect(existsSync(path.join(home(), "halt.json"))).toBe(false);
});
