import { DETECTOR_LABELS, DeskError, command } from "../src/index.ts";

export default command(
  {
    name: "label",
    summary: "Says whether the detector behind an incident was right, and whether it helped",
    args: [
      { name: "incident", summary: "INC-7", required: true },
      {
        name: "label",
        summary: "true: it was there; false: it was not; useful: there, and good to know",
        required: true,
        choices: [...DETECTOR_LABELS],
      },
    ],
    needs: ["trader", "risk", "operator", "compliance"],
    complete: { incident: "incidents" },
    example: "/label INC-7 useful",
  },
  async ({ desk, person, args }) => {
    const incident = `INC-${(args["incident"] ?? "").replace(/^inc-/i, "")}`;
    const label = DETECTOR_LABELS.find((one) => one === args["label"]);
    if (!label)
      throw new DeskError("INPUT_INVALID", `"${args["label"]}" is no label; use one of ${DETECTOR_LABELS.join(", ")}`);
    const detectors = await desk.label(person, incident, label);
    return { ok: true, text: `${incident} is labelled ${label} for ${detectors.join(" and ")}.`, incident };
  },
);
