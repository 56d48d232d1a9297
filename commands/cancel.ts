import { DeskError, command } from "../src/index.ts";

export default command(
  {
    name: "cancel",
    summary: "Cancels the resting orders of an account",
    args: [
      { name: "account", summary: "account id", required: true },
      { name: "symbol", summary: "only this instrument", required: false },
    ],
    needs: ["trader", "risk", "operator"],
    complete: { account: "accounts" },
    example: "/cancel paper-a",
  },
  async ({ desk, person, args }) => {
    const account = args["account"] ?? "";
    if (!desk.accounts.includes(account))
      throw new DeskError("UNKNOWN_ACCOUNT", `there is no account ${account}; known are ${desk.accounts.join(", ")}`);
    const { incident } = await desk.start(person, "cancel-orders", {
      title: `${person.name} cancels resting orders of ${account}`,
      input: { account, ...(args["symbol"] ? { symbols: [args["symbol"]] } : {}) },
      labels: { account },
    });
    return { ok: true, text: `${incident}: resting orders of ${account} are being cancelled.`, incident };
  },
);
