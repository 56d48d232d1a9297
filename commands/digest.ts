import { command } from "../src/index.ts";

export default command(
  {
    name: "digest",
    summary: "Shows the risk digest now",
    args: [{ name: "when", summary: "now", required: false, choices: ["now"] }],
    needs: [],
    example: "/digest now",
  },
  async ({ desk }) => ({ ok: true, text: await desk.digest() }),
);
