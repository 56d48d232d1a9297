import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Four kinds of tests: pure ones in parallel, those on a real Postgres or the engine, and, after them, whole-program stories. */
export default defineConfig({
  test: {
    reporters: ["default", "./test/plain-reporter.ts"],
    globalSetup: ["./test/global-setup.ts"],
    // Many tests wait for sockets and clocks; one more worker than cores keeps both busy.
    maxWorkers: availableParallelism() + 1,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.{db,engine}.test.ts", "test/e2e/**"],
          testTimeout: 30_000,
          // Libraries are loaded once a worker, which is half of the time; our own modules stay each file's own.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: "db",
          include: ["test/**/*.db.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          isolate: false,
        },
      },
      {
        extends: true,
        // A process holds one engine, so each file has a process.
        test: { name: "engine", include: ["test/**/*.engine.test.ts"], testTimeout: 60_000, hookTimeout: 60_000 },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
          expect: { poll: { timeout: 20_000 } },
        },
      },
    ],
  },
});
