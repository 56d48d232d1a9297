import type { Browser, BrowserContext, Page } from "playwright-core";

/**
 * A browser of one person's own, with Chromium's virtual authenticator that verifies them, signed in at the console's
 * name and not its number, because passkeys are bound to names.
 */
export async function withAuthenticator(
  browser: Browser,
  signIn: string,
  options: Parameters<Browser["newContext"]>[0] = {},
): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("WebAuthn.enable");
  await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  await page.goto(signIn.replace("127.0.0.1", "localhost"));
  await page.waitForURL(/\/$/);
  return { context, page };
}
