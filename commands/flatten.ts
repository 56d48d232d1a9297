import { DeskError, command } from "../src/index.ts";

export default command(
  {
    name: "flatten",
    summary: "Plans to close everything that holds margin on an account",
    args: [
      { name: "account", summary: "account id", required: true },
      { name: "reason", summary: "why, for the record", required: false },
    ],
    needs: ["trader", "risk"],
    complete: { account: "accounts" },
    example: "/flatten paper-a",
  },
  async ({ desk, person, args }) => {
    const account = args["account"] ?? "";
    if (!desk.accounts.includes(account))
      throw new DeskError("UNKNOWN_ACCOUNT", `there is no account ${account}; known are ${desk.accounts.join(", ")}`);
    const { incident } = await desk.start(person, "reduce", {
      title: `${person.name} asks to flatten ${account}${args["reason"] ? `: ${args["reason"]}` : ""}`,
      severity: "high",
      input: { account, toRatio: "0" },
      labels: { account },
    });
    return {
      ok: true,
      text: `${incident} opened: it plans the exact orders and asks for consent on its card, or says why the policy denies them.`,
      incident,
    };
  },
);
