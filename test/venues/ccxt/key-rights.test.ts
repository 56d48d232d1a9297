import { describe, expect, test } from "vitest";
import { Secret } from "../../../src/kernel/secret.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { type CcxtVenueName, openCcxt } from "../../../src/venues/ccxt/open.ts";
import { type KeyRights, endsSoon, keyChanges, keyProblems } from "../../../src/venues/key-rights.ts";
import { binanceusdm } from "../../fakes/exchanges/binanceusdm.ts";
import { bybit } from "../../fakes/exchanges/bybit.ts";
import { type FakeVenue, openFake } from "../../fakes/exchanges/core.ts";
import { deribit } from "../../fakes/exchanges/deribit.ts";
import { hyperliquid } from "../../fakes/exchanges/hyperliquid.ts";
import { krakenfutures } from "../../fakes/exchanges/krakenfutures.ts";
import { okx } from "../../fakes/exchanges/okx.ts";
import { hexId, rigs, wordId } from "./rig.ts";

const ENDS = new Date("2026-12-10T08:00:00Z");
const BOUND = ["192.0.2.7"];

interface Telling {
  readonly fake: FakeVenue;
  /** What a key is said to be that trades, cannot withdraw and is bound to one address. */
  readonly good: Omit<KeyRights, "expiresAt">;
  readonly tellsEnd: boolean;
  /** What the venue says of a key that may withdraw. */
  readonly withdraws: boolean | null;
}

const good = (rights: readonly string[], addresses: readonly string[] | null): Telling["good"] => ({
  withdraws: false,
  addressBound: true,
  rights,
  addresses,
  others: null,
});

const TELLING: Partial<Record<CcxtVenueName, Telling>> = {
  binanceusdm: {
    fake: binanceusdm,
    good: good(["enableFutures", "enableReading"], null),
    tellsEnd: true,
    withdraws: true,
  },
  bybit: {
    fake: bybit,
    good: good(["ContractTrade.Order", "ContractTrade.Position"], BOUND),
    tellsEnd: true,
    withdraws: true,
  },
  okx: { fake: okx, good: good(["read_only", "trade"], BOUND), tellsEnd: false, withdraws: true },
  deribit: {
    fake: deribit,
    good: good(["account:read", "trade:read_write", "wallet:none"], BOUND),
    tellsEnd: false,
    withdraws: true,
  },
  krakenfutures: {
    fake: krakenfutures,
    good: good(["general FULL_ACCESS", "transfer NO_ACCESS"], ["192.0.2.7/32"]),
    tellsEnd: false,
    // Transfers leave for the account's own spot wallet; whether they go further is not told.
    withdraws: null,
  },
};

describe("what a venue says of the key", () => {
  for (const [name, { fake, good: expected, tellsEnd, withdraws }] of Object.entries(TELLING)) {
    const rig = rigs(name as CcxtVenueName, fake, "BTC/USDT:USDT", wordId);
    test(`${name}: a trading key bound to an address has no problem; one from anywhere that may withdraw has`, async () => {
      const on = await rig();
      const { reader } = on.venue;
      expect(await reader.keyRights?.("desk-1")).toEqual({ ...expected, expiresAt: null });
      on.fake.state().key = { withdraws: true, addresses: [], endsAt: ENDS.getTime() };
      const rights = await reader.keyRights?.("desk-1");
      expect(rights).toMatchObject({ withdraws, addressBound: false, expiresAt: tellsEnd ? ENDS : null });
      expect(rights?.addresses ?? []).toEqual([]);
      expect(keyProblems(rights ?? { withdraws: null, addressBound: null })).toEqual([
        ...(withdraws ? ["it can withdraw"] : []),
        "it works from any network address",
      ]);
    });
  }

  const agents = rigs("hyperliquid", hyperliquid, "BTC/USDC:USDC", hexId);
  test("hyperliquid: an agent trades and nothing else; until when is told where it has a name, and others are named", async () => {
    const on = await agents();
    const { reader } = on.venue;
    const trades = { withdraws: false, addressBound: null, rights: ["trade"], addresses: null };
    expect(await reader.keyRights?.("desk-1")).toEqual({ ...trades, expiresAt: null, others: [] });
    on.fake.state().key.endsAt = ENDS.getTime();
    on.fake.state().otherKeys = ["laptop"];
    expect(await reader.keyRights?.("desk-1")).toEqual({
      ...trades,
      expiresAt: ENDS,
      others: [`laptop (0x${"7".repeat(40)})`],
    });
  });

  test.each([
    ["the account's own key may do anything", "0x1563915e194d8cfba1943570603f7606a3115508", true],
    ["a key that is no agent of the account is an error, not a no", `0x${"9".repeat(40)}`, "VENUE_ANSWER_INVALID"],
  ])("hyperliquid: %s", async (_, wallet, expected) => {
    const fake = await openFake(hyperliquid);
    const { reader } = await openCcxt({
      venue: "hyperliquid",
      account: "desk-1",
      environment: "live",
      credentials: { apiKey: new Secret(wallet), apiSecret: new Secret(`0x${"2".repeat(64)}`) },
      baseUrl: fake.url,
      clock: systemClock,
      log: silentLog,
      rateLimit: false,
    });
    const asked = reader.keyRights?.("desk-1");
    if (expected === true) expect(await asked).toMatchObject({ withdraws: true, rights: ["everything"] });
    else await expect(asked).rejects.toMatchObject({ code: expected });
    await reader.close();
    await fake.close();
  });

  const demo = rigs("bybit", bybit, "BTC/USDT:USDT", wordId, "paper");
  test("nothing is concluded of a test system", async () => {
    expect(await (await demo()).venue.reader.keyRights?.("desk-1")).toBeNull();
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

describe("between two readings of a key", () => {
  const before: KeyRights = {
    withdraws: false,
    addressBound: true,
    rights: ["read", "trade"],
    addresses: ["192.0.2.7"],
    expiresAt: ENDS,
    others: ["laptop"],
  };
  test.each<[string, Partial<KeyRights>, readonly string[]]>([
    ["nothing changed", {}, []],
    [
      "a right was added and one taken away",
      { rights: ["read", "withdraw"], withdraws: true },
      ["key-changed now able to withdraw; rights: added withdraw; taken away trade"],
    ],
    [
      "an address was added",
      { addresses: ["192.0.2.7", "203.0.113.9"] },
      ["key-addresses addresses: added 203.0.113.9"],
    ],
    [
      "it was let go of its addresses",
      { addresses: [], addressBound: false },
      ["key-addresses no longer bound to addresses; addresses: taken away 192.0.2.7"],
    ],
    [
      "it ends later",
      { expiresAt: new Date("2027-03-10T08:00:00Z") },
      ["key-changed ends 2027-03-10 08:00, before 2026-12-10 08:00"],
    ],
    ["it ends no more", { expiresAt: null }, ["key-changed ends never, before 2026-12-10 08:00"]],
    ["another key was made and one is gone", { others: ["phone"] }, ["key-created phone", "key-deleted laptop"]],
    ["the venue does not say this time", { rights: null, addresses: null, others: null, withdraws: null }, []],
  ])("%s", (_, now, changes) => {
    expect(keyChanges(before, { ...before, ...now }).map((one) => `${one.action} ${one.what}`)).toEqual(changes);
  });

  test("the end is near from two weeks before", () => {
    const near = (at: string): boolean => endsSoon(before, new Date(at)) !== null;
    expect([near("2026-11-26T07:59:00Z"), near("2026-11-26T08:00:00Z"), near("2027-01-01T00:00:00Z")]).toEqual([
      false,
      true,
      true,
    ]);
    expect(endsSoon({ expiresAt: null }, ENDS)).toBeNull();
  });
});
