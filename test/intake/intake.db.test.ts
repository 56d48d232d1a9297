import { asc, eq, sql } from "drizzle-orm";
import { afterAll, describe, expect, test, vi } from "vitest";
import { showCards } from "../../src/chat/outbox-rows.ts";
import { alerts, incidentEvents, incidents, ledger, messages, runs, silences } from "../../src/db/schema.ts";
import type { Database } from "../../src/db/client.ts";
import { durationsOf } from "../../src/incidents/durations.ts";
import { fakeClock, systemClock } from "../../src/kernel/clock.ts";
import { withDatabase } from "../with-database.ts";
import { alertOf, fresh, intakeOn } from "./desk.ts";
import type { Intake } from "../../src/intake/intake.ts";
import type { Touched } from "../../src/intake/passing.ts";

const CHANNEL = { surface: "slack", channel: "C0RISK" } as const;
const database = withDatabase();
const open: Intake[] = [];
const intake = (options: Parameters<typeof intakeOn>[1] = {}) => {
  const one = intakeOn(database(), options);
  open.push(one);
  return one;
};
afterAll(() => Promise.all(open.map((one) => one.close())));

const incident = async (id: string | undefined) => {
  const [row] = await database()
    .db.select()
    .from(incidents)
    .where(eq(incidents.id, id ?? ""));
  if (!row) throw new Error(`no incident ${id}`);
  return row;
};
const alert = async (id: number | undefined) => {
  const [row] = await database()
    .db.select()
    .from(alerts)
    .where(eq(alerts.id, id ?? 0));
  if (!row) throw new Error(`no alert ${id}`);
  return row;
};
const lines = (id: string | undefined) =>
  database()
    .db.select()
    .from(incidentEvents)
    .where(eq(incidentEvents.incidentId, id ?? ""))
    .orderBy(asc(incidentEvents.id));

describe("an alert on its way", () => {
  test("the first alert of a condition opens an incident, and all of it is there when it is acknowledged", async () => {
    const desk = intake();
    const labels = fresh();
    const receipt = await desk.take([alertOf({ labels })]);
    expect(receipt.ids).toHaveLength(1);
    expect(await alert(receipt.ids[0])).toMatchObject({ stop: null, incidentId: receipt.incidents[0], labels });
    expect(await incident(receipt.incidents[0])).toMatchObject({
      status: "open",
      severity: "critical",
      alertCount: 1,
      firingCount: 1,
      version: 1,
      values: { ratio: "0.83" },
    });
    expect(await lines(receipt.incidents[0])).toMatchObject([
      { type: "incident.opened", actor: "source:account-monitor" },
    ]);
    expect(desk.committed).toMatchObject([{ incidents: [{ id: receipt.incidents[0], opened: true, version: 1 }] }]);
    const written = await database()
      .db.select()
      .from(ledger)
      .where(eq(ledger.object, receipt.incidents[0] ?? ""));
    expect(written).toMatchObject([{ type: "incident.opened", actor: "source:account-monitor" }]);
  });

  test("the time to its card counts from its receipt, whatever old moment of the venue it bears", async () => {
    const old = new Date(Date.now() - 864_000_000);
    const receipt = await intake().take([alertOf({ labels: fresh(), at: old })]);
    expect((await alert(receipt.ids[0])).at).toEqual(old);
    const took = await durationsOf(database().db, receipt.incidents[0] ?? "");
    expect(took["time to card"]).toBeGreaterThanOrEqual(0);
    expect(took["time to card"]).toBeLessThan(60_000);
  });

  test("a second alert with the same fingerprint does not open a second incident", async () => {
    const desk = intake();
    const labels = fresh();
    const first = await desk.take([alertOf({ labels })]);
    const second = await desk.take([alertOf({ labels })]);
    expect(await alert(second.ids[0])).toMatchObject({
      stop: "duplicate",
      stoppedBy: `alert:${first.ids[0]}`,
      incidentId: first.incidents[0],
    });
    expect(await incident(first.incidents[0])).toMatchObject({ alertCount: 2, firingCount: 1, version: 2 });
  });

  test("new figures of a known condition reach the card without a second line on the timeline", async () => {
    const desk = intake();
    const labels = fresh();
    const first = await desk.take([alertOf({ labels, values: { ratio: "0.83", equity: "100" } })]);
    const second = await desk.take([alertOf({ labels, values: { ratio: "0.91" } })]);
    expect(second.incidents).toEqual(first.incidents);
    expect(await incident(first.incidents[0])).toMatchObject({
      values: { ratio: "0.91", equity: "100" },
      firingCount: 1,
    });
    expect(await lines(first.incidents[0])).toHaveLength(1);
  });

  test("the title and its line follow the condition that gave them, to its end, and no other condition", async () => {
    const desk = intake();
    const labels = fresh();
    const say = async (title: string, more: Parameters<typeof alertOf>[0] = {}) =>
      (await desk.take([alertOf({ labels, title, summary: `${title}.`, ...more })])).incidents[0];
    const id = await say("Margin ratio 83 %", { values: { ratio: "0.83" } });
    await say("Margin ratio 91 %", { values: { ratio: "0.91" } });
    expect(await incident(id)).toMatchObject({ title: "Margin ratio 91 %", summary: "Margin ratio 91 %." });
    const other = { ...labels, feed: "funding" };
    await say("Funding is dear", { labels: other });
    await say("Funding is dearer", { labels: other, values: { ratio: "0.84" } });
    await say("No position is left", { status: "resolved" });
    expect(await incident(id)).toMatchObject({ title: "Margin ratio 91 %" });
    await say("Margin ratio 85 %", { values: { ratio: "0.85" } });
    await say("Funding is over", { labels: other, status: "resolved" });
    expect(await incident(id)).toMatchObject({ title: "Margin ratio 91 %" });
    await say("Margin ratio 86 %", { values: { ratio: "0.86" } });
    expect(await incident(id)).toMatchObject({ title: "Margin ratio 86 %" });
  });

  test("the end of the only condition is the title", async () => {
    const desk = intake();
    const labels = fresh();
    const {
      incidents: [id],
    } = await desk.take([alertOf({ labels })]);
    await desk.take([
      alertOf({ labels, status: "resolved", title: "No position is left", summary: "It was liquidated." }),
    ]);
    expect(await incident(id)).toMatchObject({ title: "No position is left", summary: "It was liquidated." });
  });

  test("a louder alert raises the incident, a quieter one never lowers it", async () => {
    const desk = intake();
    const labels = fresh();
    const first = await desk.take([alertOf({ labels, severity: "medium", title: "Margin is thin" })]);
    await desk.take([alertOf({ labels, severity: "critical", title: "Margin is nearly gone" })]);
    await desk.take([alertOf({ labels, severity: "low", title: "Margin is thin again", values: { ratio: "0.5" } })]);
    expect(await incident(first.incidents[0])).toMatchObject({ severity: "critical", title: "Margin is thin again" });
    expect((await lines(first.incidents[0])).map((line) => [line.type, line.text])).toEqual([
      ["incident.opened", "Margin is thin"],
      ["severity.raised", "raised from medium to critical"],
    ]);
  });

  test("what ceases is noted on the incident, which only people and playbooks resolve", async () => {
    const desk = intake();
    const labels = fresh();
    const first = await desk.take([alertOf({ labels })]);
    const over = await desk.take([alertOf({ labels, status: "resolved" })]);
    expect(await alert(over.ids[0])).toMatchObject({ stop: "resolved", incidentId: first.incidents[0] });
    expect(await incident(first.incidents[0])).toMatchObject({ status: "open", firingCount: 0 });
    expect((await lines(first.incidents[0])).at(-1)).toMatchObject({ type: "alert.resolved" });
    const twice = await desk.take([alertOf({ labels, status: "resolved" })]);
    expect(await alert(twice.ids[0])).toMatchObject({ stop: "duplicate" });
    const again = await desk.take([alertOf({ labels })]);
    expect(again.incidents).toEqual(first.incidents);
    expect(await incident(first.incidents[0])).toMatchObject({ firingCount: 1, alertCount: 2 });
  });

  test("an end without a beginning opens nothing", async () => {
    const receipt = await intake().take([alertOf({ labels: fresh(), status: "resolved" })]);
    expect(await alert(receipt.ids[0])).toMatchObject({ stop: "resolved", incidentId: null });
    expect(receipt.incidents).toEqual([]);
  });

  test("a resolved incident never takes new alerts", async () => {
    const desk = intake();
    const labels = fresh();
    const first = await desk.take([alertOf({ labels })]);
    await database()
      .db.update(incidents)
      .set({ status: "resolved" })
      .where(eq(incidents.id, first.incidents[0] ?? ""));
    const second = await desk.take([alertOf({ labels })]);
    expect(second.incidents[0]).not.toBe(first.incidents[0]);
    expect(await incident(first.incidents[0])).toMatchObject({ alertCount: 1 });
  });

  test("an unsigned sender neither joins nor occupies the incident of our own monitor", async () => {
    const desk = intake();
    const labels = fresh();
    const outside = await desk.take([alertOf({ labels, source: "tradingview", trust: "unsigned" })]);
    const inside = await desk.take([alertOf({ labels })]);
    expect(inside.incidents[0]).not.toBe(outside.incidents[0]);
  });

  test("alerts of one body about one account share an incident that keeps only the labels they share", async () => {
    const desk = intake();
    const labels = fresh();
    const body = ["a", "b", "c"].map((host) =>
      alertOf({ labels: { ...labels, host }, severity: host === "b" ? "high" : "low" }),
    );
    const receipt = await desk.take(body);
    expect(receipt.incidents).toHaveLength(1);
    expect(await incident(receipt.incidents[0])).toMatchObject({
      alertCount: 3,
      firingCount: 3,
      labels,
      severity: "high",
    });
    const later = await desk.take([
      alertOf({ labels: { account: labels["account"] ?? "", venue: "paper", host: "d" } }),
    ]);
    expect(later.incidents).toEqual(receipt.incidents);
    expect((await incident(receipt.incidents[0])).labels).toEqual(labels);
  });

  test("a rule brings different kinds into one incident", async () => {
    const desk = intake({
      settings: {
        correlate: [{ name: "venue-trouble", match: [{ field: "kind", op: "prefix", value: "feed." }], by: ["venue"] }],
      },
    });
    const venue = fresh()["account"] ?? "";
    const first = await desk.take([alertOf({ kind: "feed.down", labels: { venue } })]);
    const second = await desk.take([alertOf({ kind: "feed.stale", labels: { venue, stream: "trades" } })]);
    expect(second.incidents).toEqual(first.incidents);
  });
});

describe("what stops an alert", () => {
  test("a silence stops what it names, keeps it with its reason, and hides no end", async () => {
    const desk = intake();
    const labels = fresh();
    const [row] = await database()
      .db.insert(silences)
      .values({
        matchers: [{ field: "account", op: "equals", value: labels["account"] ?? "" }],
        reason: "maintenance",
        createdBy: "person:ana",
        untilAt: new Date(Date.now() + 60_000),
      })
      .returning();
    const receipt = await desk.take([alertOf({ labels }), alertOf({ labels })]);
    for (const id of receipt.ids) {
      expect(await alert(id)).toMatchObject({ stop: "silenced", stoppedBy: `silence:${row?.id}`, incidentId: null });
    }
    await database()
      .db.update(silences)
      .set({ untilAt: new Date(0) });
    expect((await desk.take([alertOf({ labels })])).incidents).toHaveLength(1);
  });

  test("while a venue is down, stale feeds of that venue open nothing, whatever arrives first in a body", async () => {
    const settings = {
      inhibit: [
        {
          source: [{ field: "kind", op: "equals", value: "venue.down" }],
          target: [{ field: "kind", op: "in", value: ["feed.stale", "order.rejected"] }],
          equal: ["venue"],
        },
      ],
    };
    const desk = intake({ settings });
    const venue = fresh()["account"] ?? "";
    const together = await desk.take([
      alertOf({ kind: "feed.stale", labels: { venue, account: "a" } }),
      alertOf({ kind: "venue.down", labels: { venue } }),
    ]);
    expect(await alert(together.ids[0])).toMatchObject({ stop: "inhibited", stoppedBy: `alert:${together.ids[1]}` });
    const later = await desk.take([
      alertOf({ kind: "order.rejected", labels: { venue } }),
      alertOf({ kind: "order.rejected", labels: { venue: `${venue}-other` } }),
    ]);
    expect(await alert(later.ids[0])).toMatchObject({ stop: "inhibited", stoppedBy: together.incidents[0] });
    expect(await alert(later.ids[1])).toMatchObject({ stop: null });
    await desk.take([alertOf({ kind: "venue.down", labels: { venue }, status: "resolved" })]);
    const after = await desk.take([alertOf({ kind: "feed.stale", labels: { venue, account: "a" } })]);
    expect(await alert(after.ids[0])).toMatchObject({ stop: null });
  });
});

describe("once and only once", () => {
  test("a matching playbook gets one run an incident, in the same commit, with the alert's trust", async () => {
    const desk = intake({
      matchPlaybooks: ({ kind, labels }) =>
        kind === "margin.ratio"
          ? [{ playbook: "margin-breach", version: 1, input: { account: labels["account"] ?? "" } }]
          : [],
    });
    const labels = fresh();
    const first = await desk.take([alertOf({ labels }), alertOf({ labels: { ...labels, host: "b" } })]);
    await desk.take([alertOf({ labels, values: { ratio: "0.99" } })]);
    const found = await database()
      .db.select()
      .from(runs)
      .where(eq(runs.incidentId, first.incidents[0] ?? ""));
    expect(found).toMatchObject([
      {
        id: `run:${first.incidents[0]}:margin-breach`,
        state: "ready",
        trust: "internal",
        requestedBy: "source:account-monitor",
      },
    ]);
    expect(desk.committed.flatMap((one) => one.runs)).toEqual([
      { id: found[0]?.id, playbook: "margin-breach", version: 1 },
    ]);
  });

  test("the cards of a new incident are asked for in its transaction, once", async () => {
    const asked: (readonly Touched[])[] = [];
    const desk = intake({
      place: async (tx, opened) => {
        asked.push(opened);
        await showCards(
          tx,
          opened.map(({ id, version }) => ({ incidentId: id, version, priority: 1, places: [CHANNEL] })),
        );
      },
    });
    const labels = fresh();
    const { incidents: ids } = await desk.take([alertOf({ labels })]);
    await desk.take([alertOf({ labels, values: { ratio: "0.99" } })]);
    const cards = database()
      .db.select()
      .from(messages)
      .where(eq(messages.incidentId, ids[0] ?? ""));
    expect(await cards).toMatchObject([{ ...CHANNEL, wantedVersion: 1, shownVersion: 0, priority: 1 }]);
    expect(asked).toMatchObject([[{ id: ids[0], kind: "margin.ratio", severity: "critical", labels }]]);
  });

  test("the same delivery a thousand times, in parallel and in turn, has one effect", async () => {
    const desks = [intake(), intake()] as const;
    const labels = fresh();
    const delivery = { key: `delivery-${labels["account"]}`, source: "generic", replayMs: 900_000 };
    const burst = Array.from({ length: 1_000 }, (_, index) =>
      desks[index % 2 ? 1 : 0].take([alertOf({ labels })], delivery),
    );
    const receipts = await Promise.all(burst);
    receipts.push(await desks[0].take([alertOf({ labels })], delivery));
    expect(new Set(receipts.map((one) => String(one.ids)))).toHaveLength(1);
    expect(receipts.filter((one) => !one.replayed)).toHaveLength(1);
    expect(await incident(receipts.find((one) => !one.replayed)?.incidents[0])).toMatchObject({
      alertCount: 1,
    });
  });

  const breaks: readonly [string, "before" | "after"][] = [
    ["before the commit", "before"],
    ["between the commit and the answer", "after"],
  ];
  test.each(breaks)("a connection that breaks %s loses and doubles nothing that is sent again", async (_name, when) => {
    const gone = Object.assign(new Error("write CONNECTION_CLOSED"), { code: "CONNECTION_CLOSED" });
    const real = database();
    let tried = 0;
    const transaction: Database["db"]["transaction"] = async (work, config) => {
      tried += 1;
      const breaks = tried % 3 !== 0;
      const result = await real.intake.transaction(async (tx) => {
        const done = await work(tx);
        if (breaks && when === "before") throw gone;
        return done;
      }, config);
      if (breaks) throw gone;
      return result;
    };
    const broken = Object.create(real.intake, { transaction: { value: transaction } }) as Database["intake"];
    const desk = intakeOn({ ...real, intake: broken });
    open.push(desk);
    const labels = fresh();
    const send = async (index: number): Promise<readonly number[]> => {
      const delivery = { key: `broken-${labels["account"]}-${index}`, source: "signed", replayMs: 900_000 };
      for (;;) {
        try {
          return (await desk.take([alertOf({ labels: { ...labels, host: String(index) } })], delivery)).ids;
        } catch (error) {
          expect(error).toMatchObject({ code: "DATABASE_UNAVAILABLE" });
        }
      }
    };
    const acknowledged = await Promise.all(Array.from({ length: 20 }, (_, index) => send(index)));
    acknowledged.push(await send(20), await send(21));
    const rows = await real.db
      .select({ id: alerts.id })
      .from(alerts)
      .where(sql`labels ->> 'account' = ${labels["account"]}`)
      .orderBy(alerts.id);
    expect(rows.map((row) => row.id)).toEqual(acknowledged.flat().sort((a, b) => a - b));
    expect(rows).toHaveLength(22);
    expect(tried).toBeGreaterThan(2);
  });

  test("what cannot be stored is seen until something can be, or until half a minute passed without a try", async () => {
    const clock = fakeClock(new Date("2026-11-27T03:00:00Z"));
    const real = database();
    let full = true;
    const intake = Object.create(real.intake, {
      transaction: {
        value: async (...args: Parameters<Database["intake"]["transaction"]>) => {
          if (full) throw new Error("could not extend file: No space left on device");
          return real.intake.transaction(...args);
        },
      },
    }) as Database["intake"];
    const desk = intakeOn({ ...real, intake }, { clock });
    open.push(desk);
    const refused = (): Promise<unknown> =>
      expect(desk.take([alertOf({ labels: fresh() })])).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE" });
    expect(desk.refusingSince).toBe(null);
    await refused();
    await clock.advance(20_000);
    await refused();
    await clock.advance(20_000);
    expect(desk.refusingSince).toEqual(new Date("2026-11-27T03:00:00Z"));
    await clock.advance(11_000);
    expect(desk.refusingSince).toBe(null);
    await refused();
    full = false;
    await desk.take([alertOf({ labels: fresh() })]);
    expect(desk.refusingSince).toBe(null);
  });

  test("after its window the same bytes are a new word", async () => {
    const desk = intake();
    const labels = fresh();
    const delivery = { key: `old-${labels["account"]}`, source: "alertmanager", replayMs: 900_000 };
    const first = await desk.take([alertOf({ labels })], delivery);
    const second = await desk.take([alertOf({ labels })], { ...delivery, replayMs: -1 });
    expect(second.ids).not.toEqual(first.ids);
    expect(await alert(second.ids[0])).toMatchObject({ stop: "duplicate" });
  });

  test("a storm on two replicas: every alert has its row, one condition has one incident", async () => {
    const desks = [intake({ settings: { queue: 100_000 } }), intake({ settings: { queue: 100_000 } })] as const;
    const labels = fresh();
    const parcels = Array.from({ length: 400 }, (_, index) =>
      desks[index % 2 ? 1 : 0].take(
        Array.from({ length: 10 }, (_, host) => alertOf({ labels: { ...labels, host: String(host) } })),
      ),
    );
    const receipts = await Promise.all(parcels);
    const ids = receipts.flatMap((one) => one.ids);
    expect(new Set(ids).size).toBe(4_000);
    const opened = new Set(receipts.flatMap((one) => one.incidents));
    expect(opened.size).toBe(1);
    expect(await incident([...opened][0])).toMatchObject({ alertCount: 4_000, firingCount: 10 });
    expect((await lines([...opened][0])).length).toBeLessThan(12);
  });

  describe("in a storm those that come first wait for the rest, and share their transaction", () => {
    /** An intake that just stored 16 alerts at once; `wake` ends its waits. */
    const stormy = async () => {
      const wake: (() => void)[] = [];
      const sleep = (): Promise<void> => new Promise((resolve) => wake.push(resolve));
      const desk = intake({ clock: { ...systemClock, sleep } });
      const take = (): Promise<unknown> => desk.take([alertOf({ labels: fresh() })]);
      await Promise.all(Array.from({ length: 16 }, take));
      const first = take();
      await vi.waitFor(() => expect(wake).toHaveLength(1));
      return { desk, take, first, wake };
    };

    test("until a moment is over", async () => {
      const { desk, take, first, wake } = await stormy();
      const rest = Array.from({ length: 9 }, take);
      wake[0]?.();
      await Promise.all([first, ...rest]);
      expect(desk.committed.map((one) => one.alerts.length)).toEqual([16, 10]);
    });

    test("or as many came as last time", async () => {
      const { desk, take, first } = await stormy();
      await Promise.all([first, ...Array.from({ length: 15 }, take)]);
      expect(desk.committed.map((one) => one.alerts.length)).toEqual([16, 16]);
    });
  });

  test("a full queue refuses at once and says when to come back", async () => {
    const desk = intake({ settings: { queue: 100 } });
    const body = Array.from({ length: 60 }, (_, host) => alertOf({ labels: { ...fresh(), host: String(host) } }));
    const first = desk.take(body);
    await expect(desk.take(body)).rejects.toMatchObject({ code: "RATE_LIMITED" });
    expect((await first).ids).toHaveLength(60);
    expect(desk.waiting).toBe(0);
  });

  test("alerts that the database cannot hold are refused without harm to those that arrived with them", async () => {
    const desk = intake();
    const bad = desk.take([alertOf({ labels: fresh(), at: new Date(-8e15) })]);
    const good = desk.take([alertOf({ labels: fresh() })]);
    await expect(bad).rejects.toMatchObject({ code: "INPUT_INVALID" });
    expect((await good).ids).toHaveLength(1);
  });

  test("a closed intake takes nothing and leaves nothing unanswered", async () => {
    const desk = intake();
    const last = desk.take([alertOf({ labels: fresh() })]);
    await desk.close();
    expect((await last).ids).toHaveLength(1);
    await expect(desk.take([alertOf()])).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE" });
  });
});
