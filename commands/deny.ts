import { READING, command } from "../src/index.ts";

export default command(
  {
    name: "deny",
    summary: "Denies a plan; one denial ends it",
    args: [
      { name: "plan", summary: "first 8 or more characters of the plan's hash, or its four words", required: true },
      { name: "reason", summary: "why, for the record", required: false, ask: true },
    ],
    needs: READING,
    example: "/deny 3f9a01bc",
  },
  async ({ desk, person, args }) => desk.vote(person, args["plan"] ?? "", "deny", args["reason"] ?? null),
);
