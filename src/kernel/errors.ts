/** What may be done after an error: try at once, try later by itself, or never without a change. */
export type Retry = "now" | "later" | "never";

interface ErrorRow {
  readonly title: string;
  readonly hint: string;
  readonly retry: Retry;
}

/** Every error a person may see; codes are permanent. `docs/errors.md` is printed from this table. */
export const ERRORS = {
  CONFIG_INVALID: {
    title: "The configuration is wrong",
    hint: "Correct every line named; nothing was started.",
    retry: "never",
  },
  KEY_NOT_OPENED: {
    title: "A sealed exchange key could not be opened",
    hint: "Nothing was read from it; set the key it was sealed under, or seal it anew.",
    retry: "never",
  },
  HOME_IN_USE: {
    title: "Another Breakwater runs on this folder",
    hint: "Stop it, or set BREAKWATER_HOME to another folder.",
    retry: "never",
  },
  DATABASE_UNAVAILABLE: {
    title: "Postgres cannot be reached",
    hint: "Check DATABASE_URL or the embedded server's log; alerts are refused with 503 until it is back.",
    retry: "later",
  },
  DATABASE_UNSUITABLE: {
    title: "This Postgres cannot be used",
    hint: "Use Postgres 15 or newer with a UTF-8 database, or unset DATABASE_URL for the embedded one.",
    retry: "never",
  },
  BODY_MALFORMED: {
    title: "The body could not be read",
    hint: "Send one JSON value without duplicate keys, nested at most 32 deep.",
    retry: "never",
  },
  BODY_TOO_LARGE: { title: "The body is too large", hint: "Send at most 256 KiB.", retry: "never" },
  CONTENT_TYPE_WRONG: {
    title: "The content type is not the one this address takes",
    hint: "Send application/json.",
    retry: "never",
  },
  SIGNATURE_INVALID: {
    title: "The signature does not match",
    hint: "Check the shared secret, and that the body is sent unchanged.",
    retry: "never",
  },
  SIGNATURE_STALE: {
    title: "The signed time is too far from now",
    hint: "Check both clocks; at most five minutes are allowed.",
    retry: "never",
  },
  DELIVERY_REPLAYED: {
    title: "This delivery was taken before",
    hint: "Nothing was done a second time.",
    retry: "never",
  },
  RATE_LIMITED: { title: "Too many requests", hint: "Wait for the time in retry-after.", retry: "later" },
  ROUTE_UNKNOWN: { title: "There is nothing at this address", hint: "Check the path.", retry: "never" },
  METHOD_NOT_ALLOWED: {
    title: "This address does not take that method",
    hint: "Use the method named in the allow header.",
    retry: "never",
  },
  NOT_SIGNED_IN: {
    title: "You are not signed in",
    hint: "Sign in on the console's page: with a passkey, or the one-time token that the program printed.",
    retry: "never",
  },
  SSO_UNAVAILABLE: {
    title: "Single sign-on cannot be reached",
    hint: "Try again shortly, or sign in with a one-time token; `breakwater doctor` says what is wrong.",
    retry: "later",
  },
  SSO_REFUSED: {
    title: "This sign-in was not taken",
    hint: "Begin again from the sign-in page, in the browser that ends it.",
    retry: "never",
  },
  PASSKEY_REFUSED: {
    title: "This passkey does not sign you in",
    hint: "Use one that a second person confirmed and that this browser keeps, or open a one-time token's address.",
    retry: "never",
  },
  SSO_UNKNOWN_PERSON: {
    title: "You are nobody of this desk",
    hint: "Who runs the desk adds your subject to people in desk.yaml; roles come from there and never from the provider.",
    retry: "never",
  },
  ORIGIN_REFUSED: { title: "The request came from another site", hint: "Use the console's own pages.", retry: "never" },
  NOT_ALLOWED: {
    title: "You may not do this",
    hint: "Ask someone with the role that the message names.",
    retry: "never",
  },
  INPUT_INVALID: { title: "The input was not understood", hint: "Correct what the message names.", retry: "never" },
  UNKNOWN_COMMAND: { title: "There is no such command", hint: "/help lists them.", retry: "never" },
  UNKNOWN_ACCOUNT: { title: "There is no such account", hint: "Name one of desk.yaml's accounts.", retry: "never" },
  UNKNOWN_INSTRUMENT: { title: "The venue does not list this instrument", hint: "Check the symbol.", retry: "never" },
  UNKNOWN_INCIDENT: { title: "There is no such incident", hint: "/incident list shows the open ones.", retry: "never" },
  UNKNOWN_PLAYBOOK: {
    title: "There is no such playbook",
    hint: "Check the name and the installed version.",
    retry: "never",
  },
  PLAYBOOK_INVALID: {
    title: "The playbook is not well formed",
    hint: "Correct it as the message says, and give it a new version.",
    retry: "never",
  },
  DECISION_TAKEN: { title: "It was decided before", hint: "Nothing was changed by this click.", retry: "never" },
  DECISION_EXPIRED: {
    title: "The time to decide is over",
    hint: "Nothing was done; ask for a new plan.",
    retry: "never",
  },
  POLICY_DENIED: {
    title: "The policy does not allow it",
    hint: "See the rules named, or ask for a policy change.",
    retry: "never",
  },
  PLAN_EXPIRED: { title: "The plan is too old to be sent", hint: "Make a new plan.", retry: "never" },
  PLAN_CHANGED: {
    title: "What would be sent is not what was approved",
    hint: "Nothing was sent; make a new plan.",
    retry: "never",
  },
  PLAN_SPENT: { title: "The plan was used before", hint: "Make a new plan.", retry: "never" },
  COLLAR_BROKEN: {
    title: "The market left the plan's price collar",
    hint: "Nothing was sent; make a new plan at today's price.",
    retry: "never",
  },
  NOTHING_TO_DO: {
    title: "There is nothing to do",
    hint: "The account already is where the plan would bring it.",
    retry: "never",
  },
  FROZEN: {
    title: "Trading is frozen here",
    hint: "Only cancelling and reducing are possible until /unfreeze.",
    retry: "never",
  },
  VENUE_UNAVAILABLE: { title: "The venue does not answer", hint: "Reading is tried again by itself.", retry: "later" },
  VENUE_RATE_LIMITED: {
    title: "The venue asked us to slow down",
    hint: "The step is tried again by itself.",
    retry: "later",
  },
  VENUE_REJECTED: { title: "The venue refused", hint: "See the venue's reason.", retry: "never" },
  VENUE_ANSWER_INVALID: {
    title: "The venue's answer does not fit what was asked",
    hint: "Nothing was concluded from it; look at the venue.",
    retry: "never",
  },
  NOT_SUPPORTED: { title: "The venue cannot do this", hint: "See docs/venues.md.", retry: "never" },
  SIGNER_UNAVAILABLE: {
    title: "The signer, which holds the exchange keys, does not answer",
    hint: "Nothing is sent meanwhile; it is started again by itself, or start it with breakwater signer.",
    retry: "later",
  },
  SIGNER_IN_USE: {
    title: "Another signer runs at this socket",
    hint: "Stop it, or set BREAKWATER_HOME or BREAKWATER_SIGNER to another place.",
    retry: "never",
  },
  ORDER_OUTCOME_UNKNOWN: {
    title: "The venue did not say whether the order was taken",
    hint: "It is looked up by its id and never sent again blindly.",
    retry: "never",
  },
  ACCOUNT_STALE: {
    title: "The account's figures are too old to act on",
    hint: "Wait for the feed, or check the venue.",
    retry: "later",
  },
  RUN_ORPHANED: {
    title: "The playbook version of this run is not installed",
    hint: "Install it again, or close the run by hand.",
    retry: "never",
  },
  LEDGER_BROKEN: {
    title: "The ledger does not verify",
    hint: "Stop trading, keep the database as it is, and compare with the last checkpoint.",
    retry: "never",
  },
  CHECKPOINT_NOT_TAKEN: {
    title: "The collector did not take the ledger's checkpoints",
    hint: "They are sent again by themselves; check its address, its token and its disk.",
    retry: "later",
  },
  CHAT_UNREACHABLE: {
    title: "A chat platform cannot be reached",
    hint: "Cards go to the other surfaces and the console; `breakwater doctor` says what is wrong.",
    retry: "later",
  },
  CHAT_REFUSED: {
    title: "A chat platform refused our credentials or settings",
    hint: "Run `breakwater doctor`; see docs/slack.md or docs/discord.md.",
    retry: "never",
  },
  PAGER_REFUSED: {
    title: "The pager refused the page",
    hint: "Check its key and address in desk.yaml; call the person by other means.",
    retry: "never",
  },
  INTERNAL: {
    title: "The program failed here",
    hint: "Nothing was decided by it; the reason stands in the log.",
    retry: "later",
  },
  RECORDING_UNREADABLE: {
    title: "The recording could not be read",
    hint: "Check the file and name its --format.",
    retry: "never",
  },
  UNKNOWN_RECORDING: {
    title: "There is no such recording",
    hint: "The oldest recordings make room for new ones; the page Replay lists those that are there.",
    retry: "never",
  },
  RECORDING_FAILED: {
    title: "The recording could not be written",
    hint: "What was written before can be replayed; free space on the disk and record again.",
    retry: "later",
  },
} as const satisfies Record<string, ErrorRow>;

/** A row's permanent name. */
export type ErrorCode = keyof typeof ERRORS;

/**
 * An error of the desk: a code from the table and the facts of this case.
 * @example throw new DeskError("UNKNOWN_ACCOUNT", "account paper-z is not in desk.yaml; known are paper-a, paper-b")
 */
export class DeskError extends Error {
  override readonly name = "DeskError";
  readonly code: ErrorCode;

  /** @param message what happened, why, what to do, as one plain sentence; the table's title where left out */
  constructor(code: ErrorCode, message?: string, options?: ErrorOptions) {
    super(message ?? `${ERRORS[code].title}. ${ERRORS[code].hint}`, options);
    this.code = code;
  }

  /** What may be done next. */
  get retry(): Retry {
    return ERRORS[this.code].retry;
  }
}

/** The message of anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
