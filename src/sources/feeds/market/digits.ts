/** Reads decimals as venues write them: plain digits, or a JSON number. */
const PLAIN = /^\d{1,15}(?:\.\d{1,15})?$/;

/** A price or size as text without exponent: JSON numbers lose theirs. */
export function plain(value: unknown): string | undefined {
  if (typeof value === "string") return PLAIN.test(value) ? value : undefined;
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) return undefined;
  const text = String(value);
  if (PLAIN.test(text)) return text;
  const long = value.toFixed(15).replace(/0+$/, "");
  return PLAIN.test(long) ? long : undefined;
}

/** Digits after the point that are not trailing zeros. */
export function decimalsOf(text: string): number {
  const dot = text.indexOf(".");
  if (dot < 0) return 0;
  let end = text.length;
  while (end > dot + 1 && text.charCodeAt(end - 1) === 48) end -= 1;
  return end - dot - 1;
}

/**
 * The tick of a plain decimal.
 * @returns -1 where it does not fit: finer than the grid, or 2^31 and more
 */
export function tickOf(text: string, decimals: number): number {
  if (decimalsOf(text) > decimals) return -1;
  const dot = text.indexOf(".");
  const whole = dot < 0 ? text : text.slice(0, dot);
  const fraction = dot < 0 ? "" : text.slice(dot + 1, dot + 1 + decimals);
  const tick = Number(whole + fraction.padEnd(decimals, "0"));
  return tick < 0x7fffffff ? tick : -1;
}

/** A tick as decimal text: 617999 with 1 digit is "61799.9". */
export function textOf(tick: number, decimals: number): string {
  if (decimals === 0) return String(tick);
  const digits = String(tick).padStart(decimals + 1, "0");
  const text = `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
  return text.replace(/\.?0+$/, "");
}
