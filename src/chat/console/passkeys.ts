import type { Reply } from "../surface.ts";
import type { VoteLine } from "./votes.ts";

/** A plan as its page shows it, all of it from the bytes that were hashed. */
export interface PlanPage {
  readonly hash: string;
  readonly words: string;
  readonly incident: string | null;
  /** Whether the stored bytes are those of the fingerprint; nothing is shown of them and nothing can be approved where not. */
  readonly sound: boolean;
  readonly lines: readonly string[];
  readonly changes: readonly { readonly label: string; readonly before: string; readonly after: string }[];
  readonly notionalUsd: string;
  /** The canonical JSON, for `breakwater plan verify`. */
  readonly canonical: string;
  readonly state: string;
  /** What people were asked; null where nobody was. */
  readonly question: {
    readonly state: string;
    readonly stepUp: boolean;
    readonly needed: number;
    readonly roles: readonly string[];
    readonly expiresAt: string;
  } | null;
  readonly votes: readonly VoteLine[];
  /** Whether the viewer has a passkey that a second person confirmed. */
  readonly hasPasskey: boolean;
}

/** A passkey that was not revoked. */
export interface PasskeyLine {
  readonly id: string;
  readonly person: string;
  readonly name: string;
  readonly createdAt: string;
  /** Who confirmed it; null where nobody has, and it counts for nothing. */
  readonly confirmedBy: string | null;
}

/**
 * Plans, and the passkeys that approve the large ones. `origin` is the page's own, which passkeys are bound to; WebAuthn's
 * options and answers pass as the JSON that browsers speak.
 */
export interface PasskeyBackend {
  /** By at least 16 characters of the hash; null where there is none. */
  plan(person: string, prefix: string): Promise<PlanPage | null>;
  begin(person: string, prefix: string, origin: string): Promise<unknown>;
  approve(person: string, prefix: string, origin: string, typed: string, response: unknown): Promise<Reply>;
  keys(): Promise<readonly PasskeyLine[]>;
  enrolment(person: string, origin: string): Promise<unknown>;
  enrol(person: string, origin: string, response: unknown): Promise<Reply>;
  confirm(by: string, credential: string): Promise<Reply>;
  /** New recovery codes, shown once; older ones end. */
  codes(person: string): Promise<readonly string[]>;
  recover(person: string, code: string): Promise<Reply>;
  /** A one-time token for the same person under another name of this console. */
  signIn(person: string): Promise<string>;
}
