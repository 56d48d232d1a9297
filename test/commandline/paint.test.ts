import { describe, expect, test } from "vitest";
import { paintFor } from "../../src/commandline/paint.ts";

const RED = "\u001B[31m";
const terminal = { isTTY: true };
const pipe = {};

describe("what a command prints", () => {
  test.each<[string, { readonly isTTY?: boolean }, NodeJS.ProcessEnv, boolean]>([
    ["is coloured at a terminal", terminal, { TERM: "xterm" }, true],
    ["is plain in a pipe", pipe, { TERM: "xterm" }, false],
    ["is plain in a pipe of a build machine", pipe, { CI: "true" }, false],
    ["is plain where NO_COLOR is set", terminal, { NO_COLOR: "1" }, false],
    ["is plain where NO_COLOR is set, whatever FORCE_COLOR says", terminal, { NO_COLOR: "1", FORCE_COLOR: "1" }, false],
    ["is coloured where NO_COLOR is empty", terminal, { NO_COLOR: "" }, true],
    ["is plain at a terminal that knows no colours", terminal, { TERM: "dumb" }, false],
    ["is coloured in a pipe where FORCE_COLOR asks for it", pipe, { FORCE_COLOR: "1" }, true],
    ["is plain at a terminal where FORCE_COLOR is 0", terminal, { FORCE_COLOR: "0" }, false],
  ])("%s", (_, stream, env, coloured) => {
    const text = paintFor(stream, env).bad("BAD");
    expect(text.includes(RED)).toBe(coloured);
    expect(text).toContain("BAD");
  });
});
