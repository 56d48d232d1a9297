import { describe, expect, test } from "vitest";
import { openHub } from "../../../src/chat/console/hub.ts";
import { openSubscriber, streamText } from "../../../src/chat/console/subscriber.ts";
import { fakeClock } from "../../../src/kernel/clock.ts";

const clock = fakeClock(new Date("2026-11-22T03:00:00Z"));
const viewer = { person: "ana", name: "Ana", roles: ["risk"], mayAct: true };
const card = (version: number) => ({ type: "card", incident: "INC-1", version }) as const;

describe("the hub", () => {
  test("gives a page that was away exactly what it missed", () => {
    const hub = openHub(clock);
    hub.publish(card(1));
    const seen = hub.last();
    hub.publish(card(2));
    hub.publish(card(3));
    expect(hub.since(seen)?.map((one) => one.event)).toEqual([card(2), card(3)]);
    expect(hub.since(hub.last())).toEqual([]);
  });

  test("says that it cannot know for ids it forgot, never gave, or gave before a restart", () => {
    const hub = openHub(clock);
    const first = hub.last();
    for (let version = 1; version <= 1_001; version += 1) hub.publish(card(version));
    const epoch = first.split("-")[0];
    for (const id of [first, `${epoch}-5000`, "older-3", "", "x", `${epoch}--1`, `${epoch}-1e3`, "__proto__-1"]) {
      expect([id, hub.since(id)]).toEqual([id, null]);
    }
    expect(hub.since(`${epoch}-1`)).toHaveLength(1_000);
  });

  test("tells each version of a card once, and forgets with the ring which it told", () => {
    const hub = openHub(clock);
    const heard: number[] = [];
    hub.subscribe(({ event }) => heard.push(event.type === "card" ? event.version : 0));
    for (const version of [1, 1, 3, 2, 3, 4]) hub.publish(card(version));
    expect(heard).toEqual([1, 3, 4]);
    for (let count = 0; count < 1_000; count += 1) hub.publish({ type: "header" });
    hub.publish(card(4));
    expect(heard.at(-1)).toBe(4);
  });

  test("tells nobody who left", () => {
    const hub = openHub(clock);
    const heard: string[] = [];
    const leave = hub.subscribe(({ id }) => heard.push(id));
    hub.publish(card(1));
    leave();
    hub.publish(card(2));
    expect(heard).toHaveLength(1);
  });
});

describe("one stream", () => {
  test("a slow reader gets only the newest of each kind, in order", async () => {
    const line = openSubscriber(viewer, "seat", null);
    line.offer("card:INC-1", { event: "card", data: "1" });
    line.offer("row:INC-2", { event: "row", data: "a" });
    line.offer("card:INC-1", { event: "card", data: "2" });
    line.end();
    expect([await line.next(), await line.next()]).toEqual([
      [
        { event: "row", data: "a" },
        { event: "card", data: "2" },
      ],
      null,
    ]);
  });

  test("frames that stand in line together are one message, each ended by an empty line", () => {
    const frames = [
      { event: "row", data: '{"a":"line\\nbreak"}' },
      { event: "seen", data: "{}", id: "x-7" },
    ];
    expect(streamText(frames)).toBe('event: row\ndata: {"a":"line\\nbreak"}\n\nevent: seen\ndata: {}\nid: x-7\n\n');
  });

  test("a reader who never reads costs a bounded line, and starts over", async () => {
    const line = openSubscriber(viewer, "seat", null);
    for (let n = 0; n < 50_000; n += 1) line.offer(`row:INC-${n}`, { event: "row", data: "x" });
    line.end();
    const frames = (await line.next()) ?? [];
    expect([frames[0]?.event, frames.length <= 2_001, await line.next()]).toEqual(["reset", true, null]);
  });

  test("a waiting reader wakes for the next frame, and for the end", async () => {
    const line = openSubscriber(viewer, "seat", null);
    const waiting = line.next();
    line.offer("beat", { event: "beat", data: "{}" });
    expect((await waiting)?.[0]?.event).toBe("beat");
    const ending = line.next();
    line.end();
    expect(await ending).toBeNull();
    line.offer("beat", { event: "beat", data: "{}" });
    expect(await line.next()).toBeNull();
  });
});
