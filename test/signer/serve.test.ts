import { mkdtempSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../src/kernel/clock.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { type Gate, closedGate } from "../../src/signer/gate.ts";
import { openSigner } from "../../src/signer/open.ts";
import { serveSigner } from "../../src/signer/serve.ts";
import type { Venue } from "../../src/venues/venue.ts";
import { MAIN, consentFor, mainPlan, requestOf } from "./consents.ts";

const folder = (): string => path.join(mkdtempSync(path.join(tmpdir(), "bw-serve-")), "run");
const placed: string[] = [];
const armed: unknown[] = [];
const venue = {
  reader: { instruments: async () => new Map([["BTC/USDT:USDT", {}]]) },
  trader: {
    place: async (order: { clientOrderId: string }) => (placed.push(order.clientOrderId), { outcome: "unknown" }),
    cancel: async () => "accepted",
    armDeadMan: async (...asked: unknown[]) => void armed.push(asked),
  },
} as unknown as Venue;

const serve = (socket: string, group = false, gate: Gate = closedGate("this signer only reads and cancels")) =>
  serveSigner({
    socket,
    group,
    venueOf: async () => venue,
    openGate: () => gate,
    clock: systemClock,
    log: silentLog,
  });

test("a socket for a desk of another user is open to its group, and to nobody else", async () => {
  const socket = path.join(folder(), "signer.sock");
  const server = await serve(socket, true);
  expect([statSync(socket), statSync(path.dirname(socket))].map((one) => one.mode & 0o777)).toEqual([0o660, 0o750]);
  await server.close();
});

test("what a dead signer left at the path is taken over", async () => {
  const socket = path.join(mkdtempSync(path.join(tmpdir(), "bw-serve-")), "signer.sock");
  writeFileSync(socket, "");
  const server = await serve(socket);
  expect(statSync(socket).isSocket()).toBe(true);
  await server.close();
});

test("a path that is too long for a socket is told with what to do", async () => {
  await expect(serve(`/tmp/${"x".repeat(120)}/signer.sock`)).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringContaining("set BREAKWATER_SIGNER or a shorter BREAKWATER_HOME"),
  });
});

test("a signer that only reads and cancels sends no order, however well it is consented to", async () => {
  const socket = path.join(folder(), "signer.sock");
  const server = await serve(socket);
  const signer = await openSigner({ socket, child: null, clock: systemClock, log: silentLog });
  const there = signer.venueOf(MAIN);
  const plan = mainPlan();
  expect(await there.trader.place(requestOf(plan), consentFor(plan))).toMatchObject({
    outcome: "rejected",
    reason: expect.stringContaining("only reads and cancels"),
  });
  expect([await there.trader.cancel(MAIN.id, "BTC/USDT:USDT", "1"), placed]).toEqual(["accepted", []]);
  await there.trader.armDeadMan(MAIN.id, 60_000, ["BTC/USDT:USDT"]);
  expect(armed).toEqual([[MAIN.id, 60_000, ["BTC/USDT:USDT"]]]);
  // There is no way to ask for a switch that is off, or for one that fires at once.
  for (const timeoutMs of [0, 1_000, 3_600_000])
    await expect(there.trader.armDeadMan(MAIN.id, timeoutMs, [])).rejects.toMatchObject({ code: "INPUT_INVALID" });
  expect(armed).toHaveLength(1);
  await signer.close();
  await server.close();
});

test("what a signer that stood still reads too late is not sent", async () => {
  const socket = path.join(folder(), "signer.sock");
  const server = await serve(socket, false, { frozen: () => null, admit: () => null });
  const signer = await openSigner({ socket, child: null, clock: systemClock, log: silentLog });
  const { trader } = signer.venueOf(MAIN);
  const plan = mainPlan();
  const asked = (ms: number) =>
    trader.place(requestOf(plan), consentFor(plan), new Date(systemClock.now().getTime() + ms));
  expect(await asked(-1)).toMatchObject({ outcome: "rejected", reason: expect.stringContaining("too late") });
  expect(placed).toEqual([]);
  expect(await asked(60_000)).toEqual({ outcome: "unknown" });
  expect(placed).toHaveLength(1);
  await signer.close();
  await server.close();
});
