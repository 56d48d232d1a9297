import { DeskError, command } from "../src/index.ts";

const MOST = 20;

export default command(
  {
    name: "break-glass",
    summary: "Lists uses of emergency powers, and reviews one so that its incident can close",
    args: [
      { name: "verb", summary: "what to do", required: true, choices: ["list", "review"] },
      { name: "use", summary: "for review, the first characters of its id", required: false },
      { name: "finding", summary: "what the review found", required: false, ask: ["review"] },
    ],
    needs: ["risk", "compliance", "operator"],
    example: '/break-glass review 3f9a01bc77d2 "the reduction was right"',
  },
  async ({ desk, person, args }) => {
    if (args["verb"] === "review") {
      if (args["use"] === undefined || args["finding"] === undefined)
        throw new DeskError("INPUT_INVALID", "name the use and what you found; /break-glass list shows them");
      return { ok: true, text: await desk.reviewEmergency(person, args["use"], args["finding"]) };
    }
    const uses = await desk.emergencies(MOST);
    return {
      ok: true,
      text: uses.length === 0 ? "Nobody took emergency powers yet." : "Uses of emergency powers",
      table: {
        columns: ["use", "person", "scope", "why", "incident", "until UTC", "review"],
        rows: uses.map((one) => [
          one.id.slice(0, 12),
          one.person,
          one.scope,
          one.reason,
          one.incidentId ?? "",
          one.expiresAt.toISOString().replace("T", " ").slice(0, 16),
          one.reviewedBy ?? "open",
        ]),
      },
    };
  },
);
