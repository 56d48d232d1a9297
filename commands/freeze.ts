import { DeskError, command } from "../src/index.ts";

const STATES = ["reducing", "halted"] as const;

export default command(
  {
    name: "freeze",
    summary: "Limits trading at once: reducing orders only, or none",
    args: [
      { name: "scope", summary: "an account, venue:<name> or firm", required: true },
      { name: "state", summary: "what stays possible", required: false, choices: STATES },
      { name: "reason", summary: "why, for the record", required: false },
    ],
    needs: ["trader", "risk", "operator"],
    complete: { scope: "scopes" },
    example: '/freeze account:paper-a halted "odd fills"',
  },
  async ({ desk, person, args }) => {
    const given = args["scope"] ?? "";
    // "/freeze account paper-a" reads as people say it.
    const spoken =
      ["account", "venue"].includes(given) &&
      args["state"] !== undefined &&
      !STATES.some((one) => one === args["state"]);
    const scope = spoken ? `${given}:${args["state"]}` : desk.accounts.includes(given) ? `account:${given}` : given;
    if (scope !== "firm" && !/^(account|venue|instrument|playbook|person):.+$/.test(scope)) {
      throw new DeskError(
        "INPUT_INVALID",
        `"${given}" is neither an account nor firm, venue:<name> or account:<id>; nothing was frozen`,
      );
    }
    const state = spoken ? "halted" : (STATES.find((one) => one === args["state"]) ?? "halted");
    const words = [
      spoken || STATES.some((one) => one === args["state"]) ? undefined : args["state"],
      args["reason"],
    ].filter((one) => one !== undefined);
    const reason = words.join(" ") || "asked for in chat";
    return { ok: true, text: await desk.freeze(person, scope, state, reason) };
  },
);
