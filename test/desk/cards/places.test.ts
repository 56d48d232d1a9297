import { describe, expect, test } from "vitest";
import { PRIORITY } from "../../../src/chat/outbox-rows.ts";
import { openPlaces, priorityOf } from "../../../src/desk/cards/places.ts";
import { deskConfig } from "../config.ts";

describe("what goes out first", () => {
  const open = { kind: "margin.ratio", status: "open", severity: "high" } as const;
  test.each([
    ["a plan that was just decided", open, true, PRIORITY.decision],
    ["a resolved incident", { ...open, status: "resolved" }, false, PRIORITY.decision],
    ["an open critical", { ...open, severity: "critical" }, false, PRIORITY.critical],
    ["anything else", open, false, PRIORITY.update],
    [
      "a digest, though it is closed at once",
      { ...open, kind: "risk.digest", status: "resolved" },
      false,
      PRIORITY.digest,
    ],
  ] as const)("%s", (_name, incident, decided, priority) => {
    expect(priorityOf(incident, decided)).toBe(priority);
  });
});

describe("where a new incident's cards go", () => {
  const ROUTES = `  - { match: { severity: [critical] }, slack: [C0CRIT, C0NEXT], discord: ["900"] }
  - { match: { account: [paper-a] }, slack: [C0BOOK] }`;
  const critical = { kind: "margin.ratio", severity: "critical", labels: {} } as const;
  const small = { kind: "margin.ratio", severity: "low", labels: { account: "paper-a" } } as const;

  const SLACK = { SLACK_BOT_TOKEN: "xoxb-1", SLACK_APP_TOKEN: "xapp-1" };
  const DISCORD = { DISCORD_TOKEN: "t", DISCORD_GUILD_ID: "1", DISCORD_APP_ID: "2" };

  test("the first channel that the first matching route names on each configured surface", () => {
    const places = openPlaces(deskConfig(ROUTES, { ...SLACK, ...DISCORD }));
    expect(places?.(critical)).toEqual([
      { surface: "slack", channel: "C0CRIT" },
      { surface: "discord", channel: "900" },
    ]);
    expect(places?.(small)).toEqual([{ surface: "slack", channel: "C0BOOK" }]);
    expect(places?.({ ...small, labels: {} })).toEqual([]);
  });

  test("nowhere on a surface that is not configured", () => {
    expect(openPlaces(deskConfig(ROUTES, SLACK))?.(critical)).toHaveLength(1);
    expect(openPlaces(deskConfig(ROUTES, {}))).toBeNull();
  });
});
