import { describe, expect, test } from "vitest";
import { bybit } from "../../fakes/exchanges/bybit.ts";
import { deribit } from "../../fakes/exchanges/deribit.ts";
import { rigs, wordId } from "./rig.ts";

const open = rigs("deribit", deribit, "BTC/USD:BTC", wordId);
const HOME = { ip: "192.0.2.7", city: "Frankfurt" };
const AWAY = { ip: "203.0.113.9", city: "Lagos" };

describe("a venue's log of logins", () => {
  test("Deribit's is read after an entry, with who came from where and what was done", async () => {
    const on = await open();
    on.fake
      .state()
      .logins.push(
        { word: "success", ...HOME },
        { word: "failure", ...AWAY },
        { word: "success", ...AWAY },
        { word: "disabled_tfa", ...AWAY },
        { word: "new_api_key", ...AWAY, data: "aD-KFx-H" },
        { word: "changed_whitelist", ...AWAY, data: "fake-key" },
      );
    const all = await on.venue.reader.accessLog?.("desk-1", 1);
    expect(all?.toSorted((a, b) => a.id - b.id).map((one) => `${one.id} ${one.action}: ${one.detail}`)).toEqual([
      "2 login-refused: failure",
      "3 login: success",
      "4 credentials-changed: disabled tfa",
      "5 key-created: new api key aD-KFx-H",
      "6 key-addresses: changed whitelist fake-key",
    ]);
    expect(all?.find((one) => one.id === 2)).toMatchObject({
      address: "203.0.113.9",
      place: "Lagos, Germany",
      at: new Date(1_764_000_060_000),
    });
    expect(await on.venue.reader.accessLog?.("desk-1", 6)).toEqual([]);
  });

  test("what came since the last look is read over all its pages, up to a thousand entries", async () => {
    const on = await open();
    for (let at = 0; at < 1_250; at += 1) on.fake.state().logins.push({ word: "failure", ...AWAY });
    expect(await on.venue.reader.accessLog?.("desk-1", 1_000)).toHaveLength(250);
    const newest = await on.venue.reader.accessLog?.("desk-1", 0);
    expect([newest?.length, newest?.at(-1)?.id]).toEqual([1_000, 251]);
  });

  const silent = rigs("bybit", bybit, "BTC/USDT:USDT", wordId);
  const demo = rigs("deribit", deribit, "BTC/USD:BTC", wordId, "paper");
  test("venues that show none, and test systems, are not asked", async () => {
    for (const rig of [silent, demo]) expect(await (await rig()).venue.reader.accessLog?.("desk-1", 0)).toBeNull();
  });
});
