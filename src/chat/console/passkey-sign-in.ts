import type { Session } from "./viewer.ts";

/** Signing in with a passkey and nothing else. `origin` is the page's own, which passkeys are bound to. */
export interface PasskeySignIn {
  /**
   * What the browser is given; the same for everybody.
   * @throws DeskError NOT_SUPPORTED where the address is a number
   */
  begin(origin: string): Promise<object>;
  /** The session that an answer opens; null where it is refused, and all refusals are alike, whoever was meant. */
  finish(origin: string, response: unknown): Promise<Session | null>;
}
