import type { Chart } from "../../chat/picture/chart.ts";
import type { AccountState } from "../../kernel/account.ts";
import { compare, decimal, mul, percent, places } from "../../kernel/decimal.ts";

/** More accounts than these make a picture nobody reads; the ones nearest to liquidation stay. */
const ACCOUNTS_SHOWN = 12;

/** Margin ratios by account, the nearest to liquidation first; null where no account says its own. */
export function marginChart(states: readonly AccountState[]): Chart | null {
  const bars = states
    .flatMap(({ account, marginRatio }) => (marginRatio === null ? [] : [{ label: account, value: marginRatio }]))
    .toSorted((a, b) => compare(b.value, a.value));
  const [worst] = bars;
  if (!worst) return null;
  return {
    kind: "bars",
    title: `${worst.label} is nearest to liquidation: margin ratio ${percent(worst.value)}`,
    unit: "% of equity",
    bars: bars
      .slice(0, ACCOUNTS_SHOWN)
      .map(({ label, value }) => ({ label, value: places(mul(value, decimal("100")), 1, "half-even") })),
  };
}
