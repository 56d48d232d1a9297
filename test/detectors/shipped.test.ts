import { describe, expect, test } from "vitest";
import { isDecimal } from "../../src/kernel/decimal.ts";
import { toAlert } from "../../src/detectors/alert.ts";
import { valuesOf } from "../../src/detectors/detector.ts";
import type { Hit } from "../../src/detectors/finding.ts";
import { DETECTORS, detectorsNamed } from "../../src/detectors/load.ts";
import { readdir } from "node:fs/promises";
import { replay } from "../../src/replay/run.ts";
import type { ReplayLine, SummaryLine } from "../../src/replay/line.ts";
import { sharedData } from "../shared-data.ts";

const hit: Hit = {
  detector: "spoofing",
  alert: "market.spoofing",
  status: "firing",
  venue: "binance",
  instrument: "BTC/USDT",
  at: 1_700_000_000_000,
  score: 0.7,
  severity: "high",
  title: "Seven large bids were placed and pulled",
  evidence: { side: "bid", pulledOrders: 7, usualTouchSize: 1e-7, weightedPulls: 8.25 },
};

describe("the detectors we ship", () => {
  test("have names of their own, described parameters and a source", () => {
    expect(new Set(DETECTORS.map((one) => one.name)).size).toBe(DETECTORS.length);
    for (const { name, params, source, stream } of DETECTORS) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(source).not.toBe("");
      expect(stream.length).toBeGreaterThan(0);
      for (const param of Object.values(params)) expect(param.about.length).toBeGreaterThan(10);
    }
  });

  test("are all the files of the folder that define one", async () => {
    const files = (await readdir(new URL("../../src/detectors", import.meta.url))).map((file) =>
      file.replace(".ts", ""),
    );
    for (const { name } of DETECTORS) expect(files).toContain(name);
  });

  test("take settings over their defaults, and are found by name", () => {
    expect(valuesOf({ a: { default: 1, unit: "ms", about: "" } }, { a: 2 })).toEqual({ a: 2 });
    expect(detectorsNamed(["spoofing"]).map((one) => one.name)).toEqual(["spoofing"]);
    expect(() => detectorsNamed(["spoof"])).toThrow(/no detector/);
  });
});

test("a hit becomes an alert of our own whose numbers are decimals and whose delivery has an id", () => {
  const alert = toAlert(hit);
  expect(alert).toMatchObject({
    source: "detector:spoofing",
    trust: "internal",
    kind: "market.spoofing",
    status: "firing",
    severity: "high",
    labels: { detector: "spoofing", venue: "binance", instrument: "BTC/USDT" },
    values: { score: "0.7", pulledOrders: "7", usualTouchSize: "0.0000001" },
    summary: "side: bid",
  });
  expect(Object.values(alert.values).every((value) => isDecimal(value))).toBe(true);
  expect(toAlert(hit).deliveryId).toBe(alert.deliveryId);
});

const drawn = (value: readonly number[]): string | undefined =>
  toAlert({ ...hit, evidence: {}, chart: { title: "price", at: value.map((_, at) => at), value } }).summary;

test.each([
  ["a fall", [1, 1, 0.999, 0.97, 0.95], "price ███▄▁ from 1 to 0.95"],
  ["a rise", [1, 2, 3, 4, 5, 6, 7, 8], "price ▁▂▃▄▅▆▇█ from 1 to 8"],
  ["what stands still", [2, 2, 2], "price ▁▁▁ from 2 to 2"],
  ["too little to draw", [1, 2], undefined],
  ["what could not be computed", [Number.NaN, 1, Number.POSITIVE_INFINITY], undefined],
])("a hit's small chart is a line of its card: %s", (_, value, line) => {
  expect(drawn(value)).toBe(line);
});

test("a long chart keeps its ends and fits a phone", () => {
  const line = drawn(Array.from({ length: 500 }, (_, at) => at)) ?? "";
  expect(line).toMatch(/^price ▁.*█ from 0 to 499$/);
  expect(line.match(/[▁▂▃▄▅▆▇█]/gu)?.length).toBeLessThanOrEqual(24);
});

async function linesOf(files: string[], detectors?: string[], labels?: string): Promise<ReplayLine[]> {
  const lines: ReplayLine[] = [];
  for await (const line of replay(files, { ...(detectors ? { detectors } : {}), ...(labels ? { labels } : {}) }))
    lines.push(line);
  return lines;
}
const hitsOf = (lines: ReplayLine[]) => lines.filter((line) => line.type === "hit");

const data = sharedData("binance-l2-btc-20240808");
describe.skipIf(data === undefined)("on recorded days (shared data)", () => {
  test("nothing is said of a quiet market but one real series of pulled bids", async () => {
    const hits = hitsOf(await linesOf([data!]));
    expect(hits.filter((line) => line.detector !== "spoofing")).toEqual([]);
    expect(hits.length).toBeLessThanOrEqual(1);
  });

  test("TerraUSD's depeg is told before an hour closes under 0.98, and nothing before it began", async () => {
    const hits = hitsOf(await linesOf([sharedData("depeg-ust-2022-05/ust_hourly_2022-05-07_2022-05-13.csv")!]));
    expect(hits[0]!.at).toBe(Date.parse("2022-05-07T22:00:00Z"));
    const secondLeg = hits.filter((line) => line.at >= Date.parse("2022-05-09T00:00:00Z"));
    expect(secondLeg[0]!.at).toBeLessThan(Date.parse("2022-05-09T18:00:00Z"));
    expect(hits.at(-1)!.severity).toBe("critical");
  });

  test("pumps of the later half are found at the paper's rate or better, and false alerts are rare", async () => {
    const folder = sharedData("pump-trades/trades")!;
    const later = (await readdir(folder)).filter((file) => /_2021-/.test(file)).map((file) => `${folder}/${file}`);
    const summary = (await linesOf(later, ["pump-and-dump"], sharedData("pump-trades/labels.csv"))).at(
      -1,
    ) as SummaryLine;
    expect(summary.labels!.detected).toBeGreaterThan(0.88);
    expect(summary.labels!.detected).toBeLessThan(1);
    expect(summary.labels!.falsePerDay).toBeLessThan(0.1);
  });
});
