import { type AccountState, abs, decimal, div, greater, isZero, less, playbook, sign, z } from "../src/index.ts";

/** An option counts as pinned where its delta is neither nearly none nor nearly whole: a small move turns one into the other. */
const NEARLY_NONE = decimal("0.15");
const NEARLY_WHOLE = decimal("0.85");
/** Every venue here settles its options at this hour, UTC. */
const SETTLES_AT = 8;
const HOUR_MS = 3_600_000;

/** Coins whose short options end within `hours` and stand near their strike. */
function pinned({ positions, at }: Pick<AccountState, "positions" | "at">, hours: number): string[] {
  const found = positions.filter((one) => {
    const date = /-(\d{2})(\d{2})(\d{2})-[\d.]+-[CP]$/.exec(one.symbol);
    if (!date || sign(one.quantity) >= 0 || isZero(one.quantity)) return false;
    const [year, month, day] = [Number(date[1]), Number(date[2]), Number(date[3])];
    const leftMs = Date.UTC(2000 + year, month - 1, day, SETTLES_AT) - new Date(at).getTime();
    const delta = abs(div(one.delta, one.quantity, 6, "half-even"));
    return leftMs > 0 && leftMs <= hours * HOUR_MS && !less(delta, NEARLY_NONE) && !greater(delta, NEARLY_WHOLE);
  });
  return [...new Set(found.map((one) => one.symbol.split("/")[0] ?? one.symbol))].sort();
}

/** Short options near their end and their strike: their delta may jump from none to whole, so gamma is bought back and delta hedged. */
export default playbook(
  {
    name: "expiry-pin",
    version: 1,
    title: "Short options expire near their strike: hedge gamma and delta, with approval",
    on: { kind: "option.expiry" },
    input: z.object({
      account: z.string().describe("Account id"),
      hours: z
        .string()
        .regex(/^\d{1,4}$/, "write whole hours")
        .default("24")
        .describe("How near the end counts"),
    }),
    needs: ["hedge"],
  },
  async ({ input: { account, hours }, step, account: read }) => {
    const coins = await step("see which short options are pinned", async () =>
      pinned(await read(account), Number(hours)),
    );
    if (coins.length === 0) return `no short option of ${account} ends within ${hours} h near its strike`;
    const ends: string[] = [];
    for (const asset of coins) {
      const plan = await step.plan(`plan the ${asset} hedge`, {
        action: "hedge",
        account,
        asset,
        share: decimal<"ratio">("1"),
      });
      if (!plan) {
        ends.push(`${asset} has nothing worth an order`);
        continue;
      }
      const answer = await step.approve(`ask for the ${asset} hedge`, plan, { within: "15m", otherwise: "continue" });
      if (answer.outcome === "refused") ends.push(`${answer.by} refused the ${asset} hedge`);
      else if (answer.outcome === "timed-out") ends.push(`nobody decided on the ${asset} hedge`);
      else if (answer.outcome === "withdrawn") ends.push(`the ${asset} hedge was withdrawn: ${answer.why}`);
      else ends.push(`${asset}: ${(await step.apply(`send the ${asset} hedge`, plan)).summary}`);
    }
    return ends.join("; ");
  },
);
