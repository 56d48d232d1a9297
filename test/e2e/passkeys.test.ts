import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { eq } from "drizzle-orm";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { verifyPlan } from "../../src/commandline/plan.ts";
import type { Database } from "../../src/db/client.ts";
import { passkeys, votes } from "../../src/db/schema.ts";
import { openPasskeySignIn } from "../../src/desk/people/passkey-sign-in.ts";
import { openPasskeys } from "../../src/desk/people/passkeys.ts";
import { type TestDesk, freshPlan, testDesk } from "../policy/control.ts";
import { order } from "../policy/make.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { verifyLedger } from "../../src/ledger/verify.ts";
import { openBrowser } from "./browser.ts";
import { type TestConsole, openTestConsole } from "./console-desk.ts";
import { freshDatabase } from "./fresh-database.ts";
import { answer, at, faults, picture } from "./seen.ts";
import { withAuthenticator } from "./virtual-authenticator.ts";

let browser: Browser;
let database: Database & AsyncDisposable;
let desk: TestDesk;
let console_: TestConsole;
const contexts: BrowserContext[] = [];

/** A browser of this person's own, with an authenticator. */
async function signedIn(person: string, options = {}): Promise<Page> {
  const { context, page } = await withAuthenticator(browser, await console_.signIn(person), options);
  contexts.push(context);
  return page;
}

beforeAll(async () => {
  browser = await openBrowser();
  database = await freshDatabase(inject("postgresUrl"));
  desk = testDesk(database);
  await desk.publish({
    people: {
      ana: { name: "Ana Ruiz", roles: ["trader"] },
      bo: { name: "Bo Lindqvist", roles: ["risk"] },
      guest: { name: "Gil Guest", roles: [] },
    },
  });
  const { control, wake } = desk;
  const nameOf = (person: string): string => ({ ana: "Ana Ruiz", bo: "Bo Lindqvist" })[person] ?? person;
  console_ = await openTestConsole(database.db, {
    passkeys: openPasskeys({ database, control, wake, deskName: "Harbour desk", nameOf, clock: systemClock }),
    passkeySignIn: openPasskeySignIn({
      database,
      control,
      viewerOf: (person) => ({ person, name: nameOf(person), roles: ["risk"], mayAct: true }),
      deskName: "Harbour desk",
      log: silentLog,
    }),
  });
});
afterAll(async () => {
  for (const context of contexts) await context.close();
  await console_.console.close();
  await database[Symbol.asyncDispose]();
  await browser.close();
});

let serial = 0;
const large = () =>
  freshPlan({ orders: [order({ clientOrderId: `bw-key-${(serial += 1)}`, quantity: "24", notionalUsd: "1200000" })] });

describe("a plan that a click is not enough for", () => {
  let [ana, bo]: Page[] = [];
  const pages = (): [Page, Page] => {
    if (!ana || !bo) throw new Error("both are signed in by the first test");
    return [ana, bo];
  };

  test("two people enrol passkeys, and each confirms the other's", async () => {
    [ana, bo] = [await signedIn("ana"), await signedIn("bo", { colorScheme: "dark" })];
    for (const page of pages()) {
      await at(page, "/passkeys");
      await page.getByRole("button", { name: "Enrol a passkey of mine" }).click();
      await expect.poll(() => answer(page, "enrol").textContent()).toContain("once a second person has confirmed it");
    }
    await at(ana, "/passkeys");
    // Nobody confirms their own: Ana, a trader, sees a button for Bo's key and is refused it by her role.
    expect(await ana.getByRole("button", { name: "Confirm" }).count()).toBe(1);
    await ana.getByRole("button", { name: "Confirm" }).click();
    await expect.poll(() => answer(pages()[0], "confirm").textContent()).toContain("needs the role risk");
    await at(bo, "/passkeys");
    await picture(bo, "passkeys");
    await bo.getByRole("button", { name: "Confirm" }).click();
    await expect.poll(() => answer(pages()[1], "confirm").textContent()).toContain("Confirmed");
    // Bo's own is confirmed by an operator elsewhere.
    const [own] = await database.db.select().from(passkeys).where(eq(passkeys.person, "bo"));
    await desk.publish({
      people: {
        ana: { name: "Ana Ruiz", roles: ["trader", "operator"] },
        bo: { name: "Bo Lindqvist", roles: ["risk"] },
      },
    });
    await at(ana, "/passkeys");
    await ana.getByRole("button", { name: "Confirm" }).click();
    await expect.poll(() => answer(pages()[0], "confirm").textContent()).toContain("Confirmed");
    expect(own?.confirmedBy).toBeNull();
  }, 120_000);

  test("a click is told where to go, a wrong amount and a plan of before count for nothing, and two touches approve", async () => {
    const [first, second] = pages();
    const { hash, plan } = await desk.ask(large());
    expect(await desk.vote(hash, "ana")).toMatchObject({ outcome: "step-up-needed" });
    await at(first, `/plans/${hash.slice(0, 16)}`);
    await first.getByText("sell 24 BTC/USDT:USDT").waitFor();
    await picture(first, "plan");
    const field = first.locator("input[name=typed]");
    await field.fill("120000");
    await first.getByRole("button", { name: "Approve with passkey" }).click();
    await expect.poll(() => answer(first, "approve").textContent()).toContain('the amount typed was "120000"');
    expect(await database.db.select().from(votes).where(eq(votes.planHash, hash))).toEqual([]);

    await field.fill("1,200,000");
    await first.getByRole("button", { name: "Approve with passkey" }).click();
    await expect.poll(() => answer(first, "approve").textContent()).toContain("1 of 2 approved");
    await at(second, `/plans/${hash}`);
    await second.locator("input[name=typed]").fill("1200000");
    await second.getByRole("button", { name: "Approve with passkey" }).click();
    await expect.poll(() => answer(second, "approve").textContent()).toContain("is being sent");
    expect(desk.woken).toContain(hash);
    expect((await desk.claim(hash, plan)).claimed).toBe(true);
    const cast = await database.db.select().from(votes).where(eq(votes.planHash, hash));
    expect(new Map(cast.map((vote) => [vote.person, vote.stepUp]))).toEqual(
      new Map([
        ["ana", true],
        ["bo", true],
      ]),
    );
    expect((await verifyLedger(database.sql, { chainOnly: true })).ok).toBe(true);
  }, 120_000);

  test("its saved file has the fingerprint that the page shows, on any machine", async () => {
    const { hash } = await desk.ask(large());
    const [page] = pages();
    const saved = await page.request.get(`${new URL(page.url()).origin}/plans/${hash}/file`);
    expect(saved.headers()["content-disposition"]).toContain(`plan-${hash.slice(0, 16)}.json`);
    const file = path.join(tmpdir(), `breakwater-plan-${hash}.json`);
    writeFileSync(file, await saved.body());
    await expect(verifyPlan(file, { hash })).resolves.toBe(0);
  });

  test("bytes that were changed in the database are not shown, and cannot be approved", async () => {
    const { hash } = await desk.ask(large());
    await database.sql`update breakwater.plans set plan = jsonb_set(plan, '{notionalUsd}', '"5"') where hash = ${hash}`;
    const [page] = pages();
    await at(page, `/plans/${hash}`);
    await page.getByText("are not those of this fingerprint").waitFor();
    expect(await page.getByRole("button", { name: "Approve with passkey" }).count()).toBe(0);
    const begun = await page.request.post(`${new URL(page.url()).origin}/plans/${hash}/begin`, {
      headers: { origin: new URL(page.url()).origin, "content-type": "application/json" },
      data: {},
    });
    expect([begun.status(), await begun.text()]).toEqual([409, expect.stringContaining("PLAN_CHANGED")]);
  });

  test("signed out, Ana comes by a link, touches her passkey and is where the link led", async () => {
    const [page] = pages();
    const { hash } = await desk.ask(large());
    await at(page, "/settings");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await at(page, `/plans/${hash}`);
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.getByText("sell 24 BTC/USDT:USDT").waitFor();
    await page.getByText("Ana Ruiz").first().waitFor();
    expect(new URL(page.url()).pathname).toBe(`/plans/${hash}`);
    expect((await page.context().cookies()).map((one) => [one.name, one.httpOnly, one.sameSite])).toEqual([
      ["breakwater", true, "Strict"],
    ]);
  }, 60_000);

  test("a key that nobody confirmed opens nothing, and the page says so", async () => {
    const page = await signedIn("guest");
    const stranger = await signedIn("bo");
    await at(stranger, "/passkeys");
    await stranger.getByRole("button", { name: "Enrol a passkey of mine" }).click();
    await expect.poll(() => answer(stranger, "enrol").textContent()).toContain("once a second person");
    for (const one of [page, stranger]) await one.context().clearCookies();
    await at(stranger, "/sign-in");
    await stranger.getByRole("button", { name: "Sign in with a passkey" }).click();
    await expect.poll(() => answer(stranger, "sign-in").textContent()).toContain("This passkey opens nothing");
    await picture(stranger, "passkey-sign-in-refused");
    // A browser that keeps no passkey says so itself, and the button can be pressed again.
    await at(page, "/sign-in");
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await expect.poll(() => answer(page, "sign-in").textContent(), { timeout: 20_000 }).not.toBe("");
    expect(await page.getByRole("button", { name: "Sign in with a passkey" }).isEnabled()).toBe(true);
    expect(new URL(page.url()).pathname).toBe("/sign-in");
  }, 60_000);

  test("the sign-in page is readable on a phone in both themes, and leads from a number to the name", async () => {
    for (const colorScheme of ["dark", "light"] as const)
      for (const [device, viewport] of [
        ["phone", { width: 360, height: 740 }],
        ["desk", { width: 1200, height: 700 }],
      ] as const) {
        const context = await browser.newContext({ colorScheme, viewport });
        contexts.push(context);
        const page = await context.newPage();
        await page.goto(`${console_.console.url}/sign-in`);
        const link = page.getByRole("link", { name: "Sign in with a passkey at localhost" });
        expect(await link.isVisible()).toBe(true);
        await picture(page, `passkey-sign-in-number-${device}-${colorScheme}`);
        await link.click();
        await page.getByRole("button", { name: "Sign in with a passkey" }).waitFor();
        expect(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")).toBe(true);
        expect(await faults(page)).toEqual([]);
        await picture(page, `passkey-sign-in-${device}-${colorScheme}`);
      }
  }, 60_000);

  test("recovery codes are shown once, revoke, and approve nothing", async () => {
    const [page] = pages();
    await at(page, "/passkeys");
    await page.getByRole("button", { name: "Make recovery codes" }).click();
    await expect.poll(() => answer(page, "codes").textContent()).toContain("shown once");
    const code = /([a-z2-7]{4}-){3}[a-z2-7]{4}/.exec((await answer(page, "codes").textContent()) ?? "")?.[0] ?? "";
    await page.getByLabel("Recovery code").fill(code);
    await page.getByRole("button", { name: "Revoke all my passkeys" }).click();
    await expect.poll(() => answer(page, "recover").textContent()).toContain("are revoked");
    const { hash } = await desk.ask(large());
    await at(page, `/plans/${hash}`);
    await page.getByText("you need a passkey that a second person confirmed").waitFor();
  }, 60_000);

  test("the pages are readable on a phone, accessible in both themes, and only look where a person may only look", async () => {
    const { hash } = await desk.ask(large());
    for (const colorScheme of ["dark", "light"] as const) {
      const page = await signedIn("bo", { colorScheme, viewport: { width: 390, height: 800 } });
      for (const route of [`/plans/${hash}`, "/passkeys"]) {
        await at(page, route);
        expect(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), route).toBe(true);
        const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa"]).analyze();
        expect(violations.map((one) => `${one.id} ${one.nodes[0]?.html}`)).toEqual([]);
        await picture(page, `phone-${route.split("/")[1]}-${colorScheme}`);
      }
    }
    const guest = await signedIn("guest");
    await at(guest, `/plans/${hash}`);
    expect(await guest.getByRole("button", { name: "Approve with passkey" }).count()).toBe(0);
    await at(guest, "/passkeys");
    // A passkey is also a way in, so who may only look enrols one too; to confirm another's is a deed.
    expect(await guest.getByRole("button", { name: "Enrol a passkey of mine" }).count()).toBe(1);
    expect(await guest.getByRole("button", { name: "Confirm" }).count()).toBe(0);
  }, 120_000);

  test("at a number instead of a name the page leads to localhost, signed in", async () => {
    const context = await browser.newContext();
    contexts.push(context);
    const page = await context.newPage();
    await page.goto(await console_.signIn("ana"));
    await page.waitForURL(/\/$/);
    await at(page, "/passkeys");
    await page.getByRole("button", { name: "Continue at localhost" }).click();
    await page.waitForURL(/localhost:\d+\/$/);
    await page.getByText("Ana Ruiz").first().waitFor();
  }, 60_000);
});
