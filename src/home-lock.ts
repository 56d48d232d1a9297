import postgres from "postgres";
import type { Clock } from "./kernel/clock.ts";
import { DeskError } from "./kernel/errors.ts";

const LOCK = 727_277;
/** A killed predecessor's session ends within moments; longer means that somebody is really there. */
const PATIENCE_MS = 4_000;

/**
 * Makes sure that only one program runs a desk on an embedded database: replicas share a server, not a folder.
 * Held by a session, so that a kill frees it.
 * @throws DeskError HOME_IN_USE
 */
export async function lockHome(url: string, home: string, clock: Clock): Promise<() => Promise<void>> {
  const session = postgres(url, { max: 1, idle_timeout: 0, max_lifetime: null, onnotice: () => {} });
  for (let waitedMs = 0; ; waitedMs += 200) {
    const [row] = await session<{ ok: boolean }[]>`select pg_try_advisory_lock(${LOCK}) as ok`;
    if (row?.ok) return () => session.end();
    if (waitedMs >= PATIENCE_MS) {
      await session.end();
      throw new DeskError(
        "HOME_IN_USE",
        `another Breakwater runs on ${home}; stop it, or set BREAKWATER_HOME to another folder`,
      );
    }
    await clock.sleep(200);
  }
}
