import { READING, command, DeskError } from "../src/index.ts";

export default command(
  {
    name: "help",
    summary: "Lists the commands, or explains one",
    args: [{ name: "command", summary: "a command's name", required: false }],
    needs: [],
    complete: { command: "commands" },
    example: "/help hedge",
  },
  async ({ desk, args }) => {
    const wanted = args["command"]?.replace(/^\//, "");
    if (wanted === undefined) {
      return {
        ok: true,
        text: "Commands",
        table: {
          columns: ["command", "what it does", "example"],
          rows: desk.commands.map((one) => [`/${one.name}`, one.summary, one.example]),
        },
      };
    }
    const one = desk.commands.find((each) => each.name === wanted);
    if (!one) throw new DeskError("UNKNOWN_COMMAND", `there is no /${wanted}; /help lists the commands`);
    const { needs } = one;
    const who =
      needs === READING
        ? "everyone with a role"
        : needs.length === 0
          ? "everyone who is known here"
          : needs.join(" or ");
    return {
      ok: true,
      text: `/${one.name}: ${one.summary}. For ${who}. Example: ${one.example}`,
      table: {
        columns: ["argument", "needed", "what it is"],
        rows: one.args.map((arg) => [
          arg.name,
          arg.required ? "yes" : "no",
          arg.choices ? `${arg.summary} (${arg.choices.join(", ")})` : arg.summary,
        ]),
      },
    };
  },
);
