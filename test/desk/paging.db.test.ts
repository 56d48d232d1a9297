import { eq, sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { listen } from "../../src/db/changes.ts";
import { incidentEvents, incidents, ledger, pages } from "../../src/db/schema.ts";
import { type Paging, openPaging } from "../../src/desk/paging.ts";
import { acknowledge, openIncident, resolve } from "../../src/incidents/lifecycle.ts";
import type { Alert } from "../../src/kernel/alert.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { PAGES_CHANNEL } from "../../src/oncall/pages.ts";
import { rotasSettings } from "../../src/policy/rules/rota.ts";
import { type FakePager, openFakePager } from "../fakes/pager/server.ts";
import { withDatabase } from "../with-database.ts";
import { deskConfig } from "./config.ts";
import { SEAL } from "../policy/control.ts";

const database = withDatabase();
const by = { actor: "person:ana", surface: "console" };

describe("the on-call page", () => {
  let pager: FakePager;
  let paging: Paging;
  let unlisten: () => Promise<void>;
  let alerts: Alert[];

  beforeEach(async () => {
    await database().db.delete(pages);
    alerts = [];
    pager = await openFakePager();
    paging = openPaging({
      config: deskConfig("  - { match: { severity: [critical] }, page: { after: 5m, to: [pagerduty] } }", {
        PAGERDUTY_ROUTING_KEY: "R0UTE",
        PAGERDUTY_URL: pager.url,
        BREAKWATER_PUBLIC_URL: "https://desk.example",
      }),
      rotas: () =>
        rotasSettings.parse({
          night: { zone: "UTC", starts: "2026-01-05T09:00", people: ["cleo"] },
          later: { zone: "UTC", starts: "2999-01-05T09:00", people: ["ben"] },
        }),
      database: database(),
      emit: async (alert) => void alerts.push(alert),
      clock: systemClock,
      log: silentLog,
    });
    paging.start();
    // As the program does: every change of an incident is looked at.
    unlisten = await listen(
      database(),
      (change) => void (change.type === "incident" && paging.look(change.id)),
      () => {},
    );
  });
  afterEach(async () => {
    await unlisten();
    await paging.stop();
    await pager.close();
  });

  const open = (severity: "critical" | "high" = "critical"): Promise<string> =>
    database().db.transaction((tx) =>
      openIncident(tx, SEAL, by, { kind: "margin.ratio", severity, title: "Margin is thin" }),
    );
  const pageOf = async (incident: string) =>
    (await database().db.select().from(pages).where(eq(pages.incidentId, incident)))[0];
  const planned = (incident: string) =>
    vi.waitFor(async () => expect(await pageOf(incident)).toMatchObject({ state: "due" }), 5_000);
  /** Lets the route's delay pass: what was due in five minutes is due now. */
  const delayPasses = async (): Promise<void> => {
    await database()
      .db.update(pages)
      .set({ dueAt: sql`${pages.dueAt} - interval '5 minutes'` });
    await database().sql.notify(PAGES_CHANNEL, "");
  };
  const actions = () => pager.calls.map((call) => call.body["event_action"]);

  test("waits for the route's delay, calls once, and ends with the incident", async () => {
    const id = await open();
    await planned(id);
    const [row] = await database().db.select().from(incidents).where(eq(incidents.id, id));
    expect((await pageOf(id))?.dueAt).toEqual(new Date((row?.openedAt.getTime() ?? 0) + 300_000));
    await database().sql.notify(PAGES_CHANNEL, "");
    expect(pager.calls).toEqual([]);
    await delayPasses();
    await vi.waitFor(() => expect(actions()).toEqual(["trigger"]), 5_000);
    expect(pager.calls[0]?.body).toMatchObject({
      dedup_key: `${id}/pagerduty`,
      payload: { severity: "critical", summary: `${id} critical: Margin is thin` },
    });
    // Whatever else happens to the incident, nobody is called a second time.
    await paging.look(id);
    await delayPasses();
    await resolve(database().db, id, "handled", by);
    await vi.waitFor(() => expect(actions()).toEqual(["trigger", "resolve"]), 5_000);
    expect(pager.incidents.get(`${id}/pagerduty`)).toBe("resolve");
  });

  test("never calls where somebody acknowledged within the delay", async () => {
    const id = await open();
    await planned(id);
    await acknowledge(database().db, id, by);
    await vi.waitFor(async () => expect(await pageOf(id)).toMatchObject({ state: "acknowledged" }), 5_000);
    await delayPasses();
    // A second incident's page, which is sent, shows that the first one's turn has passed.
    const other = await open();
    await planned(other);
    await delayPasses();
    await vi.waitFor(() => expect(pager.calls).toHaveLength(1), 5_000);
    expect([...pager.incidents.keys()]).toEqual([`${other}/pagerduty`]);
  });

  test("is acknowledged at the pager by whoever acknowledges in chat later", async () => {
    const id = await open();
    await planned(id);
    await delayPasses();
    await vi.waitFor(() => expect(actions()).toEqual(["trigger"]), 5_000);
    await acknowledge(database().db, id, by);
    await vi.waitFor(() => expect(actions()).toEqual(["trigger", "acknowledge"]), 5_000);
  });

  test("is not for incidents below critical", async () => {
    const id = await open("high");
    await paging.look(id);
    expect(await pageOf(id)).toBeUndefined();
  });

  test("that the pager refuses becomes a line of the incident and an alert that pages nobody", async () => {
    pager.faults.add("*", { status: 400, body: { status: "invalid event" } });
    const id = await open();
    await planned(id);
    await delayPasses();
    await vi.waitFor(() => expect(alerts).toHaveLength(1), 5_000);
    expect(alerts[0]).toMatchObject({ kind: "page.failed", severity: "high", labels: { service: "pagerduty" } });
    const lines = await database().db.select().from(incidentEvents).where(eq(incidentEvents.incidentId, id));
    expect(lines.at(-1)).toMatchObject({ type: "page.failed", actor: "system" });
    expect(lines.at(-1)?.text).toContain("call somebody yourself");
  });

  test("by hand calls a person at once and says so", async () => {
    const ana = { id: "ana", name: "Ana Ruiz", roles: ["trader"], surface: "slack" } as const;
    expect(await paging.byHand(ana, "ben", "need a second approval")).toBe(
      "Ben Okafor is being called through pagerduty.",
    );
    await vi.waitFor(() => expect(actions()).toEqual(["trigger"]), 5_000);
    await expect(paging.byHand(ana, "zoe", "hello")).rejects.toMatchObject({ code: "INPUT_INVALID" });
    expect(await paging.byHand(ana, "night", "look at okx")).toBe("Cleo Lind is being called through pagerduty.");
    await expect(paging.byHand(ana, "later", "hello")).rejects.toThrow("the rota later has not begun");
  });

  test("by hand calls once though the command is taken up again after a crash, and again where it is given again", async () => {
    const said = (request: string) =>
      paging.byHand({ id: "ana", name: "Ana Ruiz", roles: ["trader"], surface: "slack", request }, "ben", "come");
    expect(await said("slack:one")).toBe(await said("slack:one"));
    await said("slack:two");
    await vi.waitFor(() => expect(actions()).toEqual(["trigger", "trigger"]), 5_000);
    const sent = await database().db.select().from(ledger).where(eq(ledger.type, "page.sent"));
    expect(sent.filter(({ body }) => body.includes("come"))).toHaveLength(2);
  });
});
