import { linkSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { Consent } from "../../src/kernel/consent.ts";
import { fakeClock } from "../../src/kernel/clock.ts";
import { decimal } from "../../src/kernel/decimal.ts";
import type { Instrument } from "../../src/kernel/instrument.ts";
import type { OrderRequest } from "../../src/kernel/order.ts";
import type { Plan } from "../../src/kernel/plan.ts";
import { Secret } from "../../src/kernel/secret.ts";
import { readMarker, writeMarker } from "../../src/policy/freeze/halt-marker.ts";
import { openSeal } from "../../src/kernel/seal.ts";
import { examine } from "../../src/signer/examine.ts";
import { liftFreeze, readFreeze, writeFreeze } from "../../src/signer/freeze.ts";
import { type Gate, openGate } from "../../src/signer/gate.ts";
import { openJournal } from "../../src/signer/journal.ts";
import { signerSettings } from "../../src/signer/settings.ts";
import { BTC } from "../policy/make.ts";
import { type Ballot, MAIN, NOW, ONE, SEAL, TWO, consentFor, mainPlan, requestOf } from "./consents.ts";

const INSTRUMENT = {
  venue: MAIN.venue,
  symbol: BTC,
  kind: "perpetual",
  base: "BTC",
  quote: "USDT",
  settle: "USDT",
  inverse: false,
  contractSize: decimal("1"),
  tickSize: decimal("0.1"),
  lotSize: decimal("0.001"),
  minQuantity: decimal("0.001"),
} as Instrument;

const homes: string[] = [];
afterAll(() => {
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});

/** A gate with a home of its own, at five past twelve. */
function gateAt(home = mkdtempSync(path.join(tmpdir(), "breakwater-gate-")), limits: Record<string, unknown> = {}) {
  homes.push(home);
  const folder = path.join(home, "signer");
  const clock = fakeClock(NOW);
  const gate: Gate = openGate({
    accounts: new Map([
      [MAIN.id, MAIN],
      ["other", { ...MAIN, id: "other" }],
    ]),
    seal: SEAL,
    limits: signerSettings.parse(limits),
    journal: openJournal(path.join(folder, "sent.jsonl"), clock.now()),
    folder,
    halted: () => readMarker(home)?.state ?? null,
    clock,
  });
  return {
    home,
    folder,
    clock,
    gate,
    /** Why an order is not let go; null where it is. */
    ask: (order: OrderRequest, consent: Consent): string | null => gate.admit(order, consent, INSTRUMENT)?.why ?? null,
  };
}

const PLAN = mainPlan();
const ORDER = requestOf(PLAN);

/** A plan that may add risk and that two people of whom one is of risk approved with their passkeys. */
const LARGE = mainPlan({}, { reduceOnly: false, clientOrderId: "bw-large" });
const large = (votes: readonly Ballot[], over: Partial<Parameters<typeof consentFor>[1]> = {}) =>
  consentFor(LARGE, { quorum: TWO, stepUp: true, votes, ...over });
const ANA = { person: "ana", stepUp: true };
const BO = { person: "bo", roles: ["risk"], stepUp: true };

describe("the signer sends", () => {
  test("an order of a plan that people approved as they were asked", () => {
    expect(gateAt().ask(ORDER, consentFor(PLAN))).toBeNull();
    expect(gateAt().ask(requestOf(LARGE), large([ANA, BO]))).toBeNull();
  });

  test("a reduction that the policy let through without people, and small orders that may add risk", () => {
    expect(gateAt().ask(ORDER, consentFor(PLAN, { asked: false, votes: [] }))).toBeNull();
    expect(gateAt().ask(requestOf(LARGE), consentFor(LARGE, { asked: false, votes: [] }))).toBeNull();
  });

  test("each order of a plan, once each", () => {
    const legs = ["bw-1", "bw-2"].map((clientOrderId) => ({ ...PLAN.orders[0], clientOrderId }));
    const two = mainPlan({ orders: legs as Plan["orders"] });
    const on = gateAt();
    expect([0, 1].map((at) => on.ask(requestOf(two, at), consentFor(two)))).toEqual([null, null]);
    expect(on.ask(requestOf(two, 1), consentFor(two))).toMatch(/bw-2 was sent before/);
  });

  test("figures that are written otherwise and are the same", () => {
    expect(gateAt().ask({ ...ORDER, quantity: decimal("1.000") }, consentFor(PLAN))).toBeNull();
  });
});

const consent = consentFor(PLAN);
const swapped = (part: keyof Consent, from: Consent): Consent => ({ ...consent, [part]: from[part] });
const OTHER = mainPlan({ reason: "another" });

describe("the signer refuses, and lets nothing go until a person has looked,", () => {
  test.each([
    ["an edited plan", ORDER, { ...consent, plan: consent.plan.replace('"quantity":"1"', '"quantity":"9"') }],
    ["a plan with a blank more", ORDER, { ...consent, plan: consent.plan.replace("{", "{ ") }],
    ["bytes that are no plan", ORDER, { ...consent, plan: "[]" }],
    ["another plan's proposal", ORDER, swapped("proposed", consentFor(OTHER))],
    ["another plan's claim", ORDER, swapped("claim", consentFor(OTHER))],
    ["another plan's approval", ORDER, swapped("approval", consentFor(OTHER))],
    ["another plan's votes", ORDER, swapped("votes", consentFor(OTHER))],
    ["another desk's seal", ORDER, consentFor(PLAN, { seal: openSeal(new Secret("f".repeat(32))) })],
    ["another account's order", { ...ORDER, account: "other" }, consent],
    ["another instrument", { ...ORDER, symbol: "ETH/USDT:USDT" }, consent],
    ["the other side", { ...ORDER, side: "buy" }, consent],
    ["another quantity", { ...ORDER, quantity: "1.1" }, consent],
    ["another price", { ...ORDER, limitPrice: "49999" }, consent],
    ["an order that may add risk in place of a reduction", { ...ORDER, reduceOnly: false }, consent],
    ["another time in force", { ...ORDER, timeInForce: "GTC" }, consent],
    ["an order of another id", { ...ORDER, clientOrderId: "bw-2" }, consent],
    ["no votes", ORDER, consentFor(PLAN, { votes: [], approvedBy: [] })],
    ["a claim for somebody who did not vote", ORDER, consentFor(PLAN, { approvedBy: ["ana", "bo"] })],
    ["a claim for people who were never asked", ORDER, consentFor(PLAN, { asked: false, approvedBy: ["ana"] })],
    ["a denial", ORDER, consentFor(PLAN, { votes: [{ person: "ana" }, { person: "bo", decision: "deny" }] })],
    ["one person named twice", requestOf(LARGE), large([BO], { approvedBy: ["bo", "bo"] })],
    ["one person where two are asked for", requestOf(LARGE), large([BO])],
    ["two traders where risk is asked for", requestOf(LARGE), large([ANA, { ...ANA, person: "cy" }])],
    ["a click where a passkey is asked for", requestOf(LARGE), large([ANA, { ...BO, stepUp: false }])],
    [
      "the approval of the one who asked",
      requestOf(mainPlan({ requestedBy: "person:ana" })),
      consentFor(mainPlan({ requestedBy: "person:ana" })),
    ],
    [
      "a price outside the plan's collar",
      requestOf(mainPlan({}, { limitPrice: "40000" })),
      consentFor(mainPlan({}, { limitPrice: "40000" })),
    ],
    [
      "an order that is worth far more than its plan tells",
      requestOf(mainPlan({}, { quantity: "100" })),
      consentFor(mainPlan({}, { quantity: "100" })),
    ],
  ])("%s", (_what, order, shown) => {
    const on = gateAt();
    expect(on.ask(order as OrderRequest, shown)).not.toBeNull();
    expect(readFreeze(on.folder)?.by).toBe("signer");
    expect(on.ask(requestOf(OTHER), consentFor(OTHER))).toMatch(/frozen by signer/);
    liftFreeze(on.folder);
    expect(on.ask(requestOf(OTHER), consentFor(OTHER))).toBeNull();
  });

  test("any part of any seal, fact or byte that is changed", () => {
    const texts = (value: unknown, at: string[] = []): string[][] =>
      value !== null && typeof value === "object"
        ? Object.entries(value).flatMap(([key, inner]) => texts(inner, [...at, key]))
        : [at];
    const places = texts(consent);
    expect(places.length).toBeGreaterThan(30);
    const known = { accounts: new Map([[MAIN.id, MAIN]]), seal: SEAL, unapprovedUsd: decimal<"usd">("250000") };
    expect(examine(ORDER, consent, known, NOW).refusal).toBeNull();
    fc.assert(
      fc.property(
        fc.constantFrom(...places),
        fc.integer({ min: 0 }),
        fc.integer({ min: 1, max: 93 }),
        (at, where, by) => {
          const forged = structuredClone(consent) as unknown as Record<string, unknown>;
          let owner = forged;
          for (const key of at.slice(0, -1)) owner = owner[key] as Record<string, unknown>;
          const last = at.at(-1) as string;
          const text = String(owner[last]);
          const point = where % Math.max(1, text.length);
          const other = String.fromCharCode(33 + (((text.charCodeAt(point) || 33) - 33 + by) % 94));
          owner[last] = text.slice(0, point) + other + text.slice(point + 1);
          expect(examine(ORDER, forged as unknown as Consent, known, NOW).refusal).not.toBeNull();
        },
      ),
      { numRuns: 5_000 },
    );
  });
});

describe("the signer refuses, and goes on with others,", () => {
  /** The refusal of what is asked, after which another plan's order goes. */
  const only = (on: ReturnType<typeof gateAt>, order: OrderRequest, shown: Consent): string | null => {
    const why = on.ask(order, shown);
    expect(readFreeze(on.folder)).toBeNull();
    return why;
  };

  test("an account it does not hold, and one of another environment", () => {
    const stranger = mainPlan({ account: "nobody" }, { account: "nobody" });
    expect(only(gateAt(), requestOf(stranger), consentFor(stranger))).toMatch(/has no account nobody/);
    const paper = mainPlan({ environment: "paper" });
    expect(only(gateAt(), requestOf(paper), consentFor(paper))).toMatch(/\(paper\), the signer holds main .* \(live\)/);
  });

  test("a plan whose time is over, by its bytes or by its row", async () => {
    const on = gateAt();
    await on.clock.advance(11 * 60_000);
    expect(only(on, ORDER, consent)).toMatch(/could be sent until 2026-03-02T12:15/);
    expect(only(gateAt(), ORDER, consentFor(PLAN, { expiresAt: "2026-03-02T12:04:00.000Z" }))).toMatch(/until .*12:04/);
  });

  test("an order that was sent before, also by a life before this one", () => {
    const on = gateAt();
    expect(on.ask(ORDER, consent)).toBeNull();
    expect(only(on, ORDER, consent)).toMatch(/bw-1 was sent before/);
    expect(only(gateAt(on.home), ORDER, consent)).toMatch(/bw-1 was sent before/);
  });

  test("what may add risk, is larger than its own limit, and nobody approved", () => {
    const big = mainPlan({}, { reduceOnly: false, quantity: "6", notionalUsd: "300000" });
    expect(only(gateAt(), requestOf(big), consentFor(big, { asked: false, votes: [] }))).toMatch(
      /nobody approved a plan of 300000 USD/,
    );
    expect(gateAt().ask(requestOf(big), consentFor(big, { quorum: ONE }))).toBeNull();
  });

  test("orders over its own counters, whatever the policy allowed, until time has passed", async () => {
    const on = gateAt(undefined, { ordersPerMinute: 2, usdPerHour: "120000" });
    const ask = (id: string) => {
      const one = mainPlan({}, { clientOrderId: id });
      return only(on, requestOf(one), consentFor(one));
    };
    expect([ask("a"), ask("b")]).toEqual([null, null]);
    expect(ask("c")).toMatch(/as many orders in a minute as the signer lets go \(2\)/);
    await on.clock.advance(61_000);
    expect(ask("c")).toMatch(/would have sent 150000 USD in an hour, the signer's limit is 120000/);
    expect(gateAt(on.home, { ordersPerMinute: 1 }).ask(ORDER, consent)).toMatch(
      /as many orders in a minute as the signer lets go \(1\)/,
    );
  });

  test("while it is frozen by hand or the kill switch stands; reductions go where only those may", () => {
    const on = gateAt();
    writeFreeze(on.folder, { by: "ed", reason: "fills we cannot explain", at: "" });
    expect([on.ask(ORDER, consent), on.gate.frozen()]).toEqual([
      expect.stringMatching(/frozen by ed: fills we cannot explain/),
      expect.stringMatching(/frozen by ed/),
    ]);
    liftFreeze(on.folder);
    const pull = (state: "reducing" | "halted") => writeMarker(on.home, { state, by: "ed", reason: "drill", at: "" });
    pull("reducing");
    expect(on.ask(requestOf(LARGE), large([ANA, BO]))).toMatch(/only reductions/);
    expect(on.ask(ORDER, consent)).toBeNull();
    pull("halted");
    expect(on.ask(requestOf(OTHER), consentFor(OTHER))).toMatch(/the kill switch was pulled/);
  });

  test("a freeze that cannot be read stands", () => {
    const on = gateAt();
    writeFileSync(path.join(on.folder, "frozen.json"), "{");
    expect(on.ask(ORDER, consent)).toMatch(/its freeze cannot be read/);
  });
});

describe("the journal", () => {
  const file = () => path.join(mkdtempSync(path.join(tmpdir(), "breakwater-journal-")), "signer", "sent.jsonl");
  const sent = (id: string, at: string, until = at) => ({ at, until, account: "main", clientOrderId: id, usd: "10" });

  test("forgets what is older than a day and over, and keeps what could still be replayed", () => {
    const where = file();
    const before = openJournal(where, NOW);
    before.record(sent("old", "2026-02-28T12:00:00.000Z"));
    before.record(sent("long", "2026-02-28T12:00:00.000Z", "2026-03-05T12:00:00.000Z"));
    before.record(sent("new", "2026-03-02T11:00:00.000Z"));
    before.close();
    const after = openJournal(where, NOW);
    expect(["old", "long", "new"].map((id) => after.has(id))).toEqual([false, true, true]);
    expect(after.spent("main", new Date("2026-03-01T12:05:00.000Z"))).toEqual({ orders: 1, usd: "10" });
    after.close();
  });

  test("is never cut short by its own opening: a crash in the middle leaves the old one whole", () => {
    const where = file();
    const journal = openJournal(where, NOW);
    journal.record(sent("whole", NOW.toISOString()));
    journal.close();
    // The old file under another name: what is written into it shows here, what takes its place does not.
    linkSync(where, `${where}.before`);
    const before = readFileSync(where, "utf8");
    openJournal(where, new Date(NOW.getTime() + 172_800_000)).close();
    expect([readFileSync(`${where}.before`, "utf8"), readFileSync(where, "utf8")]).toEqual([before, ""]);
  });

  test("drops a last line that a crash cut off, and refuses to open where another cannot be read", () => {
    const where = file();
    const journal = openJournal(where, NOW);
    journal.record(sent("whole", NOW.toISOString()));
    journal.close();
    writeFileSync(where, `${readFileSync(where, "utf8")}{"at":"2026`);
    expect(openJournal(where, NOW).has("whole")).toBe(true);
    writeFileSync(where, '{"at":"2026\n');
    expect(() => openJournal(where, NOW)).toThrow(SyntaxError);
  });
});
