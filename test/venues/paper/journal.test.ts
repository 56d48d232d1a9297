import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { decimal } from "../../../src/kernel/decimal.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import type { OrderRequest } from "../../../src/kernel/order.ts";
import { type PaperExchange, openPaper } from "../../../src/venues/paper/exchange.ts";
import { readJournal } from "../../../src/venues/paper/journal.ts";
import { manualClock } from "./manual-clock.ts";
import { ORDER_SENDER } from "./order-sender.ts";

async function journalFile(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "paper-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return path.join(folder, "exchange.jsonl");
}

const SYMBOL = "BTC/USDT:USDT";
const SEED = {
  account: "desk-1",
  balances: { USDT: "1000000" },
  positions: [{ symbol: SYMBOL, quantity: "10", entryPrice: "64000" }],
  orders: [],
};
const order = (clientOrderId: string, change: Partial<OrderRequest> = {}): OrderRequest => ({
  account: "desk-1",
  symbol: SYMBOL,
  side: "buy",
  quantity: decimal("1"),
  limitPrice: decimal("50000"),
  timeInForce: "GTC",
  reduceOnly: false,
  clientOrderId,
  ...change,
});
const open = (journalPath: string, clock = manualClock()): Promise<PaperExchange> =>
  openPaper({ clock, log: silentLog, seed: 1, storm: "2020-03-12", journalPath });

test("orders, positions, balances and the storm's time are the same after a restart", async () => {
  const file = await journalFile();
  const clock = manualClock();
  const before = await open(file, clock);
  before.pin("BTC", "64000");
  await before.seedAccounts([SEED]);
  const { reader, trader } = before.venue();
  await trader.place(order("rests"));
  await trader.place(
    order("trades", { side: "sell", limitPrice: decimal("63000"), timeInForce: "IOC", reduceOnly: true }),
  );
  for (let step = 0; step < 8; step += 1) {
    clock.move(250);
    await before.tick();
  }
  const state = await reader.account("desk-1");
  const elapsed = before.storm().elapsedMs;
  await before.close();

  const after = await open(file, clock);
  after.pin("BTC", "64000");
  expect(after.storm()).toMatchObject({ name: "2020-03-12", elapsedMs: elapsed });
  await after.seedAccounts([SEED]);
  expect(await after.venue().reader.account("desk-1")).toEqual(state);
  expect((await after.venue().reader.orderByClientId("desk-1", SYMBOL, "trades"))?.state).toBe("filled");
  expect(await after.venue().trader.place(order("rests"))).toMatchObject({
    outcome: "unknown",
    reason: "duplicate client order id rests",
  });
  await after.close();
});

test("a torn last line is left out and the next deed starts a line of its own", async () => {
  const file = await journalFile();
  const before = await open(file);
  await before.seedAccounts([SEED]);
  await before.close();
  const sound = (await readJournal(file)).deeds.length;
  await appendFile(file, '{"deed":"accepted","id":"9","acc');
  expect((await readJournal(file)).deeds).toHaveLength(sound);
  const after = await open(file);
  await after.venue().trader.place(order("after-the-tear"));
  await after.close();
  expect((await readJournal(file)).accepted.get("after-the-tear")).toHaveLength(1);
});

test("an IOC order whose outcome was torn off does not begin to rest", async () => {
  const file = await journalFile();
  const before = await open(file);
  before.pin("BTC", "64000");
  await before.seedAccounts([SEED]);
  await before.venue().trader.place(order("torn", { limitPrice: decimal("64640"), timeInForce: "IOC" }));
  await before.close();
  const lines = (await readFile(file, "utf8")).split("\n");
  const accepted = lines.findIndex((line) => line.includes('"torn"'));
  await writeFile(file, `${lines.slice(0, accepted + 1).join("\n")}\n{"deed":"fil`);
  const after = await open(file);
  expect(await after.venue().reader.openOrders("desk-1")).toEqual([]);
  const found = await after.venue().reader.orderByClientId("desk-1", SYMBOL, "torn");
  expect(found).toMatchObject({ state: "expired", filledQuantity: "0" });
  await after.close();
});

test("a damaged line in the middle stops the start and names the line", async () => {
  const file = await journalFile();
  const before = await open(file);
  await before.seedAccounts([SEED]);
  await before.close();
  const [first = "", ...rest] = (await readFile(file, "utf8")).split("\n");
  await writeFile(file, [first.slice(0, 10), ...rest].join("\n"));
  await expect(open(file)).rejects.toMatchObject({
    code: "RECORDING_UNREADABLE",
    message: expect.stringContaining("line 1"),
  });
});

test("an order answered for survives kill -9, and one in flight is taken at most once", async () => {
  const file = await journalFile();
  const child = spawn(process.execPath, ["--import", "tsx", ORDER_SENDER, file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const answered: string[] = [];
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text: string) => {
    answered.push(...text.split("\n").filter(Boolean));
    if (answered.length > 25) child.kill("SIGKILL");
  });
  await once(child, "exit");
  const { accepted } = await readJournal(file);
  for (const id of answered) expect(accepted.get(id)).toHaveLength(1);
  const again = await open(file);
  for (const id of accepted.keys()) {
    expect((await again.venue().reader.orderByClientId("desk-1", SYMBOL, id))?.clientOrderId).toBe(id);
  }
  await again.close();
});
