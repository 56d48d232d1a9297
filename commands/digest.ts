import { command } from "../src/index.ts";

export default command(
  {
    name: "digest",
    summary: "Shows the risk digest now",
    args: [{ name: "when", summary: "now", required: false, choices: ["now"] }],
    // It reads venues and posts a card where a route names a channel; viewers read it there.
    needs: ["trader", "risk", "operator", "compliance"],
    example: "/digest now",
  },
  async ({ desk }) => ({ ok: true, text: await desk.digest() }),
);
