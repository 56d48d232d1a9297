import type { FrameKind } from "./binance-frame.ts";

/** Key code that stands for "pu", the one name of two letters that is needed. */
export const PREVIOUS = 1;

/** Members that a message is told by. */
const NAMES = ["e", "s", "E", "T", "U", "u", "pu", "t", "a", "b", "A", "B", "p", "q", "m"] as const;

/** A member's bit by its key code; 0 for one that is passed over. */
export const BITS = new Int32Array(128);
for (const [index, name] of NAMES.entries()) BITS[name === "pu" ? PREVIOUS : name.charCodeAt(0)] = 1 << index;

/** What one kind of message must hold: bits of members by the form of their values. */
export interface Shape {
  readonly kind: FrameKind;
  /** Its name in `e`, as character codes. */
  readonly name: readonly number[];
  readonly numbers: number;
  /** Numbers that may be left out. */
  readonly optional: number;
  /** Decimals in quotes. */
  readonly decimals: number;
  /** Arrays of levels; no others may be there. */
  readonly arrays: number;
  readonly flags: number;
}

const bitsOf = (...names: readonly (typeof NAMES)[number][]): number =>
  names.reduce((bits, name) => bits | (1 << NAMES.indexOf(name)), 0);

const shape = (name: string, kind: FrameKind, members: Partial<Shape>): Shape => ({
  kind,
  name: Array.from(name, (letter) => letter.charCodeAt(0)),
  numbers: 0,
  optional: 0,
  decimals: 0,
  arrays: 0,
  flags: 0,
  ...members,
});

const DEPTH = shape("depthUpdate", "depth", {
  numbers: bitsOf("E", "U", "u"),
  optional: bitsOf("T", "pu"),
  arrays: bitsOf("b", "a"),
});
const DEAL = { decimals: bitsOf("p", "q"), flags: bitsOf("m") };
const TRADE = shape("trade", "trade", { ...DEAL, numbers: bitsOf("E", "T", "t") });
const AGGREGATE = shape("aggTrade", "trade", { ...DEAL, numbers: bitsOf("E", "T", "a") });

/** Best quotes; spot sends them without a name and without a time. */
export const BEST = shape("bookTicker", "quote", {
  numbers: bitsOf("u"),
  optional: bitsOf("E"),
  decimals: bitsOf("b", "B", "a", "A"),
});

/** The shape whose name may begin with this character code. */
export const shapeFor = (first: number): Shape =>
  first === 98 ? BEST : first === 100 ? DEPTH : first === 97 ? AGGREGATE : TRADE;
