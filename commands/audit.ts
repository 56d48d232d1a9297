import { command } from "../src/index.ts";

export default command(
  {
    name: "audit",
    summary: "Shows ledger entries, newest first",
    args: [{ name: "object", summary: "an incident, run, plan hash or order id", required: false }],
    needs: ["risk", "compliance", "operator", "trader"],
    complete: { object: "incidents" },
    example: "/audit INC-7",
  },
  async ({ desk, args }) => {
    const rows = await desk.ledger(args["object"] ?? null, 30);
    return {
      ok: true,
      text: rows.length === 0 ? "No entries." : `${rows.length} newest entries`,
      table: {
        columns: ["no.", "time UTC", "who", "what", "object"],
        rows: rows.map((one) => [
          String(one.seq),
          one.at.toISOString().replace("T", " ").slice(0, 19),
          one.actor,
          one.type,
          one.object.slice(0, 40),
        ]),
      },
    };
  },
);
