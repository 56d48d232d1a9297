import {
  type CommandContext,
  DeskError,
  command,
  decimal,
  div,
  greater,
  grouped,
  isDecimal,
  places,
  type Ratio,
  sign,
} from "../src/index.ts";

const WHY = new Set(["--why", "why", "why=yes", "yes"]);

/** "50%" or "0.5" as a share of 1; null where the word is no such thing. */
function shareOf(text: string): Ratio | null {
  const ofHundred = text.endsWith("%");
  const number = ofHundred ? text.slice(0, -1) : text;
  if (!isDecimal(number)) return null;
  const share = ofHundred ? div<"ratio">(decimal(number), decimal("100"), 6, "half-even") : decimal<"ratio">(number);
  return sign(share) > 0 && !greater(share, decimal("1")) ? share : null;
}

/** The words after the asset, in any order: an account, a share, and whether only the reasons are asked for. */
function readWords(args: CommandContext["args"], accounts: readonly string[]) {
  const typed = [args["size"], args["account"], args["why"]]
    .flatMap((text) => (text ?? "").split(/\s+/))
    .filter((word) => word !== "" && word !== "no");
  const why = typed.some((word) => WHY.has(word));
  const rest = typed.filter((word) => !WHY.has(word));
  const account = rest.find((word) => accounts.includes(word));
  const [size, ...unknown] = rest.filter((word) => word !== account);
  const share = size === undefined ? decimal<"ratio">("1") : shareOf(size);
  if (share === null || unknown.length > 0)
    throw new DeskError(
      "INPUT_INVALID",
      `"${unknown[0] ?? size ?? ""}" is neither a share such as 50% or 0.5, at most all of it, nor an account: ${accounts.join(", ")}`,
    );
  return { why, account, share };
}

/** The accounts that hold this asset. */
async function holders(desk: CommandContext["desk"], asset: string): Promise<readonly string[]> {
  return (await desk.states())
    .filter(({ state }) => state.positions.some((one) => one.symbol.startsWith(`${asset}/`)))
    .map(({ state }) => state.account);
}

/** Why one account's hedge looks as it does, with its orders, and what they change. */
async function explainOne(desk: CommandContext["desk"], account: string, asset: string, share: Ratio) {
  const found = await desk.exposure.hedge(account, asset, share);
  const compared = [
    [`${asset} delta`, grouped(found.before.delta, 4), grouped(found.after.delta, 4)],
    ["delta USD", grouped(found.before.deltaUsd, 0), grouped(found.after.deltaUsd, 0)],
    ["gamma USD / %", grouped(found.before.gammaUsdPerPercent, 0), grouped(found.after.gammaUsdPerPercent, 0)],
    ["vega USD / pt", grouped(found.before.vegaUsdPerPoint, 2), grouped(found.after.vegaUsdPerPoint, 2)],
  ];
  const head =
    found.orders.length === 0
      ? `${account} has nothing of ${asset} that an order could take off.`
      : `The hedge of ${account}'s ${asset} now; nothing was opened or sent. /hedge ${asset} ${account} without --why asks for consent.`;
  return {
    text: [head, ...found.why, ...found.remains].join("\n"),
    rows: [
      ...found.orders.map((one) => [one.instrument.symbol, one.side, places(one.quantity, 8, "half-even")]),
      ...compared,
    ].map((row) => [account, ...row]),
  };
}

/** The reasons for each account's hedge, and nothing opened; of several, one that cannot be read hides no other. */
async function explain(desk: CommandContext["desk"], accounts: readonly string[], asset: string, share: Ratio) {
  const explained: Awaited<ReturnType<typeof explainOne>>[] = [];
  for (const account of accounts) {
    try {
      explained.push(await explainOne(desk, account, asset, share));
    } catch (error) {
      if (accounts.length === 1 || !(error instanceof DeskError)) throw error;
      explained.push({ text: `${account} could not be read: ${error.message}.`, rows: [] });
    }
  }
  return {
    ok: true,
    text: explained.map(({ text }) => text).join("\n\n"),
    table: {
      columns: ["account", "what", "side or before", "quantity or after"],
      rows: explained.flatMap(({ rows }) => rows),
    },
  };
}

export default command(
  {
    name: "hedge",
    summary:
      "Plans the cheapest hedge of an account's delta and vega in one asset; somebody else approves the exact orders",
    args: [
      { name: "asset", summary: "such as BTC", required: true },
      {
        name: "size",
        summary: "share of the exposure, such as 50%; all of it where left out",
        required: false,
        ask: true,
      },
      { name: "account", summary: "needed where several hold it; --why explains all of them", required: false },
      { name: "why", summary: "only explain: --why", required: false, choices: ["yes", "no"] },
    ],
    needs: ["trader", "risk"],
    complete: { asset: "assets", account: "accounts" },
    example: "/hedge BTC 50% paper-a --why",
  },
  async ({ desk, person, args }) => {
    const asset = (args["asset"] ?? "").toUpperCase();
    const { why, share, account: named } = readWords(args, desk.accounts);
    const held = named === undefined ? await holders(desk, asset) : [named];
    if (why && held.length > 0) return explain(desk, held, asset, share);
    const [account, ...others] = held;
    if (account === undefined || others.length > 0)
      throw new DeskError("UNKNOWN_ACCOUNT", `name the account to hedge: ${desk.accounts.join(", ")}`);
    const { incident } = await desk.start(person, "hedge", {
      title: `${person.name} asks to hedge ${asset} of ${account}`,
      input: { account, asset, share },
      labels: { account },
    });
    return {
      ok: true,
      text: `${incident} opened: it plans the exact orders and asks for consent on its card, or says why the policy denies them. /hedge ${asset} ${account} --why says why these.`,
      incident,
    };
  },
);
