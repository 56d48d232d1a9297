import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CommandHead, commandText, commandValues, words } from "../../src/chat/command-head.ts";
import { RESOLUTIONS as KNOWN } from "../../src/incidents/lifecycle.ts";
import { RESOLUTIONS, formOfCommand, formOfToken } from "../../src/chat/form.ts";

const hedge: CommandHead = {
  name: "hedge",
  summary: "Bring the delta of one asset towards zero",
  args: [
    { name: "asset", summary: "BTC, ETH …", required: true, ask: true },
    { name: "size", summary: "share of the delta", required: true, ask: true },
    { name: "account", summary: "where", required: false },
  ],
};
const incident: CommandHead = {
  name: "incident",
  summary: "Open, list, annotate",
  args: [
    { name: "what", summary: "verb", required: true, choices: ["list", "note"] },
    { name: "id", summary: "which", required: false },
    { name: "text", summary: "what to write", required: false, ask: ["note"] },
  ],
};

test("the form offers exactly the endings that incidents know", () => {
  expect(RESOLUTIONS).toEqual(KNOWN);
});

describe("a typed command", () => {
  test.each([
    ['freeze account okx-1 "two words"', ["freeze", "account", "okx-1", "two words"]],
    ["freeze okx-1 “two words”", ["freeze", "okx-1", "two words"]],
    ['say "it \\"works\\""', ["say", 'it "works"']],
    ['empty "" word', ["empty", "", "word"]],
    ["   ", []],
  ])("%s is read word by word", (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  test("values become one line and come back the same", () => {
    const value = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).filter((text) => !/\s/.test(text));
    fc.assert(
      fc.property(value, value, fc.option(value, { nil: "" }), (asset, size, account) => {
        const given = { asset, size, account };
        const [name, ...typed] = words(commandText(hedge, given));
        expect(name).toBe("/hedge");
        const back = commandValues(hedge, typed);
        const plainQuotes = (text: string): string => text.replace(/[\u201c\u201d\u201e\u00ab\u00bb]/g, '"');
        expect(back["asset"]).toBe(plainQuotes(asset));
        expect(back["size"]).toBe(plainQuotes(size));
        expect(back["account"] ?? "").toBe(plainQuotes(account));
      }),
    );
  });

  test("what follows a left-out argument is named", () => {
    expect(commandText(hedge, { asset: "BTC", account: "paper a" })).toBe('/hedge BTC account="paper a"');
  });

  test("the last argument takes the rest of the line", () => {
    expect(commandValues(incident, ["note", "INC-7", "called", "the", "venue"])).toEqual({
      what: "note",
      id: "INC-7",
      text: "called the venue",
    });
  });

  test("a form asks for what is missing, and only then", () => {
    expect(formOfCommand(hedge, { asset: "BTC" })?.fields.map((field) => [field.name, field.value])).toEqual([
      ["asset", "BTC"],
      ["size", undefined],
      ["account", undefined],
    ]);
    expect(formOfCommand(hedge, { asset: "BTC", size: "50%" })).toBeUndefined();
    expect(formOfCommand(incident, { what: "note", id: "INC-7" })?.title).toBe("/incident");
    expect(formOfCommand(incident, { what: "list" })).toBeUndefined();
  });

  test("deny and resolve ask before they are sent, approve does not", () => {
    expect(formOfToken("INC-7:4:deny:8c1f")?.fields[0]?.name).toBe("reason");
    expect(formOfToken("INC-7:4:resolve")?.fields[0]?.choices).toContain("false-alarm");
    expect(formOfToken("INC-7:4:approve:8c1f")).toBeUndefined();
    expect(formOfToken("INC-7:4:__proto__")).toBeUndefined();
  });
});
