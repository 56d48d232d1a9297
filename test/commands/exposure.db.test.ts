import { beforeAll, describe, expect, test } from "vitest";
import greeks from "../../commands/greeks.ts";
import hedge from "../../commands/hedge.ts";
import risk from "../../commands/risk.ts";
import vol from "../../commands/vol.ts";
import { commandValues, words } from "../../src/chat/command-head.ts";
import { accountPoints } from "../../src/db/schema.ts";
import type { DeskApi } from "../../src/desk/api.ts";
import type { DeskCommand } from "../../src/desk/command.ts";
import { openExposure } from "../../src/exposure/exposure.ts";
import { openHedger } from "../../src/exposure/hedger.ts";
import type { Ratio } from "../../src/kernel/decimal.ts";
import { DeskError } from "../../src/kernel/errors.ts";
import { seededRandom } from "../../src/quant/random.ts";
import { demoBook } from "../exposure/demo-book.ts";
import { withDatabase } from "../with-database.ts";

const database = withDatabase();
const person = { id: "ana", name: "Ana Ruiz", roles: ["trader"], surface: "console" } as const;
let desk: DeskApi;
let started: unknown[] = [];

/** Types a line as people do. */
async function type(command: DeskCommand, line: string) {
  const [, ...typed] = words(line);
  return command.run({ person, desk, args: commandValues(command.head, typed) });
}

/** The cell of the row that begins with these words. */
function cell(reply: Awaited<ReturnType<typeof type>>, column: string, ...begin: string[]): string | undefined {
  const at = reply.table?.columns.indexOf(column) ?? -1;
  return reply.table?.rows.find((row) => begin.every((word, index) => row[index] === word))?.[at];
}

beforeAll(async () => {
  const { reader, clock } = await demoBook("calm", 15);
  const accounts = ["paper-a", "paper-b"];
  desk = {
    accounts,
    account: (id: string) => reader.account(id),
    states: async () => Promise.all(accounts.map(async (id) => ({ state: await reader.account(id), ageMs: 0 }))),
    freezes: async () => [],
    exposure: openExposure({
      db: database().db,
      accounts,
      readerOf: async () => reader,
      hedger: openHedger(),
      collarBps: 500,
    }),
    start: async (...request: unknown[]) => {
      started.push(request);
      return { incident: "INC-1", run: "run" };
    },
  } as Partial<DeskApi> as DeskApi;
  // Half an hour of marks a second apart, at 60 % a year.
  const random = seededRandom(7);
  const step = 0.6 / Math.sqrt(365 * 86_400);
  let price = 64_000;
  await database()
    .db.insert(accountPoints)
    .values(
      Array.from({ length: 1_800 }, (_, second) => {
        price *= Math.exp(step * random.normal());
        return {
          account: "paper-a",
          at: new Date(clock.now().getTime() - (1_800 - second) * 1_000),
          equityUsd: "1",
          markPrice: price.toFixed(2),
          markSymbol: "BTC/USDT:USDT",
        };
      }),
    );
});

describe("/greeks", () => {
  test("shows each account's coins and the desk, in coins and dollars", async () => {
    const reply = await type(greeks, "/greeks");
    expect(Number(cell(reply, "delta", "paper-a", "BTC"))).toBeCloseTo(62.2, 0);
    expect(Number(cell(reply, "delta", "paper-b", "BTC"))).toBeCloseTo(1.56, 1);
    expect(Number(cell(reply, "vega USD / pt", "paper-a", "BTC"))).toBeLessThan(-10);
    expect(cell(reply, "delta", "desk", "all")).toBe("");
    expect(Number(cell(reply, "delta", "desk", "BTC"))).toBeCloseTo(63.7, 0);
  });

  test("of one account shows that account alone", async () => {
    const reply = await type(greeks, "/greeks paper-b");
    expect(new Set(reply.table?.rows.map((row) => row[0]))).toEqual(new Set(["paper-b"]));
  });

  test("of an account that does not exist says which there are", async () => {
    await expect(type(greeks, "/greeks nobody")).rejects.toThrow(/known are paper-a, paper-b/);
  });
});

describe("/vol", () => {
  test("measures recorded marks by every estimator they allow, near the volatility they were drawn with", async () => {
    const reply = await type(vol, "/vol btc");
    for (const name of ["close to close", "Yang–Zhang", "EWMA 0.94", "realised kernel"]) {
      const percent = Number.parseFloat(cell(reply, "a year", "realised", name) ?? "");
      expect(percent, name).toBeGreaterThan(30);
      expect(percent, name).toBeLessThan(100);
    }
    expect(cell(reply, "a year", "realised", "HAR")).toBe("unknown");
  });

  test("reads the paper exchange's smile: 55 % at the money, higher on both wings", async () => {
    const reply = await type(vol, "/vol BTC");
    const implied = (reply.table?.rows ?? []).filter((row) => row[0] === "implied");
    const [first] = implied.filter((row) => row[1]?.endsWith("at the money"));
    expect(Number.parseFloat(first?.[2] ?? "")).toBeCloseTo(55, 0);
    const wings = implied.filter((row) => /(45000|45,000|77,000|83,000)/.test(row[1] ?? ""));
    expect(wings.length).toBeGreaterThan(0);
    for (const row of wings) expect(Number.parseFloat(row[2] ?? "")).toBeGreaterThan(57);
  });

  test("draws realised and implied volatility side by side", async () => {
    const [chart, smile] = (await type(vol, "/vol BTC")).charts ?? [];
    expect(chart?.title).toMatch(/^BTC: implied 5\d\.\d % at the money, realised \d+\.\d %$/);
    expect(chart?.kind === "bars" ? chart.bars.length : 0).toBeGreaterThan(4);
    expect(smile?.title).toMatch(/^BTC smile: 5\d\.\d % at the money/);
    const curves = smile?.kind === "curves" ? smile.curves : [];
    expect(curves.length).toBe(3);
    for (const { dots, line } of curves) {
      expect(dots.length).toBeGreaterThan(4);
      // The fit passes the marks: at each strike the nearest point of the curve is within a point of volatility.
      for (const [strike, sigma] of dots) {
        const away = ([at]: readonly [string, string]) => Math.abs(Number(at) - Number(strike));
        const nearest = line.toSorted((left, right) => away(left) - away(right))[0];
        expect(Math.abs(Number(nearest?.[1]) - Number(sigma))).toBeLessThan(1);
      }
    }
  });

  test("of a coin without options or marks says so instead of a number", async () => {
    const reply = await type(vol, "/vol DOGE");
    expect(reply.text).toContain("No mark of DOGE was recorded");
    expect(reply.text).toContain("No account's venue lists options of DOGE");
    expect(reply.charts).toEqual([]);
  });
});

describe("/risk", () => {
  test("gives the day's loss and the chance of liquidation of every account", async () => {
    const reply = await type(risk, "/risk");
    const loss = (account: string): number => Number((cell(reply, "99 % loss USD", account) ?? "").replaceAll(",", ""));
    // 4 M USD at 55 % a year lose about 2.4 to 3.5 daily standard deviations of 115,000 USD.
    expect(loss("paper-a")).toBeGreaterThan(230_000);
    expect(loss("paper-a")).toBeLessThan(450_000);
    expect(loss("paper-b")).toBeLessThan(50_000);
    expect(cell(reply, "liquidated in 24 h", "paper-a")).toMatch(/%$/);
  });

  test("draws the accounts' margin ratios, the nearest to liquidation first", async () => {
    const [chart] = (await type(risk, "/risk")).charts ?? [];
    expect(chart?.title).toMatch(/^paper-a is nearest to liquidation: margin ratio \d+\.\d %$/);
    expect(chart?.kind === "bars" ? chart.bars.map((bar) => bar.label) : []).toEqual(["paper-a", "paper-b"]);
  });

  test("of one account adds its stress, where a fall costs a long book", async () => {
    const { text } = await type(risk, "/risk paper-a");
    expect(text).toMatch(/all coins move at once: -30 % -1,\d{3},\d{3}/);
    expect(text).toContain("USDT at 0.95 USD: -");
  });

  test("of one account draws its stress over price and volatility, and where the coin may go beside its liquidation", async () => {
    const [stress, fan] = (await type(risk, "/risk paper-a")).charts ?? [];
    expect(stress?.title).toMatch(/^paper-a loses 1,\d{3},\d{3} USD at -30 %, volatility \+50 %$/);
    if (stress?.kind !== "heat" || fan?.kind !== "fan") throw new Error("a heat map and a fan were expected");
    expect(stress.values.map((row) => row.length)).toEqual([8, 8, 8, 8]);
    expect(fan.title).toMatch(/^BTC below \d\d,\d{3} liquidates paper-a: \d+\.\d\d % within a day$/);
    const widths = fan.bands.map(({ low, high }) => Number(high.at(-1)) - Number(low.at(-1)));
    expect(widths).toEqual(widths.toSorted((left, right) => right - left));
    // Two deviations of a day at 55 % a year and 64,000 USD, to each side, hold 95 %; the widest band 98 %.
    expect(widths[0]).toBeCloseTo(2 * 2.326 * (0.55 / Math.sqrt(365)) * 64_000, -3);
  });
});

describe("/hedge --why", () => {
  test("explains in words, shows the orders, and opens nothing", async () => {
    started = [];
    const reply = await type(hedge, "/hedge BTC paper-a --why");
    expect(reply.text).toContain("nothing was opened or sent");
    expect(reply.text).toMatch(/The book has delta of [\d,]+ USD against 0/);
    expect(reply.text).toMatch(/Sell [\d.]+ BTC\/USDT:USDT at paper: adds -[\d,]+ USD of delta/);
    expect(reply.text).toMatch(/Buy [\d.]+ BTC\/USDT:USDT-\d{6}-\d+-[CP] at paper: adds .* of vega/);
    expect(reply.text).toContain("remain");
    expect(started).toEqual([]);
    expect(cell(reply, "side or before", "paper-a", "BTC/USDT:USDT")).toBe("sell");
  });

  test("without an account explains the hedge of every account that holds the coin", async () => {
    started = [];
    const reply = await type(hedge, "/hedge BTC --why");
    expect(reply.text).toMatch(/The hedge of paper-a's BTC now[^]*The hedge of paper-b's BTC now/);
    expect(cell(reply, "side or before", "paper-a", "BTC/USDT:USDT")).toBe("sell");
    for (const account of ["paper-a", "paper-b"])
      expect(Number(cell(reply, "quantity or after", account, "BTC delta"))).toBeCloseTo(0, 2);
    expect(started).toEqual([]);
  });

  test("of several accounts, one whose venue is away hides no other", async () => {
    const away = async (account: string, ...rest: [string, Ratio]) => {
      if (account === "paper-b") throw new DeskError("VENUE_UNAVAILABLE", "paper does not answer");
      return desk.exposure.hedge(account, ...rest);
    };
    const args = commandValues(hedge.head, ["BTC", "--why"]);
    const reply = await hedge.run({
      person,
      args,
      desk: { ...desk, exposure: { ...desk.exposure, hedge: away } },
    });
    expect(reply.text).toContain("The hedge of paper-a's BTC now");
    expect(reply.text).toContain("paper-b could not be read: paper does not answer.");
  });

  test("of a coin that nobody holds asks for the account", async () => {
    await expect(type(hedge, "/hedge DOGE --why")).rejects.toThrow("name the account to hedge: paper-a, paper-b");
  });

  test.each([
    "/hedge BTC --why paper-a 50%",
    "/hedge BTC 50% paper-a --why",
    "/hedge BTC paper-a 0.5 why=yes",
    '/hedge BTC "50% paper-a --why"',
  ])("understands %s", async (line) => {
    started = [];
    const reply = await type(hedge, line);
    expect(reply.text).toMatch(/against [12],\d{3},\d{3} ± 0/);
    expect(started).toEqual([]);
  });
});

describe("/hedge", () => {
  test.each([
    ["/hedge BTC 50% paper-a", { account: "paper-a", asset: "BTC", share: "0.5" }],
    ["/hedge btc paper-b", { account: "paper-b", asset: "BTC", share: "1" }],
    ["/hedge BTC account=paper-b size=0.25", { account: "paper-b", asset: "BTC", share: "0.25" }],
    ["/hedge BTC paper-b why=no", { account: "paper-b", asset: "BTC", share: "1" }],
  ])("%s starts the playbook with exactly that", async (line, input) => {
    started = [];
    await type(hedge, line);
    expect(started).toMatchObject([[person, "hedge", { input }]]);
  });

  test.each([
    "/hedge BTC 150% paper-a",
    "/hedge BTC -1 paper-a",
    "/hedge BTC nobody",
    "/hedge BTC 0 paper-a",
    "/hedge BTC -0 paper-a",
    "/hedge BTC 1e400 paper-a",
    "/hedge BTC NaN paper-a",
    "/hedge BTC 0,5 paper-a",
    "/hedge BTC ٥٠% paper-a",
  ])("%s is refused with what would be right", async (line) => {
    await expect(type(hedge, line)).rejects.toThrow(/a share such as 50% or 0.5|name the account/);
  });

  test("of a coin that several accounts hold asks for the account", async () => {
    await expect(type(hedge, "/hedge BTC")).rejects.toThrow("name the account to hedge: paper-a, paper-b");
  });
});
