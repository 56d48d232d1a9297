import * as fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Card } from "../../src/chat/card.ts";
import type { Click, CommandCall, Inbound, MessageRef, Reply, Surface } from "../../src/chat/surface.ts";
import { hostileCard, sampleCard } from "../chat/hostile.ts";
import { guardEgress } from "../fakes/egress.ts";

/** A card as people see it: all its text, and what its buttons carry. */
interface Shown {
  readonly text: string;
  readonly tokens: readonly string[];
}

/** What a contract case needs from the other side of a surface: what stands there, and hands to press with. */
export interface SurfaceDriver {
  readonly surface: Surface;
  /** Where cards may be posted, and where they are refused. */
  readonly channel: string;
  readonly closedChannel: string;
  /** A person of the desk's own space. */
  readonly user: string;
  /** The message's visible text and the tokens of its buttons; null where it is gone. */
  shown(ref: MessageRef): Shown | null | Promise<Shown | null>;
  /** How many cards stand in the channel. */
  count(channel: string): number;
  /** Presses; resolves with whether the platform was answered in time. */
  press(token: string, user?: string): Promise<boolean>;
  /** Delivers the last press once more, as platforms do when an acknowledgement got lost. */
  pressAgain(): Promise<boolean>;
  /** Fills in the form that is open and submits it. */
  submit(fields: Readonly<Record<string, string>>): Promise<boolean>;
  type(text: string): Promise<boolean>;
  /** What was said privately to this person. */
  told(user: string): readonly string[];
  /** Pictures shown to this person alone; absent where the surface draws answers itself. */
  pictures?(user: string): readonly string[];
  /** What stands in the card's thread: lines, and names of pictures. */
  thread(ref: MessageRef): readonly string[];
  remove(ref: MessageRef): void;
  /** The next post: limited for 7 s; done but the answer lost; failed with a fault of the platform's own. */
  fault(kind: "limited" | "lost" | "broken"): void;
  complete?(text: string): Promise<readonly string[]>;
  /** Rules of the platform that were broken so far. */
  faults(): readonly string[];
  close(): Promise<void>;
}

/** An inbound that remembers, and answers as it is told. */
export function listener(): Inbound & { readonly events: (Click | CommandCall)[]; reply: Reply; broken: boolean } {
  const events: (Click | CommandCall)[] = [];
  return {
    events,
    reply: { ok: true, text: "Approved by ana." },
    broken: false,
    async receive(event) {
      if (this.broken) throw new Error("the database is away");
      events.push(event);
      return { reply: Promise.resolve(this.reply) };
    },
    complete: async (_user, text) => [{ value: `${text.trim()} BTC`, hint: "bitcoin" }],
  };
}

const soon = async (holds: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 300 && !holds(); turn += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(holds()).toBe(true);
};

/**
 * Every surface passes these; `open` gives a started one on a platform of its own.
 * @param lacking cases about what the surface does not have, by number, each with the reason
 */
export function surfaceContract(
  name: string,
  open: (inbound: Inbound) => Promise<SurfaceDriver>,
  lacking: Readonly<Record<string, string>> = {},
): void {
  const check = (title: string, run: () => Promise<void>): void => {
    if (!Object.hasOwn(lacking, title.slice(0, 3))) test(title, run);
  };
  describe(`${name} as a surface`, () => {
    let desk: SurfaceDriver;
    let egress: ReturnType<typeof guardEgress>;
    beforeAll(() => {
      egress = guardEgress();
    });
    afterAll(() => {
      egress.release();
      expect(egress.tried).toEqual([]);
    });
    let inbound: ReturnType<typeof listener>;
    const post = async (card: Card = sampleCard, key = "INC-7"): Promise<MessageRef> => {
      const sent = await desk.surface.post(desk.channel, card, key);
      if (sent.outcome !== "sent") throw new Error(`not sent: ${JSON.stringify(sent)}`);
      return sent.ref;
    };
    beforeEach(async () => {
      inbound = listener();
      desk = await open(inbound);
    });
    afterEach(async () => {
      expect(desk.faults()).toEqual([]);
      await desk.close();
    });

    check("S01 a card stands with its severity, title, plan and buttons", async () => {
      const shown = await desk.shown(await post());
      expect(shown?.text).toMatch(/critical/i);
      expect(shown?.text).toContain("Margin ratio of paper");
      expect(shown?.text).toContain("harp oak able lamp");
      expect(new Set(shown?.tokens)).toEqual(new Set(sampleCard.buttons.map((button) => button.token)));
    });

    check("S02 a decision replaces the card in place and its buttons vanish", async () => {
      const ref = await post();
      const decided = { ...sampleCard, version: 5, buttons: [], decision: "Approved by ana on the console." };
      expect(await desk.surface.update(ref, decided)).toEqual({ outcome: "sent", ref });
      expect((await desk.shown(ref))?.tokens).toEqual([]);
      expect((await desk.shown(ref))?.text).toContain("Approved by ana");
      expect(desk.count(desk.channel)).toBe(1);
    });

    check("S03 an older version never replaces a newer one", async () => {
      const ref = await post();
      await Promise.all([
        desk.surface.update(ref, { ...sampleCard, version: 6, title: "six" }),
        desk.surface.update(ref, { ...sampleCard, version: 5, title: "five" }),
      ]);
      expect((await desk.shown(ref))?.text).toContain("six");
    });

    check("S04 a post whose answer got lost is found by its key, and stands once", async () => {
      desk.fault("lost");
      expect((await desk.surface.post(desk.channel, sampleCard, "INC-7")).outcome).toBe("ambiguous");
      const ref = await desk.surface.find(desk.channel, "INC-7");
      expect(ref === null ? null : (await desk.shown(ref))?.text).toContain("CRITICAL");
      expect(desk.count(desk.channel)).toBe(1);
    });

    check("S05 a post that failed within the platform is not there, and the look-up says so", async () => {
      desk.fault("broken");
      expect((await desk.surface.post(desk.channel, sampleCard, "INC-7")).outcome).toBe("ambiguous");
      expect(await desk.surface.find(desk.channel, "INC-7")).toBeNull();
    });

    check("S06 a card that somebody deleted is gone", async () => {
      const ref = await post();
      desk.remove(ref);
      expect(await desk.surface.update(ref, { ...sampleCard, version: 5 })).toEqual({ outcome: "gone" });
    });

    check("S07 a channel that is closed to us refuses, with a reason", async () => {
      const sent = await desk.surface.post(desk.closedChannel, sampleCard, "INC-7");
      expect(sent.outcome).toBe("refused");
      expect(sent.outcome === "refused" ? sent.why : "").not.toBe("");
    });

    check("S08 a limit is honoured for as long as the platform says", async () => {
      desk.fault("limited");
      const sent = await desk.surface.post(desk.channel, sampleCard, "INC-7");
      expect(sent.outcome).toBe("later");
      expect(sent.outcome === "later" ? sent.afterMs : 0).toBeGreaterThanOrEqual(6_000);
    });

    check("S09 a press arrives with ids, is acknowledged once stored, and is answered privately", async () => {
      await post();
      expect(await desk.press("INC-7:4:approve:8c1f")).toBe(true);
      expect(inbound.events).toHaveLength(1);
      const [event] = inbound.events;
      expect(event).toMatchObject({ type: "click", token: "INC-7:4:approve:8c1f", fields: {} });
      expect(event?.user).toMatchObject({ surface: desk.surface.name, user: desk.user });
      await soon(() => desk.told(desk.user).some((text) => text.includes("Approved by ana.")));
    });

    check("S10 a redelivered press keeps its delivery id, so that the inbox can tell", async () => {
      await post();
      await desk.press("INC-7:4:approve:8c1f");
      await desk.pressAgain();
      expect(new Set(inbound.events.map((event) => event.deliveryId)).size).toBe(1);
      await desk.press("INC-7:4:approve:8c1f");
      expect(new Set(inbound.events.map((event) => event.deliveryId)).size).toBe(2);
    });

    check("S11 denying asks for a reason first, and the form is submitted once", async () => {
      await post();
      expect(await desk.press("INC-7:4:deny:8c1f")).toBe(true);
      expect(inbound.events).toEqual([]);
      expect(await desk.submit({ reason: "the feed was stale" })).toBe(true);
      expect(inbound.events).toMatchObject([{ token: "INC-7:4:deny:8c1f", fields: { reason: "the feed was stale" } }]);
      await desk.submit({ reason: "the feed was stale" });
      expect(new Set(inbound.events.map((event) => event.deliveryId)).size).toBe(1);
    });

    check("S12 a typed command arrives as one line", async () => {
      expect(await desk.type('/freeze account okx-1 "two & words"')).toBe(true);
      expect(inbound.events).toMatchObject([{ type: "command", text: '/freeze account okx-1 "two & words"' }]);
    });

    check("S13 where the request cannot be stored, the person hears that nothing was done", async () => {
      await post();
      inbound.broken = true;
      await desk.press("INC-7:4:approve:8c1f");
      await soon(() => desk.told(desk.user).some((text) => text.includes("Nothing was done")));
    });

    check("S14 a refusal says why, and a token nobody gave out arrives as it is", async () => {
      await post();
      inbound.reply = { ok: false, text: "Expired, nothing was done." };
      await desk.press("__proto__");
      expect(inbound.events).toMatchObject([{ token: "__proto__" }]);
      await soon(() => desk.told(desk.user).some((text) => text.includes("Expired, nothing was done.")));
    });

    check("S15 lines and pictures go to the card's thread", async () => {
      const ref = await post();
      expect((await desk.surface.note(ref, "<!channel> @everyone called the venue")).outcome).toBe("sent");
      const picture = { name: "margin.png", png: new Uint8Array([137, 80, 78, 71]), alt: "Margin ratio fell to 0.83" };
      expect((await desk.surface.note(ref, "the chart", picture)).outcome).toBe("sent");
      const thread = desk.thread(ref).join("\n");
      expect(thread).toContain("called the venue");
      expect(thread).toContain("margin.png");
      expect(thread).not.toContain("<!channel>");
      expect(desk.count(desk.channel)).toBe(1);
    });

    check("S16 hostile cards are taken by the platform", async () => {
      for (const [at, card] of fc.sample(hostileCard, { numRuns: 25, seed: 16 }).entries()) {
        expect((await desk.surface.post(desk.channel, card, `INC-${at}`)).outcome).toBe("sent");
      }
    });

    check("S17 stopped, it is down and sends nothing; started again, it goes on", async () => {
      const ref = await post();
      expect(desk.surface.health().state).toMatch(/up|degraded/);
      await desk.surface.stop();
      expect(desk.surface.health().state).toBe("down");
      expect((await desk.surface.post(desk.channel, sampleCard, "INC-8")).outcome).toBe("later");
      await desk.surface.start(inbound);
      await soon(() => /up|degraded/.test(desk.surface.health().state));
      expect((await desk.surface.update(ref, { ...sampleCard, version: 9 })).outcome).toBe("sent");
    });

    check("S18 a line is completed while it is typed, where the platform can", async () => {
      const found = await (desk.complete?.("/hedge ") ?? Promise.resolve(null));
      if (desk.complete !== undefined) expect(found).toContain("BTC");
    });

    check("S19 an answer with charts comes with their pictures, to whoever asked alone", async () => {
      if (desk.pictures === undefined) return;
      const bars = [{ label: "paper-a", value: "0.83" }];
      const chart = { kind: "bars", title: "paper-a is nearest to liquidation", unit: "ratio", bars } as const;
      const heat = {
        kind: "heat",
        title: "paper-a loses 1,200 USD at -10 %",
        unit: "USD",
        across: { name: "price", labels: ["-10 %", "0 %"] },
        down: { name: "volatility", labels: ["0 %"] },
        values: [["-1200", "0"]],
      } as const;
      inbound.reply = { ok: true, text: "Margin ratio 0.83.", charts: [chart, heat] };
      await desk.type("/freeze account");
      await soon(() => (desk.pictures?.(desk.user) ?? []).length === 2);
      expect(desk.told(desk.user).join("\n")).toContain("Margin ratio 0.83.");
      expect(desk.count(desk.channel)).toBe(0);
    });
  });
}
