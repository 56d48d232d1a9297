import {
  type CommandContext,
  DeskError,
  REPORTING_STEPS,
  RESOLUTIONS,
  type Reply,
  SEVERITIES,
  command,
} from "../src/index.ts";

const needed = (value: string | undefined, what: string): string => {
  if (value === undefined || value === "")
    throw new DeskError("INPUT_INVALID", `${what} is missing; /help incident shows the forms`);
  return value;
};

/** "INC-7", "inc-7" and "7" mean the same. */
const incidentId = (text: string | undefined): string => `INC-${needed(text, "the incident").replace(/^inc-/i, "")}`;

async function list({ desk }: CommandContext): Promise<Reply> {
  const open = await desk.incidents("unresolved", 50);
  return {
    ok: true,
    text:
      open.length === 0 ? "No open incidents." : `${open.length} open ${open.length === 1 ? "incident" : "incidents"}`,
    table: {
      columns: ["incident", "severity", "status", "what", "owner", "opened UTC"],
      rows: open.map((one) => [
        one.id,
        one.severity,
        one.status,
        one.title,
        one.owner ?? "nobody",
        one.openedAt.toISOString().replace("T", " ").slice(0, 16),
      ]),
    },
  };
}

export default command(
  {
    name: "incident",
    summary: "Opens, lists, notes, assigns and resolves incidents",
    args: [
      {
        name: "verb",
        summary: "what to do",
        required: true,
        choices: ["list", "open", "ack", "note", "assign", "resolve", "major", "reported"],
      },
      { name: "incident", summary: "INC-7, or for open the severity", required: false },
      {
        name: "text",
        summary: "title, note, person, resolution, or which report",
        required: false,
        ask: ["note", "resolve", "open"],
      },
    ],
    needs: ["trader", "risk", "operator", "compliance"],
    complete: { incident: "incidents", text: "resolutions" },
    example: '/incident note INC-7 "venue support called"',
  },
  async (context) => {
    const { desk, person, args } = context;
    const text = args["text"];
    switch (args["verb"]) {
      case "open": {
        const severity = SEVERITIES.find((one) => one === args["incident"]);
        const title = severity ? text : [args["incident"], text].filter((one) => one !== undefined).join(" ");
        const id = await desk.openIncident(person, needed(title, "the title"), severity ?? "medium");
        return { ok: true, text: `${id} opened.`, incident: id };
      }
      case "ack": {
        const id = incidentId(args["incident"]);
        await desk.acknowledge(person, id);
        return { ok: true, text: `You acknowledged ${id}.`, incident: id };
      }
      case "note": {
        const id = incidentId(args["incident"]);
        await desk.note(person, id, needed(text, "the note"));
        return { ok: true, text: `Noted on ${id}.`, incident: id };
      }
      case "assign": {
        const id = incidentId(args["incident"]);
        const owner = text ?? person.id;
        if (!desk.knownPeople().some((one) => one.id === owner))
          throw new DeskError(
            "INPUT_INVALID",
            `${owner} is not one of the desk's people; ${desk
              .knownPeople()
              .map((one) => one.id)
              .join(", ")} are`,
          );
        await desk.assign(person, id, owner);
        return { ok: true, text: `${id} is ${owner}'s now.`, incident: id };
      }
      case "resolve": {
        const id = incidentId(args["incident"]);
        const [first, ...rest] = needed(text, "the resolution").split(" ");
        const resolution = RESOLUTIONS.find((one) => one === first);
        if (!resolution)
          throw new DeskError("INPUT_INVALID", `"${first}" is no resolution; use one of ${RESOLUTIONS.join(", ")}`);
        await desk.resolve(person, id, resolution, rest.join(" ") || undefined);
        return { ok: true, text: `${id} is resolved as ${resolution}.`, incident: id };
      }
      case "major":
      case "reported": {
        const id = incidentId(args["incident"]);
        if (!person.roles.some((role) => role === "risk" || role === "compliance"))
          throw new DeskError("NOT_ALLOWED", "what an authority is told is said by risk or compliance");
        const [first, ...rest] =
          args["verb"] === "major" ? ["major", text ?? ""] : needed(text, "the report").split(" ");
        const step = REPORTING_STEPS.find((one) => one === first);
        if (!step || (args["verb"] === "reported" && step === "major"))
          throw new DeskError("INPUT_INVALID", `"${first}" is no report; write initial, intermediate or final`);
        const said = await desk.report(person, id, step, rest.join(" ") || undefined);
        return {
          ok: true,
          text: `${id}: ${said}. breakwater report dora --incident ${id} says what is due when, and what is missing.`,
          incident: id,
        };
      }
      default:
        return list(context);
    }
  },
);
