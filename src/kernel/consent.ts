import type { Json } from "./canonical.ts";

/** Facts under a MAC of the desk's seal: whoever cannot seal cannot make or change them. */
export interface Sealed {
  readonly facts: { readonly [key: string]: Json };
  readonly seal: string;
}

/**
 * Why an order may be sent, complete enough to be judged by somebody who sees neither the database nor the desk: the plan's
 * exact bytes, who was asked, what each said, and that the plan was claimed.
 */
export interface Consent {
  /** The plan's canonical JSON (RFC 8785); its SHA-256 is what every other part speaks of. */
  readonly plan: string;
  readonly proposed: Sealed;
  /** What people were asked; null where the policy asked nobody. */
  readonly approval: Sealed | null;
  readonly votes: readonly Sealed[];
  readonly claim: Sealed;
}
