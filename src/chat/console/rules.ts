import type { Reply } from "../surface.ts";
import type { VoteLine } from "./votes.ts";

/** One thing that a change of the rules alters. */
export interface DifferenceLine {
  readonly what: string;
  readonly loosens: boolean;
  readonly before: string | null;
  readonly after: string | null;
}

/** A change of the rules in a list. */
export interface ChangeLine {
  readonly hash: string;
  readonly words: string;
  readonly requestedBy: string;
  readonly reason: string;
  readonly loosens: number;
  readonly tightens: number;
  readonly state: "waiting" | "published" | "refused" | "void";
  /** Not in force before this moment, whoever approves. */
  readonly opensAt: string;
  readonly openedAt: string;
}

/** A rule in words. */
export interface RuleLine {
  readonly name: string;
  readonly title: string;
  readonly tier: string;
  readonly about: string;
  readonly says: string;
  readonly limits: readonly string[];
}

/** What desk.yaml says beyond the rules in force: it was not taken at the start. */
export interface HeldRules {
  /** What it would loosen, in words; never empty. */
  readonly loosens: readonly string[];
  /** The file's rules as YAML, to draft them from. */
  readonly text: string;
}

/** The rules in force, and what people want of them. */
export interface RulesPage {
  readonly version: string;
  readonly since: string | null;
  readonly by: string;
  readonly rules: readonly RuleLine[];
  readonly caps: readonly string[];
  readonly playbooksOff: readonly string[];
  /** One line a rota: its name, and whose turns it has. */
  readonly rotas: readonly string[];
  readonly changes: readonly ChangeLine[];
  /** Null where desk.yaml waits for nothing. */
  readonly held: HeldRules | null;
  /** What a loosening needs: "3 persons with policy-admin and risk among them, each with a passkey, and 1h". */
  readonly needs: string;
  /** Whether the viewer may ask for other rules. */
  readonly mayDraft: boolean;
  /** The rules in force as YAML, to start a draft from. */
  readonly text: string;
}

/** A draft as it was read: what is wrong with it, what it alters, what it would have meant. */
export interface DraftPage {
  readonly text: string;
  readonly findings: readonly {
    readonly severity: "error" | "warning";
    readonly where: string;
    readonly what: string;
  }[];
  readonly differences: readonly DifferenceLine[];
  /** How plans of the past would have been judged; null where the draft could not be read. */
  readonly simulated: {
    readonly plans: number;
    readonly looser: number;
    readonly stricter: number;
    readonly changed: readonly { readonly at: string; readonly what: string; readonly looser: boolean }[];
  } | null;
  readonly mayPropose: boolean;
}

/** A change as people decide on it, all of it from the bytes that were hashed. */
export interface ChangePage extends Omit<ChangeLine, "loosens" | "tightens"> {
  /** Whether the stored bytes are those of the fingerprint; nothing can be approved where not. */
  readonly sound: boolean;
  readonly incident: string | null;
  readonly from: string;
  readonly to: string;
  readonly differences: readonly DifferenceLine[];
  readonly question: {
    readonly state: string;
    readonly needed: number;
    readonly roles: readonly string[];
    readonly expiresAt: string;
  } | null;
  readonly votes: readonly VoteLine[];
  readonly hasPasskey: boolean;
  /** Whether the viewer asked for it, and so may only take it back. */
  readonly mine: boolean;
}

/** What came of a proposal: where to look, where it waits. */
export interface Proposed {
  readonly reply: Reply;
  readonly hash: string | null;
}

/** Changing the rules on the console; what it decides is bound to the change's fingerprint. */
export interface RulesBackend {
  page(person: string): Promise<RulesPage>;
  draft(person: string, text: string): Promise<DraftPage>;
  propose(person: string, text: string, reason: string): Promise<Proposed>;
  /** By at least 16 characters of the hash; null where there is none. */
  change(person: string, prefix: string): Promise<ChangePage | null>;
  begin(person: string, prefix: string, origin: string): Promise<unknown>;
  approve(person: string, prefix: string, origin: string, typed: string, response: unknown): Promise<Reply>;
  deny(person: string, prefix: string, reason: string): Promise<Reply>;
}
