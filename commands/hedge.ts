import { DeskError, command, decimal, div, greater, isDecimal, sign } from "../src/index.ts";

/** "50%" or "0.5" as a share of 1. */
function shareOf(text: string | undefined): string {
  if (text === undefined || text === "") return "1";
  const percent = text.endsWith("%");
  const number = percent ? text.slice(0, -1) : text;
  const share = isDecimal(number)
    ? percent
      ? div(decimal(number), decimal("100"), 6, "half-even")
      : decimal(number)
    : null;
  if (share === null || sign(share) <= 0 || greater(share, decimal("1"))) {
    throw new DeskError("INPUT_INVALID", `the size was "${text}"; write a share such as 50% or 0.5, at most all of it`);
  }
  return share;
}

export default command(
  {
    name: "hedge",
    summary: "Plans a hedge of an account's delta in one asset; somebody else approves the exact order",
    args: [
      { name: "asset", summary: "such as BTC", required: true },
      {
        name: "size",
        summary: "share of the delta, such as 50%; all of it where left out",
        required: false,
        ask: true,
      },
      { name: "account", summary: "needed where the desk has several", required: false },
    ],
    needs: ["trader", "risk"],
    complete: { asset: "assets", account: "accounts" },
    example: "/hedge BTC 50% paper-a",
  },
  async ({ desk, person, args }) => {
    const asset = (args["asset"] ?? "").toUpperCase();
    // "/hedge BTC paper-a" is as clear as "/hedge BTC 100% paper-a".
    const swapped = args["account"] === undefined && args["size"] !== undefined && desk.accounts.includes(args["size"]);
    const account = swapped ? args["size"] : (args["account"] ?? (await only(asset)));
    if (account === undefined || !desk.accounts.includes(account)) {
      throw new DeskError("UNKNOWN_ACCOUNT", `name the account to hedge: ${desk.accounts.join(", ")}`);
    }
    const share = shareOf(swapped ? undefined : args["size"]);
    const { incident } = await desk.start(person, "hedge", {
      title: `${person.name} asks to hedge ${asset} of ${account}`,
      input: { account, asset, share },
      labels: { account },
    });
    return { ok: true, text: `${incident} opened: the exact order is on its card and waits for approval.`, incident };

    /** The one account that has this asset's delta, where there is just one. */
    async function only(wanted: string): Promise<string | undefined> {
      const holders = (await desk.states()).filter(({ state }) =>
        state.positions.some((one) => one.symbol.startsWith(`${wanted}/`)),
      );
      return holders.length === 1 ? holders[0]?.state.account : undefined;
    }
  },
);
