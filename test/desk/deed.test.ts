import { describe, expect, test } from "vitest";
import type { DeskApi } from "../../src/desk/api.ts";
import type { Person } from "../../src/desk/command.ts";
import { pressed, readToken } from "../../src/desk/deed.ts";
import { formOfToken } from "../../src/chat/form.ts";
import { loadCommands } from "../../src/load.ts";
import { ROLES } from "../../src/policy/rules/schema.ts";

const ana: Person = { id: "ana", name: "Ana Ruiz", roles: ["trader"], surface: "slack" };

/** A desk that writes down what it was asked. */
function listening() {
  const calls: unknown[][] = [];
  const desk = {
    resolve: async (...args: unknown[]) => void calls.push(["resolve", ...args.slice(1)]),
    silenceIncident: async (...args: unknown[]) => {
      calls.push(["silence", ...args.slice(1)]);
      return 4;
    },
    label: async (...args: unknown[]) => {
      calls.push(["label", ...args.slice(1)]);
      return ["spoofing"];
    },
    acknowledge: async (...args: unknown[]) => void calls.push(["acknowledge", ...args.slice(1)]),
    assign: async (...args: unknown[]) => void calls.push(["assign", ...args.slice(1)]),
    escalate: async (...args: unknown[]) => {
      calls.push(["escalate", ...args.slice(1)]);
      return "INC-7 is critical now.";
    },
    startOn: async (...args: unknown[]) => {
      calls.push(["startOn", ...args.slice(1)]);
      return { incident: "INC-7", run: "run:INC-7:margin-breach:1" };
    },
    vote: async (...args: unknown[]) => {
      calls.push(["vote", ...args.slice(1)]);
      return { ok: true, text: "Denied." };
    },
  } as unknown as DeskApi;
  return { desk, calls };
}

const press = async (text: string, fields: Record<string, string>) => {
  const { desk, calls } = listening();
  const token = readToken(text);
  if (!token) throw new Error(`${text} is no token`);
  const reply = await pressed(desk, ana, token, fields).catch((error: Error) => error);
  return { reply, calls };
};

describe("a form behind a button", () => {
  test("resolves with the word and the note that were chosen", async () => {
    const { reply, calls } = await press("INC-7:3:resolve", { resolution: "false-alarm", reason: " a test order " });
    expect(calls).toEqual([["resolve", "INC-7", "false-alarm", "a test order"]]);
    expect(reply).toEqual({ ok: true, text: "INC-7 is resolved as false-alarm." });
  });

  test("resolves as handled where the console asked for nothing", async () => {
    expect((await press("INC-7:3:resolve", {})).calls).toEqual([["resolve", "INC-7", "handled", undefined]]);
  });

  test.each(["done", "__proto__", "HANDLED"])("refuses the resolution %s, which is not on the list", async (word) => {
    const { reply, calls } = await press("INC-7:3:resolve", { resolution: word });
    expect(calls).toEqual([]);
    expect(reply).toMatchObject({ code: "INPUT_INVALID" });
    expect((reply as Error).message).toContain("false-alarm");
  });

  const SILENCES: readonly [string, number][] = [
    ["30m", 1_800_000],
    ["1h", 3_600_000],
    ["4h", 14_400_000],
    ["1d", 86_400_000],
  ];
  test.each(SILENCES)("silences for %s", async (time, ms) => {
    const { reply, calls } = await press("INC-7:3:silence", { time, reason: "exchange maintenance" });
    expect(calls).toEqual([["silence", "INC-7", ms, "exchange maintenance"]]);
    expect(reply).toMatchObject({ ok: true });
  });

  test("offers only times that are taken", async () => {
    const choices = formOfToken("INC-7:3:silence")?.fields.find((field) => field.name === "time")?.choices ?? [];
    expect(choices).toEqual(SILENCES.map(([time]) => time));
  });

  test.each(["2d", "99999d", "0s", "-1h", "1e400", "NaN", "", "1,5h"])(
    "sets no silence of %j but the usual",
    async (time) => {
      const { reply, calls } = await press("INC-7:3:silence", { time });
      if (time === "") expect(calls).toEqual([["silence", "INC-7", 3_600_000, "from the card"]]);
      else {
        expect(calls).toEqual([]);
        expect(reply).toBeInstanceOf(Error);
      }
    },
  );

  test("gives a denial its reason, and none where it was left empty", async () => {
    expect((await press("INC-7:3:deny:3f9a01bc22d4e6f8", { reason: "too large" })).calls).toEqual([
      ["vote", "3f9a01bc22d4e6f8", "deny", "too large"],
    ]);
    expect((await press("INC-7:3:deny:3f9a01bc22d4e6f8", { reason: " " })).calls[0]?.[3]).toBeNull();
  });
});

describe("the buttons under a detector's card", () => {
  test.each(["true", "false", "useful"])("%s is stored as what the person said of it", async (word) => {
    const { reply, calls } = await press(`INC-7:3:${word}`, {});
    expect(calls).toEqual([["label", "INC-7", word]]);
    expect(reply).toEqual({ ok: true, text: `You said ${word} of spoofing on INC-7.` });
  });
});

/** Every button that is no vote, with the command that does the same. */
const SAME: readonly [string, string][] = [
  ["INC-7:3:acknowledge", "incident"],
  ["INC-7:3:take", "incident"],
  ["INC-7:3:escalate", "incident"],
  ["INC-7:3:resolve", "incident"],
  ["INC-7:3:silence", "silence"],
  ["INC-7:3:run:margin-breach", "playbook"],
  ["INC-7:3:true", "label"],
  ["INC-7:3:false", "label"],
  ["INC-7:3:useful", "label"],
];

describe("a button asks of a person what its command asks", () => {
  test.each([[["viewer"]], [["requester"]], [["policy-admin", "break-glass"]], [[]]] as const)(
    "with the roles %j no button does anything but vote",
    async (roles) => {
      for (const [text] of SAME) {
        const { desk, calls } = listening();
        const token = readToken(text);
        if (!token) throw new Error(`${text} is no token`);
        await expect(pressed(desk, { ...ana, roles }, token, {}), text).rejects.toMatchObject({ code: "NOT_ALLOWED" });
        expect(calls, text).toEqual([]);
      }
    },
  );

  test("each role that may type the command may press the button, and no other", async () => {
    const commands = await loadCommands();
    for (const [text, name] of SAME) {
      const needs = commands.find((one) => one.head.name === name)?.head.needs ?? [];
      const token = readToken(text);
      if (!token) throw new Error(`${text} is no token`);
      const may: string[] = [];
      for (const role of ROLES) {
        const { desk } = listening();
        const refused = await pressed(desk, { ...ana, roles: [role] }, token, {}).then(
          () => false,
          (error: unknown) => (error as { code?: unknown }).code === "NOT_ALLOWED",
        );
        if (!refused) may.push(role);
      }
      expect(
        may.toSorted((a, b) => a.localeCompare(b)),
        text,
      ).toEqual(needs.toSorted((a, b) => a.localeCompare(b)));
    }
  });
});
