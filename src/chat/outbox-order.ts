/** Messages whose newest version is remembered; older ones are guarded by the database alone. */
const REMEMBERED = 10_000;

/**
 * Sends to one message one after another, newest version wins: what is older than the newest begun is not sent, and
 * counts as sent.
 */
export function inTurn(): <T>(message: string, version: number, superseded: T, send: () => Promise<T>) => Promise<T> {
  const newest = new Map<string, { version: number; tail: Promise<unknown> }>();
  return async (message, version, superseded, send) => {
    const seen = newest.get(message) ?? { version: -1, tail: Promise.resolve() };
    if (version < seen.version) return superseded;
    const turn = { version, tail: seen.tail };
    newest.delete(message);
    newest.set(message, turn);
    if (newest.size > REMEMBERED) newest.delete(newest.keys().next().value ?? "");
    const sent = seen.tail.then(() => ((newest.get(message)?.version ?? version) > version ? superseded : send()));
    turn.tail = sent.then(
      () => undefined,
      () => undefined,
    );
    return sent;
  };
}
