import { decimal } from "../../../src/kernel/decimal.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { CAPABILITIES } from "../../../src/venues/capabilities.ts";
import { openPaper } from "../../../src/venues/paper/exchange.ts";
import type { PaperCall, PaperEffect } from "../../../src/venues/paper/faults.ts";
import { type RigFault, type VenueRig, venueContract } from "../../contract/venue.ts";
import { manualClock } from "./manual-clock.ts";

const EFFECT: Readonly<Record<RigFault, PaperEffect>> = {
  "accept-then-hang": "timeout-after",
  drop: "timeout-before",
  "rate-limited": "rate-limited",
  unavailable: "unavailable",
  malformed: "malformed",
  "wrong-symbol": "malformed",
};
const READS: readonly PaperCall[] = ["account", "openOrders", "orderByClientId"];

async function openRig(): Promise<VenueRig> {
  const clock = manualClock();
  const exchange = await openPaper({ clock, log: silentLog, seed: 1, storm: "calm", visibilityLagMs: 0 });
  exchange.pin("BTC", "60000");
  const symbol = "BTC/USDT:USDT";
  await exchange.seedAccounts([
    {
      account: "desk-1",
      balances: { USDT: "1000000" },
      positions: [{ symbol, quantity: "10", entryPrice: "60000" }],
      orders: [],
    },
  ]);
  let placing = 0;
  const { reader, trader } = exchange.venue();
  return {
    venue: {
      reader,
      trader: {
        place: (order) => {
          placing += 1;
          return trader.place(order);
        },
        cancel: (account, symbol, id) => trader.cancel(account, symbol, id),
        armDeadMan: (account, timeoutMs, symbols) => trader.armDeadMan(account, timeoutMs, symbols),
      },
    },
    account: "desk-1",
    symbol,
    quantity: decimal("1"),
    absurdQuantity: decimal("1000000"),
    restingBuy: decimal("50000"),
    crossingBuy: decimal("60600"),
    crossingSell: decimal("59400"),
    clientOrderId: (name) => `desk-${name}`,
    fail(call, fault) {
      const calls = call === "read" ? READS : [call];
      exchange.faults.clear();
      for (const one of calls) exchange.faults.add({ call: one, effect: EFFECT[fault] });
    },
    hideNewOrders: () => exchange.hide(15_000),
    showNewOrders: async () => clock.move(15_000),
    taken: (id) => exchange.journal().accepted.get(id)?.length ?? 0,
    placingRequests: () => placing,
    streamsOrders: true,
    thin: () => exchange.thin("0.0005"),
    close: () => exchange.close(),
  };
}

venueContract("paper", CAPABILITIES.paper, openRig);
