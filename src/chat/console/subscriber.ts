import type { Viewer } from "./viewer.ts";

/** One message of the stream; `id` stands on the last one of a batch only, so that a cut in between repeats the batch. */
interface Frame {
  readonly event: string;
  /** JSON, so without line breaks. */
  readonly data: string;
  readonly id?: string;
}

/** Frames as an event stream writes them (WHATWG HTML, 9.2.6). */
export const streamText = (frames: readonly Frame[]): string =>
  frames
    .map(({ event, data, id }) => `event: ${event}\ndata: ${data}\n${id === undefined ? "" : `id: ${id}\n`}\n`)
    .join("");

/** One open stream: what it still has to be told, newest state only. */
export interface Subscriber {
  readonly viewer: Viewer;
  /** Groups the streams of one browser. */
  readonly seat: string;
  /** The incident whose card is shown; "all" for programs that want every card; null for none. */
  readonly focus: string | null;
  /** Puts a frame in line; one that waits under the same key is replaced, so a slow reader skips what is outdated. */
  offer(key: string, frame: Frame): void;
  /** All that is in line; waits for something, and is null once the stream is closed. */
  next(): Promise<readonly Frame[] | null>;
  /** Ends the stream after what is in line. */
  end(): void;
}

/** A client that lags further than this starts over. */
const MOST_PENDING = 2_000;

/** Opens the line of one stream. */
export function openSubscriber(viewer: Viewer, seat: string, focus: string | null): Subscriber {
  const line = new Map<string, Frame>();
  let wake: (() => void) | null = null;
  let ended = false;
  const rouse = (): void => {
    wake?.();
    wake = null;
  };
  return {
    viewer,
    seat,
    focus,
    offer(key, frame) {
      if (ended) return;
      if (line.size >= MOST_PENDING) {
        line.clear();
        line.set("reset", { event: "reset", data: "{}" });
      }
      // Deleting first moves the key to the end: ids stay in order.
      line.delete(key);
      line.set(key, frame);
      rouse();
    },
    async next() {
      for (;;) {
        if (line.size > 0) {
          const frames = [...line.values()];
          line.clear();
          return frames;
        }
        if (ended) return null;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    end() {
      ended = true;
      rouse();
    },
  };
}
