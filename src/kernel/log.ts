import { pino, type Logger } from "pino";

/** Structured log: an event's name in the past tense, facts as fields; children carry alert, incident and run ids. */
export type Log = Logger;

/** Fields whose values are never written, wherever they stand. */
const REDACTED = ["authorization", "cookie", "password", "secret", "token", "apiKey", "signature"];

/** Opens the program's log; JSON lines on stderr, so that stdout stays for answers. */
export function openLog(level: string): Log {
  return pino(
    {
      level,
      base: null,
      redact: { paths: REDACTED.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: "[secret]" },
    },
    pino.destination({ fd: 2, sync: true }),
  );
}

/** A log that writes nothing, for tests and replay. */
export const silentLog: Log = pino({ level: "silent" });
