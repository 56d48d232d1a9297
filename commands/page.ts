import { command } from "../src/index.ts";

export default command(
  {
    name: "page",
    summary: "Calls a person, or whoever is on call, now",
    args: [
      { name: "whom", summary: "a person's id, or a rota for whoever is on call", required: true },
      { name: "why", summary: "one sentence", required: true, ask: true },
    ],
    needs: ["trader", "risk", "operator"],
    complete: { whom: "people" },
    example: '/page ana "need a second approval"',
  },
  async ({ desk, person, args }) => ({
    ok: true,
    text: await desk.page(person, args["whom"] ?? "", args["why"] ?? ""),
  }),
);
