import { describe, expect, test } from "vitest";
import { normalCdf } from "../../src/quant/normal.ts";
import { seededRandom } from "../../src/quant/random.ts";

const COUNT = 400_000;

function drawn(seed: number): Float64Array {
  const out = new Float64Array(COUNT);
  seededRandom(seed).fillNormals(out);
  return out;
}

describe("seeded numbers", () => {
  test("the same seed gives the same bits, and neighbouring seeds unrelated ones", () => {
    const [left, right] = [drawn(1), drawn(2)];
    expect(Buffer.from(drawn(1).buffer).equals(Buffer.from(left.buffer))).toBe(true);
    let product = 0;
    for (let index = 0; index < COUNT; index += 1) product += left[index]! * right[index]!;
    expect(Math.abs(product / Math.sqrt(COUNT))).toBeLessThan(4);
  });

  test("one by one or in blocks of any size, a stream is one stream", () => {
    const [whole, pieces] = [new Float64Array(1000), seededRandom(3)];
    seededRandom(3).fillNormals(whole);
    const again = Array.from({ length: 300 }, () => pieces.normal());
    const rest = new Float64Array(700);
    pieces.fillNormals(rest);
    expect([...again, ...rest]).toEqual([...whole]);
  });

  test("moments and successive draws are those of independent normals, within four standard errors", () => {
    const values = drawn(4);
    const mean = (power: number): number => values.reduce((sum, value) => sum + value ** power, 0) / COUNT;
    // Standard errors of the first four moments: √1, √2, √15 and √96 over √n.
    expect(Math.abs(mean(1))).toBeLessThan(4 * Math.sqrt(1 / COUNT));
    expect(Math.abs(mean(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / COUNT));
    expect(Math.abs(mean(3))).toBeLessThan(4 * Math.sqrt(15 / COUNT));
    expect(Math.abs(mean(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / COUNT));
    let lagged = 0;
    for (let index = 1; index < COUNT; index += 1) lagged += values[index]! * values[index - 1]!;
    expect(Math.abs(lagged / Math.sqrt(COUNT))).toBeLessThan(4);
  });

  test("every part of the curve is filled as it should be: the middle, the layers' edges and the far tail", () => {
    const values = drawn(5);
    for (let edge = -4; edge < 4; edge += 0.25) {
      const share = normalCdf(edge + 0.25) - normalCdf(edge);
      const count = values.filter((value) => value >= edge && value < edge + 0.25).length;
      expect(Math.abs(count - COUNT * share)).toBeLessThan(4.5 * Math.sqrt(COUNT * share * (1 - share)));
    }
  });

  test("uniforms never reach 0 or 1 and fill ten bins alike", () => {
    const out = new Float64Array(100_000);
    seededRandom(6).fillUniforms(out);
    expect(out.every((value) => value > 0 && value < 1)).toBe(true);
    const bins = Array.from({ length: 10 }, () => 0);
    for (const value of out) bins[Math.floor(10 * value)]! += 1;
    expect(bins.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(27.9);
  });

  test("a seed that is not a number is refused", () => {
    expect(() => seededRandom(Number.NaN)).toThrowError(expect.objectContaining({ code: "NOT_FINITE" }) as Error);
  });
});
