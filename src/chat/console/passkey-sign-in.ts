import type { Session } from "./backend.ts";

/** What came of a passkey's answer. Refusals are all alike, whoever was meant. */
export type PasskeySignInResult =
  | { readonly outcome: "signed-in"; readonly session: Session }
  | { readonly outcome: "refused" }
  /** This address failed too often. */
  | { readonly outcome: "wait"; readonly waitMs: number };

/** Signing in with a passkey and nothing else. `origin` is the page's own, which passkeys are bound to. */
export interface PasskeySignIn {
  /**
   * What the browser is given; the same for everybody.
   * @throws DeskError NOT_SUPPORTED where the address is a number
   */
  begin(origin: string): Promise<object>;
  /** @param address who sent it, as the socket says */
  finish(origin: string, response: unknown, address: string): Promise<PasskeySignInResult>;
}
