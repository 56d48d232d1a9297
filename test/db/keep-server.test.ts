import { expect, test } from "vitest";
import { fakeClock } from "../../src/kernel/clock.ts";
import { DeskError } from "../../src/kernel/errors.ts";
import { openLog } from "../../src/kernel/log.ts";
import { keepServer } from "../../src/db/keep-server.ts";

const START = new Date("2026-11-27T03:00:00Z");

/** A server, a lock and somebody who hears; each answers what the test says next, and what it answered last from then on. */
function watched(parts: {
  readonly revive?: readonly (boolean | Error)[];
  readonly hold?: readonly (Error | null)[];
  readonly revived?: readonly (Error | null)[];
}) {
  const clock = fakeClock(START);
  const heard: string[] = [];
  const told = <T>(answers: readonly (T | Error)[], rest: T) => {
    let next = 0;
    return (): T => {
      const answer = answers[next++] ?? rest;
      if (answer instanceof Error) throw answer;
      return answer;
    };
  };
  const revive = told(parts.revive ?? [], false);
  const hold = told(parts.hold ?? [], null);
  const revived = told(parts.revived ?? [], null);
  const stop = keepServer({
    server: { revive: async () => revive() },
    lock: { hold: async () => void hold() },
    heard: {
      revived: async (at) => {
        revived();
        heard.push(`revived, found gone at ${at.toISOString()}`);
      },
      lost: (why) => heard.push(`lost: ${why}`),
    },
    clock,
    log: openLog("silent"),
  });
  return { clock, heard, stop };
}

test("a server that stands is looked at in silence", async () => {
  const { clock, heard } = watched({});
  await clock.advance(60_000);
  expect(heard).toEqual([]);
});

test("a server that was gone is told once, with the moment it was found gone", async () => {
  const { clock, heard } = watched({ revive: [false, true] });
  await clock.advance(60_000);
  expect(heard).toEqual(["revived, found gone at 2026-11-27T03:00:02.000Z"]);
});

test("what could not be told yet, because connections still fail, is told a second later", async () => {
  const { clock, heard } = watched({ revive: [true], revived: [new Error("ECONNREFUSED"), null] });
  await clock.advance(1_000);
  expect(heard).toEqual([]);
  await clock.advance(1_000);
  expect(heard).toEqual(["revived, found gone at 2026-11-27T03:00:01.000Z"]);
});

test("a lock that cannot be asked for yet is asked for again before anybody hears", async () => {
  const { clock, heard } = watched({ revive: [true], hold: [new Error("ECONNREFUSED"), null] });
  await clock.advance(1_000);
  expect(heard).toEqual([]);
  await clock.advance(1_000);
  expect(heard).toEqual(["revived, found gone at 2026-11-27T03:00:01.000Z"]);
});

test.each([
  ["does not start", { revive: [new DeskError("DATABASE_UNAVAILABLE", "it did not start; see pg.log")] }],
  ["has another desk on it by now", { revive: [true], hold: [new DeskError("HOME_IN_USE", "another one runs")] }],
])("where the server %s the desk leaves, once, and looks no more", async (_what, parts) => {
  const { clock, heard } = watched(parts);
  await clock.advance(60_000);
  expect(heard).toEqual([expect.stringMatching(/^lost: the embedded database ended and cannot be had again: /)]);
});

test("nothing is looked at after the end", async () => {
  const { clock, heard, stop } = watched({ revive: [false, true] });
  await clock.advance(1_000);
  await stop();
  await clock.advance(60_000);
  expect(heard).toEqual([]);
});
