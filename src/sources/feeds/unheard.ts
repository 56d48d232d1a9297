import type { Database, Db } from "../../db/client.ts";
import { rows } from "../../db/rows.ts";
import type { Alert } from "../../kernel/alert.ts";
import type { Clock } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { Asked } from "./live-feeds.ts";

const LOOK_MS = 5_000;
const KIND = "feed.unheard";
/** Stands for all instruments of a venue. */
const ALL = "*";

/** What was never heard: an instrument by the venue's own name, or all of a venue. */
interface Place {
  readonly venue: string;
  readonly name: string;
}

/** Whom an instrument's silence concerns. */
export interface UnheardParts {
  readonly asked: readonly Asked[];
  /** Whether anything was heard of it since the start. */
  readonly heard: (one: Asked) => boolean;
  readonly emit: (alert: Alert) => Promise<void>;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
}

/** The watch over what was asked for and never came. */
export interface UnheardWatch {
  /** Instruments that should have been heard by now. */
  overdue(): readonly Asked[];
  stop(): Promise<void>;
}

const keyOf = ({ venue, name }: Place): string => `${venue} ${name}`;

const alertOf = (place: Place, status: Alert["status"], title: string, summary: string, at: Date): Alert => ({
  source: "market-feeds",
  trust: "internal",
  kind: KIND,
  status,
  severity: "high",
  title,
  summary,
  labels: { venue: place.venue, instrument: place.name },
  values: {},
  at,
});

const firingOf = (place: Place, trouble: string | null, at: Date): Alert =>
  alertOf(
    place,
    "firing",
    place.name === ALL ? `Nothing of ${place.venue} is heard` : `${place.name} at ${place.venue} is not heard`,
    `It was asked for and never came${trouble === null ? "; the venue did not say why" : `: ${trouble}`}. No detector sees it. Look whether feeds in desk.yaml writes it as the venue does, and whether it is still listed.`,
    at,
  );

const overOf = (place: Place, asked: boolean, at: Date): Alert =>
  alertOf(
    place,
    "resolved",
    `${place.name === ALL ? place.venue : `${place.name} at ${place.venue}`} is ${asked ? "heard" : "no longer asked for"}`,
    asked ? "Its stream came." : "feeds in desk.yaml does not name it any more.",
    at,
  );

const STANDING = `
  select distinct on (a.fingerprint) a.labels->>'venue' as venue, a.labels->>'instrument' as name, a.title, a.status
  from breakwater.alerts a join breakwater.incidents i on i.id = a.incident_id
  where i.kind = $1 and i.status <> 'resolved' and a.kind = $1
  order by a.fingerprint, a.id desc`;

/** What alerts of open incidents still say is not heard, with the words of each. */
export async function standingUnheard(db: Db): Promise<readonly (Place & { readonly title: string })[]> {
  const found = await rows<Place & { readonly title: string; readonly status: string }>(db, STANDING, [KIND]);
  return found.filter(({ status }) => status === "firing");
}

/**
 * Raises `feed.unheard` where an instrument that desk.yaml asks for was never heard within its time, one for a whole venue
 * where nothing of it was, and ends it once something comes or it is no longer asked for; also what an earlier start raised.
 */
export function watchUnheard(parts: UnheardParts): UnheardWatch {
  const { asked, heard, emit, database, clock, log } = parts;
  const begunAt = clock.now().getTime();
  const late = (one: Asked): boolean => !heard(one) && clock.now().getTime() - begunAt > one.withinMs;
  let standing: Map<string, Place> | null = null;

  /** What is to be told now, by name. */
  const missing = (): Map<string, { readonly place: Place; readonly trouble: string | null }> => {
    const found = new Map<string, { place: Place; trouble: string | null }>();
    for (const venue of new Set(asked.map((one) => one.venue))) {
      const own = asked.filter((one) => one.venue === venue);
      const all = own.length > 1 && own.every(late);
      for (const one of all ? own.slice(0, 1) : own.filter(late)) {
        const place: Place = { venue, name: all ? ALL : one.raw };
        found.set(keyOf(place), { place, trouble: one.trouble() });
      }
    }
    return found;
  };
  /** Whether a place that is not missing is heard, not asked for, or still waited for. */
  const stateOf = ({ venue, name }: Place): "heard" | "gone" | "waiting" => {
    const own = asked.filter((one) => one.venue === venue && (name === ALL || one.raw === name));
    if (own.length === 0) return "gone";
    return own.some((one) => heard(one) || late(one)) ? "heard" : "waiting";
  };

  const look = async (): Promise<void> => {
    standing ??= new Map((await standingUnheard(database.db)).map((one) => [keyOf(one), one]));
    const now = missing();
    for (const [key, { place, trouble }] of now) {
      if (standing.has(key)) continue;
      await emit(firingOf(place, trouble, clock.now()));
      standing.set(key, place);
    }
    for (const [key, place] of standing) {
      const state = now.has(key) ? "waiting" : stateOf(place);
      if (state === "waiting") continue;
      await emit(overOf(place, state === "heard", clock.now()));
      standing.delete(key);
    }
  };
  let looking: Promise<void> = Promise.resolve();
  const stop = clock.every(LOOK_MS, () => {
    looking = looking
      .then(look)
      .catch((error: unknown) => log.warn({ why: messageOf(error) }, "what is not heard was not told, tried again"));
    return looking;
  });
  return {
    overdue: () => asked.filter(late),
    async stop() {
      stop();
      await looking;
    },
  };
}
