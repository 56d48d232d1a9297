/*
 * Figures as venues write them in JSON, read by bytes. Both readers answer as Number() would, or -1: then somebody else must
 * read the message.
 */

/** Where a byte reader stands. */
export interface Cursor {
  at: number;
}

/** Powers of ten that are exact as floats. */
export const TEN = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9] as const;
const DOT = 46;

/** A whole number of at most 15 digits; -1 where it is something else. Leaves the cursor behind it. */
export function readInteger(bytes: Uint8Array, from: number, cursor: Cursor): number {
  let at = from;
  let c = bytes[at]! - 48;
  let head = c;
  at += 1;
  // Nine digits fit 32 bits; the rest is added in one multiplication.
  const half = from + 9;
  while (at < half && (c = bytes[at]! - 48) >= 0 && c <= 9) {
    head = head * 10 + c;
    at += 1;
  }
  if (at < half) {
    if (head !== 0 && bytes[from] === 48) return -1;
    if (head === 0 && at > from + 1) return -1;
    cursor.at = at;
    return head;
  }
  let tail = 0;
  const tailAt = at;
  while ((c = bytes[at]! - 48) >= 0 && c <= 9) {
    if (at - tailAt >= 6) return -1;
    tail = tail * 10 + c;
    at += 1;
  }
  if (bytes[from] === 48) return -1;
  cursor.at = at;
  return head * TEN[at - tailAt]! + tail;
}

/** A decimal of at most nine digits before and after the point, exactly as Number() reads it; -1 where it is something else. Leaves the cursor behind it. */
export function readDecimal(bytes: Uint8Array, from: number, cursor: Cursor): number {
  let at = from;
  let c = bytes[at]! - 48;
  if (!(c >= 0 && c <= 9)) return -1;
  let whole = c;
  at += 1;
  while ((c = bytes[at]! - 48) >= 0 && c <= 9) {
    if (at - from >= 9) return -1;
    whole = whole * 10 + c;
    at += 1;
  }
  if (bytes[at] !== DOT) {
    cursor.at = at;
    return whole;
  }
  const wholeDigits = at - from;
  at += 1;
  const fractionAt = at;
  let fraction = 0;
  while ((c = bytes[at]! - 48) >= 0 && c <= 9) {
    if (at - fractionAt >= 9) return -1;
    fraction = fraction * 10 + c;
    at += 1;
  }
  const digits = at - fractionAt;
  // Up to 15 digits the mantissa is exact, and so its quotient by an exact power of ten is the nearest float.
  if (digits === 0 || digits + wholeDigits > 15) return -1;
  cursor.at = at;
  return fraction === 0 ? whole : (whole * TEN[digits]! + fraction) / TEN[digits]!;
}
