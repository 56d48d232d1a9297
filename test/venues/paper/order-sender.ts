/** A process that sends orders to a paper exchange and prints each id once it was answered for; its parent kills it. */
import { systemClock } from "../../../src/kernel/clock.ts";
import { decimal } from "../../../src/kernel/decimal.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { openPaper } from "../../../src/venues/paper/exchange.ts";

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
