import { type Decimal, ZERO, abs, grouped, less, percent, toFloat } from "../../kernel/decimal.ts";
import type { SideSummary } from "./compare.ts";
import type { LifeResult } from "./life.ts";

/** Everything a report tells. */
export interface BacktestReport {
  readonly playbook: string;
  readonly market: string;
  readonly ours: SideSummary;
  readonly theirs: SideSummary;
  readonly gainUsd: Decimal;
  readonly oursLives: readonly LifeResult[];
  readonly theirsLives: readonly LifeResult[];
}

const usd = (value: Decimal): string => `${grouped(value, 0)} USD`;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(0)} s`;

/** The comparison as rows: what, with the playbook, against. */
export function comparisonRows({ ours, theirs }: BacktestReport): readonly (readonly [string, string, string])[] {
  const row = (what: string, of: (side: SideSummary) => string): [string, string, string] => [
    what,
    of(ours),
    of(theirs),
  ];
  return [
    row("Liquidated", (side) => `${side.liquidated} of ${side.lives}`),
    row("Final equity, median", (side) => usd(side.equityEndUsd.median)),
    row("Final equity, worst", (side) => usd(side.equityEndUsd.low)),
    row("Final equity, best", (side) => usd(side.equityEndUsd.high)),
    row("Drawdown, median", (side) => percent(side.drawdownRatio)),
    row("Time in danger, median", (side) => seconds(side.dangerMs)),
    row("Fees of its orders, median", (side) => usd(side.feesUsd)),
    row("Slippage, median", (side) => (side.slippageBps === null ? "no fills" : `${side.slippageBps} bps`)),
    row("Runs and orders, median", (side) => `${side.runs}, ${side.orders}`),
  ];
}

/** The result in one sentence. */
export function conclusion({ playbook, market, ours, theirs, gainUsd }: BacktestReport): string {
  if (ours.runs === 0) return `${playbook} was never called for on ${market}: nothing in it reached its trigger.`;
  const saved =
    ours.liquidated === theirs.liquidated
      ? `${ours.liquidated} of ${ours.lives} accounts were liquidated either way`
      : `${ours.liquidated} of ${ours.lives} accounts were liquidated instead of ${theirs.liquidated}`;
  const gain = `${usd(abs(gainUsd))} ${less(gainUsd, ZERO) ? "lower" : "higher"}`;
  return `On ${market}, with ${playbook} ${saved}; final equity was ${gain} in the median.`;
}

const html = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const STYLE = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;width:100%}th,td{padding:.35rem .6rem;border-bottom:1px solid #8886;text-align:right}
th:first-child,td:first-child{text-align:left}figure{margin:1.5rem 0;background:#fff;border-radius:6px;overflow:hidden}svg{width:100%;height:auto;display:block}pre{white-space:pre-wrap}`;

async function chart(
  title: string,
  lines: readonly { readonly name: string; readonly points: readonly (readonly [number, number | null])[] }[],
  limit?: number,
): Promise<string> {
  const echarts = await import("echarts");
  const drawing = echarts.init(null, null, { renderer: "svg", ssr: true, width: 900, height: 320 });
  drawing.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    color: ["#0072b2", "#d55e00"],
    title: { text: title, left: 12, top: 8, textStyle: { fontSize: 15 } },
    grid: { left: 80, right: 130, top: 50, bottom: 45 },
    xAxis: { type: "value", min: 0, axisLabel: { formatter: "{value} s" } },
    yAxis: { type: "value", scale: true },
    series: lines.map(({ name, points }, at) => ({
      type: "line",
      name,
      showSymbol: false,
      data: points,
      lineStyle: { type: at === 0 ? "solid" : "dashed" },
      endLabel: { show: true, formatter: name },
      labelLayout: { moveOverlap: "shiftY" },
      ...(at === 0 && limit !== undefined
        ? {
            markLine: {
              symbol: "none",
              silent: true,
              data: [{ yAxis: limit }],
              label: { formatter: `critical ${limit}`, position: "insideStartTop" },
            },
          }
        : {}),
    })),
  });
  const svg = drawing.renderToSVGString();
  drawing.dispose();
  return `<figure>${svg}</figure>`;
}

const equityOf = (life: LifeResult) =>
  life.curve.map((one): [number, number] => [one.ms / 1000, toFloat(one.equityUsd)]);
/** Ratios above 2 say nothing more: the account is lost, and the axis stays readable. */
const ratioOf = (life: LifeResult) =>
  life.curve.map((one): [number, number | null] => [
    one.ms / 1000,
    one.ratio === null ? null : Math.min(2, toFloat(one.ratio)),
  ]);

/** One self-contained page, readable in both themes; charts show the first seed. */
export async function backtestHtml(report: BacktestReport): Promise<string> {
  const { playbook, market, ours, theirs } = report;
  const [own, other] = [report.oursLives[0], report.theirsLives[0]];
  if (!own || !other) throw new RangeError("a report needs at least one life");
  const pair = <T>(of: (life: LifeResult) => T) => [
    { name: ours.name, points: of(own) },
    { name: theirs.name, points: of(other) },
  ];
  const rows = comparisonRows(report)
    .map(([what, left, right]) => `<tr><td>${html(what)}</td><td>${html(left)}</td><td>${html(right)}</td></tr>`)
    .join("");
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${html(playbook)} on ${html(market)}</title><style>${STYLE}</style>
<h1>${html(playbook)} on ${html(market)}</h1><p>${html(conclusion(report))}</p>
<p>${ours.lives} seeds; in each the venue's latency and the time people take to approve are drawn anew. Caps and freezes of the policy are not asked.</p>
<table><thead><tr><th></th><th>${html(ours.name)}</th><th>${html(theirs.name)}</th></tr></thead><tbody>${rows}</tbody></table>
${await chart(`Equity in USD, seed ${own.seed}`, pair(equityOf))}${await chart(`Maintenance margin / equity, seed ${own.seed}`, pair(ratioOf), 0.8)}
<h2>What happened with ${html(ours.name)}, seed ${own.seed}</h2><pre>${html(own.story.join("\n") || "The playbook was not called for.")}</pre></html>
`;
}
