import { describe, expect, test } from "vitest";
import { standing } from "../../../src/policy/judging/match.ts";
import type { Rule } from "../../../src/policy/rules/schema.ts";
import { BTC, NOON, facts } from "../make.ts";

type Window = NonNullable<Rule["when"]["during"]>;

/** How a window stands at a moment: "holds", or why not. 2 March 2026 is a Monday. */
const at = (during: Window, moment: string): string => {
  const stands = standing({ during }, facts({ at: new Date(moment) }));
  return stands.is === "holds" ? "holds" : stands.why;
};

describe("a window of the day", () => {
  const day: Window = { zone: "UTC", days: ["mon"], from: "08:00", to: "18:00" };
  test.each([
    ["opens on the minute", "2026-03-02T08:00:00Z", "holds"],
    ["is closed a second before", "2026-03-02T07:59:59Z", "it is 07:59 in UTC"],
    ["is open to its last second", "2026-03-02T17:59:59Z", "holds"],
    ["closes on the minute", "2026-03-02T18:00:00Z", "it is 18:00 in UTC"],
    ["is for its days alone", "2026-03-03T09:00:00Z", "it is tue"],
  ])("%s", (_name, moment, said) => expect(at(day, moment)).toBe(said));
});

describe("a window over midnight belongs to the day on which it began", () => {
  const night: Window = { zone: "UTC", days: ["sun"], from: "22:00", to: "06:00", except: ["2026-03-08"] };
  test.each([
    ["in its evening", "2026-03-01T22:00:00Z", "holds"],
    ["in its morning, which is another day", "2026-03-02T05:59:00Z", "holds"],
    ["at its end", "2026-03-02T06:00:00Z", "it is 06:00 in UTC"],
    ["not in the morning before it", "2026-03-01T05:00:00Z", "it is sat"],
    ["not in the evening after it", "2026-03-02T22:00:00Z", "it is mon"],
    [
      "not in the morning after an evening that the calendar closes",
      "2026-03-09T01:00:00Z",
      "the calendar closes this day",
    ],
  ])("%s", (_name, moment, said) => expect(at(night, moment)).toBe(said));
});

test("a window follows its zone's summer time", () => {
  const morning: Window = { zone: "Europe/Zurich", from: "08:00", to: "09:00" };
  expect(at(morning, "2026-03-28T07:30:00Z")).toBe("holds");
  expect(at(morning, "2026-03-29T07:30:00Z")).toBe("it is 09:30 in Europe/Zurich");
  expect(at(morning, "2026-03-29T06:30:00Z")).toBe("holds");
});

test("a price that is not positive agrees with nothing", () => {
  const quotes = {
    [BTC]: [
      { source: "a", price: "0", at: NOON },
      { source: "b", price: "0", at: NOON },
    ],
  };
  expect(standing({ pricesAgreeBps: "50" }, facts({ quotes }))).toEqual({
    is: "unknown",
    why: `a price of ${BTC} is not positive`,
  });
});
