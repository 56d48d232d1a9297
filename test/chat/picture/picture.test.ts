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

/** Dark pixels within a part of the picture, counted after decoding it with the renderer itself. */
function ink(png: Uint8Array, part: { top: number; bottom: number }): number {
  const href = `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="1600" height="900"><image width="1600" height="900" href="${href}"/></svg>`;
  const { pixels, width } = new Resvg(svg).render();
  let dark = 0;
  for (let y = part.top; y < part.bottom; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = (y * width + x) * 4;
      if ((pixels[at] ?? 255) < 90 && (pixels[at + 1] ?? 255) < 90 && (pixels[at + 2] ?? 255) < 90) dark += 1;
    }
  }
  return dark;
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
