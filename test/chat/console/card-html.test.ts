import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Card } from "../../../src/chat/card.ts";
import { decisionBar, renderCard, renderSteps, typedWord } from "../../../src/chat/console/card-html.ts";
import { averageLike, figure } from "../../../src/chat/console/figures.ts";
import { renderRow } from "../../../src/chat/console/incident-html.ts";
import { visible } from "../../../src/kernel/visible.ts";
import { marginBar, percent } from "../../../src/chat/console/side.ts";
import { decimal } from "../../../src/kernel/decimal.ts";
import { hostileCard, sampleCard } from "../hostile.ts";

const options = { mayAct: true, typedAboveUsd: decimal<"usd">("1000000") };
const whole = (card: Card): string =>
  renderCard(card).toString() + renderSteps(card).toString() + decisionBar(card, options).toString();

/** A tag as our templates write it: a known name, quoted attributes, nothing that could run or load. */
const TAG =
  /^<\/?(article|section|header|p|span|h2|h3|dl|div|dt|dd|bdi|svg|path|time|table|caption|thead|tbody|tr|th|td|strong|code|ol|li|form|input|label|b|button|a|ul)(\s+[a-zA-Z-]+(="[^"<>]*")?)*\s*\/?>$/;

/** An attribute that runs, loads or dresses. */
const RUNS = /\s(on[a-z]+|style|src|srcdoc)=|javascript:/i;

describe("the card in HTML", () => {
  test("2,000 hostile cards keep severity and buttons, and no text becomes markup, an attribute or an address", () => {
    fc.assert(
      fc.property(hostileCard, (card) => {
        const html = whole(card);
        const foreign = [...html.matchAll(/<[^>]*>?/g)].filter(([tag]) => !TAG.test(tag) || RUNS.test(tag));
        expect(foreign).toEqual([]);
        expect(html).toContain(`>${card.severity}<`);
        for (const { token } of card.buttons) expect(html).toContain(`name="token" value="${token}"`);
      }),
      { numRuns: 2_000, seed: 20_261_122 },
    );
  }, 120_000);

  test("direction overrides and invisible characters are shown by number", () => {
    expect(visible("pay \u202E08%\u202C to\u200B \uFEFFbob\u0007")).toBe(
      "pay [U+202E]08%[U+202C] to[U+200B] [U+FEFF]bob[U+0007]",
    );
    expect(visible("two\nlines, تنبيه, 台灣")).toBe("two\nlines, تنبيه, 台灣");
  });

  test("every button carries its own token, and a reader without rights gets none", () => {
    const html = decisionBar(sampleCard, options).toString();
    for (const button of sampleCard.buttons) expect(html).toContain(`data-token="${button.token}"`);
    const readOnly = decisionBar(sampleCard, { ...options, mayAct: false }).toString();
    expect(readOnly).not.toContain("<button");
    expect(readOnly).toContain("You may look but not decide");
  });

  test("after the decision there is one sentence and no button", () => {
    const card = { ...sampleCard, buttons: [], decision: "Approved by Ana on console at 03:12:05 UTC." };
    const html = decisionBar(card, options).toString();
    expect(html).toContain("Approved by Ana on console at 03:12:05 UTC.");
    expect(html).not.toContain("<button");
  });

  test("only an approval above the tier asks for the plan's first word; one that cannot be read counts as large", () => {
    const plan = sampleCard.plan;
    if (!plan) throw new Error("the sample has a plan");
    const word = (notionalUsd: string, action: "approve" | "deny" = "approve") =>
      typedWord(
        { ...sampleCard, plan: { ...plan, words: "owl hawk blow main", notionalUsd } },
        action,
        options.typedAboveUsd,
      );
    expect([word("1,000,000"), word("1,000,000.01"), word("2,500,000", "deny"), word("a lot")]).toEqual([
      null,
      "owl",
      null,
      "owl",
    ]);
  });

  test.each([
    ["1234567.5", "1,234,567.5"],
    ["-0.00012", "-0.00012"],
    ["+31.4", "+31.4"],
    ["1,234", "1,234"],
    ["83.1 %", "83.1 %"],
    ["NaN", "NaN"],
    ["1e400", "1e400"],
  ])("the figure %s reads %s", (given, shown) => {
    expect(figure(given)).toBe(shown);
  });

  test("an average price keeps two digits more than its limit price", () => {
    expect(averageLike("5988.38209817", "5695.2")).toBe("5,988.382");
    expect(averageLike("5988.5", "5695")).toBe("5,988.5");
    expect(averageLike("unknown", "5695")).toBe("unknown");
  });

  test("a margin ratio beyond 1 fills the bar and keeps its figure", () => {
    const limits = { warnRatio: decimal<"ratio">("0.6"), limitRatio: decimal<"ratio">("0.8"), staleAfterMs: 15_000 };
    expect(marginBar("1.37", limits).toString()).toContain('width="100" height="8"');
    expect(percent("1.37")).toBe("137.0 %");
    expect(marginBar(null, limits).toString()).toContain('width="0"');
  });

  test("severity is a word before it is a colour, also in the list", () => {
    const row = renderRow(
      {
        incident: "INC-1",
        severity: "critical",
        status: "open",
        title: "x",
        account: null,
        owner: null,
        outcome: null,
        alertCount: 1,
        version: 1,
        deciding: true,
        openedAt: "2026-11-22T03:00:00.000Z",
      },
      false,
    ).toString();
    expect(row).toContain(">critical<");
    expect(row).toContain("decision due");
  });
});

test("a row's words stand apart, so that a search for INC-77 does not find INC-7 of seven seconds ago", () => {
  const row = renderRow(
    {
      incident: "INC-7",
      severity: "critical",
      status: "open",
      title: "Feed 5 is silent",
      account: "paper-b",
      owner: "ana",
      outcome: null,
      alertCount: 2,
      version: 1,
      deciding: true,
      openedAt: "2026-11-20T10:00:00.000Z",
    },
    false,
  ).toString();
  const words = row.replaceAll(/<[^>]*>/g, "").split(/\s+/);
  for (const word of ["critical", "INC-7", "due", "open", "paper-b", "alerts", "ana"]) expect(words).toContain(word);
});
