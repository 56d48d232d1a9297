import type { z } from "zod";
import type { Alert, Severity, TrustClass } from "../../kernel/alert.ts";
import type { Secret } from "../../kernel/secret.ts";
import type { Body } from "./json.ts";

/** A request as far as it matters for believing it. */
export interface HookRequest {
  /** The header's value; undefined where it is absent. A header that must stand once and stands twice is refused before. */
  header(name: string): string | undefined;
  /** The part of the path after the source's name, where there is one. */
  readonly pathSecret: string | undefined;
}

/** A configured source: the sender's kind, its settings and its secrets. */
export interface Source<Settings = unknown> {
  /** The name in the path and on alerts: POST /hooks/<name>. */
  readonly name: string;
  readonly settings: Settings;
  /** Any of them is good, so that one can be replaced without a gap. */
  readonly secrets: readonly Secret[];
}

/** What identifies a delivery where the sender gives it an id; the body's digest does else. */
interface Verified {
  readonly deliveryId: string | undefined;
}

/** One kind of sender, in one file: how its requests are believed and what its bodies mean. */
export interface Sender<Settings = unknown> {
  readonly name: string;
  /** `text/plain` bodies arrive at `parse` as a string, JSON as its value. */
  readonly contentTypes: readonly ("application/json" | "text/plain")[];
  /** What its alerts may do: see TrustClass. */
  readonly trust: TrustClass;
  /** Headers that decide whether a request is believed; more than one value of any of them is a refusal. */
  readonly securityHeaders: readonly string[];
  /** Its part of desk.yaml, beside what every source has. */
  readonly settings: z.ZodType<Settings>;
  /** Why these secrets cannot be used; undefined where they can. Checked at start. */
  refuseSecret(secret: Secret): string | undefined;
  /** How long the same delivery is the same one. */
  readonly replayMs: number;
  /**
   * Decides over the raw bytes whether the request is from the sender.
   * @throws DeskError SIGNATURE_INVALID or SIGNATURE_STALE
   */
  verify(request: HookRequest, raw: Buffer, source: Source<Settings>, now: Date): Verified;
  /**
   * Reads the alerts from a body.
   * @throws DeskError INPUT_INVALID naming the place
   */
  parse(body: Body, source: Source<Settings>, now: Date): Alert[];
}

const SEVERITY_WORDS: Readonly<Record<string, Severity>> = {
  critical: "critical",
  page: "critical",
  emergency: "critical",
  fatal: "critical",
  high: "high",
  error: "high",
  major: "high",
  medium: "medium",
  warning: "medium",
  warn: "medium",
  minor: "medium",
  low: "low",
  info: "info",
  information: "info",
  informational: "info",
  none: "info",
};

/** A severity from the words that senders use; undefined where the word is none of them. */
export function severityOf(word: string | undefined): Severity | undefined {
  const key = word?.trim().toLowerCase() ?? "";
  return Object.hasOwn(SEVERITY_WORDS, key) ? SEVERITY_WORDS[key] : undefined;
}
