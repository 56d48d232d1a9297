import type { Tx } from "../../db/client.ts";
import type { TradingStateName } from "../../db/schema.ts";
import type { Account } from "../../kernel/account.ts";
import { DeskError } from "../../kernel/errors.ts";
import type { HaltMarker } from "./halt-marker.ts";
import { effectiveState, tradingStateRows } from "./trading-state.ts";

/** Whether a scope may trade, and who said so; `by`, `reason` and `since` are null where it is active. */
export interface FrozenAnswer {
  readonly scope: string;
  readonly state: TradingStateName;
  readonly by: string | null;
  readonly reason: string | null;
  /** ISO 8601 in UTC. */
  readonly since: string | null;
}

/** The scope and every wider one, widest first. */
function scopesOver(scope: string, accounts: ReadonlyMap<string, Account>): readonly string[] {
  const [, kind = "", name = ""] = /^([a-z]+)(?::(\S{1,120}))?$/.exec(scope) ?? [];
  if (kind === "firm" && name === "") return ["firm"];
  if (kind === "account") {
    const venue = accounts.get(name)?.venue;
    if (venue === undefined) throw new DeskError("UNKNOWN_ACCOUNT", `there is no account ${name.slice(0, 60)}`);
    return ["firm", `venue:${venue}`, scope];
  }
  if (name !== "" && ["venue", "instrument", "playbook", "person"].includes(kind)) return ["firm", scope];
  throw new DeskError(
    "INPUT_INVALID",
    "name one scope: firm, or venue:, account:, instrument:, playbook: or person: and a name",
  );
}

/**
 * Answers "is X frozen?": the strictest state among the scope, every wider one and the kill switch's marker, with the
 * widest that demands it.
 * @throws DeskError INPUT_INVALID, UNKNOWN_ACCOUNT
 */
export async function whetherFrozen(
  tx: Pick<Tx, "select">,
  scope: string,
  accounts: ReadonlyMap<string, Account>,
  marker: HaltMarker | null,
): Promise<FrozenAnswer> {
  const scopes = scopesOver(scope, accounts);
  const rows = await tradingStateRows(tx);
  const standing = [
    ...(marker === null
      ? []
      : [{ state: marker.state, by: marker.by, reason: marker.reason, since: marker.at || null }]),
    ...scopes.flatMap((one) => {
      const row = rows.find((each) => each.scope === one);
      return row === undefined
        ? []
        : [{ state: row.state, by: row.setBy, reason: row.reason, since: row.setAt.toISOString() }];
    }),
  ].map((one) => ({ ...one, state: effectiveState({ [scope]: one.state }, [scope]) }));
  const strictest = effectiveState(
    Object.fromEntries(standing.map((one, at) => [String(at), one.state])),
    [...standing.keys()].map(String),
  );
  const cause = strictest === "active" ? undefined : standing.find((one) => one.state === strictest);
  return { scope, state: strictest, by: cause?.by ?? null, reason: cause?.reason ?? null, since: cause?.since ?? null };
}
