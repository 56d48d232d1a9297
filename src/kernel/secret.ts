import { timingSafeEqual, createHash } from "node:crypto";
import { inspect } from "node:util";

const MASK = "[secret]";
const values = new WeakMap<Secret, string>();

/** A value that never prints: in logs, JSON, templates and the inspector it reads "[secret]". */
export class Secret {
  constructor(value: string) {
    values.set(this, value);
  }

  /** The plain value, for the one call that needs it. */
  reveal(): string {
    return values.get(this) ?? "";
  }

  /** Compares in time that does not depend on where the texts differ. */
  equals(other: string): boolean {
    const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
    return timingSafeEqual(digest(this.reveal()), digest(other));
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
