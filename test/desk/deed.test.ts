import { describe, expect, test } from "vitest";
import type { DeskApi } from "../../src/desk/api.ts";
import type { Person } from "../../src/desk/command.ts";
import { pressed, readToken } from "../../src/desk/deed.ts";
import { formOfToken } from "../../src/chat/form.ts";

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

  test("whoever may only look is refused, as by /label", async () => {
    const { desk, calls } = listening();
    const token = readToken("INC-7:3:true");
    await expect(pressed(desk, { ...ana, roles: ["viewer"] }, token!, {})).rejects.toThrow(/no right to judge/);
    expect(calls).toEqual([]);
  });
});
