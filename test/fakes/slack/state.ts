/** A message as the fake keeps it. */
export interface FakeMessage {
  readonly ts: string;
  readonly channel: string;
  readonly bot_id: string;
  readonly thread_ts?: string;
  text: string;
  blocks: readonly Record<string, unknown>[];
  readonly metadata?: unknown;
  edits: number;
}

export interface FakeUser {
  readonly id: string;
  readonly team_id: string;
  readonly is_bot?: boolean;
  readonly is_restricted?: boolean;
  readonly deleted?: boolean;
}

/** What people were told privately. */
export interface Ephemeral {
  readonly user: string;
  readonly text: string;
  readonly blocks: readonly unknown[];
}

export const TEAM = "T0DESK";
export const BOT = "B0BREAKWATER";

/** The workspace: channels, messages, people, and all that was called. */
export interface Workspace {
  readonly messages: FakeMessage[];
  readonly channels: Map<string, { archived?: boolean; member?: boolean }>;
  readonly users: Map<string, FakeUser>;
  readonly ephemerals: Ephemeral[];
  readonly views: { readonly trigger: string; readonly view: Record<string, unknown> }[];
  readonly files: {
    readonly channel: string;
    readonly thread: string;
    readonly name: string;
    readonly bytes: Buffer;
  }[];
  readonly calls: { readonly method: string; readonly args: Record<string, unknown>; readonly at: number }[];
  /** Triggers that were handed out and not used yet. */
  readonly triggers: Set<string>;
  readonly uploads: Map<string, Buffer>;
  /** What the checkers found; a healthy program leaves this empty. */
  readonly faults: string[];
  tokenError: string | null;
  sequence: number;
}

export function workspace(): Workspace {
  return {
    messages: [],
    channels: new Map([
      ["C0RISK", { member: true }],
      ["C0OPS", { member: true }],
    ]),
    users: new Map(["U0ANA", "U0BO", "U0CY", "U0DI", "U0NEW"].map((id) => [id, { id, team_id: TEAM }])),
    ephemerals: [],
    views: [],
    files: [],
    calls: [],
    triggers: new Set(),
    uploads: new Map(),
    faults: [],
    tokenError: null,
    sequence: 0,
  };
}
