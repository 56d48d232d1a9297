import { CAPABILITIES, type Capabilities } from "./capabilities.ts";

const yes = (value: boolean): string => (value ? "yes" : "no");

const COLUMNS: readonly (readonly [title: string, cell: (one: Capabilities) => string])[] = [
  ["Venue", (one) => one.title],
  ["Contracts", (one) => one.contracts.join(", ")],
  ["Refuses duplicate client order ids", (one) => yes(one.enforcesClientOrderId)],
  [
    "Client order id",
    (one) =>
      `up to ${one.clientOrderId.maxLength}: \`${one.clientOrderId.pattern.source.replaceAll("|", String.raw`\|`)}\``,
  ],
  ["Enforces reduce-only", (one) => one.reduceOnly.join(", ")],
  ["Account stream", (one) => yes(one.accountStream)],
  ["Cancels all by one call", (one) => yes(one.cancelAllByOneCall)],
  ["Dead-man switch", (one) => one.deadMan],
  ["Read from", (one) => one.source],
];

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** The table of docs/venues.md, in Markdown, printed from the capabilities. */
export function venuesTable(): string {
  return [
    line(COLUMNS.map(([title]) => title)),
    line(COLUMNS.map(() => "---")),
    ...Object.values(CAPABILITIES).map((one: Capabilities) => line(COLUMNS.map(([, cell]) => cell(one)))),
  ].join("\n");
}
