import { DeskError, command } from "../src/index.ts";

/** "account=paper-a,share=0.5" as the playbook's input. */
function inputOf(text: string | undefined): Record<string, string> {
  if (!text) return {};
  return Object.fromEntries(
    text.split(",").map((pair) => {
      const [name, value] = pair.split("=", 2);
      if (!name || value === undefined)
        throw new DeskError("INPUT_INVALID", `"${pair}" is not an input; write name=value, such as account=paper-a`);
      return [name.trim(), value.trim()];
    }),
  );
}

export default command(
  {
    name: "playbook",
    summary: "Lists playbooks, starts one, shows what one would send, stops a run, or switches one off or on",
    args: [
      {
        name: "verb",
        summary: "what to do",
        required: true,
        choices: ["list", "run", "dry-run", "runs", "cancel", "disable", "enable"],
      },
      { name: "name", summary: "the playbook, or for cancel the run", required: false },
      { name: "input", summary: "such as account=paper-a; for disable and enable, why", required: false },
    ],
    needs: ["trader", "risk", "operator"],
    complete: { name: "playbooks" },
    example: "/playbook dry-run margin-breach account=paper-a",
  },
  async ({ desk, person, args }) => {
    const name = args["name"] ?? "";
    switch (args["verb"]) {
      case "run": {
        const input = inputOf(args["input"]);
        const { incident } = await desk.start(person, name, {
          title: `${person.name} runs ${name}`,
          input,
          labels: input["account"] ? { account: input["account"] } : {},
        });
        return { ok: true, text: `${incident} opened; ${name} runs.`, incident };
      }
      case "dry-run":
        return {
          ok: true,
          text: [
            `${name} would now do this, and nothing was sent:`,
            ...(await desk.dryRun(name, inputOf(args["input"]))),
          ].join("\n"),
        };
      case "cancel":
        await desk.cancelRun(person, name, args["input"] ?? "asked for in chat");
        return { ok: true, text: `${name} stops at its next step.` };
      case "disable":
      case "enable": {
        const on = args["verb"] === "enable";
        const why = args["input"] ?? `${person.name} asked for it on ${person.surface}`;
        return desk.switchPlaybook(person, name, on, why);
      }
      case "runs": {
        const rows = await desk.runs(20);
        return {
          ok: true,
          text: rows.length === 0 ? "No playbook ran yet." : "Newest runs",
          table: {
            columns: ["run", "playbook", "incident", "state", "outcome"],
            rows: rows.map((one) => [
              one.id,
              `${one.playbook}@${one.version}`,
              one.incidentId,
              one.state,
              one.outcome ?? "",
            ]),
          },
        };
      }
      default:
        return {
          ok: true,
          text: "Installed playbooks",
          table: {
            columns: ["playbook", "what it does", "starts on", "state"],
            rows: desk.playbooks.map((one) => [
              `${one.name}@${one.version}`,
              one.title,
              one.on ? `${one.on.kind}${one.on.severity ? `, ${one.on.severity}` : ""}` : "by hand",
              desk.isOn(one.name) ? "on" : "off",
            ]),
          },
        };
    }
  },
);
