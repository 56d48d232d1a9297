import { type Decimal, grouped, isDecimal, places } from "../../kernel/decimal.ts";

/** Digits that people read: thousands separated, signs kept, everything that is not a plain decimal left as it is. */
export const figure = (text: string): string => {
  const plain = text.replaceAll(",", "");
  return isDecimal(plain) ? `${plain.startsWith("+") ? "+" : ""}${grouped(plain as Decimal)}` : text;
};

/** An average price with two digits more than the limit price has, because a tail of eight says nothing more. */
export function averageLike(average: string, limitPrice: string): string {
  if (!isDecimal(average)) return average;
  const digits = (limitPrice.replaceAll(",", "").split(".")[1] ?? "").length + 2;
  return figure(places(average as Decimal, digits, "half-even"));
}
