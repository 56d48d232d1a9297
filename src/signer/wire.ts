import type { Socket } from "node:net";
import { DeskError } from "../kernel/errors.ts";

/** Times and maps keep their kind on the way; everything else is JSON. */
function pack(this: unknown, key: string, value: unknown): unknown {
  const own = (this as Readonly<Record<string, unknown>>)[key];
  if (own instanceof Date) return { $date: own.toISOString() };
  return value instanceof Map ? { $map: [...(value as Map<unknown, unknown>)] } : value;
}

function unpack(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== "object") return value;
  if ("$date" in value) return new Date(String(value.$date));
  return "$map" in value && Array.isArray(value.$map) ? new Map(value.$map as [unknown, unknown][]) : value;
}

/** One message as a line. */
export const line = (message: unknown): string => `${JSON.stringify(message, pack)}\n`;

/**
 * Hands on every line that a socket brings, parsed; `onBad` where one is longer than `maxBytes` or no JSON, after which
 * nothing more is read.
 */
export function readLines(
  socket: Socket,
  maxBytes: number,
  onMessage: (message: unknown) => void,
  onBad: (error: DeskError) => void,
): void {
  let parts: Buffer[] = [];
  let held = 0;
  let bad = false;
  const fail = (why: string): void => {
    bad = true;
    parts = [];
    onBad(new DeskError("SIGNER_UNAVAILABLE", why));
  };
  socket.on("data", (chunk: Buffer) => {
    for (let rest = chunk; !bad && rest.length > 0;) {
      const end = rest.indexOf(10);
      const piece = end < 0 ? rest : rest.subarray(0, end);
      held += piece.length;
      if (held > maxBytes) return fail(`a message was longer than ${maxBytes} bytes`);
      parts.push(piece);
      if (end < 0) return undefined;
      const text = Buffer.concat(parts).toString("utf8");
      [parts, held] = [[], 0];
      rest = rest.subarray(end + 1);
      let message: unknown;
      try {
        message = JSON.parse(text, unpack);
      } catch {
        return fail("a message was no JSON");
      }
      onMessage(message);
    }
    return undefined;
  });
}
