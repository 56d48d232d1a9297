import { describe, expect, test } from "vitest";
import { type Door, openAttempts } from "../../../src/chat/console/attempts.ts";
import { TooMany } from "../../../src/kernel/bucket.ts";
import { fakeClock } from "../../../src/kernel/clock.ts";

function opened() {
  const clock = fakeClock(new Date("2026-03-12T03:00:00Z"));
  const told: string[] = [];
  const attempts = openAttempts(clock, (door, address) => told.push(`${door} ${address}`));
  /** Seconds to wait; 0 where the try is let through. */
  const fails = (door: Door, address: string): number => {
    try {
      attempts.begin(door, address);
      return 0;
    } catch (error) {
      if (error instanceof TooMany) return error.waitMs / 1_000;
      throw error;
    }
  };
  return { clock, told, attempts, fails };
}
const times = (count: number, work: (index: number) => number): number[] =>
  Array.from({ length: count }, (_, at) => work(at));

describe("refused sign-ins", () => {
  test("an address has twenty at a door, then one each five seconds, and is told of once an hour", async () => {
    const { clock, told, fails } = opened();
    expect(times(20, () => fails("one-time token", "192.0.2.7"))).toEqual(times(20, () => 0));
    expect(times(1_000, () => fails("one-time token", "192.0.2.7")).every((wait) => wait === 5)).toBe(true);
    expect(told).toEqual(["one-time token 192.0.2.7"]);
    await clock.advance(5_000);
    expect([fails("one-time token", "192.0.2.7"), fails("one-time token", "192.0.2.7")]).toEqual([0, 5]);
    expect(told).toHaveLength(1);
    await clock.advance(3_600_000);
    times(21, () => fails("one-time token", "192.0.2.7"));
    expect(told).toHaveLength(2);
  });

  test("a stranger who floods a door shuts neither another door nor another address", () => {
    const { fails } = opened();
    times(10_000, () => fails("one-time token", "192.0.2.7"));
    expect(fails("passkey", "192.0.2.7")).toBe(0);
    expect(fails("single sign-on", "192.0.2.7")).toBe(0);
    expect(fails("one-time token", "192.0.2.8")).toBe(0);
  });

  test("who gets in is not counted, and a thousand at once do not all pass", () => {
    const { attempts, fails } = opened();
    for (let tries = 0; tries < 100; tries += 1) attempts.begin("passkey", "192.0.2.7")();
    const passed = times(1_000, () => fails("passkey", "192.0.2.7")).filter((wait) => wait === 0);
    expect(passed).toHaveLength(20);
  });

  test("a flood from a hundred thousand addresses costs the ledger a few lines and bounded memory", async () => {
    const { clock, told, fails } = opened();
    for (let address = 0; address < 5_000; address += 1)
      times(21, () => fails("passkey", `10.0.${address >> 8}.${address & 255}`));
    expect(told).toHaveLength(20);
    await clock.advance(60_000);
    for (let address = 0; address < 5_000; address += 1)
      times(21, () => fails("passkey", `10.1.${address >> 8}.${address & 255}`));
    expect(told).toHaveLength(21);
  });
});
