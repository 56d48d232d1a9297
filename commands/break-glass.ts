import { DeskError, command } from "../src/index.ts";

const MOST = 20;

/** An address that chats make no formatting of. */
const part = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*_~]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

export default command(
  {
    name: "break-glass",
    summary: "Takes emergency powers in the console, lists their uses, or reviews one so that its incident can close",
    args: [
      { name: "verb", summary: "what to do", required: true, choices: ["open", "list", "review"] },
      {
        name: "use",
        summary: "for open, an account or firm; for review, the first characters of its id",
        required: false,
        ask: ["open", "review"],
      },
      {
        name: "finding",
        summary: "for open, why, in ten letters or more; for review, what it found",
        required: false,
        ask: ["open", "review"],
      },
    ],
    needs: ["risk", "compliance", "operator", "break-glass"],
    complete: { use: "scopes" },
    example: '/break-glass open account:paper-a "margin call in two minutes, nobody answers"',
  },
  async ({ desk, person, args }) => {
    const verb = args["verb"] ?? "";
    // "/break-glass account:paper-a why" reads as people say it.
    const spoken = verb === "firm" || verb.startsWith("account:") || desk.accounts.includes(verb);
    if (verb === "open" || spoken) {
      const given = (spoken ? verb : args["use"]) ?? "";
      const reason = (spoken ? [args["use"], args["finding"]] : [args["finding"]]).filter(Boolean).join(" ");
      const scope = desk.accounts.includes(given) ? `account:${given}` : given;
      if (scope !== "firm" && !desk.accounts.some((id) => scope === `account:${id}`))
        throw new DeskError(
          "INPUT_INVALID",
          `"${given}" is neither firm nor one of ${desk.accounts.join(", ")}; no powers were taken`,
        );
      return {
        ok: true,
        text: `No powers are taken yet: they need your passkey, in the console. They hold at most 15 minutes over ${scope}, and everyone is paged.`,
        link: { label: "Take them in the console", url: `/break-glass?scope=${part(scope)}&reason=${part(reason)}` },
      };
    }
    if (verb === "review") {
      if (args["use"] === undefined || args["finding"] === undefined)
        throw new DeskError("INPUT_INVALID", "name the use and what you found; /break-glass list shows them");
      return { ok: true, text: await desk.reviewEmergency(person, args["use"], args["finding"]) };
    }
    if (verb !== "list")
      throw new DeskError("INPUT_INVALID", `"${verb}" is none of open, list and review; no powers were taken`);
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
