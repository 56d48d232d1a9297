import { readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { replicas } from "../../../src/db/schema.ts";
import { end, live } from "./life.ts";
import { judge, place, survives, untilOver } from "./story.ts";

/** More lives than a story has boundaries mean that it does not move on. */
const MOST_LIVES = 120;

/**
 * Kills one story at each boundary on one side of its steps, and judges it when it is over; resolves to the boundaries
 * in the order in which they were met.
 */
export async function killAtEvery(side: "before" | "after"): Promise<readonly string[]> {
  const { home, database, environment, drop } = await place(`crash_${side}`);
  const seen = path.join(home, "boundaries.txt");
  for (let lives = 1; ; lives += 1) {
    expect(lives, "the story does not move on").toBeLessThan(MOST_LIVES);
    const life = live(home, seen, { ...environment, CRASH_SIDE: side });
    const outcome = await untilOver(life, database);
    // The last boundaries lie behind the run's end: a life that dies there has one more after it.
    if (outcome === "over" && (await survives(life))) {
      await judge(home, database, life);
      await end(life);
      break;
    }
    expect(outcome, life.errors.join("\n")).not.toBe("stuck");
    expect(await life.ended, life.errors.join("\n")).toBe("SIGKILL");
    // The test knows that the process is gone; another replica would wait for its lease to run out.
    await database.db.delete(replicas);
  }
  const boundaries = readFileSync(seen, "utf8").trim().split("\n");
  await drop();
  return boundaries;
}
