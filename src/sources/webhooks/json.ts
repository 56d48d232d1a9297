import { LosslessNumber } from "lossless-json";
import { DeskError } from "../../kernel/errors.ts";

/** What a body may hold. Numbers keep their text, so that nothing is rounded; objects have no prototype. */
export type Body = string | boolean | null | LosslessNumber | readonly Body[] | { readonly [key: string]: Body };

/** Deepest nesting that is read. */
const MAX_DEPTH = 32;

const malformed = (why: string): DeskError =>
  new DeskError("BODY_MALFORMED", `the body is not JSON that can be taken: ${why}`);

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const BLANK = /[ \t\n\r]*/y;
/** A string without escapes, the common case. */
const PLAIN_STRING = /"([ !#-[\]-\uffff]*)"/y;
const STRING = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const UNPAIRED = /\p{Surrogate}/u;

/**
 * Reads one JSON text (RFC 8259), stricter than JSON.parse where the desk must not guess: a key that stands twice, the
 * key `__proto__`, nesting beyond 32, NUL and unpaired surrogates are refused, and numbers keep their text.
 * @throws DeskError BODY_MALFORMED with the place
 */
export function readJson(text: string): Body {
  let at = 0;

  const fail = (what: string): DeskError => malformed(`${what} at character ${at}`);
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (!found) return undefined;
    at = pattern.lastIndex;
    return found[1] ?? found[0];
  };
  const blank = (): void => {
    // Most bodies hold no blanks at all; the look ahead saves the pattern.
    if (text.charCodeAt(at) <= 32) take(BLANK);
  };

  const string = (): string => {
    const plain = take(PLAIN_STRING);
    if (plain !== undefined) return plain;
    const escaped = take(STRING);
    if (escaped === undefined) throw fail("a string is broken");
    const value = JSON.parse(escaped) as string;
    if (value.includes("\0")) throw fail("a string holds NUL, which cannot be stored, ending");
    if (UNPAIRED.test(value)) throw fail("a string holds half a character (an unpaired surrogate), ending");
    return value;
  };

  const word = (name: string, value: Body): Body => {
    if (!text.startsWith(name, at)) throw fail("a value is missing or broken");
    at += name.length;
    return value;
  };

  const array = (depth: number): Body => {
    const list: Body[] = [];
    at += 1;
    blank();
    if (text[at] === "]") {
      at += 1;
      return list;
    }
    for (;;) {
      list.push(value(depth));
      if (text[at] === ",") at += 1;
      else if (text[at] === "]") {
        at += 1;
        return list;
      } else throw fail("a comma or ] is missing");
    }
  };

  const object = (depth: number): Body => {
    const found = Object.create(null) as Record<string, Body>;
    at += 1;
    blank();
    if (text[at] === "}") {
      at += 1;
      return found;
    }
    for (;;) {
      blank();
      if (text[at] !== '"') throw fail("a key is missing");
      const key = string();
      if (key in found) throw fail(`the key "${key.slice(0, 60)}" stands twice, the second time`);
      if (key === "__proto__") throw fail("the key __proto__ is not taken, standing");
      blank();
      if (text[at] !== ":") throw fail("a colon is missing");
      at += 1;
      found[key] = value(depth);
      if (text[at] === ",") at += 1;
      else if (text[at] === "}") {
        at += 1;
        return found;
      } else throw fail("a comma or } is missing");
    }
  };

  /** One value with the blanks around it. */
  const value = (depth: number): Body => {
    blank();
    let found: Body;
    const first = text[at];
    switch (first) {
      case "{":
      case "[":
        if (depth === MAX_DEPTH) throw fail(`it is nested deeper than ${MAX_DEPTH}`);
        found = first === "{" ? object(depth + 1) : array(depth + 1);
        break;
      case '"':
        found = string();
        break;
      case "t":
        found = word("true", true);
        break;
      case "f":
        found = word("false", false);
        break;
      case "n":
        found = word("null", null);
        break;
      default: {
        const digits = take(NUMBER);
        if (digits === undefined) throw fail("a value is missing or broken");
        found = new LosslessNumber(digits);
      }
    }
    blank();
    return found;
  };

  const found = value(0);
  if (at < text.length) throw fail("something follows the value");
  return found;
}
