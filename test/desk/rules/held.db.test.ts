import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import { incidents } from "../../../src/db/schema.ts";
import { heldAlert, heldBy } from "../../../src/desk/rules/held.ts";
import { readDraft } from "../../../src/desk/rules/draft-file.ts";
import { openRules } from "../../../src/desk/rules/rules.ts";
import { rulesInForce } from "../../../src/desk/rules/pages.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { Secret } from "../../../src/kernel/secret.ts";
import { loosenings } from "../../../src/policy/rules/compare.ts";
import { defaultPolicy } from "../../../src/policy/rules/default-policy.ts";
import { openControl } from "../../../src/policy/open-control.ts";
import { draft, publish } from "../../../src/policy/rules/published.ts";
import { rotasSettings } from "../../../src/policy/rules/rota.ts";
import type { PolicyDocument, Rule } from "../../../src/policy/rules/schema.ts";
import { intakeOn } from "../../intake/desk.ts";
import { withDatabase } from "../../with-database.ts";
import { DESK_PEOPLE, controlOf } from "../../policy/control.ts";

const database = withDatabase();

const fileWith = (cap: string): PolicyDocument => ({
  people: DESK_PEOPLE,
  policy: { ...defaultPolicy(), hard: [{ per: "order", measure: "notionalUsd", max: cap }] },
});
const start = (document: PolicyDocument, live = true) =>
  openControl({
    database: database(),
    document,
    live,
    sealKey: new Secret("0123456789abcdef0123456789abcdef"),
    halted: () => null,
    conditions: controlOf(),
    log: silentLog,
  });

test("a live desk whose file loosens starts with the rules before, and says what it held back until the rules allow as much", async () => {
  expect((await start(fileWith("5000000"))).held).toEqual([]);
  const looser = fileWith("9000000");
  const { control, held } = await start(looser);
  expect(held).toEqual([expect.stringContaining("notionalUsd per order is wider")]);
  const inForce = await database().db.transaction((tx) => rulesInForce(tx, control));
  expect(inForce.policy.hard).toMatchObject([{ max: "5000000" }]);

  const waiting = heldBy(looser, inForce);
  expect(waiting?.loosens).toEqual(held);
  const drafted = readDraft(waiting?.text ?? "", inForce).document;
  expect(drafted && loosenings(drafted, inForce)).toEqual(held);
  expect(heldAlert(looser, held, new Date()).summary).toContain("notionalUsd per order is wider");
  // Once people put it in force nothing is held any more.
  expect(heldBy(looser, { ...inForce, ...looser, playbooksOff: [] })).toBeNull();
  expect(heldBy(null, inForce)).toBeNull();
});

test("a file that tightens, and any file of a desk on paper, is taken", async () => {
  expect((await start(fileWith("4000000"))).held).toEqual([]);
  expect((await start(fileWith("9000000"), false)).held).toEqual([]);
});

test("who is on call is held back with the rest, drafted with it, and kept by a draft that leaves it out", async () => {
  const turns = (who: string) =>
    rotasSettings.parse({ desk: { zone: "UTC", starts: "2026-01-05T09:00", shift: "12h", people: [who] } });
  const asking = (who: string): PolicyDocument => {
    const one = fileWith("1000000");
    const [first, ...rest] = one.policy.rules;
    return {
      ...one,
      policy: { ...one.policy, rules: [{ ...first, when: { onCall: true } } as Rule, ...rest] },
      rotas: turns(who),
    };
  };
  await start(asking("ana"), false);
  const { control, held } = await start(asking("cy"));
  expect(held).toEqual(["rotas: desk has other turns"]);
  const inForce = await database().db.transaction((tx) => rulesInForce(tx, control));
  const drafted = readDraft(heldBy(asking("cy"), inForce)?.text ?? "", inForce).document;
  expect(drafted?.rotas).toEqual(turns("cy"));
  expect(readDraft("playbooks: { reduce: { enabled: false } }", inForce).document?.rotas).toEqual(turns("ana"));
  const stranger = readDraft("rotas: { desk: { zone: UTC, starts: '2026-01-05T09:00', people: [zoe] } }", inForce);
  expect(stranger.findings).toContainEqual(
    expect.objectContaining({ severity: "error", what: "names zoe, who is not one of the desk's people" }),
  );
});

describe("the incident of a file that was not taken", () => {
  const ask = async (file: PolicyDocument) => {
    const { control, held } = await start(file);
    const parts = {
      database: database(),
      control,
      wake: async () => {},
      deskName: "test",
      nameOf: String,
      playbooks: [],
    };
    const rules = openRules({ ...parts, held: held.length === 0 ? null : file });
    // As the program does at its start.
    await rules.settle();
    const intake = intakeOn(database());
    if (held.length > 0) await intake.take([heldAlert(file, held, new Date())]);
    await intake.close();
    return { rules };
  };
  const put = (by: string, cap: string) =>
    database().db.transaction(async (tx) => {
      const version = await draft(tx, fileWith(cap), by, { tightens: false, opensAt: new Date() });
      await publish(tx, controlOf().seal, version, by);
    });
  const found = () =>
    database()
      .db.select({ status: incidents.status, outcome: incidents.outcome, summary: incidents.summary })
      .from(incidents)
      .where(eq(incidents.kind, "rules.held"))
      .orderBy(incidents.seq);
  const open = async () => (await found()).filter((one) => one.status !== "resolved");
  beforeEach(async () => {
    await database().db.delete(incidents);
    await put("system", "2000000");
  });

  test("is one, however often the desk starts with it", async () => {
    for (let starts = 0; starts < 3; starts += 1) await ask(fileWith("3000000"));
    expect(await found()).toMatchObject([{ status: "open" }]);
  });

  test("is closed by the desk once people put the file's rules in force, and not before", async () => {
    const { rules } = await ask(fileWith("3000000"));
    await rules.settle();
    expect(await open()).toHaveLength(1);
    await put("service:rules", "3000000");
    await rules.settle();
    expect(await found()).toMatchObject([{ status: "resolved", outcome: "The rules in force allow as much by now." }]);
  });

  test("is closed at the next start with a file that was taken back", async () => {
    await ask(fileWith("3000000"));
    await ask(fileWith("2000000"));
    expect(await found()).toMatchObject([{ status: "resolved", outcome: expect.stringContaining("something else") }]);
  });

  test("gives way to another where the file asks for something else by then", async () => {
    await ask(fileWith("3000000"));
    const other = fileWith("4000000");
    await ask({ ...other, policy: { ...other.policy, throttle: { runs: 9_999, window: "1h" } } });
    expect(await found()).toMatchObject([{ status: "resolved" }, { status: "open" }]);
    expect((await open())[0]?.summary).toContain("throttle");
  });
});
