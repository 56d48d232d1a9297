const LOST = /^(CONNECTION_(CLOSED|ENDED|DESTROYED)|CONNECT_TIMEOUT|ECONN\w+|EPIPE|ETIMEDOUT|08\w{3}|57P0[123]|53300)$/;

/** Whether the database went away, wherever in the chain of causes that is said. */
export function lostDatabase(error: unknown): boolean {
  let at = error as { code?: unknown; cause?: unknown } | undefined;
  for (let depth = 0; at && depth < 10; depth += 1, at = at.cause as typeof at) {
    if (typeof at.code === "string" && LOST.test(at.code)) return true;
  }
  return false;
}
