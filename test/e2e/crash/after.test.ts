import { expect, test } from "vitest";
import { killAtEvery } from "./kills.ts";

test(
  "a kill after every step's work, and after its record, in one story changes nothing: the run goes on, each approved leg is at the exchange at most once, and the ledger verifies",
  { timeout: 900_000 },
  async () => {
    const boundaries = await killAtEvery("after");
    expect(boundaries.length).toBeGreaterThan(15);
    expect(boundaries).toContain("after the work of send the first reduction");
  },
);
