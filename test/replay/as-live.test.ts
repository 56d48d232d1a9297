import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClearLine, HitLine } from "../../src/replay/line.ts";
import { createRecorder, segmentsOf } from "../../src/replay/recorder.ts";
import { replay } from "../../src/replay/run.ts";
import { watchedStorm } from "../sources/feeds/storm.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "as-live-"));
});
afterAll(() => rm(folder, { recursive: true }));

test.each(["2020-03-12", "2025-10-10"] as const)(
  "what the detectors said live in the storm of %s they say again from the desk's own recording, word for word",
  async (storm) => {
    const into = path.join(folder, storm);
    let live: string[];
    {
      await using recorder = await createRecorder(into, { segmentBytes: 60_000, blockWords: 4_096 });
      const desk = await watchedStorm(storm, { onEvent: recorder.take });
      const { watch } = desk.open();
      await desk.run(100_000);
      await watch.stop();
      live = desk.raised.map((one) =>
        JSON.stringify([one.labels["detector"], one.status, one.severity, one.title, one.at.getTime()]),
      );
    }
    const again: string[] = [];
    for await (const line of replay([into])) {
      if (line.type !== "hit" && line.type !== "clear") continue;
      const said = (one: HitLine | ClearLine): unknown[] =>
        one.type === "hit" ? ["firing", one.severity, one.title] : ["resolved", "info", one.title];
      again.push(JSON.stringify([line.detector, ...said(line), line.at]));
    }
    expect([live.length > 5, (await segmentsOf(into)).length > 2]).toEqual([true, true]);
    expect(again).toEqual(live);
  },
  60_000,
);
