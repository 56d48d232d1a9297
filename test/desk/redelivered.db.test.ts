import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import { openInbox } from "../../src/chat/inbox.ts";
import type { Click, CommandCall, Reply } from "../../src/chat/surface.ts";
import { inbox as rows, incidentEvents, incidents, runs, silences } from "../../src/db/schema.ts";
import { type InboundContext, judgeInbound } from "../../src/desk/inbound.ts";
import { type DeskParts, openDesk } from "../../src/desk/open-desk.ts";
import { openIncident } from "../../src/incidents/lifecycle.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { loadCommands, loadPlaybooks } from "../../src/load.ts";
import { controlOf } from "../policy/control.ts";
import { withDatabase } from "../with-database.ts";

const database = withDatabase();
const control = controlOf();
const user = { surface: "slack", space: "T1", user: "U0ANA" } as const;
const at = new Date("2026-11-22T10:00:00Z");
let context: InboundContext;

const asked = (deliveryId: string, text: string): CommandCall => ({ type: "command", deliveryId, user, text, at });
const pressed = (deliveryId: string, token: string): Click => ({
  type: "click",
  deliveryId,
  user,
  token,
  fields: {},
  at,
});
const counted = async () => ({
  incidents: await database().db.$count(incidents),
  runs: await database().db.$count(runs),
});

beforeEach(async () => {
  await database().sql`truncate breakwater.incidents, breakwater.runs, breakwater.inbox, breakwater.silences`;
  const [commands, playbooks] = await Promise.all([loadCommands(), loadPlaybooks()]);
  const parts: Partial<DeskParts> = {
    database: database(),
    clock: systemClock,
    control,
    commands,
    playbooks,
    accounts: ["paper-a"],
    isOn: () => true,
    runs: {
      create: async (tx: Parameters<DeskParts["runs"]["create"]>[0], one: Parameters<DeskParts["runs"]["create"]>[1]) =>
        void (await tx
          .insert(runs)
          .values({ ...one, version: 1 })
          .onConflictDoNothing()),
      start: async () => {},
    } as unknown as DeskParts["runs"],
    people: { list: () => [] } as unknown as DeskParts["people"],
    exposure: {} as DeskParts["exposure"],
    rules: {} as DeskParts["rules"],
  };
  context = {
    desk: openDesk(parts as DeskParts),
    commands,
    people: {
      identify: async () => ({ id: "ana", name: "Ana", roles: ["trader"], surface: "slack" }),
    } as unknown as InboundContext["people"],
    called: async () => {},
    log: silentLog,
  };
});

describe("a request whose answer could not be written down, and that is taken up again", () => {
  test.each([
    ["/flatten paper-a"],
    ["/cancel paper-a"],
    ["/hedge BTC 50% paper-a"],
    ["/playbook run margin-breach account=paper-a"],
    ['/incident open high "odd fills"'],
  ])("%s starts what it asks for once", async (text) => {
    const first = await judgeInbound(context, asked("slack:1.1", text));
    const once = await counted();
    expect(once.incidents, first.text).toBe(1);
    const again = await judgeInbound(context, asked("slack:1.1", text));
    expect(await counted()).toEqual(once);
    expect(again).toEqual(first);
  });

  test("so it does where the first incident was closed meanwhile", async () => {
    await judgeInbound(context, asked("slack:1.1", "/flatten paper-a"));
    await database().db.update(incidents).set({ status: "resolved" });
    await database().db.update(runs).set({ state: "done" });
    await judgeInbound(context, asked("slack:1.1", "/flatten paper-a"));
    expect(await counted()).toEqual({ incidents: 1, runs: 1 });
  });

  test("typed a second time it is a second request", async () => {
    await judgeInbound(context, asked("slack:1.1", "/flatten paper-a"));
    await judgeInbound(context, asked("slack:2.2", "/flatten paper-a"));
    expect(await counted()).toEqual({ incidents: 2, runs: 2 });
  });

  test("a press on Run starts the playbook once, also where the run has ended meanwhile", async () => {
    const incident = await database().db.transaction((tx) =>
      openIncident(
        tx,
        control.seal,
        { actor: "system", surface: "test" },
        { kind: "margin.ratio", severity: "medium", title: "Margin", labels: { account: "paper-a" } },
      ),
    );
    const press = pressed("slack:3.3", `${incident}:1:run:margin-breach`);
    expect((await judgeInbound(context, press)).ok).toBe(true);
    await database().db.update(runs).set({ state: "done" });
    await judgeInbound(context, press);
    expect(await database().db.$count(runs)).toBe(1);
    expect((await judgeInbound(context, { ...press, deliveryId: "slack:4.4" })).ok).toBe(true);
    expect(await database().db.$count(runs)).toBe(2);
  });

  const opened = () =>
    database().db.transaction((tx) =>
      openIncident(
        tx,
        control.seal,
        { actor: "system", surface: "test" },
        { kind: "margin.ratio", severity: "low", title: "Margin", labels: { account: "paper-a" } },
      ),
    );
  const severityOf = async (id: string) =>
    (await database().db.select().from(incidents).where(eq(incidents.id, id)))[0]?.severity;

  test("Escalate raises by one step, also where the incident was resolved meanwhile; pressed anew it raises again", async () => {
    const incident = await opened();
    const press = pressed("slack:6.6", `${incident}:1:escalate`);
    const first = await judgeInbound(context, press);
    expect(first).toMatchObject({ ok: true, text: `${incident} is medium now.` });
    expect(await judgeInbound(context, press)).toEqual(first);
    expect(await severityOf(incident)).toBe("medium");
    await judgeInbound(context, { ...press, deliveryId: "slack:7.7" });
    expect(await severityOf(incident)).toBe("high");
    await database().db.update(incidents).set({ status: "resolved" });
    expect(await judgeInbound(context, press)).toEqual(first);
  });

  test("a note stands once, also where the incident was resolved meanwhile; typed anew it stands twice", async () => {
    const incident = await opened();
    const call = asked("slack:10.1", `/incident note ${incident} "venue support called"`);
    const notes = async () =>
      (await database().db.select().from(incidentEvents).where(eq(incidentEvents.incidentId, incident))).filter(
        (one) => one.type === "incident.noted",
      );
    const first = await judgeInbound(context, call);
    expect(first).toMatchObject({ ok: true, text: `Noted on ${incident}.` });
    expect(await judgeInbound(context, call)).toEqual(first);
    expect(await notes()).toHaveLength(1);
    await judgeInbound(context, { ...call, deliveryId: "slack:10.2" });
    expect(await notes()).toHaveLength(2);
    await database().db.update(incidents).set({ status: "resolved" });
    expect(await judgeInbound(context, call)).toEqual(first);
  });

  test("a silence is set once, by command and from the card, and answered with the same number", async () => {
    const incident = await opened();
    const typed = asked("slack:8.8", '/silence kind=feed.stale 2h "announced maintenance"');
    const press = pressed("slack:9.9", `${incident}:1:silence`);
    for (const [event, count] of [
      [typed, 1],
      [press, 2],
    ] as const) {
      const first = await judgeInbound(context, event);
      expect(first.ok, first.text).toBe(true);
      expect(await judgeInbound(context, event)).toEqual(first);
      expect(await database().db.$count(silences)).toBe(count);
    }
  });

  test("through the inbox: Postgres is lost between the deed and its answer, and nothing is started twice", async () => {
    let lost = true;
    const handle = async (event: Click | CommandCall): Promise<Reply> => {
      const reply = await judgeInbound(context, event);
      if (lost) throw new Error("the connection was lost");
      return reply;
    };
    const inbox = openInbox({ database: database(), handle, clock: systemClock, log: silentLog, leaseMs: 1 });
    const { reply } = await inbox.receive(asked("slack:5.5", "/flatten paper-a"));
    expect((await reply).ok).toBe(false);
    lost = false;
    await database()
      .db.update(rows)
      .set({ claimedAt: new Date(0) });
    expect(await inbox.sweep()).toBe(1);
    expect(await counted()).toEqual({ incidents: 1, runs: 1 });
  });
});
