import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openInbox } from "../../src/chat/inbox.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { type TestConsole, openTestConsole } from "../e2e/console-desk.ts";
import { withDatabase } from "../with-database.ts";

const database = withDatabase();
let desk: TestConsole;
let cookie = "";
beforeAll(async () => {
  const handle = async () => ({ ok: true, text: "Done." });
  const inbound = openInbox({ database: database(), handle, clock: systemClock, log: silentLog });
  desk = await openTestConsole(database().db, { inbound });
  const signedIn = await fetch(await desk.signIn("ana"));
  cookie = signedIn.headers.getSetCookie()[0]?.split(";")[0] ?? "";
});
afterAll(() => desk.console.close());

describe("what no database can hold is refused, and not looked for", () => {
  test.each([
    "/incidents/%00",
    "/incidents/INC-1%00",
    "/fragments/incident/a%00b",
    "/?q=%00",
    "/fragments/rows?q=a%00",
    "/api/incidents?q=%00",
    "/api/incidents/%00",
    "/api/accounts/%00/series",
    "/api/accounts/paper-a/series?since=%2B275760-09-13T00:00:00Z",
    "/api/accounts/paper-a/series?since=-271821-04-20T00:00:00Z",
    "/api/accounts/paper-a/series?since=0001-01-01T00:00:00Z",
    "/api/ledger?before=999999999999999",
    "/ledger?before=999999999999999",
    "/api/ledger/999999999999999/proof",
    "/detectors/%00",
    "/replay/%00",
    "/plans/%00",
    "/rules/changes/%00",
    "/complete?text=%00",
    "/events?incident=%00&last=%00",
    "/assets/%00",
    "/incidents/%ff",
    "/?q=%ff%fe",
    `/?q=${"%25".repeat(100)}`,
    `/api/incidents?q=${"a%20".repeat(2_000)}`,
  ])("GET %.60s", async (where) => {
    const abort = new AbortController();
    const answer = await fetch(desk.console.url + where, { headers: { cookie }, signal: abort.signal });
    abort.abort();
    expect(answer.status).toBeLessThan(500);
  });

  test.each([
    ["a zero byte", "/help \u0000"],
    ["half a character", "/help \ud800"],
  ])("a command with %s", async (_, text) => {
    const answer = await fetch(`${desk.console.url}/command`, {
      method: "POST",
      headers: { cookie, origin: desk.console.url, "content-type": "application/json" },
      body: JSON.stringify({ text, delivery: "delivery-00000001" }),
    });
    expect([answer.status, ((await answer.json()) as { error?: { code: string } }).error?.code]).toEqual([
      400,
      "BODY_MALFORMED",
    ]);
  });
});
