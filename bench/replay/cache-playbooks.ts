import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { replayDesk } from "../../src/desk/replay/desk.ts";
import { replay } from "../../src/replay/run.ts";
import type { Workload } from "../workload.ts";
import { cached } from "./_cache.ts";

const cache = cached();

/** Our own cache from disk, through books and every detector to the playbooks' plans for an account on paper. */
export const workload: Workload = {
  name: "cache to books to all detectors to playbooks",
  unit: "ns/op",
  better: "lower",
  n: cache.events,
  rounds: 3,
  own: () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), "bench-replay-")), "000001.bwr");
    writeFileSync(file, cache.bytes);
    return async () => {
      let lines = 0;
      for await (const line of replay([file], { desk: await replayDesk("all") })) {
        if (line.type === "summary" && line.playbooks?.market === null)
          throw new TypeError("no market moved the account on paper");
        lines += 1;
      }
      return lines;
    };
  },
};
