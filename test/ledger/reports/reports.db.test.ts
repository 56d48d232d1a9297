import { beforeAll, describe, expect, test } from "vitest";
import { append } from "../../../src/ledger/append.ts";
import { accessReview } from "../../../src/ledger/reports/access-review.ts";
import { doraDeadlines, doraReport } from "../../../src/ledger/reports/dora.ts";
import { orderRecords } from "../../../src/ledger/reports/order-records.ts";
import { reportCsv } from "../../../src/ledger/reports/report.ts";
import { rts6Evidence } from "../../../src/ledger/reports/rts6.ts";
import { suspiciousReport } from "../../../src/ledger/reports/suspicious.ts";
import { type TestDesk, testDesk } from "../../policy/control.ts";
import { withDatabase } from "../../with-database.ts";

const database = withDatabase();
let desk: TestDesk;
const period = { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 3_600_000) };
let clientOrderId = "";

beforeAll(async () => {
  desk = testDesk(database());
  await desk.publish();
  const { hash, plan } = await desk.ask();
  await desk.vote(hash, "ana");
  await desk.claim(hash, plan);
  clientOrderId = plan.orders[0]?.clientOrderId ?? "";
  await database()
    .sql`insert into breakwater.orders (client_order_id, plan_hash, leg, run_id, venue, account, symbol, side, quantity, limit_price, time_in_force, reduce_only, notional_usd, reference_price, state, venue_order_id)
    values (${clientOrderId}, ${hash}, 0, ${plan.run}, 'paper', 'paper-a', 'BTC/USDT:USDT', 'sell', '1', '50000', 'IOC', true, '50000', '50000', 'cancelled', 'v-1')`;
  await desk.within(async (tx) => {
    await append(tx, { actor: plan.requestedBy, type: "order.intended", object: clientOrderId, body: { plan: hash } });
    await append(tx, { actor: "service:orders", type: "order.sent", object: clientOrderId, body: { plan: hash } });
    await append(tx, {
      actor: "venue:paper",
      type: "order.outcome",
      object: clientOrderId,
      body: { state: "cancelled", filledQuantity: "0.4", averagePrice: "50001.5", reason: "the rest of an IOC" },
    });
  });
  await database()
    .sql`insert into breakwater.incidents (id, correlation_key, kind, severity, trust, title, labels, "values")
    values ('INC-1', 'k', 'margin.ratio', 'critical', 'internal', 'Margin of paper-a', '{}', '{}')`;
});

test("every event of an order stands in sequence, with who decided and who executed", async () => {
  const report = await orderRecords(database().sql, period);
  const at = (name: string) => report.columns.findIndex((column) => column.name === name);
  const column = (name: string) => report.rows.map((row) => row[at(name)]);
  expect(column("event")).toEqual(["order.intended", "order.sent", "order.outcome cancelled"]);
  const numbers = column("sequence_number").map(Number);
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  expect(report.rows.at(-1)).toEqual(
    expect.arrayContaining([
      clientOrderId,
      "person:ana",
      "playbook:margin-breach@1",
      "0.4",
      "0.6",
      "50001.5",
      "the rest of an IOC",
    ]),
  );
  expect(report.missing).toContain("submitting_entity_lei: add it by hand");
  expect(reportCsv(report).trim().split("\n")).toHaveLength(4);
  for (const row of report.rows) expect(row).toHaveLength(report.columns.length);
});

test("the access review names who holds what since when, and who never used it", async () => {
  const report = await accessReview(database().sql);
  expect(report.rows.map((row) => row.slice(0, 3))).toContainEqual(["ana", "trader", "system"]);
  expect(report.missing).toContain("di (viewer) never acted: is the role needed?");
  expect(report.missing.some((line) => line.startsWith("ana "))).toBe(false);
});

test("the evidence for the self-assessment counts from the records", async () => {
  const report = await rts6Evidence(database().sql, period);
  const value = (what: string) => report.rows.find((row) => row[1] === what)?.[2];
  expect(value("plans proposed")).toBe("1");
  expect(value("orders meant, and of these with an outcome still unknown")).toBe("1, 0");
  expect(value("largest order, USD")).toBe("50000");
  expect(value("playbooks and versions that ran")).toBe("margin-breach@1");
});

describe("the deadlines of DORA", () => {
  const aware = new Date("2026-01-31T10:00:00Z");
  const day = (text: string) => new Date(`2026-${text}Z`);
  test.each<[string, Parameters<typeof doraDeadlines>[1], readonly (string | null)[]]>([
    ["a day after the firm became aware", {}, ["2026-02-01T10:00:00.000Z", null, null]],
    [
      "four hours after it was classified as major",
      { majorAt: day("01-31T12:00:00") },
      ["2026-01-31T16:00:00.000Z", null, null],
    ],
    [
      "never later than a day after awareness",
      { majorAt: day("02-01T09:00:00") },
      ["2026-02-01T10:00:00.000Z", null, null],
    ],
    [
      "72 hours from the submission, not from the detection",
      { initialSentAt: day("01-31T15:00:00") },
      ["2026-02-01T10:00:00.000Z", "2026-02-03T15:00:00.000Z", null],
    ],
    [
      "a month after the latest intermediate report",
      { initialSentAt: day("01-31T15:00:00"), intermediateSentAt: day("01-31T16:00:00") },
      ["2026-02-01T10:00:00.000Z", "2026-02-03T15:00:00.000Z", "2026-02-28T16:00:00.000Z"],
    ],
  ])("%s", (_, answers, due) =>
    expect(doraDeadlines(aware, answers, aware).map((one) => one.dueAt?.toISOString() ?? null)).toEqual(due),
  );
  test("half of the time used is 0.5", () =>
    expect(doraDeadlines(aware, { majorAt: aware }, day("01-31T12:00:00"))[0]?.usedRatio).toBe(0.5));
  test("the form names every field that people must fill", async () => {
    const report = await doraReport(database().sql, "INC-1", { authority: "BaFin" }, new Date());
    expect(report.rows).toContainEqual(["description", "Margin of paper-a", "incidents.title"]);
    expect(report.missing).toEqual(
      expect.arrayContaining(["resolved", "root_cause", "clients_affected", "classified_as_major"]),
    );
    expect(report.missing).not.toContain("competent_authority");
    await expect(doraReport(database().sql, "INC-9", {}, new Date())).rejects.toThrow("no incident INC-9");
  });
});

test("the draft of a suspicious transaction report is filled from the record, and names what only people know", async () => {
  await database()
    .sql`insert into breakwater.alerts (source, trust, kind, status, severity, title, labels, "values", fingerprint, incident_id, at)
    values ('detector:spoofing', 'internal', 'market.spoofing', 'firing', 'high', 'Large bids placed and pulled', '{"instrument":"BTC/USDT:USDT","venue":"paper"}', '{"pulled":"7"}', 'f', 'INC-1', now())`;
  const report = await suspiciousReport(database().sql, "INC-1", {
    name: { na: "orders in the public book are anonymous" },
    reasons: "seven bids were pulled after a second each while others bought",
  });
  const value = (field: string) => report.rows.find((row) => row[1] === field)?.[2];
  expect([value("instrument"), value("trading_venue"), value("name")]).toEqual([
    "BTC/USDT:USDT",
    "paper",
    "NA: orders in the public book are anonymous",
  ]);
  expect(value("what_was_seen")).toContain("Large bids placed and pulled");
  expect(report.missing).toContain("person_submitting");
  expect(report.missing).not.toContain("reasons");
});

test.each([
  ["an answer without a reason for not applying", { name: { na: " " } }, "no reason is given"],
  ["an answer to a field that the form does not have", { height: "2 m" }, "no field height"],
])("%s is refused", async (_, answers, why) => {
  await expect(suspiciousReport(database().sql, "INC-1", answers)).rejects.toThrow(why);
});
