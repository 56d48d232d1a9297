import { describe, expect, test } from "vitest";
import { keyProblems } from "../../../src/venues/key-rights.ts";
import type { CcxtVenueName } from "../../../src/venues/ccxt/open.ts";
import { binanceusdm } from "../../fakes/exchanges/binanceusdm.ts";
import { bybit } from "../../fakes/exchanges/bybit.ts";
import type { FakeVenue } from "../../fakes/exchanges/core.ts";
import { deribit } from "../../fakes/exchanges/deribit.ts";
import { krakenfutures } from "../../fakes/exchanges/krakenfutures.ts";
import { okx } from "../../fakes/exchanges/okx.ts";
import { rigs, wordId } from "./rig.ts";

const TELLING = { binanceusdm, bybit, okx, deribit } as const satisfies Partial<Record<CcxtVenueName, FakeVenue>>;

describe("what a venue says of the key", () => {
  for (const [name, fake] of Object.entries(TELLING)) {
    const rig = rigs(name as keyof typeof TELLING, fake, "BTC/USDT:USDT", wordId);
    test(`${name}: a trading key bound to an address has no problem, one that withdraws from anywhere has two`, async () => {
      const on = await rig();
      const { reader } = on.venue;
      expect(await reader.keyRights?.("desk-1")).toEqual({ withdraws: false, addressBound: true });
      on.fake.state().key = { withdraws: true, addresses: [] };
      const rights = await reader.keyRights?.("desk-1");
      expect(rights).toEqual({ withdraws: true, addressBound: false });
      expect(keyProblems(rights ?? { withdraws: null, addressBound: null })).toEqual([
        "it can withdraw",
        "it works from any network address",
      ]);
    });
  }

  const silent = rigs("krakenfutures", krakenfutures, "BTC/USD:USD", wordId);
  const demo = rigs("bybit", bybit, "BTC/USDT:USDT", wordId, "paper");
  test("nothing is concluded where the venue cannot tell, or where it is a test system", async () => {
    for (const rig of [silent, demo]) expect(await (await rig()).venue.reader.keyRights?.("desk-1")).toBeNull();
    expect(keyProblems({ withdraws: null, addressBound: null })).toEqual([]);
  });

  const lost = rigs(
    "binanceusdm",
    {
      ...binanceusdm,
      routes: { "GET /sapi/v1/account/apiRestrictions": { kind: "read", answer: () => ({ enableReading: true }) } },
    },
    "BTC/USDT:USDT",
    wordId,
  );
  test("an answer without the field is an error, not a no", async () => {
    await expect((await lost()).venue.reader.keyRights?.("desk-1")).rejects.toMatchObject({
      code: "VENUE_ANSWER_INVALID",
    });
  });
});
