import { createHash } from "node:crypto";
import { afterAll, expect } from "vitest";
import { type Clock, systemClock } from "../../../src/kernel/clock.ts";
import type { Environment } from "../../../src/kernel/account.ts";
import { decimal } from "../../../src/kernel/decimal.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { Secret } from "../../../src/kernel/secret.ts";
import { type CcxtVenueName, openCcxt } from "../../../src/venues/ccxt/open.ts";
import type { Venue } from "../../../src/venues/venue.ts";
import type { VenueRig } from "../../contract/venue.ts";
import { type FakeExchange, type FakeVenue, openFake } from "../../fakes/exchanges/core.ts";

/** Invented keys in the shapes that the venues' signing wants. */
const KEYS = {
  apiKey: new Secret("fake-key"),
  apiSecret: new Secret(Buffer.from("fake-secret-of-some-length").toString("base64")),
  apiPassword: new Secret("fake-passphrase"),
};
const WALLET = { apiKey: new Secret(`0x${"1".repeat(40)}`), apiSecret: new Secret(`0x${"2".repeat(64)}`) };

/**
 * Real ccxt against a venue's loopback fake, as the contract wants it. ccxt is opened once a file, because that is dear;
 * the fake begins anew for each case.
 */
export function rigs(
  name: CcxtVenueName,
  fakeVenue: FakeVenue,
  symbol: string,
  id: (name: string) => string,
  environment: Environment = "live",
  clock: Clock = systemClock,
): () => Promise<VenueRig & { readonly fake: FakeExchange }> {
  let opening: Promise<{ fake: FakeExchange; venue: Venue }> | undefined;
  const open = async () => {
    const fake = await openFake(fakeVenue);
    const venue = await openCcxt({
      venue: name,
      account: "desk-1",
      environment,
      credentials: name === "hyperliquid" ? WALLET : KEYS,
      baseUrl: fake.url,
      clock,
      log: silentLog,
      rateLimit: false,
      timeoutMs: 2_500,
    });
    return { fake, venue };
  };
  afterAll(async () => {
    const opened = await opening;
    await opened?.venue.reader.close();
    // Nothing was asked of the venue that the adapter does not need, such as currencies, which want wider permissions.
    expect(opened?.fake.strangers ?? []).toEqual([]);
    await opened?.fake.close();
  });
  return async () => {
    opening ??= open();
    const { fake, venue } = await opening;
    fake.reset();
    return {
      venue,
      fake,
      account: "desk-1",
      symbol,
      quantity: decimal("2"),
      absurdQuantity: decimal("100000"),
      restingBuy: decimal("50000"),
      crossingBuy: decimal("60600"),
      crossingSell: decimal("59400"),
      clientOrderId: id,
      fail: (call, fault) => fake.fail(call, fault),
      hideNewOrders: () => fake.hideNewOrders(),
      showNewOrders: async () => fake.showNewOrders(),
      taken: (clientOrderId) => fake.taken(clientOrderId),
      placingRequests: () => fake.placingRequests(),
      streamsOrders: false,
      thin: () => {
        fake.state().asks = [[60_010, 1]];
      },
      close: async () => {},
    };
  };
}

/** A client order id that most venues take. */
export const wordId = (name: string): string => `desk-${name}`;
/** One for venues that take letters and digits only. */
export const plainId = (name: string): string => `desk${name}`;
/** One of 128 bits in hexadecimal. */
export const hexId = (name: string): string => `0x${createHash("sha256").update(name).digest("hex").slice(0, 32)}`;
