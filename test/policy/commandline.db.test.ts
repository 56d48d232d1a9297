import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { policyCheck, policyDraft, policyExplain, policySimulate, policyTest } from "../../src/commandline/policy.ts";
import { policyVersions } from "../../src/db/schema.ts";
import { withDatabase } from "../with-database.ts";
import { testDesk } from "./control.ts";

const database = withDatabase();
const folder = mkdtempSync(path.join(tmpdir(), "breakwater-rules-"));
const file = path.join(folder, "desk.yaml");
let hash = "";

/** The rules of this file let a hedge go without people, and name an account that is not there. */
const DESK = `
desk: { name: Harbour Desk }
people: { ana: { name: Ana, roles: [trader] }, bo: { name: Bo, roles: [risk] } }
accounts: { paper-a: { venue: paper } }
policy:
  rules:
    - { name: hedge, match: { actions: [hedge] }, says: allow }
    - { name: elsewhere, match: { accounts: [okx-9] }, says: deny }
`;

beforeAll(async () => {
  writeFileSync(file, DESK);
  const desk = testDesk(database());
  await desk.publish();
  hash = (await desk.ask()).hash;
  await desk.vote(hash, "ana");
});
const written: string[] = [];
beforeEach(() => {
  written.length = 0;
  vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(String(text)) > 0);
  vi.stubEnv("DATABASE_URL", database().url);
  vi.stubEnv("BREAKWATER_SEAL_KEY", "0123456789abcdef0123456789abcdef");
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const said = (): string => written.join("");
const rows = async () => ({
  versions: (await database().db.select().from(policyVersions)).length,
  entries: (await database().sql`select count(*)::int as n from breakwater.ledger`)[0]?.["n"],
});

test("a simulation of looser rules shows what loosens, and writes nothing at all", async () => {
  const before = await rows();
  expect(await policySimulate(file, {})).toBe(0);
  expect(said()).toContain("1 plans of the last 90 days: 1 judged looser");
  expect(said()).toContain("loosens  hedge: what it says is milder or of another kind");
  expect(said()).toContain("loosens  large: a rule that restrains is gone");
  expect(said()).toContain("quorum -> allow (looser)");
  expect(await rows()).toEqual(before);
});

test("a simulation under another seal's key finds no rules that it could believe", async () => {
  vi.stubEnv("BREAKWATER_SEAL_KEY", "another key of at least 32 letters");
  await expect(policySimulate(file, {})).rejects.toThrow("no rules are in force");
});

test("a piece of a file is judged with what it leaves out as it stands", async () => {
  const piece = path.join(folder, "cap.yaml");
  writeFileSync(piece, "people: { ana: { name: Ana, roles: [trader, risk] } }");
  expect(await policySimulate(piece, {})).toBe(0);
  expect(said()).toContain("loosens  people: ana becomes risk");
  expect(said()).not.toContain("rule that");
  writeFileSync(piece, "peeple: {}");
  await expect(policySimulate(piece, {})).rejects.toThrow("names none of policy, people, rotas and playbooks");
});

test("a check names what is wrong in the file, what no plan ever hit, and what the desk does not have", async () => {
  expect(await policyCheck(file, {})).toBe(1);
  expect(said()).toMatch(/error +policy.rules.hedge: it lets orders through without people and without a limit/);
  expect(said()).toMatch(/warning +policy.rules.elsewhere: it is never hit: this desk has no okx-9/);
  expect(said()).toMatch(/warning +policy.rules.elsewhere: never hit: no plan in the last 90 days/);
  expect(said()).not.toMatch(/policy.rules.hedge: never hit/);
});

test("a file that is no desk at all is told with its lines, also as JSON", async () => {
  const bad = path.join(folder, "bad.yaml");
  writeFileSync(bad, DESK.replace("name: hedge", "name: Hedge It"));
  expect(await policyCheck(bad, { json: true })).toBe(1);
  expect(JSON.parse(said())).toMatchObject({
    findings: [{ severity: "error", where: "bad.yaml line 7 policy.rules.0.name" }],
  });
});

test("an explanation tells every rule of the version that judged the plan, also those that said nothing", async () => {
  expect(await policyExplain(hash.slice(0, 12), {})).toBe(0);
  expect(said()).toMatch(/quorum {7}hedge: A hedge needs one person/);
  expect(said()).toMatch(/not about it cancel-what-rests: /);
  expect(said()).toMatch(/approve {6}ana on console/);
});

test("a draft from a file is put to people, opens an incident that says where, and names who asked", async () => {
  const before = (await rows()).versions;
  const options = { by: "bo", reason: "the caps are too tight for two desks" };
  await expect(policyDraft(file, { ...options, by: "ana" })).rejects.toThrow("needs the role risk");
  expect(await policyDraft(file, { ...options, json: true })).toBe(0);
  const told = JSON.parse(said()) as { hash: string; incident: string; state: string; text: string };
  // Bo is the desk's only risk officer and may not approve what he asks for.
  expect(told.text).toContain("As the desk is, nobody could approve it");
  expect(told).toMatchObject({ ok: true, state: "waiting" });
  expect((await rows()).versions).toBe(before + 1);
  const [incident] = await database().sql`select * from breakwater.incidents where id = ${told.incident}`;
  expect(incident).toMatchObject({ kind: "rules.change", status: "open", severity: "medium" });
  expect(incident?.["summary"]).toContain(`/rules/changes/${told.hash.slice(0, 16)}`);
});

test("a piece of a file that only tightens is in force at once, and what it leaves out stays", async () => {
  const piece = path.join(folder, "piece.yaml");
  writeFileSync(piece, "playbooks: { margin-breach: { enabled: false } }");
  expect(await policyDraft(piece, { by: "bo", reason: "it trips again and again" })).toBe(0);
  expect(said()).toContain("In force at once: it only tightens");
  expect(said()).toContain("tightens playbooks: margin-breach is switched off");
  written.length = 0;
  expect(await policyDraft(piece, { by: "bo", reason: "it trips again and again" })).toBe(1);
  expect(said()).toContain("These are the rules in force already");
});

test("policy test judges a file of cases: 0 where all are as expected, 1 where one is not, a refusal where it is malformed", async () => {
  const cases = path.join(folder, "cases.yaml");
  const write = (expected: string): void =>
    writeFileSync(
      cases,
      `cases:
  - name: a hedge needs nobody
    by: person:ana
    action: hedge
    account: paper-a
    orders: [{ symbol: "BTC/USDT:USDT", notionalUsd: "1000" }]
    expect: ${expected}
`,
    );
  write("allow");
  expect(await policyTest(cases, file, {})).toBe(0);
  expect(said()).toBe("1 passed, 0 failed\n");
  write("quorum");
  expect(await policyTest(cases, file, {})).toBe(1);
  expect(said()).toContain("a hedge needs nobody");
  expect(said()).toContain("the decision was allow, expected was quorum");
  write("perhaps");
  await expect(policyTest(cases, file, {})).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringContaining("cases.yaml line 7 cases.0.expect"),
  });
  await expect(policyTest(path.join(folder, "none.yaml"), file, {})).rejects.toThrow("none.yaml: does not exist");
});
