import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Workload } from "../workload.ts";
import { startBreakwater } from "./_breakwater.ts";
import { storm } from "./_load.ts";

/** 5,000 alerts a second for ten seconds, then the program is killed; what was acknowledged must stand in Postgres. */
export const workload: Workload = {
  name: "storm of 50,000 alerts in 10 s, then kill -9: acknowledged alerts that are lost",
  unit: "alerts",
  better: "lower",
  n: 50_000,
  measuresItself: true,
  rounds: 1,
  own: async () => {
    const { startEmbedded } = await import("../../src/db/embedded.ts");
    const { openDatabase } = await import("../../src/db/client.ts");
    const { systemClock } = await import("../../src/kernel/clock.ts");
    const home = await mkdtemp(path.join(tmpdir(), "breakwater-storm-"));
    execFileSync("chmod", ["0755", home]);
    const server = await startEmbedded(home, systemClock);
    const target = await startBreakwater({ databaseUrl: server.url });
    return async () => {
      const acknowledged = await storm(target, 5_000, 10);
      target.kill();
      const database = openDatabase(server.url);
      const [row] = await database.sql`select count(*) as stored from breakwater.alerts where kind = 'bench.limit'`;
      await database.close();
      await target.stop();
      await server.stop();
      await rm(home, { recursive: true, force: true });
      if (acknowledged === 0) throw new Error("nothing was acknowledged");
      return Math.max(0, acknowledged - Number(row?.["stored"]));
    };
  },
};
