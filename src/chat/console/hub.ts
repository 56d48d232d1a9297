import type { Clock } from "../../kernel/clock.ts";

/** What changed; whoever shows it reads the newest state for itself. */
export type HubEvent =
  | { readonly type: "card"; readonly incident: string; readonly version: number }
  | { readonly type: "account"; readonly account: string }
  | { readonly type: "header" }
  /** Changes may have been missed, as after a lost listener: every page starts over. */
  | { readonly type: "all" };

/** An event with its place in the stream, "epoch-number". */
export interface Placed {
  readonly id: string;
  readonly event: HubEvent;
}

/** Where changes are announced inside one process; what other replicas changed is published into it by their listener. */
export interface Hub {
  /** A card's version is told once: the process that made it tells at once, and the database's announcement follows. */
  publish(event: HubEvent): void;
  /** The id of the newest event: what a page that is rendered now has seen. */
  last(): string;
  /** Events after `id`, oldest first; null where the ring no longer holds them, or the id is of another start. */
  since(id: string): readonly Placed[] | null;
  /** Calls back on every later event; returns how to stop. */
  subscribe(onEvent: (placed: Placed) => void): () => void;
}

const RING = 1_000;

/** Opens a hub in memory that remembers the last 1,000 events; ids carry the moment of its opening, so that ids of an earlier start are recognised. */
export function openHub(clock: Clock): Hub {
  const epoch = clock.now().getTime().toString(36);
  const ring: Placed[] = [];
  const listeners = new Set<(placed: Placed) => void>();
  /** The newest version in the ring of each incident. */
  const told = new Map<string, number>();
  let count = 0;
  return {
    publish(event) {
      if (event.type === "card") {
        if ((told.get(event.incident) ?? -1) >= event.version) return;
        told.set(event.incident, event.version);
      }
      count += 1;
      const placed = { id: `${epoch}-${count}`, event };
      ring.push(placed);
      const gone = ring.length > RING ? ring.shift()?.event : undefined;
      if (gone?.type === "card" && told.get(gone.incident) === gone.version) told.delete(gone.incident);
      for (const listener of listeners) listener(placed);
    },
    last: () => `${epoch}-${count}`,
    since(id) {
      const match = /^([0-9a-z]{1,16})-(\d{1,15})$/.exec(id);
      if (!match || match[1] !== epoch) return null;
      const seen = Number(match[2]);
      if (seen > count || seen < count - ring.length) return null;
      return ring.slice(ring.length - (count - seen));
    },
    subscribe(onEvent) {
      listeners.add(onEvent);
      return () => {
        listeners.delete(onEvent);
      };
    },
  };
}
