import type { ReplayDesk } from "./desk/paper-desk.ts";
import type { PlanTold, ReplayLine } from "./line.ts";
import { policyText } from "./policy-text.ts";
import { replay } from "./run.ts";

/** What `breakwater replay` was asked. */
export interface ReplayArgs {
  readonly recordings: readonly string[];
  readonly detectors?: readonly string[];
  /** "max" by default, or how many times faster than recorded. */
  readonly speed?: "max" | number;
  readonly json: boolean;
  readonly format?: string;
  readonly labels?: string;
  /** Where playbooks shall answer. */
  readonly desk?: ReplayDesk;
  readonly out: (line: string) => void;
}

/**
 * Replays and prints; resolves to the exit code.
 * @throws DeskError where a recording or a name is wrong
 */
export async function replayCommand(args: ReplayArgs): Promise<number> {
  const { recordings, json, out, detectors, speed, format, labels, desk } = args;
  const options = {
    ...(detectors ? { detectors } : {}),
    ...(speed === undefined ? {} : { speed }),
    ...(format === undefined ? {} : { format }),
    ...(labels === undefined ? {} : { labels }),
    ...(desk ? { desk } : {}),
  };
  for await (const line of replay(recordings, options)) {
    if (json) out(JSON.stringify(line));
    else for (const text of plainLines(line)) out(text);
  }
  return 0;
}

const timeOf = (at: number): string => new Date(at).toISOString().replace("T", " ").slice(0, 23);
const percent = (value: number | null): string => (value === null ? "-" : `${(value * 100).toFixed(1)} %`);

/** A plan's orders, one a line. */
const planText = (plan: PlanTold | null): string[] =>
  plan === null
    ? []
    : [
        `${plan.cancels} cancels, ${plan.orders.length} orders, ${plan.notionalUsd} USD (${plan.words})`,
        ...plan.orders.map(
          (one) =>
            `${one.side} ${one.quantity} ${one.symbol} at ${one.side === "buy" ? "most" : "least"} ${one.limitPrice}${one.reduceOnly ? ", reduce-only" : ""}`,
        ),
      ];

/** A line for people. */
export function plainLines(line: ReplayLine): string[] {
  switch (line.type) {
    case "hit":
      return [
        `${timeOf(line.at)}  ${line.severity.padEnd(8)} ${line.detector}: ${line.title} (score ${line.score.toFixed(2)})`,
      ];
    case "clear":
      return [`${timeOf(line.at)}  over     ${line.detector}: ${line.title}`];
    case "plan":
      return [
        `${timeOf(line.at)}  plan     ${line.playbook}, ${line.step}: ${line.plan ? "" : "nothing to do"}`,
        ...[...planText(line.plan), ...(line.policy ? policyText(line.policy) : [])].map(
          (text) => `${" ".repeat(34)}${text}`,
        ),
      ];
    case "run":
      return [`${timeOf(line.at)}  end      ${line.playbook}: ${line.outcome}`];
    case "summary": {
      const { labels, playbooks } = line;
      const hits = Object.entries(line.hits).map(([name, count]) => `${name} ${count}`);
      return [
        `${line.events} events over ${line.recordedSeconds} s, ${line.levelUpdates} level updates, ${line.gaps} gaps, in ${line.seconds.toFixed(2)} s`,
        `checksums: ${line.checksumsVerified} verified, ${line.checksumsFailed} failed; crossed ${line.crossed}; unreadable ${line.malformed}`,
        `hits: ${hits.length === 0 ? "none" : hits.join(", ")}`,
        ...Object.entries(line.books).map(
          ([name, book]) => `${name}: ${book.bid ?? "-"} / ${book.ask ?? "-"} (${book.bids} bids, ${book.asks} asks)`,
        ),
        ...(labels
          ? [
              `labels: ${labels.labels}${labels.outside === 0 ? "" : ` (and ${labels.outside} of other times or instruments)`}, detected ${percent(labels.detected)}, precision ${percent(labels.precision)}, F1 ${percent(labels.f1)}, median delay ${labels.delayMs === null ? "-" : `${labels.delayMs / 1000} s`}, false alerts a day ${labels.falsePerDay === null ? "-" : labels.falsePerDay.toFixed(2)}`,
            ]
          : []),
        ...(playbooks
          ? [
              `plans: ${
                Object.entries(playbooks.plans)
                  .map(([name, count]) => `${name} ${count}`)
                  .join(", ") || "none"
              }, of ${playbooks.runs} runs; the account on paper was moved by ${playbooks.market ?? "nothing: no price of bitcoin was recorded"}`,
            ]
          : []),
      ];
    }
  }
}
