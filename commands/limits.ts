import { command, durationWords, grouped, measureWords, percent } from "../src/index.ts";

/** "account paper-a" of "account:paper-a". */
const scopeWords = (scope: string): string => scope.replace(":", " ");

export default command(
  {
    name: "limits",
    summary: "Shows how much of the rolling limits is used, the fullest first",
    args: [{ name: "scope", summary: "firm, an account, a playbook or a person", required: false }],
    needs: ["trader", "risk", "operator", "compliance"],
    complete: { scope: "accounts" },
    example: "/limits paper-a",
  },
  async ({ desk, args }) => {
    const wanted = args["scope"];
    const all = await desk.limits();
    const shown = all.filter(
      (one) => wanted === undefined || one.scope === wanted || one.scope.split(":")[1] === wanted,
    );
    const [fullest] = shown;
    if (!fullest)
      return {
        ok: wanted === undefined,
        text:
          wanted === undefined
            ? "The rules in force have no rolling limits."
            : `No rolling limit is about ${wanted}; there are limits about ${[...new Set(all.map((one) => one.scope))].join(", ") || "nothing"}.`,
      };
    return {
      ok: true,
      text: `Fullest: ${scopeWords(fullest.scope)} has used ${percent(fullest.usedRatio)} of its ${measureWords(fullest.measure)} within ${durationWords(fullest.window)}.`,
      table: {
        columns: ["scope", "what", "within", "used", "limit", "share", "from"],
        rows: shown
          .slice(0, 30)
          .map((one) => [
            scopeWords(one.scope),
            measureWords(one.measure),
            durationWords(one.window),
            grouped(one.used, 0),
            grouped(one.max, 0),
            percent(one.usedRatio),
            one.from,
          ]),
      },
    };
  },
);
