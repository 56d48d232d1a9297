import { AxeBuilder } from "@axe-core/playwright";
import { eq } from "drizzle-orm";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import type { Database } from "../../src/db/client.ts";
import { incidents, policyVersions, ruleChanges, votes } from "../../src/db/schema.ts";
import { openPasskeys } from "../../src/desk/people/passkeys.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { type Rules, openRules } from "../../src/desk/rules/rules.ts";
import { verifyLedger } from "../../src/ledger/verify.ts";
import { defaultPolicy } from "../../src/policy/rules/default-policy.ts";
import { confirmPasskey } from "../../src/policy/people/passkeys.ts";
import type { PolicyDocument } from "../../src/policy/rules/schema.ts";
import { type TestDesk, testDesk } from "../policy/control.ts";
import { openBrowser } from "./browser.ts";
import { type TestConsole, openTestConsole } from "./console-desk.ts";
import { freshDatabase } from "./fresh-database.ts";
import { answer, at, picture } from "./seen.ts";
import { withAuthenticator } from "./virtual-authenticator.ts";

let browser: Browser;
let database: Database & AsyncDisposable;
let desk: TestDesk;
let rules: Rules;
let console_: TestConsole;
const contexts: BrowserContext[] = [];
const PEOPLE = {
  ana: { name: "Ana Ruiz", roles: ["risk" as const, "operator" as const] },
  bo: { name: "Bo Lindqvist", roles: ["risk" as const] },
};
/** A desk of two: the other one must agree, and the time-lock is short enough to see its end; that it holds is `policy/change.db.test.ts`'s. */
const policy = {
  ...defaultPolicy(),
  change: { people: 2, roles: ["risk" as const], timeLock: "4s" },
};
/** What desk.yaml says at the start: a wider cap, which was not taken. */
const HELD: PolicyDocument = {
  people: { ...PEOPLE, cy: { name: "Cy", roles: ["trader"] } },
  policy: {
    ...policy,
    hard: policy.hard.map((one) =>
      one.per === "order" && one.measure === "notionalUsd" ? { ...one, max: "9000000" } : one,
    ),
  },
};

const signedIn = async (person: string, options = {}): Promise<Page> => {
  const { context, page } = await withAuthenticator(browser, await console_.signIn(person), options);
  contexts.push(context);
  return page;
};
const inForce = async () =>
  (await database.db.select().from(policyVersions).where(eq(policyVersions.state, "published")))[0]?.version;
const waiting = async () =>
  (await database.db.select().from(ruleChanges).where(eq(ruleChanges.state, "waiting")))[0]?.hash ?? "";

/** Drafts `edit` of the rules in force, as a person does it on the page. */
async function draft(page: Page, edit: (text: string) => string): Promise<void> {
  await at(page, "/rules");
  const area = page.getByLabel("Rules as YAML");
  await area.fill(edit(await area.inputValue()));
  await page.getByRole("button", { name: "Show what it would change" }).click();
}

beforeAll(async () => {
  browser = await openBrowser();
  database = await freshDatabase(inject("postgresUrl"));
  desk = testDesk(database);
  await desk.publish({ policy, people: { ...PEOPLE, cy: { name: "Cy", roles: ["trader"] } } });
  await desk.propose();
  const { control, wake } = desk;
  const nameOf = (person: string): string => ({ ana: "Ana Ruiz", bo: "Bo Lindqvist" })[person] ?? person;
  const playbooks = [
    { name: "margin-breach", needs: ["cancel" as const, "reduce" as const] },
    { name: "hedge", needs: ["hedge" as const] },
  ];
  rules = openRules({ database, control, wake, deskName: "Harbour desk", nameOf, playbooks, held: HELD });
  console_ = await openTestConsole(database.db, {
    passkeys: openPasskeys({ database, control, wake, deskName: "Harbour desk", nameOf, clock: systemClock }),
    rules,
  });
});
afterAll(async () => {
  for (const context of contexts) await context.close();
  await console_.console.close();
  await database[Symbol.asyncDispose]();
  await browser.close();
});

test("what cannot be read, or changes nothing, is told and proposed by nobody", async () => {
  const page = await signedIn("ana");
  await at(page, "/rules");
  await page.getByText("How plans are judged").waitFor();
  await picture(page, "rules");
  await draft(page, () => "policy: { rules: [] }");
  await page.getByText("It cannot be read; nothing was changed.").waitFor();
  expect(await page.getByRole("button", { name: "Ask others to approve it" }).count()).toBe(0);
  await draft(page, (text) => text);
  await page.getByText("It changes nothing.").waitFor();
}, 60_000);

test("what desk.yaml would loosen is told on the page, and is one press from being put to people", async () => {
  const page = await signedIn("ana");
  await at(page, "/rules");
  const notice = page.getByRole("region", { name: "Rules of desk.yaml that were not taken" });
  await notice.getByText("hard cap: notionalUsd per order is wider").waitFor();
  await picture(page, "rules-held");
  await notice.getByRole("button", { name: "Draft the rules of desk.yaml" }).click();
  await page.getByText("1 thing loosens").waitFor();
}, 60_000);

test("a change that loosens is shown before it is asked for, approved by the other with a passkey, and in force once its time-lock is over", async () => {
  const [ana, bo] = [await signedIn("ana"), await signedIn("bo", { colorScheme: "dark" })];
  await at(bo, "/passkeys");
  await bo.getByRole("button", { name: "Enrol a passkey of mine" }).click();
  await expect.poll(() => answer(bo, "enrol").textContent()).toContain("once a second person");
  const [key] = await database.sql<{ id: string }[]>`select credential_id as id from breakwater.passkeys`;
  await desk.within((tx) => confirmPasskey(tx, desk.control, key?.id ?? "", "ana"));

  const before = await inForce();
  await draft(ana, (text) =>
    text.replace('max: "5000000"', 'max: "9000000"').replace('max: "250000"', 'max: "200000"'),
  );
  await ana.getByText("1 thing loosens").waitFor();
  await ana.getByText("hard cap: notionalUsd per order is wider").waitFor();
  await ana.getByText("the limit on notionalUsd per plan is narrower").waitFor();
  await picture(ana, "rules-draft");
  await ana.getByLabel("Why; the ledger keeps it").fill("larger clips since the second desk joined");
  await ana.getByRole("button", { name: "Ask others to approve it" }).click();
  await ana.getByText("You asked for it, so others must approve it.").waitFor();
  const hash = await waiting();
  expect(await inForce()).toBe(before);
  expect(await database.db.select().from(incidents)).toMatchObject([
    { kind: "rules.change", status: "open", summary: expect.stringContaining(`/rules/changes/${hash.slice(0, 16)}`) },
  ]);

  await at(bo, "/approvals");
  await bo
    .getByRole("link", { name: /\w+ \w+ \w+ \w+/ })
    .first()
    .click();
  await bo.getByText("larger clips since the second desk joined").waitFor();
  await picture(bo, "rules-change");
  await bo.locator("input[name=typed]").fill("wrong");
  await bo.getByRole("button", { name: "Approve with passkey" }).click();
  await expect.poll(() => answer(bo, "approve-change").textContent()).toContain('the word typed was "wrong"');
  const word = ((await bo.locator("h1 .fingerprint").textContent()) ?? "").split(" ")[0] ?? "";
  await bo.locator("input[name=typed]").fill(word);
  await bo.getByRole("button", { name: "Approve with passkey" }).click();
  await expect.poll(() => answer(bo, "approve-change").textContent()).toContain("1 of 2 approved");
  expect(await database.db.select().from(votes)).toMatchObject([{ planHash: hash, person: "bo", stepUp: true }]);
  // A desk of two persons and a trader: the change needs one more, whose vote comes by another way here.
  await desk.vote(hash, "cy", "approve", { stepUp: true });
  await expect
    .poll(
      async () => {
        await rules.settle();
        return inForce();
      },
      { timeout: 60_000 },
    )
    .not.toBe(before);
  await at(bo, `/rules/changes/${hash}`);
  await bo.getByText("was put in force").waitFor();
  await at(bo, "/rules");
  await bo.getByText("notional per order up to 9,000,000 USD").waitFor();
  expect((await database.db.select().from(incidents))[0]).toMatchObject({ status: "resolved" });
}, 120_000);

test("what only tightens is in force with the press of the button", async () => {
  const page = await signedIn("ana");
  await draft(page, (text) => text.replace('max: "9000000"', 'max: "1000000"'));
  await page.getByText("It only tightens, and would be in force at once").waitFor();
  await page.getByLabel("Why; the ledger keeps it").fill("smaller clips over the holidays");
  await page.getByRole("button", { name: "Put it in force" }).click();
  await page.getByText("was put in force").waitFor();
  await at(page, "/rules");
  await page.getByText("notional per order up to 1,000,000 USD").waitFor();
}, 60_000);

test("a playbook is off at once, on only by others' consent, and never with empty limits; one denial ends it", async () => {
  const by = { id: "ana", surface: "slack" };
  const off = await rules.switchPlaybook(by, "margin-breach", false, "it trips again and again");
  expect(off.text).toContain("margin-breach is switched off");
  expect(await rules.switchPlaybook(by, "margin-breach", false, "it trips again and again")).toMatchObject({
    ok: false,
  });
  const on = await rules.switchPlaybook(by, "margin-breach", true, "the feed is mended again");
  expect(on.text).toContain("approved it with a passkey");
  const hash = await waiting();
  const bo = await signedIn("bo");
  await at(bo, on.link?.url ?? "");
  await bo.getByText("margin-breach is switched on").waitFor();
  await bo.getByLabel("Why not").fill("not before the post-mortem");
  await bo.getByRole("button", { name: "Deny" }).click();
  await expect.poll(() => answer(bo, "deny-change").textContent()).toContain("the rules stay as they are");
  await rules.settle();
  expect((await database.db.select().from(ruleChanges).where(eq(ruleChanges.hash, hash)))[0]?.state).toBe("refused");

  await rules.switchPlaybook(by, "hedge", false, "limits are being rewritten");
  await desk.publish({ policy: { ...policy, hard: [] }, people: PEOPLE });
  await rules.switchPlaybook(by, "hedge", false, "limits are being rewritten");
  await expect(rules.switchPlaybook(by, "hedge", true, "they are done by now")).rejects.toThrow(
    "nothing limits its hedge",
  );
  await expect(rules.switchPlaybook(by, "moon", true, "it would be so nice")).rejects.toThrow("there is no playbook");
}, 60_000);

test("all of it verifies, and the pages are readable on a phone and accessible in both themes", async () => {
  expect(await verifyLedger(database.sql)).toMatchObject({ ok: true, findings: [] });
  const [change] = await database.db.select().from(ruleChanges);
  for (const colorScheme of ["dark", "light"] as const) {
    const page = await signedIn("ana", { colorScheme, viewport: { width: 360, height: 780 } });
    for (const route of ["/rules", `/rules/changes/${change?.hash}`]) {
      await at(page, route);
      expect(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), route).toBe(true);
      const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa"]).analyze();
      expect(violations.map((one) => `${one.id} ${one.nodes[0]?.html}`)).toEqual([]);
      await picture(page, `phone-${route.split("/")[2] ?? "rules"}-${colorScheme}`);
    }
  }
  const guest = await signedIn("guest");
  await at(guest, "/rules");
  expect(await guest.getByRole("button", { name: "Show what it would change" }).count()).toBe(0);
}, 120_000);
