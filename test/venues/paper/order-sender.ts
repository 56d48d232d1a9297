import { systemClock } from "../../../src/kernel/clock.ts";
import { decimal } from "../../../src/kernel/decimal.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { openPaper } from "../../../src/venues/paper/exchange.ts";

/** This file, to be run as a process of its own. */
export const ORDER_SENDER = import.meta.filename;

/** Sends orders to a paper exchange and prints each id once it was answered for; the parent process kills it. */
async function sendOrders(): Promise<void> {
  const exchange = await openPaper({
    clock: systemClock,
    log: silentLog,
    seed: 1,
    storm: "calm",
    ...(process.argv[2] === undefined ? {} : { journalPath: process.argv[2] }),
  });
  await exchange.seedAccounts([{ account: "desk-1", balances: { USDT: "100000000" }, positions: [], orders: [] }]);
  for (let number = 0; number < 5_000; number += 1) {
    const clientOrderId = `kill-${number}`;
    const said = await exchange.venue().trader.place({
      account: "desk-1",
      symbol: "BTC/USDT:USDT",
      side: "buy",
      quantity: decimal("0.001"),
      limitPrice: decimal("50000"),
      timeInForce: "GTC",
      reduceOnly: false,
      clientOrderId,
    });
    if (said.outcome === "accepted") process.stdout.write(`${clientOrderId}\n`);
  }
}

if (process.argv[1] === ORDER_SENDER) await sendOrders();
