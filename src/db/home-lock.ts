import postgres from "postgres";
import type { Clock } from "../kernel/clock.ts";
import { DeskError } from "../kernel/errors.ts";

const LOCK = 727_277;
/** A killed predecessor's session ends within moments; longer means that somebody is really there. */
const PATIENCE_MS = 4_000;

/** The right to run a desk on a folder. */
export interface HomeLock {
  /** Takes it again where its session was lost with the server. @throws DeskError HOME_IN_USE where another program was faster */
  hold(): Promise<void>;
  release(): Promise<void>;
}

/**
 * Makes sure that only one program runs a desk on an embedded database: replicas share a server, not a folder.
 * Held by a session, so that a kill frees it.
 * @throws DeskError HOME_IN_USE
 */
export async function lockHome(url: string, home: string, clock: Clock): Promise<HomeLock> {
  const session = postgres(url, { max: 1, idle_timeout: 0, max_lifetime: null, onnotice: () => {} });
  const take = async (): Promise<boolean> => {
    const [row] = await session<{ ok: boolean }[]>`
      select case when exists (select from pg_locks where locktype = 'advisory' and objid = ${LOCK} and pid = pg_backend_pid())
        then true else pg_try_advisory_lock(${LOCK}) end as ok`;
    return row?.ok === true;
  };
  const hold = async (): Promise<void> => {
    for (let waitedMs = 0; !(await take()); waitedMs += 200) {
      if (waitedMs >= PATIENCE_MS)
        throw new DeskError(
          "HOME_IN_USE",
          `another Breakwater runs on ${home}; stop it, or set BREAKWATER_HOME to another folder`,
        );
      await clock.sleep(200);
    }
  };
  const release = (): Promise<void> => session.end();
  try {
    await hold();
  } catch (error) {
    await release();
    throw error;
  }
  return { hold, release };
}
