import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exchangeWord, paperWord } from "../../src/commandline/venue-words.ts";
import type { Venue } from "../../src/venues/venue.ts";
import { decimal } from "../../src/kernel/decimal.ts";
import { silentLog } from "../../src/kernel/log.ts";
import type { OrderRequest } from "../../src/kernel/order.ts";
import { type VenueWord, compareVenues } from "../../src/ledger/verify-venues.ts";
import { clientOrderId } from "../../src/venues/client-order-id.ts";
import { type PaperExchange, openPaper } from "../../src/venues/paper/exchange.ts";
import { bybit } from "../fakes/exchanges/bybit.ts";
import { rigs } from "../venues/ccxt/rig.ts";
import { manualClock } from "../venues/paper/manual-clock.ts";
import { withDatabase } from "../with-database.ts";

const database = withDatabase();
const ACCOUNT = "desk-1";
const SYMBOL = "BTC/USDT:USDT";
const id = (name: string): string => clientOrderId("paper", name, 0);

const asked = (name: string, limitPrice: string, over: Partial<OrderRequest> = {}): OrderRequest => ({
  account: ACCOUNT,
  symbol: SYMBOL,
  side: "buy",
  quantity: decimal("2"),
  limitPrice: decimal(limitPrice),
  timeInForce: "GTC",
  reduceOnly: false,
  clientOrderId: id(name),
  ...over,
});

/** Sends, and writes the row that the desk would have of it. */
async function send(venue: Venue, order: OrderRequest): Promise<void> {
  const said = await venue.trader.place(order);
  // The desk looks again until an order has come to its end; one look is enough here.
  const taken =
    said.outcome === "accepted"
      ? await venue.reader.orderByClientId(order.account, order.symbol, order.clientOrderId)
      : null;
  await database()
    .sql`insert into breakwater.orders (client_order_id, plan_hash, leg, venue, account, symbol, side, quantity,
      limit_price, time_in_force, reduce_only, notional_usd, reference_price, state, venue_order_id, filled_quantity, average_price, sent_at)
    values (${order.clientOrderId}, ${order.clientOrderId}, 0, ${venue.reader.venue}, ${order.account}, ${order.symbol}, ${order.side},
      ${order.quantity}, ${order.limitPrice}, ${order.timeInForce}, ${order.reduceOnly}, '1', '1',
      ${taken?.state ?? "rejected"}, ${taken?.venueOrderId ?? null}, ${taken?.filledQuantity ?? "0"}, ${taken?.averagePrice ?? null}, now())`;
}

const look = (words: readonly VenueWord[]) => database().sql.begin("read only", (sql) => compareVenues(sql, words));

/** Changes the rows as their owner could, looks, and puts them back. */
async function changed(change: string, words: readonly VenueWord[]): Promise<readonly string[]> {
  const { sql } = database();
  await sql.unsafe(`create table breakwater.kept as table breakwater.orders; ${change}`);
  try {
    return (await look(words)).findings.map((one) => `${one.where}: ${one.why}`);
  } finally {
    await sql.unsafe(`delete from breakwater.orders; insert into breakwater.orders select * from breakwater.kept;
      drop table breakwater.kept`);
  }
}

describe.each(["paper", "bybit"] as const)("orders on %s", (name) => {
  const open = name === "bybit" ? rigs("bybit", bybit, SYMBOL, (text) => text) : null;
  let exchange: PaperExchange | null = null;
  let words: readonly VenueWord[] = [];

  beforeAll(async () => {
    await database().sql`delete from breakwater.orders`;
    const home = mkdtempSync(path.join(tmpdir(), "breakwater-word-"));
    let venue: Venue;
    if (open === null) {
      const journalPath = path.join(home, "paper-exchange.jsonl");
      exchange = await openPaper({ clock: manualClock(), log: silentLog, seed: 1, storm: "calm", journalPath });
      exchange.pin("BTC", "60000");
      await exchange.seedAccounts([{ account: ACCOUNT, balances: { USDT: "1000000" }, positions: [], orders: [] }]);
      venue = exchange.venue();
    } else ({ venue } = await open());
    await send(venue, asked("filled", "60600"));
    await send(venue, asked("resting", "50000"));
    await send(venue, asked("refused", "60600", { quantity: decimal(name === "paper" ? "1000000" : "100000") }));
    const word =
      name === "paper" ? await paperWord(home) : exchangeWord(venue.reader, ACCOUNT, new Date(Date.now() - 86_400_000));
    words = word === null ? [] : [word];
  }, 60_000);
  afterAll(() => exchange?.close());

  test("are what the venue says", async () => {
    expect(await look(words)).toEqual({ compared: 3, unasked: [], findings: [] });
  });

  test.each([
    ["filled_quantity = 1", "filled", /1 was filled by its row, 2 by the venue's word/],
    ["average_price = average_price + 1", "filled", /its average price is/],
    ["quantity = 3", "filled", /its quantity is 3, the venue's is 2/],
    ["side = 'sell'", "filled", /its side is sell/],
    ["symbol = 'ETH/USDT:USDT'", "filled", /its symbol is ETH|knows no such order/],
    ["venue_order_id = 'x'", "filled", /its venue order id is x/],
    ["state = 'rejected'", "filled", /it was rejected by its row, and the venue took it/],
    ["state = 'intent'", "filled", /it was never sent by its row, and the venue took it/],
    ["state = 'unknown'", "filled", /its outcome is still unknown here, and the venue says filled/],
    ["state = 'cancelled', filled_quantity = 0", "resting", /the venue still works it/],
    ["state = 'filled', filled_quantity = 2", "refused", /the venue knows no such order/],
  ])("%s is named", async (change, order, why) => {
    const found = await changed(`update breakwater.orders set ${change} where client_order_id = '${id(order)}'`, words);
    expect(found).toEqual([expect.stringMatching(why)]);
    expect(found[0]).toContain(`orders ${id(order)}: `);
  });

  test("a row that was removed is missed, because the venue has the order", async () => {
    const found = await changed(`delete from breakwater.orders where client_order_id = '${id("filled")}'`, words);
    expect(found).toEqual([`orders ${id("filled")}: the venue took it for ${ACCOUNT}, and no row stands for it`]);
  });

  test("the first bad row is the oldest", async () => {
    const [first] = await changed("update breakwater.orders set quantity = 9", words);
    expect(first).toContain(id("filled"));
  });

  test("an account that nobody was asked about is said, and not passed over", async () => {
    expect(await look([])).toEqual({ compared: 0, unasked: [ACCOUNT], findings: [] });
  });
});

test("an order that the paper exchange took twice is named", async () => {
  const word: VenueWord = {
    accounts: new Set([ACCOUNT]),
    since: null,
    taken: async (_account, _symbol, of) => Array.from({ length: 2 }, () => ({ clientOrderId: of }) as never),
    ours: async () => [],
  };
  const { findings } = await look([word]);
  expect(findings[0]?.why).toBe("the venue took it 2 times");
});
