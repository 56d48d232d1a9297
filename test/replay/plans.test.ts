import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import marginBreachFile from "../../playbooks/margin-breach.ts";
import { runReplay } from "../../src/commandline/replay.ts";
import { matching } from "../../src/desk/matching.ts";
import { type AnyPlaybook, playbook } from "../../src/engine/playbook.ts";
import { openHedger } from "../../src/exposure/hedger.ts";
import { intakeSettings } from "../../src/intake/settings.ts";
import { fakeClock } from "../../src/kernel/clock.ts";
import { decimal } from "../../src/kernel/decimal.ts";
import { defaultPolicy } from "../../src/policy/rules/default-policy.ts";
import type { Policy, PolicyDocument } from "../../src/policy/rules/schema.ts";
import { openReplayDesk } from "../../src/replay/desk/paper-desk.ts";
import type { PlanLine, ReplayLine, RunLine, SummaryLine } from "../../src/replay/line.ts";
import { createRecorder } from "../../src/replay/recorder.ts";
import { type ReplayOptions, replay } from "../../src/replay/run.ts";

const START = Date.UTC(2022, 0, 5);
const marginBreach = marginBreachFile as unknown as AnyPlaybook;
const hedger = openHedger();
let folder: string;
let falling: string;
let quiet: string;

/** A trade a second; the price is a share of 46,000. */
async function recording(name: string, seconds: number, shareAt: (second: number) => number): Promise<string> {
  const rows = Array.from(
    { length: seconds },
    (_, i) => `${START + i * 1_000},${(46_000 * shareAt(i)).toFixed(1)},0.5,buy,BTC/USDT`,
  );
  const file = path.join(folder, name);
  await writeFile(file, ["timestamp,price,amount,side,symbol", ...rows, ""].join("\n"));
  return file;
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "plans-"));
  falling = await recording("falling.csv", 600, (i) => 1 - 0.14 * Math.min(1, i / 500));
  quiet = await recording("quiet.csv", 600, () => 1);
});
afterAll(() => rm(folder, { recursive: true }));

/** The rules of a desk that wrote none, and people who can meet them. */
const RULES: PolicyDocument = {
  policy: defaultPolicy(),
  people: {
    ana: { name: "Ana", roles: ["trader"] },
    ben: { name: "Ben", roles: ["risk"] },
  },
};

const deskOf = (playbooks: readonly AnyPlaybook[], rules = RULES) =>
  openReplayDesk({
    rules,
    playbooks,
    inputOf: (one, alert) => matching(alert, [one])[0]?.input ?? null,
    hedger,
    intake: intakeSettings.parse({}),
    monitor: { pollMs: 1_000, staleAfterMs: 30_000, highRatio: decimal("0.60"), criticalRatio: decimal("0.80") },
    collarBps: 150,
    planTtlMs: 900_000,
  });

async function run(
  file: string,
  playbooks: readonly AnyPlaybook[],
  options: ReplayOptions = {},
  rules = RULES,
): Promise<ReplayLine[]> {
  const lines: ReplayLine[] = [];
  for await (const line of replay([file], { desk: deskOf(playbooks, rules), ...options })) lines.push(line);
  return lines;
}
const plansOf = (lines: readonly ReplayLine[]): PlanLine[] => lines.filter((line) => line.type === "plan");
const decisions = (lines: readonly ReplayLine[]): string =>
  lines.map((line) => JSON.stringify(line.type === "summary" ? { ...line, seconds: 0 } : line)).join("\n");

describe("playbooks in a replay", () => {
  test("a fall that endangers the account on paper shows the exact orders margin-breach would have asked for", async () => {
    const lines = await run(falling, [marginBreach]);
    const [cancel, reduce] = plansOf(lines);
    expect(cancel).toMatchObject({ step: "see which orders rest", plan: { action: "cancel", orders: [], cancels: 2 } });
    expect(reduce).toMatchObject({
      playbook: "margin-breach",
      version: 1,
      incident: "INC-1",
      run: "run:INC-1:margin-breach",
      alert: { kind: "margin.ratio", severity: "critical" },
      step: "plan the first reduction",
      plan: {
        action: "reduce",
        account: "paper-a",
        orders: [{ symbol: "BTC/USDT:USDT", side: "sell", reduceOnly: true }],
      },
    });
    const ends = lines.filter((line): line is RunLine => line.type === "run");
    expect(ends.map((line) => line.outcome)).toEqual([
      expect.stringMatching(/paper-a is safer: .*; 1 of 1 orders filled/),
    ]);
    expect((lines.at(-1) as SummaryLine).playbooks).toEqual({
      plans: { "margin-breach": 2 },
      runs: 1,
      unfinished: 0,
      market: "binance BTC/USDT",
    });
  });

  test("an order's limit stands around the recorded price of that moment", async () => {
    const [, reduce] = plansOf(await run(falling, [marginBreach]));
    const recorded = 46_000 * (1 - 0.14 * (((reduce?.at ?? 0) - START) / 1_000 / 500));
    expect(Number(reduce?.plan?.orders[0]?.limitPrice) / recorded).toBeCloseTo(1, 1);
  });

  test("a quiet recording calls for nothing, and without playbooks nothing is planned", async () => {
    expect(plansOf(await run(quiet, [marginBreach]))).toEqual([]);
    expect(plansOf(await run(falling, []))).toEqual([]);
  });

  test("plans are the same at any speed, and from our own recording of it, byte by byte", async () => {
    const fast = decisions(await run(falling, [marginBreach]));
    const clock = fakeClock(new Date(START));
    const paced = run(falling, [marginBreach], { speed: 60, clock });
    let done = false;
    void paced.then(() => (done = true));
    while (!done) {
      await clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(decisions(await paced)).toBe(fast);
    const own = path.join(folder, "own");
    {
      await using recorder = await createRecorder(own);
      await run(falling, [], { onEvent: recorder.take });
    }
    expect(decisions(await run(own, [marginBreach]))).toBe(fast);
  });
});

describe("a playbook that waits", () => {
  const input = z.object({ account: z.string() });
  const waiting = (name: string, duration: string): AnyPlaybook =>
    playbook(
      { name, version: 1, title: "Waits", on: { kind: "margin.ratio", severity: "high" }, input, needs: ["cancel"] },
      async ({ input: { account }, step }) => {
        await step.plan("before", { action: "cancel", account });
        await step.sleep("wait", duration);
        await step.plan("after", { action: "cancel", account });
        return "done";
      },
    ) as unknown as AnyPlaybook;

  test("goes on at its time of the recording, beside others", async () => {
    const lines = plansOf(await run(falling, [waiting("slow", "2m"), waiting("quick", "7s")]));
    const since = lines.map(({ playbook: name, step, at }) => [name, step, at - (lines[0]?.at ?? 0)]);
    expect(since).toEqual([
      ["slow", "before", 0],
      ["quick", "before", 0],
      ["quick", "after", 7_000],
      ["slow", "after", 120_000],
    ]);
  });

  test("is told as unfinished where the recording ends before it goes on", async () => {
    const lines = await run(falling, [waiting("slow", "2h")]);
    expect(lines.some((line) => line.type === "run")).toBe(false);
    expect((lines.at(-1) as SummaryLine).playbooks).toMatchObject({ runs: 0, unfinished: 1 });
  });

  test("answers an incident once, however often it is told again", async () => {
    const lines = plansOf(await run(falling, [waiting("quick", "1s")]));
    expect(lines.map((line) => line.step)).toEqual(["before", "after"]);
  });
});

describe("what the rules would have said", () => {
  const said = (lines: readonly ReplayLine[]) =>
    plansOf(lines).map(({ step, policy }) => [
      step,
      policy && `${policy.outcome} ${policy.people} ${policy.roles.join("+")}`,
      policy?.reasons.join("; "),
    ]);
  const withRules = (change: Partial<Policy>): PolicyDocument => ({
    ...RULES,
    policy: { ...defaultPolicy(), ...change },
  });

  test("stands with each plan: a cancel runs by itself, a large reduction asks two with risk among them", async () => {
    const [cancel, reduce] = said(await run(falling, [marginBreach]));
    expect(cancel).toEqual(["see which orders rest", "allow 0 ", "cancel-what-rests: Cancelling never adds risk"]);
    expect(reduce).toEqual([
      "plan the first reduction",
      "quorum 2 risk",
      expect.stringMatching(/; large: Above a million, two persons with risk among them, and a step-up$/),
    ]);
  });

  test("is a denial where a cap is passed, a quorum that nobody could meet, or a playbook that is off", async () => {
    const capped = withRules({ hard: [{ per: "plan", measure: "notionalUsd", max: "1000" }] });
    expect(said(await run(falling, [marginBreach], {}, capped))[1]?.slice(1)).toEqual([
      "deny 0 ",
      expect.stringMatching(/^hard-cap: notional per plan would be [\d,.]+ USD, above its limit of 1,000 USD$/),
    ]);
    const alone = { ...RULES, people: { ana: RULES.people["ana"]! } };
    expect(said(await run(falling, [marginBreach], {}, alone))[1]?.[1]).toBe("deny 0 ");
    const off = { ...RULES, playbooksOff: ["margin-breach"] };
    expect(said(await run(falling, [marginBreach], {}, off))[0]?.slice(1)).toEqual([
      "deny 0 ",
      "playbook-off: playbook margin-breach is switched off",
    ]);
  });

  test("counts what earlier plans of the replay sent, and their freezes", async () => {
    const input = z.object({ account: z.string() });
    const head = {
      name: "twice",
      version: 1,
      title: "Reduces twice",
      on: { kind: "margin.ratio", severity: "high" },
      input,
      needs: ["reduce", "freeze"],
    } as const;
    const twice = playbook(head, async ({ input: { account }, step }) => {
      for (const [round, toRatio] of [
        ["first", "0.58"],
        ["second", "0.56"],
      ] as const) {
        const plan = await step.plan(round, { action: "reduce", account, toRatio: decimal<"ratio">(toRatio) });
        if (plan) await step.apply(`${round} sent`, plan);
      }
      const freeze = { action: "freeze", scope: `account:${account}`, state: "halted", account } as const;
      const halt = await step.plan("halt", freeze);
      if (halt) await step.apply("halted", halt);
      await step.plan("third", { action: "reduce", account, toRatio: decimal<"ratio">("0.50") });
      return "done";
    }) as unknown as AnyPlaybook;
    const once = { per: "playbook", measure: "orders", window: "1h", max: "1" } as const;
    const lines = said(await run(falling, [twice], {}, withRules({ hard: [once] }))).slice(0, 4);
    expect(lines.map(([step, outcome]) => [step, outcome?.split(" ")[0]])).toEqual([
      ["first", "allow"],
      ["second", "deny"],
      ["halt", "allow"],
      ["third", "deny"],
    ]);
    expect(lines[1]?.[2]).toBe("hard-cap: orders per playbook within 1 hour would be 2, above its limit of 1");
    expect(lines[3]?.[2]).toMatch(/account:paper-a is halted|hard-cap/);
  });

  test("is printed under the plan's orders, by the usual rules or by those of a desk file", async () => {
    const printed = async (desk?: string): Promise<string> => {
      const out: string[] = [];
      const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => out.push(String(text)) > 0);
      try {
        await runReplay([falling], { playbooks: "margin-breach", ...(desk === undefined ? {} : { desk }) });
      } finally {
        write.mockRestore();
      }
      return out.join("");
    };
    expect(await printed()).toMatch(
      /reduce-only\n\s+policy: quorum, asks 2 people, risk among them, with a step-up\n\s+reduce-within-caps: [^]*?\n\s+large: /,
    );
    const file = path.join(folder, "desk.yaml");
    await writeFile(
      file,
      `
desk: { name: Harbour }
people: { ana: { name: Ana, roles: [trader] } }
accounts: { paper-a: { venue: paper } }
policy: { rules: [{ name: never, says: deny }] }
`,
    );
    expect(await printed(file)).toMatch(
      /policy: deny, denies it\n\s+never: the rule says deny\n\s+default: no rule allows it/,
    );
    await writeFile(file, "desk: { name: Harbour }");
    await expect(printed(file)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});

test.each(["nobody", "reduce"])("the command refuses the playbook %s in one plain sentence", async (name) => {
  await expect(runReplay([falling], { playbooks: name })).rejects.toThrow(
    `there is no playbook ${name} that alerts start; there are delta-drift, expiry-pin, margin-breach, vol-spike`,
  );
});
