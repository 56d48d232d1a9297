import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Card } from "../../src/chat/card.ts";
import type { Budget } from "../../src/chat/outbox-budget.ts";
import {
  PRIORITY,
  type Priority,
  addNote,
  cardShown,
  claimCard,
  dueCards,
  showCards,
} from "../../src/chat/outbox-rows.ts";
import { type Outbox, openOutbox } from "../../src/chat/outbox.ts";
import type { MessageRef, Sent, Surface } from "../../src/chat/surface.ts";
import { messages, notes } from "../../src/db/schema.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { withDatabase } from "../with-database.ts";
import { sampleCard } from "./hostile.ts";
import { until } from "./slack/driver.ts";

const database = withDatabase();

const WIDE: Budget = {
  post: { channel: { max: 1_000, perMs: 1_000 }, all: { max: 1_000, perMs: 1_000 } },
  update: { channel: { max: 1_000, perMs: 1_000 }, all: { max: 1_000, perMs: 1_000 } },
};

/** A platform in memory that answers as it is told, and remembers what it was asked. */
function platform() {
  const standing = new Map<string, { channel: string; key: string; version: number }>();
  const log: string[] = [];
  const answers = new Map<string, (Sent | "lost")[]>();
  let count = 0;
  let down = false;
  const scripted = (call: string): Sent | "lost" | undefined => answers.get(call)?.shift();
  const surface: Surface = {
    name: "slack",
    start: async () => {},
    stop: async () => {},
    health: () => ({ state: down ? "down" : "up", since: new Date(0) }),
    async post(channel, card, key) {
      log.push(`post ${channel} ${card.incident} v${card.version}`);
      const told = scripted(`post ${channel}`);
      if (told !== undefined && told !== "lost") return told;
      count += 1;
      const message = `m${count}`;
      standing.set(message, { channel, key, version: card.version });
      if (told === "lost") return { outcome: "ambiguous", why: "the answer was lost" };
      return { outcome: "sent", ref: { surface: "slack", channel, message } };
    },
    async update(ref, card) {
      log.push(`update ${ref.channel} ${card.incident} v${card.version}`);
      const told = scripted(`update ${ref.channel}`);
      if (told !== undefined && told !== "lost") return told;
      const message = standing.get(ref.message);
      if (message === undefined) return { outcome: "gone" };
      message.version = card.version;
      return { outcome: "sent", ref };
    },
    async note(ref, text, picture) {
      log.push(`note ${ref.channel} ${text}${picture ? ` ${picture.name} ${picture.png.length}` : ""}`);
      return { outcome: "sent", ref };
    },
    async find(channel, key): Promise<MessageRef | null> {
      log.push(`find ${channel}`);
      const hit = [...standing].find(([, one]) => one.channel === channel && one.key === key);
      return hit === undefined ? null : { surface: "slack", channel, message: hit[0] };
    },
  };
  return {
    surface,
    standing,
    log,
    tell: (call: string, ...told: (Sent | "lost")[]) => void answers.set(call, told),
    setDown: (value: boolean) => {
      down = value;
    },
  };
}

describe("the outbox", () => {
  let slack: ReturnType<typeof platform>;
  let outbox: Outbox;
  const versions = new Map<string, number>();
  const cardOf = async (incident: string): Promise<Card | null> => {
    const version = versions.get(incident);
    return version === undefined ? null : { ...sampleCard, incident, version };
  };
  const open = (budget: Budget = WIDE, draw = cardOf): Outbox =>
    openOutbox({
      database: database(),
      surfaces: [{ surface: slack.surface, budget }],
      cardOf: draw,
      fallback: (surface, channel) => (channel === "C1" ? { surface, channel: "C2" } : null),
      clock: systemClock,
      log: silentLog,
    });
  const show = async (incident: string, channel: string, priority: Priority = PRIORITY.update): Promise<void> => {
    versions.set(incident, versions.get(incident) ?? 1);
    const version = versions.get(incident) ?? 1;
    const places = [{ surface: "slack", channel }] as const;
    await showCards(database().db, [{ incidentId: incident, version, priority, places }]);
  };
  const touch = async (incident: string, version: number, priority: Priority = PRIORITY.update): Promise<void> => {
    versions.set(incident, version);
    await showCards(database().db, [{ incidentId: incident, version, priority, places: [] }]);
  };
  const row = async (incident: string, channel = "C1") =>
    (await database().db.select().from(messages).where(eq(messages.incidentId, incident))).find(
      (one) => one.channel === channel,
    );

  beforeEach(async () => {
    versions.clear();
    await database().db.delete(messages);
    await database().db.delete(notes);
    slack = platform();
    outbox = open();
  });
  afterEach(() => outbox.stop());

  test("a card asked for in the transaction of the deed is posted, then changed in place", async () => {
    await outbox.start();
    await show("INC-1", "C1");
    await until(() => slack.standing.size === 1);
    await touch("INC-1", 2);
    await until(() => [...slack.standing.values()][0]?.version === 2);
    expect(slack.log).toEqual(["post C1 INC-1 v1", "update C1 INC-1 v2"]);
    await vi.waitFor(async () => expect((await row("INC-1"))?.shownVersion).toBe(2));
  });

  test("a hundred changes before the first send become one message with the newest version", async () => {
    await show("INC-1", "C1");
    for (let version = 2; version <= 100; version += 1) await touch("INC-1", version);
    await outbox.start();
    await until(() => slack.standing.size === 1);
    expect(slack.log).toEqual(["post C1 INC-1 v100"]);
  });

  test("a card that stands in its newest version is not asked for again, and stays without urgency", async () => {
    await outbox.start();
    await show("INC-1", "C1", PRIORITY.critical);
    await vi.waitFor(async () => expect((await row("INC-1"))?.shownVersion).toBe(1));
    await show("INC-1", "C1", PRIORITY.decision);
    await touch("INC-1", 1, PRIORITY.decision);
    expect(await row("INC-1")).toMatchObject({ wantedVersion: 1, priority: PRIORITY.digest });
  });

  test("a change between a card's drawing and the taking of its row is not taken for shown", async () => {
    const { db } = database();
    await show("INC-1", "C1");
    const [due] = await dueCards(db, "post", false, { surface: "slack", without: [], limit: 1 });
    await touch("INC-1", 2);
    const taken = due && (await claimCard(db, due));
    if (!taken) throw new Error("the row was not taken");
    await cardShown(db, taken, { surface: "slack", channel: "C1", message: "m1" }, 1);
    expect(await row("INC-1")).toMatchObject({ shownVersion: 1, wantedVersion: 2 });
  });

  test("a card that could not be drawn is tried again", async () => {
    await outbox.stop();
    let drawings = 0;
    outbox = open(WIDE, async (incident) => {
      drawings += 1;
      if (drawings === 1) throw new Error("no connection");
      return cardOf(incident);
    });
    await show("INC-1", "C1");
    await outbox.start();
    await until(() => slack.standing.size === 1, 4_000);
    expect([drawings, slack.log.filter((line) => line.startsWith("post"))]).toEqual([2, ["post C1 INC-1 v1"]]);
  });

  test("decisions go before new criticals, those before updates, digests last", async () => {
    await show("DIGEST", "C1", PRIORITY.digest);
    await show("INC-2", "C1", PRIORITY.update);
    await show("INC-3", "C1", PRIORITY.critical);
    await show("INC-4", "C1", PRIORITY.decision);
    await outbox.start();
    await until(() => slack.standing.size === 4);
    expect(slack.log.map((line) => line.split(" ")[2])).toEqual(["INC-4", "INC-3", "INC-2", "DIGEST"]);
  });

  test("a post whose answer was lost is looked up, never repeated blindly", async () => {
    slack.tell("post C1", "lost");
    await outbox.start();
    await show("INC-1", "C1");
    await until(() => slack.log.includes("find C1"), 5_000);
    await until(() => slack.log.at(-1) === "update C1 INC-1 v1", 5_000);
    expect(slack.log.filter((line) => line.startsWith("post"))).toHaveLength(1);
    expect(slack.standing.size).toBe(1);
  });

  test("a process that died between the post and its record looks it up after a restart", async () => {
    await show("INC-1", "C1");
    // What such a process leaves: the mark, and a message whose id nobody wrote down.
    await database().db.update(messages).set({ postingAt: new Date() }).where(eq(messages.incidentId, "INC-1"));
    await slack.surface.post("C1", { ...sampleCard, incident: "INC-1", version: 1 }, "INC-1/slack/C1");
    await outbox.start();
    await until(() => slack.log.at(-1) === "update C1 INC-1 v1");
    expect(slack.log).toEqual(["post C1 INC-1 v1", "find C1", "update C1 INC-1 v1"]);
  });

  test("a channel that has to wait stops no other, and is served when its time is over", async () => {
    slack.tell("post C1", { outcome: "later", afterMs: 700 });
    await outbox.start();
    await show("INC-1", "C1");
    await until(() => slack.log.length === 1);
    for (const channel of ["C2", "C3", "C4"]) await show("INC-1", channel);
    await until(() => slack.standing.size === 3, 600);
    await until(() => slack.standing.size === 4);
    expect(slack.log.filter((line) => line.startsWith("post C1"))).toHaveLength(2);
  });

  test("a card that somebody deleted is posted anew once, then left", async () => {
    await outbox.start();
    await show("INC-1", "C1");
    await until(() => slack.standing.size === 1);
    slack.standing.clear();
    await touch("INC-1", 2);
    await until(() => slack.standing.size === 1);
    expect([...slack.standing.values()][0]?.version).toBe(2);
    slack.standing.clear();
    await touch("INC-1", 3);
    await until(() => outbox.tally("slack").refused === 1);
    await until(() => slack.log.some((line) => line.startsWith("post C2")));
    expect(slack.log.filter((line) => line.startsWith("post C1"))).toHaveLength(2);
    expect((await row("INC-1"))?.state).toBe("refused");
  });

  test("a refused channel hands the card to its fall-back, with the urgency it had", async () => {
    slack.tell("post C1", { outcome: "refused", why: "is_archived" });
    await outbox.start();
    await show("INC-1", "C1", PRIORITY.critical);
    await until(() => slack.log.some((line) => line === "post C2 INC-1 v1"));
    expect(await row("INC-1")).toMatchObject({ state: "refused", lastError: "is_archived" });
  });

  test("no window holds more calls than the budget, decisions use what is kept for them", async () => {
    await outbox.stop();
    const update = { channel: { max: 100, perMs: 1_000 }, all: { max: 10, perMs: 1_000, reserve: 4 } };
    outbox = open({ post: WIDE.post, update });
    for (let at = 0; at < 20; at += 1) await show(`INC-${at}`, `C${at + 10}`);
    await outbox.start();
    await until(() => slack.standing.size === 20);
    for (let at = 0; at < 20; at += 1) await touch(`INC-${at}`, 2, at === 19 ? PRIORITY.decision : PRIORITY.update);
    await until(() => slack.log.some((line) => line === "update C29 INC-19 v2"), 900);
    const early = slack.log.filter((line) => line.startsWith("update")).length;
    expect(early).toBeLessThanOrEqual(10);
    await until(() => [...slack.standing.values()].every((one) => one.version === 2), 8_000);
  });

  test("a surface that is down is left alone until it is back", async () => {
    slack.setDown(true);
    await outbox.start();
    await show("INC-1", "C1");
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(slack.log).toEqual([]);
    slack.setDown(false);
    outbox.wake();
    await until(() => slack.standing.size === 1);
  });

  test("lines and pictures wait for the card, then go to its thread in order", async () => {
    versions.set("INC-1", 1);
    await show("INC-1", "C1");
    await addNote(database().db, "INC-1", "first");
    await addNote(database().db, "INC-1", "chart", { name: "a.png", alt: "a chart", png: new Uint8Array(7) });
    await outbox.start();
    await until(() => slack.log.length === 3);
    expect(slack.log).toEqual(["post C1 INC-1 v1", "note C1 first", "note C1 chart a.png 7"]);
  });

  test("two processes on one database post one card", async () => {
    const other = open();
    await outbox.start();
    await other.start();
    for (let at = 0; at < 30; at += 1) await show(`INC-${at}`, `C${at + 10}`);
    await until(() => slack.standing.size === 30);
    await other.stop();
    expect(slack.log.filter((line) => line.startsWith("post"))).toHaveLength(30);
  });
});
