import { AxeBuilder } from "@axe-core/playwright";
import { eq } from "drizzle-orm";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import type { Database } from "../../src/db/client.ts";
import { breakGlass, incidents, ledger, pages } from "../../src/db/schema.ts";
import { openEmergency } from "../../src/desk/people/emergency.ts";
import { openPasskeys } from "../../src/desk/people/passkeys.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { buildCard } from "../../src/incidents/card.ts";
import { resolve } from "../../src/incidents/lifecycle.ts";
import { schedulePage } from "../../src/oncall/pages.ts";
import { confirmPasskey } from "../../src/policy/people/passkeys.ts";
import { verifyLedger } from "../../src/ledger/verify.ts";
import { type TestDesk, testDesk } from "../policy/control.ts";
import { openBrowser } from "./browser.ts";
import { type TestConsole, openTestConsole } from "./console-desk.ts";
import { freshDatabase } from "./fresh-database.ts";
import { answer, at, picture } from "./seen.ts";
import { withAuthenticator } from "./virtual-authenticator.ts";

let browser: Browser;
let database: Database & AsyncDisposable;
let desk: TestDesk;
let console_: TestConsole;
const contexts: BrowserContext[] = [];

const signedIn = async (person: string, options = {}): Promise<Page> => {
  const { context, page } = await withAuthenticator(browser, await console_.signIn(person), options);
  contexts.push(context);
  return page;
};

beforeAll(async () => {
  browser = await openBrowser();
  database = await freshDatabase(inject("postgresUrl"));
  desk = testDesk(database);
  await desk.publish({
    people: {
      ana: { name: "Ana Ruiz", roles: ["trader", "break-glass"] },
      bo: { name: "Bo Lindqvist", roles: ["risk"] },
    },
  });
  const { control, wake } = desk;
  const nameOf = (person: string): string => ({ ana: "Ana Ruiz", bo: "Bo Lindqvist" })[person] ?? person;
  console_ = await openTestConsole(database.db, {
    passkeys: openPasskeys({ database, control, wake, deskName: "Harbour desk", nameOf, clock: systemClock }),
    emergency: openEmergency({
      database,
      control,
      accounts: ["paper-a", "paper-b"],
      deskName: "Harbour desk",
      nameOf,
      // The pager's own delivery has its tests; here it counts that the page stands with the deed.
      everyone: async (tx, { incident, key, summary }) => {
        const page = { dedupeKey: `${incident}/${key}`, incidentId: incident, target: "ntfy", summary, link: null };
        await schedulePage(tx, { ...page, severity: "critical", dueAt: new Date() });
        return ["ntfy"];
      },
    }),
  });
});
afterAll(async () => {
  for (const context of contexts) await context.close();
  await console_.console.close();
  await database[Symbol.asyncDispose]();
  await browser.close();
});

const uses = () => database.db.select().from(breakGlass);
const LINK = "/break-glass?scope=account%3Apaper-a&reason=margin%20call%20in%20two%20minutes";

test("from a chat's link to powers that hold: without a confirmed passkey none, with a touch fifteen minutes, and everyone is paged", async () => {
  const page = await signedIn("ana");
  await at(page, LINK);
  await page.getByText("a passkey that a second person confirmed").waitFor();
  await at(page, "/passkeys");
  await page.getByRole("button", { name: "Enrol a passkey of mine" }).click();
  await expect.poll(() => answer(page, "enrol").textContent()).toContain("once a second person");
  const [key] = await database.sql<{ id: string }[]>`select credential_id as id from breakwater.passkeys`;
  await desk.within((tx) => confirmPasskey(tx, desk.control, key?.id ?? "", "bo"));

  await at(page, LINK);
  await expect.poll(() => page.getByLabel("Why; everyone is paged").inputValue()).toBe("margin call in two minutes");
  await picture(page, "break-glass-form");
  await page.getByLabel("For how many minutes").fill("10");
  await page.getByRole("button", { name: "Take emergency powers with passkey" }).click();
  await expect.poll(() => answer(page, "break-glass").textContent()).toContain("Everyone is paged through ntfy");

  const [use] = await uses();
  expect(use).toMatchObject({ person: "ana", scope: "account:paper-a", reason: "margin call in two minutes" });
  expect((use?.expiresAt.getTime() ?? 0) - (use?.openedAt.getTime() ?? 0)).toBe(600_000);
  const incident = use?.incidentId ?? "";
  expect(await database.db.select().from(incidents).where(eq(incidents.id, incident))).toMatchObject([
    { kind: "break-glass", severity: "critical", status: "open" },
  ]);
  expect(await database.db.select().from(pages)).toMatchObject([
    { incidentId: incident, severity: "critical", summary: expect.stringContaining("margin call in two minutes") },
  ]);
  const card = await buildCard(database.db, incident, { nameOf: () => "Ana Ruiz" });
  expect(card.lines.join(" ")).toMatch(/Ana Ruiz holds emergency powers over account:paper-a until .* reviewed it/);
  await at(page, `/incidents/${incident}`);
  await picture(page, "break-glass-card");
  // The hour between two uses: the page refuses before the key is asked for.
  await at(page, LINK);
  await page.getByRole("button", { name: "Take emergency powers with passkey" }).click();
  await expect.poll(() => answer(page, "break-glass").textContent()).toContain("within the last hour");
  expect(await uses()).toHaveLength(1);
}, 120_000);

test("a form that was changed after the passkey was asked gives nothing", async () => {
  const page = await signedIn("ana");
  const origin = new URL(page.url()).origin;
  const headers = { origin, "content-type": "application/json" };
  const forged = await page.request.post(`${origin}/break-glass/open`, {
    headers,
    data: { scope: "firm", reason: "everything is on fire", minutes: "15", incident: "", response: "{}" },
  });
  expect([forged.status(), await forged.text()]).toEqual([403, expect.stringContaining("NOT_ALLOWED")]);
  expect(await uses()).toHaveLength(1);
  const refused = await database.db.select().from(ledger).where(eq(ledger.type, "break-glass.refused"));
  expect(refused.map((one) => one.object)).toEqual(["firm"]);
});

test("the incident stays open until another person of risk wrote what the review found", async () => {
  const incident = (await uses())[0]?.incidentId ?? "";
  const close = () => resolve(database.db, incident, "handled", { actor: "person:ana", surface: "console" });
  await expect(close()).rejects.toThrow("stays open");
  const ana = await signedIn("ana");
  await at(ana, "/break-glass");
  expect(await ana.getByRole("button", { name: "Reviewed" }).count()).toBe(0);
  const bo = await signedIn("bo", { colorScheme: "dark" });
  await at(bo, "/break-glass");
  await bo.getByText("which you do not hold").waitFor();
  await bo.getByPlaceholder("What you found").fill("the reduction was right and small");
  await picture(bo, "break-glass-review");
  await bo.getByRole("button", { name: "Reviewed" }).click();
  await expect.poll(async () => (await uses())[0]?.reviewedBy).toBe("bo");
  await close();
  expect(await verifyLedger(database.sql)).toMatchObject({ ok: true, findings: [] });
}, 60_000);

test("the page is readable on a phone and accessible in both themes", async () => {
  for (const colorScheme of ["dark", "light"] as const) {
    const page = await signedIn("ana", { colorScheme, viewport: { width: 360, height: 780 } });
    await at(page, LINK);
    expect(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")).toBe(true);
    const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa"]).analyze();
    expect(violations.map((one) => `${one.id} ${one.nodes[0]?.html}`)).toEqual([]);
    await picture(page, `phone-break-glass-${colorScheme}`);
  }
}, 60_000);
