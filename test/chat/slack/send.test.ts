import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { SlackSurface } from "../../../src/chat/slack/slack.ts";
import type { MessageRef, Sent } from "../../../src/chat/surface.ts";
import { listener } from "../../contract/surface.ts";
import { guardEgress } from "../../fakes/egress.ts";
import { type FakeSlack, openFakeSlack } from "../../fakes/slack/server.ts";
import { sampleCard } from "../hostile.ts";
import { slackOn } from "./driver.ts";

const PICTURE = { name: "a.png", png: new Uint8Array(64), alt: "a chart" };

describe("sending to Slack", () => {
  let slack: FakeSlack;
  let surface: SlackSurface;
  let egress: ReturnType<typeof guardEgress>;
  let ref: MessageRef;
  let version = 4;
  beforeAll(async () => {
    egress = guardEgress();
    slack = await openFakeSlack();
    surface = slackOn(slack, { mode: "http" });
    await surface.start(listener());
  });
  afterAll(async () => {
    await surface.stop();
    await slack.close();
    egress.release();
    expect(egress.tried).toEqual([]);
  });
  beforeEach(async () => {
    slack.faults.clear();
    const sent = await surface.post("C0RISK", sampleCard, "INC-7");
    if (sent.outcome !== "sent") throw new Error("the card was not posted");
    ref = sent.ref;
  });
  const post = () => surface.post("C0RISK", sampleCard, "INC-8");
  const update = (): Promise<Sent> => {
    version += 1;
    return surface.update(ref, { ...sampleCard, version });
  };
  const platform = (error: string) => ({ status: 200, body: { ok: false, error } });

  test("a limit without a time waits a second, one of ten minutes that long", async () => {
    slack.faults.add("chat.postMessage", { status: 429 });
    expect(await post()).toEqual({ outcome: "later", afterMs: 1_000 });
    slack.faults.add("chat.postMessage", { status: 429, headers: { "retry-after": "600" } });
    expect(await post()).toEqual({ outcome: "later", afterMs: 600_000 });
  });

  test("a limit on one method does not hold another", async () => {
    slack.faults.add("chat.postMessage", { status: 429, headers: { "retry-after": "60" } });
    await post();
    const begun = performance.now();
    expect((await update()).outcome).toBe("sent");
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  test.each([
    ["invalid_blocks", "refused"],
    ["msg_blocks_too_long", "refused"],
    ["channel_not_found", "refused"],
    ["not_in_channel", "refused"],
    ["is_archived", "refused"],
    ["missing_scope", "refused"],
    ["ratelimited", "later"],
    ["internal_error", "ambiguous"],
    ["fatal_error", "ambiguous"],
    ["an_error_of_tomorrow", "refused"],
  ])("a post answered with %s is %s", async (word, outcome) => {
    slack.faults.add("chat.postMessage", platform(word));
    expect((await post()).outcome).toBe(outcome);
  });

  test.each([
    ["500", { status: 500 }],
    ["503 in HTML", { status: 503, body: "<html>" }],
    ["a cut line", { cut: "before" as const }],
    ["an answer that comes too late", { delayMs: 4_500 }],
  ])(
    "after %s a post is in doubt, a change is only later",
    async (_, fault) => {
      slack.faults.add("chat.postMessage", fault);
      expect((await post()).outcome).toBe("ambiguous");
      slack.faults.add("chat.update", fault);
      expect((await update()).outcome).toBe("later");
    },
    15_000,
  );

  test.each(["upload", "files.completeUploadExternal", "files.getUploadURLExternal"])(
    "a picture whose upload fails at %s leaves the card as it is",
    async (step) => {
      const before = slack.desk.messages.length;
      slack.faults.add(step, { status: 500 });
      expect((await surface.note(ref, "the chart", PICTURE)).outcome).not.toBe("sent");
      expect(slack.desk.messages).toHaveLength(before);
      expect((await surface.note(ref, "the chart", PICTURE)).outcome).toBe("sent");
    },
  );

  test("a look-up that fails proves nothing, and throws", async () => {
    slack.faults.add("conversations.history", { status: 500 });
    await expect(surface.find("C0RISK", "INC-7")).rejects.toThrow("500");
  });

  test("somebody else's message with our key is not ours", async () => {
    const metadata = { event_type: "breakwater_card", event_payload: { id: "INC-forged", v: 1 } };
    slack.desk.messages.push({
      ts: "1",
      channel: "C0RISK",
      bot_id: "B0EVIL",
      text: "x",
      blocks: [],
      metadata,
      edits: 0,
    });
    expect(await surface.find("C0RISK", "INC-forged")).toBeNull();
  });
});
