import { describe, expect, test } from "vitest";
import type { Card } from "../../src/chat/card.ts";
import { sharedDrawing } from "../../src/chat/outbox-drawing.ts";
import { sampleCard } from "./hostile.ts";

/** Drawings that end when they are told to, with the version or the error they are told. */
function easel() {
  const drawings: { version: (version: number) => void; fail: () => void }[] = [];
  const draw = sharedDrawing(
    (incident) =>
      new Promise<Card>((resolve, reject) => {
        drawings.push({
          version: (version) => resolve({ ...sampleCard, incident, version }),
          fail: () => reject(new Error("no connection")),
        });
      }),
  );
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return { draw, drawings, turn };
}

describe("two surfaces that show the same incident", () => {
  test("share the drawing that is under way", async () => {
    const { draw, drawings } = easel();
    const both = [draw("INC-1", 3), draw("INC-1", 3)];
    drawings[0]?.version(3);
    expect((await Promise.all(both)).map((card) => card?.version)).toEqual([3, 3]);
    expect(drawings).toHaveLength(1);
  });

  test("do not share one that began before the change that the second has to show", async () => {
    const { draw, drawings, turn } = easel();
    const both = [draw("INC-1", 3), draw("INC-1", 4)];
    drawings[0]?.version(3);
    await turn();
    drawings[1]?.version(4);
    expect((await Promise.all(both)).map((card) => card?.version)).toEqual([3, 4]);
  });

  test("draw anew once a drawing has ended, and each incident by itself", async () => {
    const { draw, drawings } = easel();
    const first = draw("INC-1", 1);
    drawings[0]?.version(1);
    await first;
    const later = [draw("INC-1", 1), draw("INC-2", 1)];
    expect(drawings).toHaveLength(3);
    for (const one of drawings) one.version(1);
    expect((await Promise.all(later)).map((card) => card?.incident)).toEqual(["INC-1", "INC-2"]);
  });

  test("hear both of a drawing that failed, and the next one is drawn", async () => {
    const { draw, drawings } = easel();
    const both = [draw("INC-1", 1), draw("INC-1", 1)];
    drawings[0]?.fail();
    expect((await Promise.allSettled(both)).map((one) => one.status)).toEqual(["rejected", "rejected"]);
    const next = draw("INC-1", 1);
    drawings[1]?.version(1);
    expect((await next)?.version).toBe(1);
  });
});
