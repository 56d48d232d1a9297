import { describe, expect, test } from "vitest";
import type { Surface, SurfaceHealth } from "../../src/chat/surface.ts";
import { blame, supervise } from "../../src/chat/supervisor.ts";
import { guardProcess } from "../../src/commandline/start.ts";
import { fakeClock } from "../../src/kernel/clock.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { listener } from "../contract/surface.ts";

/** A surface that starts as it is told. */
function frail(starts: ("well" | "fails" | "hangs")[]) {
  const calls: string[] = [];
  let state: SurfaceHealth["state"] = "down";
  const surface = {
    name: "slack",
    async start() {
      const next = starts.shift() ?? "well";
      calls.push(next);
      if (next === "fails") throw new Error("invalid_auth");
      if (next === "hangs") await new Promise(() => {});
      state = "up";
    },
    async stop() {
      calls.push("stop");
      state = "down";
    },
    health: () => ({ state, since: new Date(0) }),
  } as unknown as Surface;
  return { surface, calls, fall: () => void (state = "down") };
}

/** Lets time pass in small steps, with everything that follows from each. */
async function pass(clock: ReturnType<typeof fakeClock>, ms: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += 250) {
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(250);
  }
  await new Promise((resolve) => setImmediate(resolve));
}

const start = new Date("2026-11-22T10:00:00.000Z");
const supervised = (starts: ("well" | "fails" | "hangs")[]) => {
  const clock = fakeClock(start);
  const frailOne = frail(starts);
  const changes: string[] = [];
  const supervisor = supervise({
    surface: frailOne.surface,
    inbound: listener(),
    clock,
    log: silentLog,
    onChange: (_name, up, why) => void changes.push(up ? "up" : `down: ${why}`),
  });
  supervisor.start();
  return { ...frailOne, clock, supervisor, changes };
};

describe("a supervised surface", () => {
  test("is started again after a refused token, later each time, and says so once", async () => {
    const { calls, clock, changes } = supervised(["fails", "fails", "fails", "well"]);
    await pass(clock, 500);
    expect(calls).toEqual(["fails", "stop"]);
    await pass(clock, 1_000);
    expect(calls.filter((call) => call === "fails")).toHaveLength(2);
    await pass(clock, 10_000);
    expect(calls.at(-1)).toBe("well");
    await pass(clock, 2_000);
    expect(changes).toEqual(["down: invalid_auth", "up"]);
  });

  test("that never comes up is given up at the deadline and tried again", async () => {
    const { calls, clock } = supervised(["hangs", "well"]);
    await pass(clock, 19_000);
    expect(calls).toEqual(["hangs"]);
    await pass(clock, 10_000);
    expect(calls).toEqual(["hangs", "stop", "well"]);
  });

  test("that dies silently is built anew after thirty seconds", async () => {
    const { calls, clock, fall, supervisor } = supervised(["well", "well"]);
    await pass(clock, 5_000);
    fall();
    await pass(clock, 20_000);
    expect(calls).toEqual(["well"]);
    await pass(clock, 20_000);
    expect(calls).toEqual(["well", "stop", "well"]);
    expect(supervisor.restarts).toBe(1);
  });

  test("whose library failed where nobody could catch it is restarted alone", async () => {
    const { calls, clock, supervisor } = supervised(["well", "well"]);
    const listeners: ((error: unknown) => void)[] = [];
    const exits: number[] = [];
    const process = {
      on: (_event: string, heard: (error: unknown) => void) => void listeners.push(heard),
      exit: (code: number) => void exits.push(code),
    };
    guardProcess(silentLog, () => [supervisor], process);
    const error = new Error("invalid_auth");
    error.stack =
      "Error: invalid_auth\n at start (/app/node_modules/@slack/socket-mode/dist/src/SocketModeClient.js:1:1)";
    expect(blame(error)).toBe("slack");
    listeners[0]?.(error);
    await pass(clock, 5_000);
    expect(calls).toEqual(["well", "stop", "well"]);
    expect(exits).toEqual([]);
    listeners[0]?.(new Error("ours"));
    expect(exits).toEqual([1]);
  });
});
