import { describe, expect, test } from "vitest";
import { breakwater, demoIn, home } from "./program.ts";

describe("the demo without a browser", () => {
  test("keeps every promise without a browser, and its ledger verifies afterwards", { timeout: 240_000 }, async () => {
    const folder = home();
    const demo = breakwater(folder, ["demo", "--headless", "--step-up", "--approve-as", "ben", "--json"]);
    expect(await demo.ended, demo.errors.join("\n")).toBe(0);
    expect(demo.lines.filter((line) => line.type === "passkey").map((line) => line["person"])).toEqual(["ana", "ben"]);
    const promises = demo.lines.filter((line) => line.type === "promise");
    expect(promises.length).toBeGreaterThanOrEqual(14);
    expect(promises.filter((line) => line["held"] !== true)).toEqual([]);
    expect(demo.lines.at(-1)).toMatchObject({ type: "result", ok: true });
    const verify = breakwater(folder, ["ledger", "verify", "--json"]);
    expect(await verify.ended).toBe(0);
    expect(verify.lines[0]).toMatchObject({ type: "verified", ok: true });

    const incidents = (told: typeof demo): unknown[] =>
      told.lines.filter((line) => line.type === "incident.opened").map((line) => line["incident"]);
    const again = breakwater(folder, ["demo", "--headless", "--approve-as", "ana", "--json"]);
    expect(await again.ended, again.errors.join("\n")).toBe(0);
    expect(again.lines.filter((line) => line.type === "click")).toHaveLength(1);
    expect(incidents(again)).not.toEqual(incidents(demo));
  });

  test(
    "with Slack and Discord attached: approved on Slack, somebody else is told on Discord, both show the end",
    { timeout: 240_000 },
    async () => {
      const demo = breakwater(home(), ["demo", "--with-fakes", "--headless", "--approve-as", "ana", "--json"]);
      expect(await demo.ended, demo.errors.join("\n")).toBe(0);
      const clicks = demo.lines.filter((line) => line.type === "click");
      expect(clicks).toMatchObject([
        { surface: "slack", person: "ana", text: expect.stringContaining("is being sent") },
        { surface: "discord", person: "ben", text: expect.stringContaining("your approval changed nothing") },
      ]);
      const broken = demo.lines.filter((line) => line.type === "promise" && line["held"] !== true);
      expect(broken).toEqual([]);
      expect(demo.lines.filter((line) => line.type === "promise").length).toBeGreaterThanOrEqual(15);
    },
  );

  test("ends where it is interrupted, and the next run finishes what it began", { timeout: 120_000 }, async () => {
    const folder = home();
    const args = ["demo", "--headless", "--approve-as", "ana", "--json"];
    const first = breakwater(folder, args, (line) => line.type === "run.started" && first.child.kill("SIGINT"));
    expect(await first.ended).toBe(1);
    expect(first.lines.filter((line) => line.type === "promise")).toEqual([]);
    const second = breakwater(folder, args);
    expect(await second.ended, second.errors.join("\n")).toBe(0);
    expect(second.lines.at(-1)).toMatchObject({ type: "result", ok: true });
  });

  test("a second start on the same folder says so and leaves", { timeout: 120_000 }, async () => {
    const folder = home();
    await demoIn(folder, "--storm", "calm");
    const second = breakwater(folder, ["demo", "--json", "--storm", "calm"]);
    expect(await second.ended).toBe(1);
    expect(second.errors.join("\n")).toMatch(/another Breakwater runs on .*; stop it, or set BREAKWATER_HOME/);
  });
});
