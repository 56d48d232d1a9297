import { expect, test } from "vitest";
import { killAtEvery } from "./kills.ts";

test(
  "a kill before every step of one story changes nothing: the run goes on, each approved leg is at the exchange at most once, and the ledger verifies",
  { timeout: 900_000 },
  async () => {
    const boundaries = await killAtEvery("before");
    expect(boundaries.length).toBeGreaterThan(10);
    expect(boundaries).toContain("before send the first reduction");
  },
);
