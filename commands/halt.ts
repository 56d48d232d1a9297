import { command } from "../src/index.ts";

export default command(
  {
    name: "halt",
    summary: "Kill switch: stops new orders everywhere and cancels every working one; needs no approval",
    args: [{ name: "reason", summary: "why, for the record", required: false }],
    needs: ["trader", "risk", "operator"],
    example: '/halt "fills we cannot explain"',
  },
  async ({ desk, person, args }) => ({
    ok: true,
    text: await desk.halt(person, args["reason"] ?? "kill switch pulled"),
  }),
);
