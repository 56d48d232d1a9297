/** The signed-in person of one request. */
export interface Viewer {
  readonly person: string;
  readonly name: string;
  readonly roles: readonly string[];
  /** False for people who may only look: their cards carry no buttons. */
  readonly mayAct: boolean;
}

/** A session as it begins: the cookie's value is shown this once and kept only as its hash. */
export interface Session {
  readonly cookie: string;
  readonly viewer: Viewer;
  readonly expiresAt: Date;
}
