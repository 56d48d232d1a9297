import { beforeAll, describe, expect, test } from "vitest";
import type { ChatUser } from "../../src/chat/surface.ts";
import type { DeskApi } from "../../src/desk/api.ts";
import { type InboundContext, completeLine } from "../../src/desk/inbound.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { loadCommands } from "../../src/load.ts";

const PEOPLE: Readonly<Record<string, { readonly id: string; readonly roles: readonly string[] }>> = {
  "930000000000000001": { id: "ana", roles: ["trader"] },
  "930000000000000002": { id: "vera", roles: ["viewer"] },
};
const desk = {
  accounts: ["paper-a", "paper-b"],
  incidents: async () => [{ id: "INC-7", title: "Margin of paper-a is at 0.91" }],
  knownPeople: () => [{ id: "ana", name: "Ana Ruiz", roles: [] }],
} as unknown as DeskApi;
let context: InboundContext;
beforeAll(async () => {
  context = {
    desk,
    commands: await loadCommands(),
    people: {
      identify: async ({ user }: ChatUser) => {
        const found = PEOPLE[user];
        return found ? { ...found, name: found.id, surface: "discord" } : null;
      },
    } as unknown as InboundContext["people"],
    called: async () => {},
    log: silentLog,
  };
});
const completed = async (user: string, text: string): Promise<readonly string[]> =>
  (await completeLine(context, { surface: "discord", space: "G1", user }, text)).map(
    ({ value, hint }) => `${value}: ${hint}`,
  );

describe("what a line that is being typed is completed with", () => {
  const ana = "930000000000000001";
  const vera = "930000000000000002";

  test("a trader is offered accounts, incidents and people", async () => {
    expect(await completed(ana, "/positions ")).toEqual(["/positions paper-a: account", "/positions paper-b: account"]);
    expect(await completed(ana, "/audit ")).toEqual(["/audit INC-7: Margin of paper-a is at 0.91"]);
    expect(await completed(ana, "/page a")).toEqual(["/page ana: Ana Ruiz"]);
  });

  test("a stranger in the same room learns nothing of the desk, whatever they begin to type", async () => {
    for (const { head } of context.commands)
      for (const at of head.args.keys())
        expect(await completed("930000000000000666", `/${head.name} ${"x ".repeat(at)}`), head.name).toEqual([]);
  });

  test("who may only look is offered what the commands they may call take, and no more", async () => {
    expect(await completed(vera, "/positions paper-b")).toEqual(["/positions paper-b: account"]);
    for (const line of ["/audit ", "/page ", "/freeze ", "/incident note "])
      expect(await completed(vera, line)).toEqual([]);
  });
});
