import type { Reply } from "../surface.ts";

/** One use of emergency powers. */
export interface EmergencyUse {
  readonly id: string;
  readonly person: string;
  readonly scope: string;
  readonly reason: string;
  readonly incident: string | null;
  readonly openedAt: string;
  readonly expiresAt: string;
  /** Whether the powers still hold. */
  readonly active: boolean;
  /** Who looked at it; null while the review is open. */
  readonly reviewedBy: string | null;
  /** Whether the viewer may review it. */
  readonly mine: boolean;
}

/** What the page of emergency powers shows to one person. */
export interface EmergencyPage {
  /** Why this person cannot take powers at all; null where they can. */
  readonly refusal: string | null;
  readonly hasPasskey: boolean;
  readonly scopes: readonly string[];
  readonly incidents: readonly { readonly incident: string; readonly title: string }[];
  readonly uses: readonly EmergencyUse[];
}

/** What a person wants, as the form says it. */
export interface EmergencyForm {
  readonly scope: string;
  readonly reason: string;
  readonly minutes: string;
  /** Empty where an incident is opened for it. */
  readonly incident: string;
}

/** Emergency powers on the console: taken with a passkey that is touched for these very words. */
export interface EmergencyBackend {
  page(person: string): Promise<EmergencyPage>;
  begin(person: string, origin: string, form: EmergencyForm): Promise<unknown>;
  open(person: string, origin: string, form: EmergencyForm, response: unknown): Promise<Reply>;
  review(person: string, use: string, finding: string): Promise<Reply>;
}
