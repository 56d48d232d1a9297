import { chmodSync, mkdtempSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { Secret } from "../../src/kernel/secret.ts";
import { keyFile } from "../../src/policy/key-file.ts";
import { openSeal } from "../../src/kernel/seal.ts";

const home = (): string => mkdtempSync(path.join(tmpdir(), "breakwater-key-"));

test("a key is made once, for its owner's eyes, and never prints", () => {
  const folder = home();
  const first = keyFile(folder, "seal");
  const file = path.join(folder, "keys", "seal");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(keyFile(folder, "seal").reveal()).toBe(first.reveal());
  expect(first.reveal()).toBe(readFileSync(file, "utf8"));
  expect(`${String(first)} ${JSON.stringify({ first })} ${inspect(first)}`).not.toContain(first.reveal().slice(0, 8));
});

test("a key that others may read is refused", () => {
  const folder = home();
  keyFile(folder, "seal");
  chmodSync(path.join(folder, "keys", "seal"), 0o644);
  expect(() => keyFile(folder, "seal")).toThrow(/others can read .*chmod 600/);
});

test("a seal holds for its purpose, its facts and its key alone", () => {
  const seal = openSeal(new Secret("a".repeat(32)));
  const made = seal.of("vote", { person: "ana", stepUp: true });
  expect(seal.holds("vote", { stepUp: true, person: "ana" }, made)).toBe(true);
  expect(seal.holds("plan", { person: "ana", stepUp: true }, made)).toBe(false);
  expect(seal.holds("vote", { person: "bo", stepUp: true }, made)).toBe(false);
  expect(seal.holds("vote", { person: "ana", stepUp: true }, "")).toBe(false);
  expect(openSeal(new Secret("b".repeat(32))).holds("vote", { person: "ana", stepUp: true }, made)).toBe(false);
  expect(() => openSeal(new Secret("short"))).toThrow(/at least 32/);
});
