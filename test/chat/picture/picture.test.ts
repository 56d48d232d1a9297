import { Resvg } from "@resvg/resvg-js";
import { afterAll, describe, expect, test } from "vitest";
import type { Chart } from "../../../src/chat/picture/chart.ts";
import { openPainter } from "../../../src/chat/picture/picture.ts";
import { systemClock } from "../../../src/kernel/clock.ts";

const margin: Chart = {
  kind: "lines",
  title: "Margin ratio rose to 0.83, limit 0.80",
  unit: "ratio",
  series: [
    {
      name: "paper-a",
      points: Array.from({ length: 60 }, (_, at) => ({
        at: new Date(Date.UTC(2026, 10, 22, 9, at)).toISOString(),
        value: (0.6 + at * 0.004 + (at % 5) * 0.005).toFixed(4),
      })),
    },
  ],
  limits: [{ label: "limit", value: "0.80" }],
  moments: [{ label: "INC-7", at: "2026-11-22T09:50:00.000Z" }],
};

/** The picture's pixels, by the renderer itself. */
function decoded(png: Uint8Array): { pixels: Uint8Array; width: number } {
  const href = `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="1600" height="900"><image width="1600" height="900" href="${href}"/></svg>`;
  const { pixels, width } = new Resvg(svg).render();
  return { pixels, width };
}

/** Dark pixels within a part of the picture. */
function ink(png: Uint8Array, part: { top: number; bottom: number }): number {
  const { pixels, width } = decoded(png);
  let dark = 0;
  for (let y = part.top; y < part.bottom; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = (y * width + x) * 4;
      if ((pixels[at] ?? 255) < 90 && (pixels[at + 1] ?? 255) < 90 && (pixels[at + 2] ?? 255) < 90) dark += 1;
    }
  }
  return dark;
}

/** The colour at a place of the picture. */
function colourAt(png: Uint8Array, x: number, y: number): { red: number; green: number; blue: number } {
  const { pixels, width } = decoded(png);
  const at = (y * width + x) * 4;
  return { red: pixels[at] ?? 0, green: pixels[at + 1] ?? 0, blue: pixels[at + 2] ?? 0 };
}

describe("a chart as a picture", () => {
  const painter = openPainter(systemClock);
  afterAll(() => painter.close());

  test("has its title and labels in it: without a font they vanish silently", async () => {
    const png = await painter.paint(margin);
    expect(Array.from(png.slice(0, 4))).toEqual([137, 80, 78, 71]);
    expect(ink(png, { top: 20, bottom: 90 })).toBeGreaterThan(1_500);
    expect(ink(png, { top: 840, bottom: 900 })).toBeGreaterThan(300);
    const mute = await painter.paint({ ...margin, title: "" });
    expect(ink(mute, { top: 20, bottom: 90 })).toBeLessThan(50);
  }, 60_000);

  test("draws bars, hostile texts and no data at all", async () => {
    const text = "<script>&\u202e\u0000" + "😀".repeat(400);
    const charts: Chart[] = [
      {
        kind: "bars",
        title: text,
        unit: text,
        bars: [
          { label: text, value: "-12.5" },
          { label: "BTC", value: "1" },
        ],
      },
      { ...margin, title: text, series: [], limits: [], moments: [] },
      { ...margin, series: [{ name: text, points: [] }] },
    ];
    for (const chart of charts) expect((await painter.paint(chart)).length).toBeGreaterThan(2_000);
  }, 60_000);

  const heat: Chart = {
    kind: "heat",
    title: "paper-a loses 1.2 M USD",
    unit: "USD",
    across: { name: "price", labels: ["-30 %", "0 %", "+30 %"] },
    down: { name: "volatility", labels: ["0 %", "+50 %"] },
    values: [
      ["-1200000", "0", "900000"],
      ["-1250000", "-3500.5", "950000"],
    ],
  };
  const curves: Chart = {
    kind: "curves",
    title: "BTC smile: 55 % at the money",
    unit: "% a year",
    across: "strike, USD",
    curves: [
      {
        name: "2026-12-04",
        dots: [50, 60, 70].map((strike) => [`${strike}000`, String(50 + Math.abs(strike - 60))] as const),
        line: [50, 55, 60, 65, 70].map((strike) => [`${strike}000`, String(50 + Math.abs(strike - 60))] as const),
      },
    ],
    places: [{ label: "forward", across: "61000" }],
  };
  const fan: Chart = {
    kind: "fan",
    title: "BTC below 58,000 liquidates paper-a",
    unit: "BTC, USD",
    hours: ["0", "12", "24"],
    middle: ["60000", "60000", "60000"],
    bands: [
      { name: "98 %", low: ["60000", "57000", "56000"], high: ["60000", "63000", "64000"] },
      { name: "50 %", low: ["60000", "59000", "58800"], high: ["60000", "61000", "61200"] },
    ],
    limits: [{ label: "liquidation", value: "58000" }],
  };

  test("colours losses and gains of a heat map apart, the larger the stronger", async () => {
    const png = await painter.paint(heat);
    const [loss, even, gain] = [0, 1, 2].map((column) => colourAt(png, 330 + column * 460, 260));
    expect(loss!.red).toBeGreaterThan(loss!.blue + 100);
    expect(gain!.blue).toBeGreaterThan(gain!.red + 60);
    expect(Math.abs(even!.red - even!.blue)).toBeLessThan(12);
  }, 60_000);

  test("shades a fan between its ranges and leaves the paper beyond them white", async () => {
    const png = await painter.paint(fan);
    const inside = colourAt(png, 1300, 560);
    expect(inside.blue).toBeGreaterThan(inside.red + 40);
    expect(colourAt(png, 400, 320)).toEqual({ red: 255, green: 255, blue: 255 });
  }, 60_000);

  test("draws what has no figures at all without failing", async () => {
    const empty: Chart[] = [
      { ...heat, values: [] },
      { ...curves, curves: [] },
      { ...curves, curves: [{ name: "x", dots: [], line: [] }] },
      { ...fan, hours: [], middle: [], bands: [], limits: [] },
    ];
    for (const chart of [heat, curves, fan, ...empty])
      expect((await painter.paint(chart)).length).toBeGreaterThan(2_000);
  }, 60_000);

  test("drawn many at once keeps the event loop free for clicks", async () => {
    let worstMs = 0;
    let last = performance.now();
    const beat = setInterval(() => {
      worstMs = Math.max(worstMs, performance.now() - last);
      last = performance.now();
    }, 5);
    await Promise.all(Array.from({ length: 10 }, () => painter.paint(margin)));
    clearInterval(beat);
    expect(worstMs).toBeLessThan(1_000);
  }, 60_000);
});
