import { describe, expect, test } from "vitest";
import { settingName, settingOf } from "../../../src/chat/console/param-words.ts";
import { DETECTORS } from "../../../src/detectors/load.ts";

describe("a detector's setting in words", () => {
  test.each([
    [30_000, "ms", "30 s"],
    [500, "ms", "500 ms"],
    [3_600_000, "ms", "1 h"],
    [0.006, "ratio", "0.6 %"],
    [0.05, "ratio", "5 %"],
    [10, "bps", "10 bps"],
    [10_000, "usd", "10,000 USD"],
    [4, "times", "4 ×"],
    [8, "sigma", "8 σ"],
    [50, "count", "50"],
    [72, "hour", "72 h"],
  ])("%d %s is %s", (value, unit, words) => {
    expect(settingOf(value, unit)).toBe(words);
  });

  test.each([
    ["quietMs", "quiet"],
    ["spreadTimes", "spread times"],
    ["holdHours", "hold"],
    ["learn", "learn"],
  ])("%s is called %s", (name, words) => {
    expect(settingName(name)).toBe(words);
  });

  test("no setting that is shipped is left with its bare number where it has a unit", () => {
    const bare = DETECTORS.flatMap(({ params }) =>
      Object.values(params).filter(
        (param) => param.unit !== "count" && /^[\d.,]+$/.test(settingOf(param.default, param.unit)),
      ),
    );
    expect(bare).toEqual([]);
  });
});
