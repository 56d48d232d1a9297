import { HALT_MODES, command } from "../src/index.ts";

export default command(
  {
    name: "halt",
    summary: "Kill switch: stops new orders everywhere and cancels every working one; needs no approval",
    args: [
      { name: "reason", summary: "why, for the record", required: false },
      {
        name: "mode",
        summary: "halt all (default); reduce-only lets reductions through; cancel only cancels",
        required: false,
        choices: HALT_MODES,
      },
    ],
    needs: ["trader", "risk", "operator"],
    example: '/halt "fills we cannot explain" reduce-only',
  },
  async ({ desk, person, args }) => ({
    ok: true,
    text: await desk.halt(
      person,
      args["reason"] ?? "kill switch pulled",
      HALT_MODES.find((one) => one === args["mode"]) ?? "halt",
    ),
  }),
);
