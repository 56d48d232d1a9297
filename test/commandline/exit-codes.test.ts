import { expect, test } from "vitest";
import { main } from "../../src/cli.ts";
import { main as signerMain } from "../../src/commandline/signer.ts";
import { withTerminal } from "./with-terminal.ts";

const said = withTerminal();

test.each([
  ["an unknown command", ["stop"], /unknown command 'stop'/],
  ["a missing argument", ["replay"], /missing required argument 'recording'/],
  ["a choice that is none", ["halt", "--mode", "all"], /Allowed choices are halt, reduce-only, cancel/],
  ["a file that is not there", ["plan", "verify", "none.json"], /none\.json cannot be read; save the plan from/],
])("%s ends with exit code 2 and says what to write", async (_what, argv, sentence) => {
  expect(await main(argv)).toBe(2);
  expect(said()).toMatch(sentence);
});

test("the signer's commands end with exit code 2 too, and say where help is", async () => {
  expect(await signerMain(["signer", "freeze"])).toBe(2);
  expect(said()).toMatch(/required option '--reason <text>' not specified[^]*breakwater signer --help/);
});

test("the list of commands names the exit codes, and fits a terminal of 80 columns", async () => {
  expect(await main(["--help"])).toBe(0);
  expect(said()).toContain("Exit codes: 0 done; 1 failed");
  expect(
    said()
      .split("\n")
      .filter((line) => line.length > 80),
  ).toEqual([]);
});

test("the program says its version", async () => {
  expect(await main(["--version"])).toBe(0);
  expect(said()).toMatch(/^\d+\.\d+\.\d+\n$/);
});
