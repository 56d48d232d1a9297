import { DeskError, command, durationMs } from "../src/index.ts";

/** Nobody remembers a longer one. */
const LONGEST_MS = 7 * 86_400_000;

export default command(
  {
    name: "silence",
    summary:
      "Keeps matching alerts from opening incidents for a while; critical ones stay visible in the list of alerts",
    args: [
      { name: "match", summary: "tests such as kind=feed.stale,account=paper-a", required: true },
      { name: "duration", summary: "such as 30m or 4h, at most 7d", required: true },
      { name: "reason", summary: "why, for the record", required: true, ask: true },
    ],
    needs: ["trader", "risk", "operator"],
    example: '/silence kind=feed.stale,venue=bybit 2h "announced maintenance"',
  },
  async ({ desk, person, args }) => {
    const tests = (args["match"] ?? "").split(",").map((test) => {
      const [field, value] = test.split("=", 2);
      if (!field || !value)
        throw new DeskError("INPUT_INVALID", `"${test}" is not a test; write field=value, such as kind=feed.stale`);
      return { field: field.trim(), op: "equals" as const, value: value.trim() };
    });
    const ms = durationMs(args["duration"] ?? "");
    if (ms > LONGEST_MS)
      throw new DeskError("INPUT_INVALID", "a silence lasts at most 7d; set a shorter one and renew it");
    const id = await desk.silence(person, tests, ms, args["reason"] ?? "");
    return {
      ok: true,
      text: `Silence ${id} holds for ${args["duration"]}: ${tests.map((one) => `${one.field} = ${one.value}`).join(" and ")}.`,
    };
  },
);
