import { beforeAll, describe, expect, test } from "vitest";
import { append } from "../../src/ledger/append.ts";
import { makeCheckpoint } from "../../src/ledger/checkpoint.ts";
import { copyOut, fileSink, readCopies } from "../../src/ledger/copies.ts";
import { lostTail } from "../../src/ledger/lost-tail.ts";
import { makeNoteKey, openNoteKey } from "../../src/ledger/note.ts";
import { proveEntry } from "../../src/ledger/proof.ts";
import { includes, leafHash } from "../../src/ledger/merkle.ts";
import { verifyLedger } from "../../src/ledger/verify.ts";
import { type Seal, openSeal } from "../../src/kernel/seal.ts";
import { Secret } from "../../src/kernel/secret.ts";
import { endPlan } from "../../src/policy/plans/propose.ts";
import { freeze } from "../../src/policy/freeze/trading-state.ts";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { alertOf, intakeOn } from "../intake/desk.ts";
import { openBreakGlass } from "../../src/policy/people/break-glass.ts";
import { DESK_PEOPLE, SEAL, type TestDesk, testDesk } from "../policy/control.ts";
import { withDatabase } from "../with-database.ts";

const database = withDatabase();
let desk: TestDesk;
let approved: string;
let clientOrderId: string;
const key = openNoteKey("breakwater", new Secret(makeNoteKey()));
const home = mkdtempSync(path.join(tmpdir(), "breakwater-ledger-"));

beforeAll(async () => {
  desk = testDesk(database());
  await desk.publish({ people: { ...DESK_PEOPLE, gil: { name: "Gil", roles: ["trader", "break-glass"] } } });
  const intake = intakeOn(database());
  await intake.take([alertOf({ severity: "high", trust: "signed", source: "desk-sender" })]);
  // The same condition grows worse: the incident's severity moves, and its seal with it.
  await intake.take([alertOf({ severity: "critical", trust: "signed", source: "desk-sender" })]);
  await intake.close();
  const { hash, plan } = await desk.ask();
  await desk.vote(hash, "ana");
  await desk.claim(hash, plan);
  approved = hash;
  const [order] = plan.orders;
  clientOrderId = order?.clientOrderId ?? "";
  await database()
    .sql`insert into breakwater.orders (client_order_id, plan_hash, leg, run_id, venue, account, symbol, side, quantity,
      limit_price, time_in_force, reduce_only, notional_usd, reference_price)
    values (${clientOrderId}, ${hash}, 0, ${plan.run}, ${plan.venue}, ${plan.account}, ${order?.symbol ?? ""}, 'sell', '1', '50000', 'IOC', true, '50000', '50000')`;
  await desk.within(async (tx) => {
    await append(tx, { actor: plan.requestedBy, type: "order.intended", object: clientOrderId, body: { plan: hash } });
    await append(tx, {
      actor: "venue:paper",
      type: "order.outcome",
      object: clientOrderId,
      body: { state: "filled", filledQuantity: "1", averagePrice: "50001", venueOrderId: "v1" },
    });
  });
  await database()
    .sql`update breakwater.orders set state = 'filled', filled_quantity = 1, average_price = 50001, venue_order_id = 'v1' where client_order_id = ${clientOrderId}`;
  await desk.within((tx) => endPlan(tx, hash, "applied", "1 of 1 orders filled"));
  await desk.within((tx) =>
    freeze(tx, { scope: "venue:paper", state: "reducing", by: "person:bo", reason: "odd fills", planHash: null }),
  );
  await desk.within((tx) =>
    openBreakGlass(tx, desk.control, "gil", {
      scope: "account:paper-a",
      reason: "liquidation in two minutes",
      incidentId: "INC-1",
      forMs: 900_000,
    }),
  );
  await makeCheckpoint(database().db, key);
  await copyOut(database().db, fileSink(home));
});

const verify = (seal?: Seal) =>
  verifyLedger(database().sql, {
    publicKey: key.publicKey,
    copies: readCopies(home),
    ...(seal ? { seal } : {}),
  });
const guarded = ["ledger", "votes", "checkpoints"];

/** Changes rows as the owner of the database could, with the triggers away, looks, and puts them back. */
async function tampered(
  table: string,
  change: string,
  seal?: Seal,
): Promise<{ ok: boolean; where: readonly string[]; firstBad: number | null }> {
  const { sql } = database();
  const triggers = (how: string): string =>
    guarded.includes(table)
      ? ["rows", "all"].map((each) => `alter table breakwater.${table} ${how} trigger ${table}_keeps_${each};`).join("")
      : "";
  await sql.unsafe(`create table breakwater.kept as table breakwater.${table}; ${triggers("disable")}`);
  try {
    await sql.unsafe(change);
    const report = await verify(seal);
    return { ok: report.ok, where: report.findings.map((one) => one.where), firstBad: report.firstBad };
  } finally {
    await sql.unsafe(`delete from breakwater.${table}; insert into breakwater.${table} select * from breakwater.kept;
      drop table breakwater.kept; ${triggers("enable always")}`);
  }
}

test("a whole story verifies, against the copies outside too", async () => {
  expect(await verify()).toMatchObject({ ok: true, findings: [], checkpoints: 1 });
  expect(await verify(SEAL)).toMatchObject({ ok: true, findings: [] });
  expect(await lostTail(database().db, readCopies(home))).toBeNull();
});

/** What an owner of the database may try with each column; every one is named by its row. */
const TAMPERS: Readonly<Record<string, readonly string[]>> = {
  ledger: [
    "seq = seq + 1000",
    "at = at + interval '1 ms'",
    "actor = 'x'",
    "type = 'run.step'",
    "object = 'x'",
    "body = '{}'",
    "prev = repeat('1', 64)",
    "hash = repeat('1', 64)",
  ],
  plans: [
    "hash = repeat('1', 64)",
    "canonical = '{}'",
    "plan = jsonb_set(plan, '{reason}', '\"x\"')",
    "action = 'cancel'",
    "account = 'paper-b'",
    "incident_id = 'INC-9'",
    "run_id = 'x'",
    "requested_by = 'person:eve'",
    "state = 'approved'",
    "decision = jsonb_set(decision, '{outcome}', '\"allow\"')",
    "seal = 'x'",
    "created_at = created_at + interval '1 s'",
    "expires_at = expires_at + interval '1 h'",
    "claimed_at = claimed_at + interval '1 s'",
    "ended_at = ended_at + interval '1 s'",
  ],
  approvals: [
    "plan_hash = repeat('1', 64)",
    "subject = 'policy'",
    "requested_by = 'x'",
    "run_id = 'x'",
    "quorums = '[]'",
    "needed = 0",
    "roles = '[\"risk\"]'",
    "step_up = true",
    "policy_version = 'x'",
    "state = 'denied'",
    "opened_at = opened_at - interval '1 s'",
    "expires_at = expires_at + interval '1 h'",
    "decided_at = decided_at + interval '1 s'",
    "seal = 'x'",
  ],
  votes: [
    "plan_hash = repeat('1', 64)",
    "person = 'bo'",
    "decision = 'deny'",
    "roles = '[]'",
    "surface = 'x'",
    "step_up = true",
    "reason = 'x'",
    "at = at + interval '1 s'",
    "seal = 'x'",
  ],
  orders: [
    "client_order_id = 'x'",
    "plan_hash = repeat('1', 64)",
    "leg = 1",
    "incident_id = 'INC-9'",
    "run_id = 'x'",
    "venue = 'okx'",
    "account = 'paper-b'",
    "symbol = 'ETH/USDT:USDT'",
    "side = 'buy'",
    "quantity = 2",
    "limit_price = 1",
    "time_in_force = 'GTC'",
    "reduce_only = false",
    "notional_usd = 1",
    "state = 'working'",
    "venue_order_id = 'v2'",
    "filled_quantity = 0.5",
    "average_price = 50000",
    "average_price = null",
    "reference_price = 50001",
    "intended_at = intended_at - interval '1 h'",
    "intended_at = now() + interval '1 h'",
    "sent_at = now()",
    "settled_by = repeat('1', 64)",
  ],
  runs: [
    "id = 'x'",
    "playbook = 'x'",
    "version = 2",
    "incident_id = 'INC-9'",
    "requested_by = 'person:eve'",
    "trust = 'signed'",
    'input = \'{"account":"paper-b"}\'',
    "seal = 'x'",
    "state = 'done'",
    "outcome = 'x', ended_at = now()",
    "started_at = null",
    "ended_at = now()",
  ],
  incidents: ["id = 'x'", "kind = 'x'", "trust = 'internal'", "source = 'x'", "severity = 'low'"],
  trading_states: [
    "scope = 'firm'",
    "state = 'active'",
    "set_by = 'x'",
    "reason = 'x'",
    "set_at = set_at + interval '1 s'",
    "remind_at = null",
  ],
  role_grants: [
    "person = 'x'",
    "role = 'compliance'",
    "granted_by = 'x'",
    "granted_at = granted_at - interval '1 s'",
    "revoked_at = now()",
    "seal = 'x'",
  ],
  policy_versions: ["version = repeat('1', 64)", "canonical = '{}'", "state = 'retired'"],
  break_glass: [
    "id = 'x'",
    "person = 'x'",
    "scope = 'firm'",
    "reason = 'x'",
    "incident_id = null",
    "opened_at = opened_at - interval '1 h'",
    "expires_at = expires_at + interval '1 h'",
    "reviewed_by = 'bo', reviewed_at = now()",
  ],
  checkpoints: [
    "size = size + 1",
    "root = 'x'",
    "note = 'x'",
    "note = replace(note, '— breakwater ', '— breakwater A')",
  ],
};

describe.each(Object.entries(TAMPERS))("a changed row of %s is named", (table, changes) => {
  const which = table === "role_grants" ? "where person = 'ana'" : table === "ledger" ? "where seq = 5" : "";
  test.each(changes)("%s", async (change) => {
    const found = await tampered(table, `update breakwater.${table} set ${change} ${which}`);
    expect(found.ok).toBe(false);
    if (table === "ledger") expect(found.firstBad).toBe(5);
    else
      expect(found.where.some((where) => where.startsWith(table === "checkpoints" ? "checkpoint " : `${table} `))).toBe(
        true,
      );
  });
  test("a removed row is missed", async () => {
    const found = await tampered(table, `delete from breakwater.${table} ${which}`);
    // A checkpoint that is gone from the database still stands outside; on its own it leaves nothing to contradict.
    if (table === "checkpoints") expect(found.ok).toBe(true);
    else expect(found.ok).toBe(false);
  });
});

/** Rows and entries made to agree by somebody who can write both, and does not hold the seal's key. */
describe("with the seal's key at hand, what rows and entries agree on is not enough", () => {
  const OTHER = openSeal(new Secret("another-key-of-thirty-two-characters"));
  test.each([
    ["plans", "update breakwater.plans set seal = repeat('0', 64)"],
    ["approvals", "update breakwater.approvals set seal = repeat('0', 64)"],
    ["votes", "update breakwater.votes set seal = repeat('0', 64)"],
    ["runs", "update breakwater.runs set trust = 'signed'"],
    ["incidents", "update breakwater.incidents set seal = repeat('0', 64)"],
    ["role_grants", "update breakwater.role_grants set seal = repeat('0', 64) where person = 'ana'"],
    ["policy_versions", "update breakwater.policy_versions set published_at = published_at + interval '1 s'"],
  ])("%s", async (table, change) => {
    const found = await tampered(table, change, SEAL);
    expect(found.where.some((where) => where.startsWith(`${table} `))).toBe(true);
  });
  test("another desk's key holds for nothing", async () => {
    const { findings } = await verify(OTHER);
    const tables = new Set(findings.map((one) => one.where.split(" ")[0]));
    expect([...tables].sort((a = "", b = "") => a.localeCompare(b))).toEqual([
      "approvals",
      "incidents",
      "plans",
      "policy_versions",
      "role_grants",
      "runs",
      "votes",
    ]);
  });
});

/** A restored backup that went on by itself has as many entries as were signed, and other ones. */
describe("a database that went its own way has as many entries as were signed, and is seen all the same", () => {
  const fork = async (change: string): Promise<string | null> => {
    const { sql } = database();
    await sql.unsafe(`create table breakwater.kept as table breakwater.ledger;
      alter table breakwater.ledger disable trigger ledger_keeps_rows`);
    try {
      await sql.unsafe(change);
      return await lostTail(database().db, readCopies(home));
    } finally {
      await sql.unsafe(`delete from breakwater.ledger; insert into breakwater.ledger select * from breakwater.kept;
        drop table breakwater.kept; alter table breakwater.ledger enable always trigger ledger_keeps_rows`);
    }
  };
  test.each([
    [
      "another entry at the end",
      "update breakwater.ledger set hash = repeat('1', 64) where seq = (select max(seq) from breakwater.ledger)",
    ],
    ["another entry in the middle", "update breakwater.ledger set hash = repeat('1', 64) where seq = 5"],
    ["an entry that is missing while the last number stands", "delete from breakwater.ledger where seq = 5"],
  ])("%s", async (_, change) => {
    expect(await fork(change)).toMatch(/are not those that were signed/);
  });
  test("its own word for the signed head does not help it", async () => {
    const { sql } = database();
    await sql.unsafe(`alter table breakwater.checkpoints disable trigger checkpoints_keeps_rows`);
    const kept = await sql`select * from breakwater.checkpoints`;
    try {
      await sql`delete from breakwater.checkpoints`;
      expect(await lostTail(database().db, readCopies(home))).toBeNull();
      expect(await fork("update breakwater.ledger set hash = repeat('1', 64) where seq = 5")).toMatch(
        /went its own way/,
      );
    } finally {
      for (const row of kept)
        await sql`insert into breakwater.checkpoints ${sql({ ...row, peaks: sql.json(row["peaks"] as string[]) } as never)}`;
      await sql.unsafe(`alter table breakwater.checkpoints enable always trigger checkpoints_keeps_rows`);
    }
  });
});

test("a cut tail and a restored backup are seen by the copy outside, and only by it", async () => {
  const { sql } = database();
  const cut = "delete from breakwater.ledger where seq > (select max(seq) - 2 from breakwater.ledger)";
  const found = await tampered("ledger", cut);
  expect(found.where.some((where) => where.startsWith("copied checkpoint"))).toBe(true);
  await sql.unsafe(
    "create table breakwater.kept as table breakwater.ledger; alter table breakwater.ledger disable trigger ledger_keeps_rows",
  );
  await sql.unsafe(cut);
  expect(await lostTail(database().db, readCopies(home))).toMatch(/older copy was restored/);
  await sql.unsafe(
    "delete from breakwater.ledger; insert into breakwater.ledger select * from breakwater.kept; drop table breakwater.kept; alter table breakwater.ledger enable always trigger ledger_keeps_rows",
  );
  expect((await verify()).ok).toBe(true);
});

test("one entry is proved to somebody who has only the signed tree head", async () => {
  const proof = await proveEntry(database().db, 5);
  expect(proof).not.toBeNull();
  if (proof === null) return;
  const root = Buffer.from(proof.checkpoint.split("\n")[2] ?? "", "base64");
  const leaf = leafHash(Buffer.from(proof.entry.hash, "hex"));
  expect(
    includes(
      root,
      proof.size,
      4,
      leaf,
      proof.path.map((step) => Buffer.from(step, "base64")),
    ),
  ).toBe(true);
  expect(await proveEntry(database().db, 100_000)).toBeNull();
});

test("tree heads grow from each other and stay consistent", async () => {
  for (let round = 0; round < 5; round += 1) {
    await desk.within((tx) =>
      append(tx, { actor: "person:ana", type: "command.called", object: "/help", body: { round } }),
    );
    await makeCheckpoint(database().db, key);
    await copyOut(database().db, fileSink(home));
  }
  expect(await makeCheckpoint(database().db, key)).toBeNull();
  expect(await verify()).toMatchObject({ ok: true, checkpoints: 6 });
  expect(readCopies(home)).toHaveLength(6);
  expect(approved).toHaveLength(64);
});
