import { expect, test } from "vitest";
import { openExposure } from "../../src/exposure/exposure.ts";
import type { AccountState } from "../../src/kernel/account.ts";
import { decimal, fromFloat } from "../../src/kernel/decimal.ts";
import type { Instrument } from "../../src/kernel/instrument.ts";
import { black76 } from "../../src/quant/options/black76.ts";
import type { BookTop, VenueReader } from "../../src/venues/venue.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const EIGHT = Date.parse("2026-03-02T08:00:00Z");
const INDEX = 60_000;
const STRIKES = [54_000, 57_000, 60_000, 63_000, 66_000];

const contract = (fields: Pick<Instrument, "symbol" | "kind"> & Partial<Instrument>): Instrument => ({
  venue: "deribit",
  base: "BTC",
  quote: "USDC",
  settle: "USDC",
  inverse: false,
  contractSize: decimal("1"),
  tickSize: decimal("0.01"),
  lotSize: decimal("0.1"),
  minQuantity: decimal("0.1"),
  ...fields,
});
const perpetual = contract({ symbol: "BTC/USDC:USDC", kind: "perpetual" });
/** As the venues list them: one expiry each of the next four days at 08:00 UTC. */
const options = [1, 2, 3, 4].flatMap((day) =>
  STRIKES.flatMap((strike) =>
    (["call", "put"] as const).map((optionKind) =>
      contract({
        symbol: `BTC/USDC:USDC-${day}-${strike}-${optionKind}`,
        kind: "option",
        strike: decimal(String(strike)),
        optionKind,
        expiryAt: new Date(EIGHT + day * DAY_MS),
      }),
    ),
  ),
);
const instruments = new Map([perpetual, ...options].map((one) => [one.symbol, one]));

/** Each expiry is marked at ten points more than the one before: 40 %, 50 %, 60 %, 70 %. */
function markAt(one: Instrument, at: Date): number {
  if (one.kind === "perpetual") return INDEX;
  const years = (Number(one.expiryAt) - at.getTime()) / (365 * DAY_MS);
  const sigma = 0.3 + 0.1 * Math.round((Number(one.expiryAt) - EIGHT) / DAY_MS);
  return black76({ kind: one.optionKind!, forward: INDEX, strike: Number(one.strike), years, sigma }).price;
}

const state = (at: Date): AccountState => ({
  account: "a",
  venue: "deribit",
  equityUsd: decimal("100000"),
  maintenanceMarginUsd: decimal("6000"),
  marginRatio: decimal("0.06"),
  balances: [],
  positions: [
    {
      account: "a",
      symbol: perpetual.symbol,
      quantity: decimal("10"),
      entryPrice: decimal("60000"),
      markPrice: decimal("60000"),
      notionalUsd: decimal("600000"),
      unrealisedUsd: decimal("0"),
      liquidationPrice: null,
      maintenanceMarginUsd: decimal("6000"),
      delta: decimal("10"),
    } as unknown as AccountState["positions"][number],
  ],
  openOrders: [],
  at,
});

test.each([
  ["at noon", 4, "0.6"],
  ["an hour before the next one ends", 23, "0.6"],
])("a day's risk takes the volatility of the first expiry two days off, %s", async (_, hours, sigma) => {
  const at = new Date(EIGHT + hours * HOUR_MS);
  const reader = {
    venue: "deribit",
    account: async () => state(at),
    instruments: async () => instruments,
    book: async (symbol: string): Promise<BookTop> => ({
      symbol,
      bids: [],
      asks: [],
      markPrice: fromFloat(markAt(instruments.get(symbol)!, at), decimal("0.000001"), "half-even"),
      indexPrice: decimal(String(INDEX)),
      fundingRate: null,
      at,
    }),
  } as unknown as VenueReader;
  const exposure = openExposure({
    // No mark was ever recorded here: whoever looks for one fails.
    db: {} as never,
    accounts: ["a"],
    readerOf: async () => reader,
    hedger: {} as never,
    collarBps: 500,
  });
  const [risk] = await exposure.risk("a");
  expect(risk?.liquidation?.sigma).toBe(sigma);
});
