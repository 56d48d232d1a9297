import { LogLevel } from "@slack/bolt";
import type { Log } from "../../kernel/log.ts";

/** Bolt's logger over ours; what it says is detail, and may hold texts of users, so it stays at debug. */
export function boltLogger(log: Log): {
  debug(...text: unknown[]): void;
  info(...text: unknown[]): void;
  warn(...text: unknown[]): void;
  error(...text: unknown[]): void;
  setLevel(): void;
  getLevel(): LogLevel;
  setName(): void;
} {
  const say = (...text: unknown[]): void => log.debug({ said: text.map(String).join(" ").slice(0, 500) }, "slack said");
  return {
    debug: () => {},
    info: say,
    warn: say,
    error: say,
    setLevel() {},
    getLevel: () => LogLevel.INFO,
    setName() {},
  };
}
