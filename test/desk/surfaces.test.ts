import { describe, expect, test } from "vitest";
import { PRIORITY } from "../../src/chat/outbox-rows.ts";
import { priorityOf } from "../../src/desk/surfaces.ts";

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
