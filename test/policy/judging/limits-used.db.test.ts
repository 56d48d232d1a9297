import { beforeAll, expect, test } from "vitest";
import limits from "../../../commands/limits.ts";
import type { DeskApi } from "../../../src/desk/api.ts";
import { defaultPolicy } from "../../../src/policy/rules/default-policy.ts";
import { type LimitUse, isUsed, limitsUsed } from "../../../src/policy/judging/limits-used.ts";
import { withDatabase } from "../../with-database.ts";
import { type TestDesk, testDesk } from "../control.ts";

const database = withDatabase();
let desk: TestDesk;
let used: readonly LimitUse[];

beforeAll(async () => {
  desk = testDesk(database());
  const base = defaultPolicy();
  await desk.publish({
    policy: {
      ...base,
      hard: [
        ...base.hard,
        { per: "account", measure: "notionalUsd", window: "1h", max: "200000" },
        { per: "account", measure: "notionalUsd", window: "1h", max: "900000" },
      ],
    },
  });
  const { hash, plan } = await desk.ask();
  await desk.vote(hash, "cy");
  expect((await desk.claim(hash, plan)).claimed).toBe(true);
  const [order] = plan.orders;
  await database()
    .sql`insert into breakwater.orders (client_order_id, plan_hash, leg, incident_id, run_id, venue, account, symbol, side, quantity, limit_price, time_in_force, reduce_only, notional_usd, reference_price, state)
    values (${order?.clientOrderId ?? ""}, ${hash}, 0, null, ${plan.run}, 'paper', 'paper-a', 'BTC/USDT:USDT', 'sell', '1', '50000', 'IOC', true, '50000', '50000', 'unknown')`;
  used = await desk.within(async (tx) => {
    const published = await desk.control.published(tx);
    return published ? limitsUsed(tx, published, { account: ["paper-a", "paper-b"], person: ["ana"] }) : [];
  });
});

test("an order whose outcome is unknown is used in full, of the tightest limit, and the fullest stands first", () => {
  const hour = used.filter((one) => one.scope === "account:paper-a" && one.window === "1h");
  expect(hour.find((one) => one.measure === "notionalUsd")).toEqual({
    scope: "account:paper-a",
    measure: "notionalUsd",
    window: "1h",
    used: "50000",
    max: "200000",
    usedRatio: "0.25",
    from: "hard cap",
  });
  expect(used[0]?.usedRatio).toBe("0.25");
  expect(used.filter((one) => one.scope === "account:paper-b").some(isUsed)).toBe(false);
  expect(used.some((one) => one.scope === "firm" && one.window === "24h" && isUsed(one))).toBe(true);
});

test("/limits shows them as a table, of one account where it is named, and says what has none", async () => {
  const api = { limits: async () => used } as Partial<DeskApi> as DeskApi;
  const person = { id: "ana", name: "Ana Ruiz", roles: ["trader"], surface: "console" } as const;
  const ask = (scope?: string) => limits.run({ person, desk: api, args: scope === undefined ? {} : { scope } });
  const all = await ask();
  expect(all.text).toContain("account paper-a has used 25.0 % of its notional USD within 1 hour");
  const own = await ask("paper-a");
  expect(new Set(own.table?.rows.map((row) => row[0]))).toEqual(new Set(["account paper-a"]));
  expect(await ask("okx-9")).toMatchObject({
    ok: false,
    text: expect.stringContaining("No rolling limit is about okx-9"),
  });
});
