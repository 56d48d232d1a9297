import { eq, sql } from "drizzle-orm";
import { afterEach, describe, expect, test } from "vitest";
import { type Inbox, openInbox } from "../../src/chat/inbox.ts";
import type { Click, CommandCall, Reply } from "../../src/chat/surface.ts";
import { inbox as rows } from "../../src/db/schema.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { DeskError } from "../../src/kernel/errors.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { withDatabase } from "../with-database.ts";

const database = withDatabase();
const click = (deliveryId: string): Click => ({
  type: "click",
  deliveryId,
  user: { surface: "slack", space: "T0", user: "U0" },
  token: "INC-1:1:approve:ab",
  fields: {},
  at: new Date("2026-11-22T10:00:00.000Z"),
});

type Handle = (event: Click | CommandCall, resumed: boolean) => Promise<Reply>;
const opened: Inbox[] = [];
const open = (handle: Handle, leaseMs = 30_000): Inbox => {
  const inbox = openInbox({ database: database(), handle, clock: systemClock, log: silentLog, leaseMs });
  opened.push(inbox);
  return inbox;
};
const answer = async (inbox: Inbox, event: Click): Promise<Reply> => (await inbox.receive(event)).reply;

afterEach(async () => {
  for (const inbox of opened.splice(0)) await inbox.stop();
  await database().db.delete(rows);
});

describe("the inbox", () => {
  test("fifty deliveries of one press are handled once, and all hear the same answer", async () => {
    let handled = 0;
    const inbox = open(async () => {
      handled += 1;
      return { ok: true, text: `done ${handled}` };
    });
    const replies = await Promise.all(Array.from({ length: 50 }, () => answer(inbox, click("slack:one"))));
    expect(handled).toBe(1);
    expect(new Set(replies.map((reply) => reply.text))).toEqual(new Set(["done 1"]));
  });

  test("the row stands before the press is acknowledged", async () => {
    let release = (_reply: Reply): void => {};
    const inbox = open(() => new Promise((resolve) => (release = resolve)));
    const { reply } = await inbox.receive(click("slack:slow"));
    const [row] = await database().db.select().from(rows).where(eq(rows.deliveryId, "slack:slow"));
    expect(row?.doneAt).toBeNull();
    release({ ok: true, text: "done" });
    expect((await reply).text).toBe("done");
  });

  test("what the desk refuses becomes the answer, once and for all", async () => {
    let handled = 0;
    const inbox = open(async () => {
      handled += 1;
      throw new DeskError("DECISION_TAKEN", "Already approved by bo at 10:01:02.");
    });
    expect(await answer(inbox, click("slack:late"))).toEqual({
      ok: false,
      text: "Already approved by bo at 10:01:02.",
    });
    expect(await answer(inbox, click("slack:late"))).toEqual({
      ok: false,
      text: "Already approved by bo at 10:01:02.",
    });
    expect(handled).toBe(1);
  });

  test("a request that failed for other reasons is finished by the next sweep, with the same event", async () => {
    const seen: (Click | CommandCall)[] = [];
    const broken = open(async () => {
      throw new Error("the database went away");
    }, 1);
    expect((await answer(broken, click("slack:crash"))).ok).toBe(false);
    const next = open(async (event, resumed) => {
      seen.push(event);
      return { ok: resumed, text: "finished" };
    }, 1);
    await database()
      .db.update(rows)
      .set({ claimedAt: sql`now() - interval '1 second'` });
    expect(await next.sweep()).toBe(1);
    expect(seen).toEqual([click("slack:crash")]);
    expect(await next.sweep()).toBe(0);
    expect((await answer(next, click("slack:crash"))).text).toBe("finished");
  });

  test("two processes that take over share the requests, none is handled twice", async () => {
    const handled: string[] = [];
    const handle: Handle = async (event) => {
      handled.push(event.deliveryId);
      return { ok: true, text: "done" };
    };
    await database()
      .db.insert(rows)
      .values(
        Array.from({ length: 40 }, (_, at) => ({
          deliveryId: `slack:${at}`,
          surface: "slack",
          event: { ...click(`slack:${at}`), at: "2026-11-22T10:00:00.000Z" } as never,
          claimedAt: new Date(0),
        })),
      );
    const [a, b] = [open(handle), open(handle)];
    await Promise.all([a.sweep(), b.sweep(), a.sweep(), b.sweep()]);
    expect(handled.sort()).toEqual([...new Set(handled)].sort());
    expect(handled).toHaveLength(40);
  });

  test("a request of ten minutes ago is given up, and says so", async () => {
    const inbox = open(async () => ({ ok: true, text: "done" }));
    await database()
      .db.insert(rows)
      .values({
        deliveryId: "slack:old",
        surface: "slack",
        event: { ...click("slack:old"), at: "2026-11-22T10:00:00.000Z" } as never,
        receivedAt: new Date(Date.now() - 3_600_000),
        claimedAt: new Date(0),
      });
    await inbox.sweep();
    const [row] = await database().db.select().from(rows).where(eq(rows.deliveryId, "slack:old"));
    expect(row?.reply).toMatchObject({ ok: false });
  });

  test("requests answered a month ago are forgotten; younger ones, and those without an answer, are kept", async () => {
    const stored = (deliveryId: string, days: number, doneAt: Date | null) => ({
      deliveryId,
      surface: "slack",
      event: { ...click(deliveryId), at: "2026-11-22T10:00:00.000Z" } as never,
      receivedAt: new Date(Date.now() - days * 86_400_000),
      reply: doneAt === null ? null : ({ ok: true, text: "done" } as never),
      doneAt,
    });
    await database()
      .db.insert(rows)
      .values([
        ...Array.from({ length: 1_200 }, (_, at) => stored(`slack:month-${at}`, 31, new Date())),
        stored("slack:week", 29, new Date()),
        stored("slack:waits", 31, null),
      ]);
    let handled = 0;
    const inbox = open(async () => {
      handled += 1;
      return { ok: true, text: "again" };
    });
    await inbox.sweep();
    expect(await database().db.$count(rows)).toBe(202);
    await inbox.sweep();
    expect((await database().db.select().from(rows)).map((row) => row.deliveryId).sort()).toEqual([
      "slack:waits",
      "slack:week",
    ]);
    expect(await answer(inbox, click("slack:week"))).toEqual({ ok: true, text: "done" });
    expect(handled).toBe(0);
  });

  test.each([
    ["a zero byte", "/hedge BTC\0 50%"],
    ["half a character", "/hedge BTC \ud83d 50%"],
  ])("a command or a form with %s is told so, and nothing is stored or done", async (_what, text) => {
    const inbox = open(async () => ({ ok: true, text: "done" }));
    const { user, at } = click("slack:odd");
    const typed = await inbox.receive({ type: "command", deliveryId: "slack:odd", user, text, at });
    expect(await typed.reply).toEqual({
      ok: false,
      text: "The command holds half a character or a zero byte; remove it. Nothing was done.",
    });
    const form = await answer(inbox, { ...click("slack:odd"), fields: { reason: text } });
    expect(form).toEqual({
      ok: false,
      text: '"reason" holds half a character or a zero byte; remove it. Nothing was done.',
    });
    expect(await database().db.$count(rows)).toBe(0);
  });
});
