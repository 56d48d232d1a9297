import { READING, command } from "../src/index.ts";

export default command(
  {
    name: "approve",
    summary: "Approves exactly the plan with this fingerprint",
    args: [
      { name: "plan", summary: "first 8 or more characters of the plan's hash, or its four words", required: true },
      { name: "reason", summary: "why, for the record", required: false },
    ],
    needs: READING,
    example: "/approve 3f9a01bc",
  },
  async ({ desk, person, args }) => desk.vote(person, args["plan"] ?? "", "approve", args["reason"] ?? null),
);
