import { describe, expect, test } from "vitest";
import { type Rotas, everyoneOnCall, isOnCall, onCallOf, rotasSettings } from "../../../src/policy/rules/rota.ts";

const GOOD = { zone: "Europe/Zurich", starts: "2026-03-23T09:00", shift: "1w", people: ["ana", "ben", "cleo"] };
const rota = (over: object = {}): Rotas[string] =>
  rotasSettings.parse({ desk: { ...GOOD, ...over } })["desk"] as Rotas[string];
const at = (text: string): Date => new Date(text);

describe("a rota's turn", () => {
  test.each<[string, object, string, string | null]>([
    ["nobody is on call before it begins", {}, "2026-03-23T07:59:59Z", null],
    ["the first person begins at its hour in its zone", {}, "2026-03-23T08:00:00Z", "ana"],
    [
      "a week later it is the next one's turn, at the same hour although summer began",
      {},
      "2026-03-30T06:59:59Z",
      "ana",
    ],
    ["and that hour is an hour earlier in UTC", {}, "2026-03-30T07:00:00Z", "ben"],
    ["after the last person the first one follows", {}, "2026-04-13T07:00:00Z", "ana"],
    ["a day is a day", { shift: "1d" }, "2026-03-25T12:00:00Z", "cleo"],
    [
      "the day on which winter begins is one day",
      { shift: "1d", starts: "2026-10-24T09:00" },
      "2026-10-25T07:59:59Z",
      "ana",
    ],
    ["and ends at the hour of its zone", { shift: "1d", starts: "2026-10-24T09:00" }, "2026-10-25T08:00:00Z", "ben"],
    ["hours are counted as they pass", { shift: "12h", starts: "2026-10-24T21:00" }, "2026-10-25T06:59:59Z", "ana"],
    ["also over the end of summer", { shift: "12h", starts: "2026-10-24T21:00" }, "2026-10-25T07:00:00Z", "ben"],
    ["29 February is a day like others", { shift: "1d", starts: "2028-02-28T09:00" }, "2028-03-01T08:00:00Z", "cleo"],
    ["the year's end changes nothing", { shift: "1d", starts: "2026-12-31T09:00" }, "2027-01-01T08:00:00Z", "ben"],
  ])("%s", (_, over, when, who) => expect(onCallOf(rota(over), at(when))).toBe(who));

  test("who stands in takes the turn, the last one named, and gives it back", () => {
    const desk = rota({
      overrides: [
        { person: "ben", from: "2026-03-24T00:00:00Z", until: "2026-03-26T00:00:00Z" },
        { person: "cleo", from: "2026-03-25T02:00:00+02:00", until: "2026-03-25T12:00:00Z" },
      ],
    });
    const who = (text: string) => onCallOf(desk, at(text));
    expect(
      ["2026-03-24T00:00:00Z", "2026-03-25T00:00:00Z", "2026-03-25T12:00:00Z", "2026-03-26T00:00:00Z"].map(who),
    ).toEqual(["ben", "cleo", "ben", "ana"]);
  });
});

describe("whether a person is on call", () => {
  const now = at("2026-03-24T12:00:00Z");
  const later = rota({ starts: "2027-01-04T09:00", people: ["cleo"] });
  test.each<[string, Rotas, string, boolean | null]>([
    ["is not known where there is no rota", {}, "ana", null],
    ["is so by any of the rotas", { desk: rota(), night: rota({ people: ["cleo"] }) }, "cleo", true],
    ["is not so for whose turn it is not", { desk: rota() }, "ben", false],
    ["is not known while one of the rotas has not begun", { desk: rota(), later }, "ben", null],
    ["is so by one rota, whatever another would say", { desk: rota(), later }, "ana", true],
  ])("%s", (_, rotas, who, is) => expect(isOnCall(rotas, who, now)).toBe(is));

  test("everyone on call is named once", () =>
    expect(everyoneOnCall({ desk: rota(), second: rota(), night: rota({ people: ["cleo"] }) }, now)).toEqual([
      "ana",
      "cleo",
    ]));
});

test.each<[string, object]>([
  ["a zone that does not exist", { zone: "Mars/Base" }],
  ["a day that does not exist", { starts: "2026-02-30T09:00" }],
  ["a shift of nothing", { shift: "0d" }],
  ["a rota of nobody", { people: [] }],
  [
    "a stand-in of no time",
    { overrides: [{ person: "ben", from: "2026-03-24T00:00:00Z", until: "2026-03-24T00:00:00Z" }] },
  ],
])("%s is refused", (_, over) => expect(rotasSettings.safeParse({ desk: { ...GOOD, ...over } }).success).toBe(false));
