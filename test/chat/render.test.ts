import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { renderDiscord } from "../../src/chat/discord/render.ts";
import { renderReply as discordReply } from "../../src/chat/discord/reply.ts";
import { renderReply as slackReply } from "../../src/chat/slack/reply.ts";
import { renderSlack } from "../../src/chat/slack/render.ts";
import { checkMessage } from "../fakes/discord/check.ts";
import { checkBlockKit } from "../fakes/slack/block-kit.ts";
import { hostileCard, sampleCard } from "./hostile.ts";

const CONSOLE = "https://desk.example";
const KEY = "INC-7/slack/C1";

describe("a card on Slack and Discord", () => {
  test("2,000 hostile cards are valid on both, with severity and every button", () => {
    fc.assert(
      fc.property(hostileCard, (card) => {
        const slack = renderSlack(card, CONSOLE);
        const discord = renderDiscord(card, CONSOLE, KEY);
        expect(checkBlockKit(slack)).toEqual([]);
        expect(JSON.stringify(slack.blocks).length).toBeLessThanOrEqual(12_000);
        expect(checkMessage(discord)).toEqual([]);
        const severity = card.severity.toUpperCase();
        expect(JSON.stringify(slack.blocks[0])).toContain(severity);
        expect(slack.text).toContain(severity);
        expect(discord.embeds[0]?.title).toContain(severity);
        expect(discord.content).toContain(severity);
        for (const { token } of card.buttons) {
          expect(JSON.stringify(slack.blocks)).toContain(`"value":"${token}"`);
          expect(JSON.stringify(discord.components)).toContain(`"custom_id":"${token}"`);
        }
        expect(JSON.stringify([slack, discord])).not.toContain('"url":"https://evil');
      }),
      { numRuns: 2_000, seed: 20_261_122 },
    );
  }, 120_000);

  test("the fallback alone is enough to act on from a lock screen", () => {
    const { text } = renderSlack(sampleCard, CONSOLE);
    expect(text).toContain("CRITICAL");
    expect(text).toContain("Margin ratio of paper-a was 0.83");
    expect(text).toContain("1 order, $91800.75");
    expect(text).toContain("harp oak able lamp");
    expect(text).toContain("/approve INC-7 or /deny INC-7");
  });

  test("nothing that a stranger wrote can ping, link or format", () => {
    const card = {
      ...sampleCard,
      title: "<!channel> pay",
      lines: ["<@U1> [bank](https://evil.example) @everyone *bold* `code`"],
    };
    const slack = JSON.stringify(renderSlack(card, null).blocks.slice(1));
    expect(slack).not.toMatch(/<[!@#h]/);
    expect(slack).toContain("&lt;@U1&gt;");
    const discord = renderDiscord(card, null, KEY);
    expect(discord.embeds[0]?.description).toContain("\\<\\@U1\\> \\[bank\\]\\(https\\://evil.example\\) \\@everyone");
    expect(discord.allowed_mentions).toEqual({ parse: [] });
  });

  test("a long list of orders is cut with a mark, never the card", () => {
    const plan = sampleCard.plan;
    if (plan === null) throw new Error("the sample has a plan");
    const order = plan.orders[0];
    if (order === undefined) throw new Error("the sample plan has an order");
    const card = { ...sampleCard, plan: { ...plan, orders: Array.from({ length: 40 }, () => order) } };
    expect(JSON.stringify(renderSlack(card, null).blocks)).toContain("30 more in the console");
    expect(JSON.stringify(renderDiscord(card, null, KEY).embeds)).toContain("30 more in the console");
  });

  test("orders stand whole, down to the strike, and what finds no room is counted", () => {
    const { plan } = sampleCard;
    if (plan === null) throw new Error("the sample has a plan");
    const [order] = plan.orders;
    if (order === undefined) throw new Error("the sample plan has an order");
    const orders = Array.from({ length: 10 }, (_, at) => ({
      ...order,
      instrument: `BTC/USDT:USDT-261204-${8_500 + at * 100}-P`,
      account: "deribit-options-main-desk",
      state: "filled 260.789 at 5,700.1",
    }));
    const card = { ...sampleCard, plan: { ...plan, orders } };
    for (const drawn of [renderSlack(card, null).blocks, renderDiscord(card, null, KEY).embeds]) {
      const text = JSON.stringify(drawn).replaceAll("\\\\", "");
      const whole = orders.filter((one) => text.includes(one.instrument)).length;
      expect(whole).toBeGreaterThan(4);
      expect(text.match(/filled 260.789 at 5,700.1/g)).toHaveLength(whole);
      expect(text).toContain(whole === 10 ? "reduce-only" : `${10 - whole} more in the console`);
    }
  });

  test("what is decided names no time to decide in", () => {
    const { plan } = sampleCard;
    if (plan === null) throw new Error("the sample has a plan");
    const asked = JSON.stringify([renderSlack(sampleCard, null), renderDiscord(sampleCard, null, KEY)]);
    expect(asked.match(/open until|expires 20/g)?.length).toBeGreaterThanOrEqual(4);
    const decided = {
      ...sampleCard,
      plan: { ...plan, state: "denied" as const, changes: [], collars: [], remains: "" },
    };
    const [slack, discord] = [renderSlack(decided, null), renderDiscord(decided, null, KEY)];
    expect(JSON.stringify([slack, discord])).not.toMatch(/open until|expires 20/);
    expect([...checkBlockKit(slack), ...checkMessage(discord)]).toEqual([]);
  });

  test("an answer's table keeps whole rows: cells are cut first, then rows are left out and counted", () => {
    const table = (count: number) => ({
      columns: ["command", "what it does"],
      rows: Array.from({ length: count }, (_, at) => [
        `/command-${at}`,
        `Says what number ${at} does, in a sentence of some length.`,
      ]),
    });
    for (const draw of [slackReply, discordReply]) {
      expect(JSON.stringify(draw({ ok: true, text: "Commands", table: table(5) }))).toContain("in a sentence of some");
      const many = JSON.stringify(draw({ ok: true, text: "Commands", table: table(500) }));
      const shown = many.match(/\/command-\d+ +Says what number/g)?.length ?? 0;
      expect(shown).toBeGreaterThan(20);
      expect(many).toContain(`${500 - shown} more rows`);
    }
  });

  test("without an address that people can open there is no link", () => {
    expect(JSON.stringify(renderSlack(sampleCard, null))).not.toContain("Open in console");
    expect(JSON.stringify(renderSlack(sampleCard, CONSOLE))).toContain("https://desk.example/incidents/INC-7");
  });
});
