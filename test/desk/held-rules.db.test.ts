import { expect, test } from "vitest";
import { heldAlert, heldBy } from "../../src/desk/held-rules.ts";
import { readDraft } from "../../src/desk/draft-file.ts";
import { rulesInForce } from "../../src/desk/rules-pages.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { Secret } from "../../src/kernel/secret.ts";
import { loosenings } from "../../src/policy/compare.ts";
import { defaultPolicy } from "../../src/policy/default-policy.ts";
import { openControl } from "../../src/policy/open-control.ts";
import type { PolicyDocument } from "../../src/policy/schema.ts";
import { withDatabase } from "../with-database.ts";
import { DESK_PEOPLE, controlOf } from "./../policy/control.ts";

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
  expect(heldAlert(held, new Date()).summary).toContain("notionalUsd per order is wider");
  // Once people put it in force nothing is held any more.
  expect(heldBy(looser, { ...inForce, ...looser, playbooksOff: [] })).toBeNull();
  expect(heldBy(null, inForce)).toBeNull();
});

test("a file that tightens, and any file of a desk on paper, is taken", async () => {
  expect((await start(fileWith("4000000"))).held).toEqual([]);
  expect((await start(fileWith("9000000"), false)).held).toEqual([]);
});
