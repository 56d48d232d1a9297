import { describe, expect, test } from "vitest";
import breakGlass from "../../commands/break-glass.ts";
import { commandValues, words } from "../../src/chat/command-head.ts";
import { renderReply as onDiscord } from "../../src/chat/discord/reply.ts";
import { renderReply as onSlack } from "../../src/chat/slack/reply.ts";
import type { DeskApi } from "../../src/desk/api.ts";
import { withAddress } from "../../src/desk/inbound.ts";

const desk = { accounts: ["paper-a"], emergencies: async () => [] } as unknown as DeskApi;
const person = { id: "ana", name: "Ana", roles: ["trader", "break-glass"], surface: "slack" } as const;
const typed = async (line: string) =>
  breakGlass.run({ desk, person, args: commandValues(breakGlass.head, words(line).slice(1)) });

describe("/break-glass", () => {
  test.each([
    '/break-glass account:paper-a "margin call in two minutes"',
    "/break-glass paper-a margin call in two minutes",
    '/break-glass open paper-a "margin call in two minutes"',
  ])("%s answers with the page that asks for the passkey, and takes nothing by itself", async (line) => {
    const reply = await typed(line);
    expect(reply.text).toContain("No powers are taken yet");
    expect(reply.link?.url).toBe("/break-glass?scope=account%3Apaper-a&reason=margin%20call%20in%20two%20minutes");
  });
  test("what is neither an account nor firm takes no powers", async () => {
    await expect(typed('/break-glass open okx-9 "margin call now"')).rejects.toThrow("neither firm nor one of paper-a");
    await expect(typed("/break-glass please")).rejects.toThrow("none of open, list and review");
  });
  test("chats are given the whole address, as a link that opens", async () => {
    const reply = withAddress(await typed("/break-glass firm nobody_answers *here*"), "https://desk.example");
    const url = "https://desk.example/break-glass?scope=firm&reason=nobody%5Fanswers%20%2Ahere%2A";
    expect(reply.link?.url).toBe(url);
    expect(onDiscord(reply).content).toContain(`[Take them in the console](<${url}>)`);
    expect(JSON.stringify(onSlack(reply).blocks)).toContain(`<${url.replace("&", "&amp;")}|Take them in the console>`);
  });
});
