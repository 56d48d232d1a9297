import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { DeskError } from "../../kernel/errors.ts";
import { STORMS, type StormName } from "../../venues/paper/storms.ts";
import type { LifeTask } from "./life-task.ts";

type Market = LifeTask["life"]["market"];

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$/;
const DAY_MS = 86_400_000;
/** A longer span is for the command line, which can be stopped. */
const MOST_DAYS = 31;

const isStorm = (name: string): name is StormName => Object.hasOwn(STORMS, name);

/** Every market a backtest can be asked for: the simulated storms, then what the desk recorded, newest first. */
export function knownRecordings(folder: string): readonly { readonly value: string; readonly hint: string }[] {
  const recorded = existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true }).filter((one) => one.isDirectory() && NAME.test(one.name))
    : [];
  return [
    ...Object.keys(STORMS).map((value) => ({ value, hint: "simulated storm" })),
    ...recorded
      .map((one) => one.name)
      .toSorted()
      .toReversed()
      .map((value) => ({ value, hint: "recorded by this desk" })),
  ];
}

function daysOf(from: string, to: string): readonly string[] {
  const [first, last] = [Date.parse(from), Date.parse(to)];
  const count = (last - first) / DAY_MS + 1;
  if (!Number.isInteger(count) || count < 1 || count > MOST_DAYS)
    throw new DeskError(
      "INPUT_INVALID",
      `${from}..${to} is no span of days; write the earlier day first, and at most ${MOST_DAYS} days`,
    );
  return Array.from({ length: count }, (_, at) => new Date(first + at * DAY_MS).toISOString().slice(0, 10));
}

/**
 * The markets that a name means: one storm, one recording, or each day of a span such as 2026-11-20..2026-11-24.
 * @throws DeskError INPUT_INVALID where there is none of this name
 */
export function marketsNamed(name: string, folder: string): readonly Market[] {
  const [from = "", to, ...rest] = name.split("..");
  const span = to !== undefined && rest.length === 0 && DAY.test(from) && DAY.test(to);
  // A storm is named like a day; whoever wants that day's recording names it as a span of one.
  if (isStorm(name)) return [{ storm: name }];
  const names = span ? daysOf(from, to) : [name];
  return names.map((one) => {
    const recording = path.join(folder, one);
    if (NAME.test(one) && existsSync(recording)) return { folder: recording };
    throw new DeskError(
      "INPUT_INVALID",
      `there is no recording "${one.slice(0, 80)}"; there are ${knownRecordings(folder)
        .slice(0, 12)
        .map(({ value }) => value)
        .join(", ")}`,
    );
  });
}
