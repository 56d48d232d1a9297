import { describe, expect, test } from "vitest";
import { checkMessage } from "../fakes/discord/check.ts";
import { checkBlockKit } from "../fakes/slack/block-kit.ts";

const slack = (...blocks: unknown[]): string[] => checkBlockKit({ text: "t", blocks });
const button = (more: object): object => ({
  type: "button",
  action_id: "a",
  text: { type: "plain_text", text: "Go" },
  ...more,
});
const discord = (more: object): string[] => checkMessage({ allowed_mentions: { parse: [] }, ...more });
const row = (...components: unknown[]): object => ({ type: 1, components });
const press = (custom_id: string): object => ({ type: 2, style: 1, label: "Go", custom_id });

describe("the checkers themselves", () => {
  test.each([
    ["a header over 150", { type: "header", text: { type: "plain_text", text: "x".repeat(151) } }],
    ["an empty section", { type: "section" }],
    [
      "eleven fields",
      { type: "section", fields: Array.from({ length: 11 }, () => ({ type: "plain_text", text: "x" })) },
    ],
    ["links that come alive", { type: "section", text: { type: "mrkdwn", verbatim: true, text: "<!channel>" } }],
    ["mrkdwn that links by itself", { type: "section", text: { type: "mrkdwn", text: "x" } }],
    ["two actions alike", { type: "actions", elements: [button({}), button({})] }],
    ["an unknown style", { type: "actions", elements: [button({ style: "quiet" })] }],
    ["an unknown block", { type: "carousel" }],
  ])("Slack's refuses %s", (_, block) => {
    expect(slack(block)).not.toEqual([]);
  });

  test.each([
    ["content of 2,001", { content: "x".repeat(2_001) }],
    [
      "6,001 characters over all embeds",
      { embeds: [{ description: "x".repeat(3_001) }, { description: "x".repeat(3_000) }] },
    ],
    ["an empty field", { embeds: [{ fields: [{ name: "a", value: "" }] }] }],
    ["26 fields", { embeds: [{ fields: Array.from({ length: 26 }, () => ({ name: "a", value: "b" })) }] }],
    ["six rows", { components: Array.from({ length: 6 }, (_, at) => row(press(String(at)))) }],
    ["six buttons in a row", { components: [row(...Array.from({ length: 6 }, (_, at) => press(String(at))))] }],
    ["two buttons alike", { components: [row(press("a"), press("a"))] }],
    ["mentions that ping", { allowed_mentions: { parse: ["everyone"] } }],
  ])("Discord's refuses %s", (_, message) => {
    expect(discord(message)).not.toEqual([]);
  });
});
