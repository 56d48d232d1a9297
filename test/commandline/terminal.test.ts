import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { main } from "../../src/cli.ts";
import { paintFor } from "../../src/commandline/paint.ts";
import { jsonLine, printable } from "../../src/commandline/terminal.ts";
import { csvField } from "../../src/ledger/export.ts";
import { freshPlan } from "../policy/control.ts";

/** Moves up and rewrites, clears the screen, sets the title, asks for an answer typed for us, turns text around. */
const EVIL = [
  "\u001b[2A\u001b[2K",
  "\u001b[2J\u001b[H",
  "\u001b]0;harmless\u0007",
  "\u009b6n",
  "\u001b[8m",
  "\r",
  "\b\b\b",
  "\u202e",
];

const folder = mkdtempSync(path.join(tmpdir(), "breakwater-terminal-"));
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the program writes, with its exit code. */
async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => ((err += String(text)), true));
  const code = await main(argv);
  vi.restoreAllMocks();
  return { code, out, err };
}

describe("what somebody wrote into a text cannot speak to the terminal", () => {
  test.each(EVIL)("%j is shown by its numbers", (evil) => {
    const shown = printable(`a${evil}b\nc`);
    expect(shown).not.toMatch(/[^\P{C}\n]/u);
    expect(shown).toMatch(/^a(\[U\+[0-9A-F]{4}\]|[^\p{C}])+b\nc$/u);
  });

  test("our own colours stay", () => {
    const paint = paintFor({ isTTY: true }, {});
    const painted = `${paint.bad("BAD")} ${paint.good("ok")} ${paint.warn("LOOK")} ${paint.quiet("q")} ${paint.strong("s")}`;
    expect(painted).toContain("\u001b[");
    expect(printable(painted)).toBe(painted);
  });

  test("JSON says the same value without a control character in it", () => {
    const value = { reason: EVIL.join("x") };
    expect(jsonLine(value)).not.toMatch(/[^\P{Cc}\n]/u);
    expect(JSON.parse(jsonLine(value))).toEqual(value);
  });

  test("a plan from a stranger cannot overwrite the fingerprint that `plan verify` prints", async () => {
    const honest = freshPlan();
    const file = path.join(folder, "plan.json");
    writeFileSync(file, JSON.stringify({ ...honest, reason: `good${EVIL.join("")}` }));
    for (const argv of [
      ["plan", "verify", file],
      ["plan", "verify", file, "--json"],
    ]) {
      const { code, out } = await run(...argv);
      expect([code, /[^\P{C}\n]/u.exec(argv.includes("--json") ? out.replaceAll("\u202e", "") : out)]).toEqual([
        0,
        null,
      ]);
    }
    expect((await run("plan", "verify", file)).out).toContain("good[U+001B][2A");
  });

  test("nor can an error that repeats what a file said", async () => {
    const { code, err } = await run("plan", "verify", path.join(folder, `no${EVIL[0]}where.json`));
    expect(code).toBe(2);
    expect(err).toContain("[U+001B]");
    expect(err).not.toMatch(/[^\P{C}\n]/u);
  });
});

test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠x"])(
  "a spreadsheet is not made to calculate %j",
  (text) => {
    expect(csvField(text)).toMatch(/^"?'/);
  },
);
