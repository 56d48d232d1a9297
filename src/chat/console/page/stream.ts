import { all, serverNow, setServerTime, tick } from "./clock.ts";

/** Whoever wants to hear of one kind of event. */
export type Listener = (data: Record<string, unknown>) => void;

const EVENTS = [
  "card",
  "row",
  "quote",
  "quotes",
  "side",
  "pending",
  "status",
  "moved",
  "seen",
  "beat",
  "reset",
  "parked",
] as const;
/** Two beats and a half: longer silence means the connection is gone, whatever the browser thinks. */
const SILENCE_MS = 25_000;
const RETRY_MS = 2_000;

/** The page's one live connection. */
export interface Stream {
  on(event: (typeof EVENTS)[number], listener: Listener): void;
  /** Shows another incident's card from now on; null for none. */
  focus(incident: string | null): void;
}

const connected = (text: string, state: "live" | "lost" | "parked"): void => {
  for (const place of all("[data-connection]")) {
    place.textContent = text;
    place.dataset["connection"] = state;
  }
  document.body.classList.toggle("is-lost", state === "lost");
};

/** Connects, and keeps connected: a stream that is silent is opened anew, one that was refused asks for a sign-in. */
export function openStream(first: string | null): Stream {
  const listeners = new Map<string, Listener[]>();
  let incident = first;
  let last = document.body.dataset["last"] ?? "";
  let source: EventSource | null = null;
  let heardAt = serverNow();
  let parked = false;

  const lost = (): void => {
    const since = new Date(heardAt).toISOString().slice(11, 19);
    connected("connection lost", "lost");
    for (const line of all("[data-lost]")) {
      line.hidden = false;
      line.textContent = `Connection lost. What you see is from ${since} UTC; decisions wait until it is back.`;
    }
  };
  const heard = (): void => {
    heardAt = serverNow();
    // Never "live": beside PAPER or LIVE that word has another meaning.
    connected("connected", "live");
    for (const line of all("[data-lost]")) line.hidden = true;
  };

  const connect = (): void => {
    source?.close();
    const query = new URLSearchParams({ last });
    if (incident) query.set("incident", incident);
    const mine = new EventSource(`/events?${query.toString()}`);
    source = mine;
    for (const event of EVENTS) {
      mine.addEventListener(event, (message: MessageEvent<string>) => {
        if (source !== mine) return;
        if (message.lastEventId) last = message.lastEventId;
        heard();
        const data = JSON.parse(message.data) as Record<string, unknown>;
        if (event === "beat") setServerTime(String(data["now"]));
        if (event === "parked") park();
        for (const listener of listeners.get(event) ?? []) listener(data);
      });
    }
    mine.addEventListener("error", () => {
      if (source !== mine || parked) return;
      lost();
      if (mine.readyState === EventSource.CLOSED) window.setTimeout(() => void again(), RETRY_MS);
    });
  };

  const again = async (): Promise<void> => {
    if (parked) return;
    try {
      const answer = await fetch("/api/header");
      if (answer.status === 401) {
        location.assign("/sign-in");
        return;
      }
    } catch {
      window.setTimeout(() => void again(), RETRY_MS);
      return;
    }
    connect();
  };

  // Another tab took this one's place: it continues when somebody looks at it.
  const park = (): void => {
    parked = true;
    source?.close();
    connected("paused in this tab", "parked");
  };
  const wake = (): void => {
    if (document.visibilityState !== "visible" || !parked) return;
    parked = false;
    connect();
  };
  document.addEventListener("visibilitychange", wake);
  window.addEventListener("focus", wake);
  window.setInterval(() => {
    tick();
    if (!parked && serverNow() - heardAt > SILENCE_MS) {
      lost();
      heardAt = serverNow() - SILENCE_MS + RETRY_MS * 2;
      connect();
    }
  }, 1_000);
  connect();
  return {
    on(event, listener) {
      listeners.set(event, [...(listeners.get(event) ?? []), listener]);
    },
    focus(next) {
      if (next === incident) return;
      incident = next;
      if (!parked) connect();
    },
  };
}
