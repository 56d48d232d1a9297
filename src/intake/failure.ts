/** What a driver's error says of itself. */
interface Said {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
}

/** The database's own code, wherever in the chain of causes it stands. */
function codeOf(error: unknown): string {
  for (let at = error as Said | undefined, depth = 0; at && depth < 10; at = at.cause as Said | undefined, depth += 1) {
    if (typeof at.code === "string") return at.code;
  }
  return "";
}

/** The innermost message: the outer one repeats the whole statement with its parameters. */
export function causeOf(error: unknown): string {
  let at = error as Said;
  for (let depth = 0; at.cause && depth < 10; depth += 1) at = at.cause;
  return (typeof at.message === "string" ? at.message : "no reason was given").slice(0, 300);
}

/** A deadlock, a serialisation failure or a lock that was waited for too long: the same again may succeed. */
export const isContention = (error: unknown): boolean => /^(40001|40P01|55P03)$/.test(codeOf(error));

/** Data that the database cannot hold (class 22), such as a year beyond its calendar. */
export const isUnfit = (error: unknown): boolean => codeOf(error).startsWith("22");
