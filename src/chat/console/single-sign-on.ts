import type { Session } from "./viewer.ts";

/** A sign-in as it begins: where the browser goes, and the cookie that ties the answer to this browser. */
export interface SignOnBegun {
  readonly url: string;
  readonly cookie: string;
  readonly expiresAt: Date;
}

/** What came of the provider's answer: a session, or a subject that is nobody of this desk. */
export type SignOnResult =
  | { readonly outcome: "signed-in"; readonly session: Session }
  | { readonly outcome: "unknown"; readonly issuer: string; readonly subject: string };

/** Single sign-on through an OpenID provider. `callback` is the console's own address that the provider sends people back to. */
export interface SingleSignOn {
  /** What the button calls it. */
  readonly name: string;
  /** @throws DeskError SSO_UNAVAILABLE */
  begin(callback: string): Promise<SignOnBegun>;
  /**
   * Takes the provider's answer.
   * @param answer the callback with the query it was asked with
   * @throws DeskError SSO_REFUSED where it is not for this browser, was used before, or does not hold; SSO_UNAVAILABLE
   */
  finish(answer: URL, cookie: string): Promise<SignOnResult>;
  /** Where the provider ends its own session; null where it has no such page, or nobody asked it yet. */
  endUrl(back: string): string | null;
}
