import { READING, command } from "../src/index.ts";

export default command(
  {
    name: "rules",
    summary: "Which rules are in force, and which changes of them wait for people",
    args: [],
    needs: READING,
    example: "/rules",
  },
  async ({ desk, person }) => {
    const rules = await desk.rules(person);
    const waiting = rules.changes.filter((one) => one.state === "waiting");
    const off = rules.playbooksOff.length === 0 ? "" : ` Switched off: ${rules.playbooksOff.join(", ")}.`;
    return {
      ok: true,
      text: `${rules.rules.length} rules of version ${rules.version.slice(0, 12)} are in force, by ${rules.by}.${off} ${waiting.length === 0 ? "No change waits." : "These changes wait:"}`,
      ...(waiting.length === 0
        ? {}
        : {
            table: {
              columns: ["change", "asked by", "why", "loosens", "not before UTC"],
              rows: waiting.map((one) => [
                one.words,
                one.requestedBy,
                one.reason,
                String(one.loosens),
                one.opensAt.replace("T", " ").slice(0, 16),
              ]),
            },
          }),
      link: { label: "The rules in the console", url: "/rules" },
    };
  },
);
