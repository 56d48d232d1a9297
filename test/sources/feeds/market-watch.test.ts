import { describe, expect, test } from "vitest";
import { loadConfig } from "../../../src/config.ts";
import { demoDesk } from "../../../src/commandline/demo-desk.ts";
import { type Detector, detector } from "../../../src/detectors/detector.ts";
import { firing } from "../../../src/detectors/finding.ts";
import { detectorsNamed } from "../../../src/detectors/load.ts";
import type { Alert } from "../../../src/kernel/alert.ts";
import { chosenDetectors } from "../../../src/sources/feeds/settings.ts";
import type { StormName } from "../../../src/venues/paper/storms.ts";
import { watchedStorm } from "./storm.ts";

const ofDemo = (storm: StormName) =>
  chosenDetectors(loadConfig({}, { text: demoDesk(storm, 1, 1), name: "demo desk" }).file.detectors);

/** When each detector first spoke, in seconds of the storm. */
function firstOf(raised: readonly Alert[], secondOf: (alert: Alert) => number): Record<string, number> {
  const first: Record<string, number> = {};
  for (const alert of raised.filter((one) => one.status === "firing"))
    first[alert.source.replace("detector:", "")] ??= secondOf(alert);
  return first;
}

describe.each(["2020-03-12", "2021-05-19", "2025-10-10"] as const)(
  "in the storm of %s",
  { timeout: 120_000 },
  (storm) => {
    test.each([1, 42])(
      "the cascade is seen in the first wave, basis and funding in the second, and nothing floods (seed %i)",
      async (seed) => {
        const stage = await watchedStorm(storm, { seed, ...ofDemo(storm) });
        const { watch } = stage.open();
        await stage.run(140_000);
        const first = firstOf(stage.raised, stage.secondOf);
        expect(first["liquidation-cascade"]).toBeGreaterThan(3);
        expect(first["liquidation-cascade"]).toBeLessThan(15);
        expect(first["basis-dislocation"]).toBeGreaterThan(72);
        expect(first["basis-dislocation"]).toBeLessThan(85);
        expect(first["funding-dislocation"]).toBeLessThan(101);
        const kinds = new Set(stage.raised.map((alert) => alert.kind));
        expect(kinds.size).toBeLessThanOrEqual(5);
        expect(stage.raised.length).toBeLessThan(90);
        expect(watch.counts()).toMatchObject({ dropped: 0, failed: [] });
        await watch.stop();
      },
    );
  },
);

test("the books that run dry in the storm of 10 October 2025 are seen", async () => {
  const stage = await watchedStorm("2025-10-10", { seed: 1, ...ofDemo("2025-10-10") });
  const { watch } = stage.open();
  await stage.run(105_000);
  const first = firstOf(stage.raised, stage.secondOf);
  expect(first["liquidity-evaporation"]).toBeGreaterThan(72);
  expect(first["liquidity-evaporation"]).toBeLessThan(101);
  expect(first["price-jump"]).toBeLessThan(101);
  const [jump] = stage.raised.filter((alert) => alert.kind === "market.jump");
  expect(Object.keys(jump?.values ?? {})).toEqual(expect.arrayContaining(["moveBps", "sigmas", "score"]));
  await watch.stop();
});

// Five minutes of a market are 1,200 ticks of the exchange under every detector: seconds alone, longer on a busy machine.
describe("a calm day", { timeout: 120_000 }, () => {
  test.each([1, 2, 3])("raises nothing for five minutes, by the demo's settings (seed %i)", async (seed) => {
    const stage = await watchedStorm("calm", { seed, ...ofDemo("calm") });
    const { watch } = stage.open();
    await stage.run(300_000);
    expect(stage.raised).toEqual([]);
    expect(watch.counts().events).toBeGreaterThan(20_000);
    await watch.stop();
  });

  test("raises nothing by the detectors' own defaults either", async () => {
    const stage = await watchedStorm("calm", { seed: 5 });
    stage.open();
    await stage.run(300_000);
    expect(stage.raised).toEqual([]);
  });
});

const loud = detector(
  {
    name: "loud",
    title: "Every trade",
    alert: "test.loud",
    stream: ["trade"],
    scope: "market",
    params: {},
    source: "",
  },
  { init: () => ({}), step: (_state, event) => [firing(event, 0.5, "a trade", { price: event.price })] },
);
const broken: Detector = detector(
  { name: "broken", title: "Fails", alert: "test.broken", stream: ["trade"], scope: "market", params: {}, source: "" },
  {
    init: () => ({}),
    step: () => {
      throw new RangeError("a divisor was zero");
    },
  },
);

test("a detector that fails says so once and is off, and the others go on", async () => {
  const stage = await watchedStorm("calm", { detectors: [broken, loud] });
  const { watch } = stage.open();
  await stage.run(3_000);
  const failures = stage.raised.filter((alert) => alert.kind === "detector.failed");
  expect(failures).toHaveLength(1);
  expect(failures[0]).toMatchObject({ labels: { detector: "broken" }, status: "firing", source: "market-watch" });
  expect(failures[0]?.summary).toContain("a divisor was zero");
  expect(stage.raised.filter((alert) => alert.kind === "test.loud").length).toBeGreaterThan(10);
  expect(watch.counts().failed).toEqual(["broken"]);
});

test("a detector that cannot even begin is off as well", async () => {
  const unborn: Detector = {
    ...broken,
    init: () => {
      throw new TypeError("no memory");
    },
  };
  const stage = await watchedStorm("calm", { detectors: [unborn] });
  const { watch } = stage.open();
  await stage.run(2_000);
  expect(watch.counts().failed).toEqual(["broken"]);
  expect(stage.raised).toHaveLength(1);
});

test("while alerts cannot be stored they wait in order, and what no longer fits is counted", async () => {
  let down = true;
  const emit = async (): Promise<void> => {
    if (down) throw new Error("the database is away");
  };
  const stage = await watchedStorm("calm", { detectors: [loud], emit });
  const { watch } = stage.open();
  await stage.run(60_000);
  const { hits, waiting, dropped } = watch.counts();
  expect(waiting).toBe(1_000);
  expect(dropped).toBe(hits - 1_000);
  down = false;
  await stage.run(61_000);
  await new Promise((resolve) => setImmediate(resolve));
  expect(watch.counts().waiting).toBe(0);
  expect(stage.raised.map((alert) => alert.at.getTime())).toEqual(
    stage.raised.map((alert) => alert.at.getTime()).toSorted((a, b) => a - b),
  );
});

test("a process that stood still does not take it for the venue's silence", async () => {
  const stage = await watchedStorm("calm", { detectors: detectorsNamed(["stale-feed", "venue-outage"]) });
  stage.open();
  await stage.run(60_000);
  stage.clock.move(120_000);
  await stage.exchange.tick();
  await stage.run(70_000);
  expect(stage.raised).toEqual([]);
});

test("a stopped watch hears nothing more", async () => {
  const stage = await watchedStorm("calm", { detectors: [loud] });
  const { watch, unfollow } = stage.open();
  await stage.run(2_000);
  unfollow();
  await watch.stop();
  const { events } = watch.counts();
  const before = stage.raised.length;
  await stage.run(5_000);
  expect(watch.counts().events).toBe(events);
  expect(stage.raised).toHaveLength(before);
});

describe("the detectors section of desk.yaml", () => {
  const desk = (detectors: string) => () =>
    loadConfig(
      {},
      { text: `desk: { name: D }\npeople: {}\naccounts: {}\ndetectors:\n${detectors}`, name: "desk.yaml" },
    );

  test("switches detectors off and changes their parameters", () => {
    const { file } = desk("  spoofing: { enabled: false }\n  price-jump: { params: { sigmas: 10 } }\n")();
    const chosen = chosenDetectors(file.detectors);
    expect(chosen.detectors.map((one) => one.name)).not.toContain("spoofing");
    expect(chosen.detectors.length).toBe(detectorsNamed().length - 1);
    expect(chosen.params["price-jump"]).toEqual({ sigmas: 10 });
  });

  test.each([
    ["a detector that does not exist", "  no-such: {}\n", /no-such/],
    ["a parameter that the detector does not have", "  price-jump: { params: { sigma: 10 } }\n", /line 5 .*sigma/s],
    ["a parameter that is no number", "  price-jump: { params: { sigmas: many } }\n", /many/],
    ["a negative parameter", "  price-jump: { params: { sigmas: -1 } }\n", /-1/],
  ])("names %s", (_what, text, problem) => {
    expect(desk(text)).toThrow(problem);
  });
});
