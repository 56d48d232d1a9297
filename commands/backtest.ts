import { command } from "../src/index.ts";

export default command(
  {
    name: "backtest",
    summary:
      "Lives an account through a recorded or simulated market with a playbook and without; the card shows the result",
    args: [
      { name: "playbook", summary: "such as margin-breach", required: true },
      { name: "recording", summary: "a storm, a recorded day, or days such as 2026-11-20..2026-11-24", required: true },
      { name: "against", summary: "none, or another playbook", required: false },
      { name: "seeds", summary: "lives of each side and day; 3 where left out", required: false },
    ],
    needs: ["trader", "risk", "operator"],
    complete: { playbook: "playbooks", recording: "recordings", against: "playbooks" },
    example: "/backtest margin-breach 2020-03-12",
  },
  async ({ desk, person, args }) => {
    const [playbook, recording] = [args["playbook"] ?? "", args["recording"] ?? ""];
    const incident = await desk.backtest(person, {
      playbook,
      recording,
      against: args["against"] ?? "none",
      seeds: Number(args["seeds"] ?? "3"),
    });
    return { ok: true, text: `${incident} opened; its card shows how ${playbook} fared on ${recording}.`, incident };
  },
);
