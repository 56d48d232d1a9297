import { readFile } from "node:fs/promises";
import { DeskError, messageOf } from "../kernel/errors.ts";
import type { HitLine, LabelScore } from "./line.ts";
import { cells, columnOf, msOf, separatorOf } from "./readers/csv.ts";

/** Something that is known to have happened. */
export interface Label {
  readonly at: number;
  /** Empty where the label holds for every instrument. */
  readonly instrument: string;
  /** The detector that should tell it; any where it is left out. */
  readonly detector?: string;
}

/** What scoring looks at in a hit. */
type Told = Pick<HitLine, "at" | "instrument"> & { readonly detector?: string };

/** How far from its label a hit still counts. */
export interface LabelWindow {
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** Groups begin to buy minutes before they announce; a pump is over after half an hour. */
export const LABEL_WINDOW: LabelWindow = { beforeMs: 600_000, afterMs: 1_800_000 };

/** When an instrument was recorded. */
export interface Coverage {
  readonly instrument: string;
  readonly from: number;
  to: number;
}

const DAY_MS = 86_400_000;

/**
 * Reads labels: a CSV (`,` or `;`) with a time (`at`, `timestamp`, or `date` and `hour`, UTC) and an instrument
 * (`instrument`, or `symbol` / `coin` with `pair`; SYM alone is SYM/BTC, as in the published pump lists), and maybe
 * a `detector`. Lists of announced pumps are labels of `pump-and-dump`.
 * @throws DeskError RECORDING_UNREADABLE where a time is missing or cannot be read
 */
export async function readLabels(file: string): Promise<Label[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new DeskError("RECORDING_UNREADABLE", `the labels ${file} could not be read (${messageOf(error)})`, {
      cause: error,
    });
  }
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const separator = separatorOf(lines[0] ?? "");
  const cut = (line: string): string[] => cells(line, separator);
  const header = cut(lines[0] ?? "");
  const time = columnOf(header, "at", "timestamp", "time", "date", "datetime");
  const hour = columnOf(header, "hour");
  const name = columnOf(header, "instrument", "symbol", "coin");
  const pair = columnOf(header, "pair", "quote");
  if (time < 0)
    throw new DeskError("RECORDING_UNREADABLE", `the labels ${file} have no column named at, timestamp or date`);
  const named = columnOf(header, "detector");
  const pumps = columnOf(header, "group", "channel", "announced_growth") >= 0;
  const labels: Label[] = [];
  for (const [index, line] of lines.entries()) {
    if (index === 0) continue;
    const row = cut(line);
    const when = hour < 0 ? (row[time] ?? "") : `${row[time]} ${row[hour]}`;
    const at = msOf(when);
    // A label that is passed over would make the recall look better than it is.
    if (Number.isNaN(at))
      throw new DeskError("RECORDING_UNREADABLE", `the labels ${file}, line ${index + 1}: "${when}" is no time`);
    const said = row[name] ?? "";
    const instrument = said === "" || said.includes("/") ? said : `${said}/${row[pair] || "BTC"}`;
    const detector = row[named] ?? (pumps ? "pump-and-dump" : "");
    labels.push({ at, instrument, ...(detector === "" ? {} : { detector }) });
  }
  return labels;
}

const median = (values: readonly number[]): number | null => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return null;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** Hits of one instrument that follow each other closely are one alert that grew worse. */
function episodes(hits: readonly Told[], withinMs: number): number {
  const last = new Map<string, number>();
  let count = 0;
  for (const { at, instrument } of [...hits].sort((a, b) => a.at - b.at)) {
    if (at - (last.get(instrument) ?? Number.NEGATIVE_INFINITY) > withinMs) count += 1;
    last.set(instrument, at);
  }
  return count;
}

/**
 * Compares hits with the labels that the recordings cover. A label is detected by its first hit within the window; hits
 * outside every window are false, those close to each other once; labels of one event count once; precision is detected labels over detected labels and false hits.
 */
export function scoreLabels(
  labels: readonly Label[],
  all: readonly Told[],
  coverage: readonly Coverage[],
  window: LabelWindow = LABEL_WINDOW,
): LabelScore {
  // Where every label names its detector, what other detectors say is neither right nor wrong. A list without labels says
  // that nothing happened.
  const named = new Set(labels.length === 0 ? [undefined] : labels.map((label) => label.detector));
  const hits = named.has(undefined) ? all : all.filter((hit) => named.has(hit.detector));
  const concerns = (label: Label, instrument: string): boolean =>
    label.instrument === "" || label.instrument === instrument;
  const once = new Map(labels.map((label) => [`${label.at}|${label.instrument}|${label.detector ?? ""}`, label]));
  const covered = [...once.values()].filter((label) =>
    coverage.some(
      (one) =>
        concerns(label, one.instrument) &&
        label.at >= one.from - window.afterMs &&
        label.at <= one.to + window.beforeMs,
    ),
  );
  const near = (label: Label, hit: Told): boolean =>
    concerns(label, hit.instrument) &&
    (label.detector === undefined || label.detector === hit.detector) &&
    hit.at >= label.at - window.beforeMs &&
    hit.at <= label.at + window.afterMs;
  const delays: number[] = [];
  for (const label of covered) {
    const first = hits
      .filter((hit) => near(label, hit))
      .map((hit) => hit.at)
      .sort((a, b) => a - b)[0];
    if (first !== undefined) delays.push(first - label.at);
  }
  const falseHits = episodes(
    hits.filter((hit) => !covered.some((label) => near(label, hit))),
    window.afterMs,
  );
  const days = coverage.reduce((sum, one) => sum + Math.max(0, one.to - one.from), 0) / DAY_MS;
  const precision = delays.length + falseHits === 0 ? null : delays.length / (delays.length + falseHits);
  const recall = covered.length === 0 ? null : delays.length / covered.length;
  const f1 =
    precision === null || recall === null
      ? null
      : precision + recall === 0
        ? 0
        : (2 * precision * recall) / (precision + recall);
  return {
    labels: covered.length,
    outside: once.size - covered.length,
    precision,
    recall,
    f1,
    detected: recall,
    delayMs: median(delays),
    falsePerDay: days === 0 ? null : falseHits / days,
  };
}
