/** A recording that can be, or was, replayed. */
export interface ReplayRow {
  /** Names it in addresses. */
  readonly id: string;
  readonly name: string;
  readonly bytes: number;
  /** What replaying it said; null where nobody did lately. */
  readonly outcome: string | null;
}

/** How far opening a recording is; `view` is JSON text for the page's script. */
export type ReplayState =
  | { readonly state: "reading"; readonly events: number; readonly at: string | null }
  | { readonly state: "failed"; readonly reason: string }
  | { readonly state: "ready"; readonly view: string };
