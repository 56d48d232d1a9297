import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fakeClock } from "../../src/kernel/clock.ts";
import type { ReplayDesk } from "../../src/replay/desk/paper-desk.ts";
import { replayCommand } from "../../src/replay/command.ts";
import type { ReplayLine, SummaryLine } from "../../src/replay/line.ts";
import { type ReplayOptions, replay } from "../../src/replay/run.ts";

const START = 1_700_000_000_000;
let folder: string;
const at = (name: string): string => path.join(folder, name);

/** A minute of quotes of one venue, with a stablecoin that loses its peg after forty seconds. */
function recording(offsetMs: number): string {
  const lines: string[] = [];
  for (let i = 0; i < 600; i += 1) {
    const time = START + i * 100 + offsetMs;
    const price = i < 400 ? 1 : 0.97;
    const trade = {
      e: "trade",
      E: time,
      T: time,
      s: "USDCUSDT",
      t: i,
      p: price.toFixed(4),
      q: (10 + i / 100).toFixed(2),
      X: "MARKET",
      m: i % 2 === 0,
    };
    lines.push(`${time}000000 ${JSON.stringify({ stream: "usdcusdt@trade", data: trade })}`);
  }
  return `${lines.join("\n")}\n`;
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "replay-"));
  await writeFile(at("one.gz"), gzipSync(recording(0)));
  await writeFile(
    at("two.log"),
    recording(37).replaceAll("USDCUSDT", "BTCUSDT").replaceAll('"p":"0.9700"', '"p":"1.0000"'),
  );
  await writeFile(
    at("labels.csv"),
    `at,instrument\n${START + 41_000},USDC/USDT:USDT\n${START + 5_000_000_000},USDC/USDT:USDT\n`,
  );
});
afterAll(() => rm(folder, { recursive: true }));

async function run(files: string[], options: ReplayOptions = {}): Promise<ReplayLine[]> {
  const lines: ReplayLine[] = [];
  for await (const line of replay(files.map(at), options)) lines.push(line);
  return lines;
}
const decisions = (lines: ReplayLine[]): string =>
  lines
    .filter((line) => line.type !== "summary")
    .map((line) => JSON.stringify(line))
    .join("\n");

describe("a replay", () => {
  test("tells hits as they happen and sums up at the end", async () => {
    const lines = await run(["one.gz", "two.log"]);
    const summary = lines.at(-1) as SummaryLine;
    expect(lines[0]).toMatchObject({ type: "hit", detector: "stablecoin-depeg", instrument: "USDC/USDT:USDT" });
    expect(summary).toMatchObject({ type: "summary", events: 1200, gaps: 0, recordedSeconds: 59.937 });
    expect(summary.hits["stablecoin-depeg"]).toBe(lines.filter((line) => line.type === "hit").length);
  });

  test("plays recordings in order of receipt, whatever the order of the files' times", async () => {
    const times: number[] = [];
    await run(["two.log", "one.gz"], { detectors: [], onEvent: (event) => times.push(event.receivedAt) });
    expect(times).toHaveLength(1200);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test("decides the same at any speed, byte by byte", async () => {
    const fast = decisions(await run(["one.gz", "two.log"]));
    const clock = fakeClock(new Date(START));
    const paced = run(["one.gz", "two.log"], { speed: 10, clock });
    let done = false;
    void paced.then(() => (done = true));
    while (!done) {
      await clock.advance(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(decisions(await paced)).toBe(fast);
    expect(clock.now().getTime() - START).toBeGreaterThanOrEqual(5900);
  });

  test("tells the desk of a hit at its moment, before anything later is seen", async () => {
    const seen: number[] = [];
    let last = 0;
    const desk: ReplayDesk = {
      note: (event) => (last = event.at),
      due: () => false,
      nextAt: () => Number.POSITIVE_INFINITY,
      take: async (hit) => void seen.push(hit.at - last),
      advance: async () => undefined,
      lines: () => [],
      end: async () => ({ unfinished: 0, market: null }),
    };
    await run(["one.gz"], { desk });
    expect(seen.length).toBeGreaterThan(0);
    expect(new Set(seen)).toEqual(new Set([0]));
  });

  test("scores hits with labels, leaving out those that were not recorded", async () => {
    const summary = (await run(["one.gz"], { labels: at("labels.csv") })).at(-1) as SummaryLine;
    expect(summary.labels).toMatchObject({ labels: 1, detected: 1, precision: 1, recall: 1, f1: 1, falsePerDay: 0 });
  });

  test("runs only the detectors that were named, with the settings given", async () => {
    expect(decisions(await run(["one.gz"], { detectors: ["spoofing"] }))).toBe("");
    expect(decisions(await run(["one.gz"], { params: { "stablecoin-depeg": { limitRatio: 0.5 } } }))).toBe("");
  });

  test.each([
    ["a file that is not there", ["nothing.gz"], {}, /could not be opened/],
    ["a file nobody knows", ["labels.csv"], {}, /nothing that could be recognised|no row/],
    ["a format nobody knows", ["one.gz"], { format: "morse" }, /no recording format/],
    ["a detector nobody knows", ["one.gz"], { detectors: ["spoof"] }, /no detector/],
    ["no recording at all", [], {}, /no recording was named/],
  ] as const)("refuses %s in one plain sentence", async (_, files, options, message) => {
    await expect(run([...files], options as ReplayOptions)).rejects.toThrow(message);
  });
});

test("the command prints JSON lines, the last one a summary", async () => {
  const out: string[] = [];
  expect(await replayCommand({ recordings: [at("one.gz")], json: true, out: (line) => out.push(line) })).toBe(0);
  const lines = out.map((line) => JSON.parse(line) as ReplayLine);
  expect(lines.at(-1)!.type).toBe("summary");
  for (const line of lines.slice(0, -1)) expect(["hit", "clear"]).toContain(line.type);
  const text: string[] = [];
  await replayCommand({
    recordings: [at("one.gz")],
    json: false,
    labels: at("labels.csv"),
    out: (line) => text.push(line),
  });
  expect(text.join("\n")).toMatch(/stablecoin-depeg: USDC trades at/);
  expect(text.at(-1)).toMatch(/^labels: 1 \(and 1 of other times or instruments\), detected 100\.0 %/);
});

test("a gzip that was cut off is played up to where it was cut", async () => {
  const whole = await readFile(at("one.gz"));
  await writeFile(at("torn.gz"), whole.subarray(0, whole.length >> 1));
  const summary = (await run(["torn.gz"])).at(-1) as SummaryLine;
  expect(summary.events).toBeGreaterThan(10);
  expect(summary.events).toBeLessThan(600);
});
