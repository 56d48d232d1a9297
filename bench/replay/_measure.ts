import { readdir } from "node:fs/promises";
import path from "node:path";
import { type Label, LABEL_WINDOW, scoreLabels } from "../../src/replay/labels.ts";
import type { HitLine } from "../../src/replay/line.ts";
import { replay } from "../../src/replay/run.ts";
import { runSpoofs } from "./_spoofs.ts";

/** Prints the tables of docs/detectors.md: `npx tsx bench/replay/_measure.ts pumps|spoofs [shared data folder]`. */
const [what = "pumps", root = path.resolve(import.meta.dirname, "../../../shared/data")] = process.argv.slice(2);
const percent = (value: number | null): string => (value === null ? "-" : value.toFixed(2));

/** Announced time of a trade file, by its name. */
function labelOf(file: string): Label {
  const [, coin = "", day = "", hour = "", minute = ""] = /^([A-Z]+)_([\d-]+)_(\d\d)\.(\d\d)/.exec(file) ?? [];
  return { at: Date.parse(`${day}T${hour}:${minute}:00Z`), instrument: `${coin}/BTC` };
}

/** Hits and coverage of one file. */
async function one(file: string, chunkMs: number): Promise<{ hits: HitLine[]; from: number; to: number }> {
  const hits: HitLine[] = [];
  let [from, to] = [Number.NaN, 0];
  const params = { "pump-and-dump": { chunkMs } };
  const onEvent = ({ at }: { at: number }): void => {
    if (Number.isNaN(from)) from = at;
    to = at;
  };
  for await (const line of replay([file], { detectors: ["pump-and-dump"], params, onEvent }))
    if (line.type === "hit") hits.push(line);
  return { hits, from, to };
}

async function pumps(): Promise<void> {
  const folder = path.join(root, "pump-trades/trades");
  const files = (await readdir(folder)).sort((a, b) => labelOf(a).at - labelOf(b).at);
  for (const [part, names] of [
    ["early", files.slice(0, 16)],
    ["later", files.slice(16)],
  ] as const) {
    for (const chunkMs of [5000, 15_000, 25_000]) {
      const runs = await Promise.all(
        names.map(async (name) => ({ label: labelOf(name), name, ...(await one(path.join(folder, name), chunkMs)) })),
      );
      const scores = runs.map(({ label, hits, from, to }) =>
        scoreLabels([label], hits, [{ instrument: label.instrument, from, to }], LABEL_WINDOW),
      );
      const days = runs.reduce((sum, { from, to }) => sum + (to - from) / 86_400_000, 0);
      const detected = scores.reduce((sum, score) => sum + score.detected!, 0);
      const falseAlerts = scores.reduce(
        (sum, score, i) => sum + (score.falsePerDay! * (runs[i]!.to - runs[i]!.from)) / 86_400_000,
        0,
      );
      const delays = scores
        .flatMap((score) => (score.delayMs === null ? [] : [score.delayMs / 1000]))
        .sort((a, b) => a - b);
      const precision = detected / (detected + falseAlerts);
      const recall = detected / runs.length;
      const missed = runs.filter((_, i) => scores[i]!.detected === 0).map(({ name }) => name.slice(0, -14));
      const row = [
        part,
        `${chunkMs / 1000} s`,
        `${detected}/${runs.length}`,
        percent(recall),
        percent(precision),
        percent((2 * precision * recall) / (precision + recall)),
        `${delays[delays.length >> 1]!.toFixed(1)} s`,
        Math.round(falseAlerts),
        (falseAlerts / days).toFixed(3),
        missed.join(" "),
      ];
      process.stdout.write(`| ${row.join(" | ")} |\n`);
    }
  }
}

async function spoofs(): Promise<void> {
  const lives = [300, 1000, 3000, 8000];
  for (const [file, name] of [
    ["usdm_btcusdt", "USD-M"],
    ["cm_btcusd_perp", "COIN-M"],
    ["spot_btcusdt", "spot"],
  ] as const) {
    for (const times of [1, 2, 4, 8]) {
      const cells: string[] = [];
      for (const lifeMs of lives) {
        let [episodes, detected, others] = [0, 0, 0];
        for (const seed of [1009, 2003, 3001]) {
          const result = await runSpoofs(
            path.join(root, `binance-l2-btc-20240808/${file}_20240808.gz`),
            { times, lifeMs, cycles: 10 },
            seed,
            75_000,
          );
          episodes += result.episodes;
          detected += result.detected;
          others += result.others;
        }
        cells.push(`${detected}/${episodes}${others > 0 ? ` (+${others})` : ""}`);
      }
      process.stdout.write(`| ${name} | ${times} × | ${cells.join(" | ")} |\n`);
    }
  }
}

await (what === "spoofs" ? spoofs() : pumps());
