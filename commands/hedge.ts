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

/** The one account that holds this asset, where there is just one. */
async function only(desk: CommandContext["desk"], asset: string): Promise<string | undefined> {
  const holders = (await desk.states()).filter(({ state }) =>
    state.positions.some((one) => one.symbol.startsWith(`${asset}/`)),
  );
  return holders.length === 1 ? holders[0]?.state.account : undefined;
}

/** Why the hedge looks as it does, with its orders, and nothing opened. */
async function explain(desk: CommandContext["desk"], account: string, asset: string, share: Ratio) {
  const found = await desk.exposure.hedge(account, asset, share);
  const compared = [
    [`${asset} delta`, grouped(found.before.delta, 4), grouped(found.after.delta, 4)],
    ["delta USD", grouped(found.before.deltaUsd, 0), grouped(found.after.deltaUsd, 0)],
    ["gamma USD / %", grouped(found.before.gammaUsdPerPercent, 0), grouped(found.after.gammaUsdPerPercent, 0)],
    ["vega USD / pt", grouped(found.before.vegaUsdPerPoint, 2), grouped(found.after.vegaUsdPerPoint, 2)],
  ];
  return {
    ok: true,
    text: [
      found.orders.length === 0
        ? `${account} has nothing of ${asset} that an order could take off.`
        : `The hedge of ${account}'s ${asset} now; nothing was opened or sent. /hedge without --why asks for consent.`,
      ...found.why,
      ...found.remains,
    ].join("\n"),
    table: {
      columns: ["what", "side or before", "quantity or after"],
      rows: [
        ...found.orders.map((one) => [one.instrument.symbol, one.side, places(one.quantity, 8, "half-even")]),
        ...compared,
      ],
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
      { name: "account", summary: "needed where the desk has several", required: false },
      { name: "why", summary: "only explain: --why", required: false, choices: ["yes", "no"] },
    ],
    needs: ["trader", "risk"],
    complete: { asset: "assets", account: "accounts" },
    example: "/hedge BTC 50% paper-a --why",
  },
  async ({ desk, person, args }) => {
    const asset = (args["asset"] ?? "").toUpperCase();
    const { why, share, account: named } = readWords(args, desk.accounts);
    const account = named ?? (await only(desk, asset));
    if (account === undefined)
      throw new DeskError("UNKNOWN_ACCOUNT", `name the account to hedge: ${desk.accounts.join(", ")}`);
    if (why) return explain(desk, account, asset, share);
    const { incident } = await desk.start(person, "hedge", {
      title: `${person.name} asks to hedge ${asset} of ${account}`,
      input: { account, asset, share },
      labels: { account },
    });
    return {
      ok: true,
      text: `${incident} opened: the exact orders are on its card and wait for approval. /hedge ${asset} ${account} --why says why these.`,
      incident,
    };
  },
);
