import type { TradingState } from "./rows/accounts.ts";

/** One labelled dot of the header. `unknown` is a state of its own, never drawn as good. */
export interface Dot {
  readonly name: string;
  readonly state: "up" | "degraded" | "down" | "unknown";
  readonly detail: string;
}

/** What every page shows above its content. Times are ISO, UTC. */
export interface HeaderView {
  /** The whole desk's state; `freezes` counts the narrower scopes that are not active. */
  readonly trading: { readonly state: TradingState; readonly detail: string; readonly freezes: number };
  readonly dots: readonly Dot[];
  /** Names; null where nobody is on call, or no rota is configured. */
  readonly onCall: string | null;
  readonly openIncidents: number;
  readonly pendingApprovals: number;
}
