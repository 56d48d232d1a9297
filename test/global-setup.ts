import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import postgres from "postgres";
import { startEmbedded } from "../src/db/embedded.ts";
import { migrate } from "../src/db/migrate.ts";
import { migrateDurable } from "../src/engine/durable.ts";
import { systemClock } from "../src/kernel/clock.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Address of the server with a migrated template database; empty where this run has no database tests. */
    readonly postgresUrl: string;
  }
}

let shared: Promise<{ url: string; stop: () => Promise<void> }> | undefined;

async function start(): Promise<{ url: string; stop: () => Promise<void> }> {
  const home = mkdtempSync(path.join(tmpdir(), "breakwater-test-"));
  execFileSync("chmod", ["0755", home]);
  const server = await startEmbedded(home, systemClock);
  await migrate(server.url, systemClock, () => migrateDurable(server.url));
  const admin = postgres(server.url.replace(/\/breakwater$/, "/postgres"), { max: 1 });
  await admin`alter database breakwater with is_template true`;
  // Its data does not outlive the run; what must survive a power cut is tested on servers of its own.
  await admin`alter system set fsync = off`;
  await admin`select pg_reload_conf()`;
  await admin.end();
  return {
    url: server.url,
    async stop() {
      await server.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Starts one real PostgreSQL for all database tests of this run. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (project.name === "unit") return undefined;
  const first = shared === undefined;
  shared ??= start();
  const server = await shared;
  project.provide("postgresUrl", server.url);
  return first ? () => server.stop() : undefined;
}
