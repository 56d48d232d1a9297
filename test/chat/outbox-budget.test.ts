import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Budget, openGate } from "../../src/chat/outbox-budget.ts";
import { fakeClock } from "../../src/kernel/clock.ts";

const rate = { channel: { max: 2, perMs: 1_000 }, all: { max: 3, perMs: 10_000, reserve: 1 } };
const budget: Budget = { post: rate, update: rate };
const gate = () => {
  const clock = fakeClock(new Date("2026-11-22T10:00:00.000Z"));
  return { clock, gate: openGate(budget, clock) };
};

describe("what may be sent now", () => {
  test("a call counts from its answer: the platform may have seen it as late as that", async () => {
    const { clock, gate: one } = gate();
    const calls = ["C1", "C2", "C3"].map((channel) => one.take("update", channel, true));
    await clock.advance(4_000);
    for (const answered of calls) answered?.();
    // Ten seconds after they left, but six after the platform may have counted them.
    await clock.advance(6_000);
    expect(one.take("update", "C4", true)).toBeNull();
    await clock.advance(4_000);
    expect(one.take("update", "C4", true)).not.toBeNull();
  });

  test("a call under way counts however long it takes", async () => {
    const { clock, gate: one } = gate();
    for (const channel of ["C1", "C2", "C3"]) one.take("update", channel, true);
    await clock.advance(60_000);
    expect(one.take("update", "C4", true)).toBeNull();
  });

  test("what is kept for decisions is theirs alone", () => {
    const { gate: one } = gate();
    expect(one.take("update", "C1", false)).not.toBeNull();
    expect(one.take("update", "C2", false)).not.toBeNull();
    expect(one.take("update", "C3", false)).toBeNull();
    expect(one.shut("update", true)).toBe(false);
    expect(one.take("update", "C3", true)).not.toBeNull();
  });

  test("a second channel asked to wait shuts the method, and no other method", () => {
    const { gate: one } = gate();
    one.pause("update", "C1", 5_000);
    expect(one.shut("update", true)).toBe(false);
    one.pause("update", "C2", 5_000);
    expect(one.shut("update", true)).toBe(true);
    expect(one.shut("post", true)).toBe(false);
    expect(one.nextMs()).toBeLessThanOrEqual(5_000);
  });

  test("no window of the platform's clock ever holds more than the rate, whenever within a call it counts", async () => {
    const steps = fc.array(
      fc.record({
        waitMs: fc.nat(900),
        takes: fc.nat(5),
        answerMs: fc.nat(3_000),
        seen: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      { minLength: 1, maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const { clock, gate: one } = gate();
        const seen: number[] = [];
        const open: { at: number; answered: () => void }[] = [];
        for (const step of script) {
          await clock.advance(step.waitMs);
          const now = clock.now().getTime();
          for (const due of open.splice(0)) {
            if (due.at <= now) due.answered();
            else open.push(due);
          }
          for (let take = 0; take < step.takes; take += 1) {
            const answered = one.take("update", `C${take}`, true);
            if (answered === null) continue;
            seen.push(now + step.seen * step.answerMs);
            open.push({ at: now + step.answerMs, answered });
          }
        }
        for (const from of seen) {
          const within = seen.filter((at) => at >= from && at < from + rate.all.perMs);
          expect(within.length).toBeLessThanOrEqual(rate.all.max);
        }
      }),
      { numRuns: 200 },
    );
  });
});
