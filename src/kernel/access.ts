/** What can happen to the access to an account, by whoever tells it. */
export type AccessAction =
  | "login"
  | "login-refused"
  | "credentials-changed"
  | "key-created"
  | "key-changed"
  | "key-addresses"
  | "key-deleted"
  | "address-added"
  | "withdrawal";

/** One line of a venue's own log of who came in and what was changed. */
export interface AccessEntry {
  /** The venue's number of it; later ones are greater. */
  readonly id: number;
  readonly action: AccessAction;
  /** Network address that it came from. */
  readonly address: string;
  /** Where the venue takes that address to be, such as "Frankfurt, Germany"; empty where it does not say. */
  readonly place: string;
  /** What was done in the venue's own word, and to what. */
  readonly detail: string;
  readonly at: Date;
}
