import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "../../kernel/errors.ts";
import type { ThreadSays } from "../../replay/view/library.ts";
import { viewRecording } from "../../replay/view/recording-view.ts";
import { type ReplayDeskSettings, replayDesk } from "./desk.ts";

/** What the thread is given. */
export interface ReplayWork {
  readonly recordings: readonly string[];
  readonly detectors: readonly string[];
  readonly params: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Playbooks that this desk has switched off. */
  readonly off: readonly string[];
  readonly settings: ReplayDeskSettings;
}

/** Runs in a thread of its own: a recorded day takes minutes, in which the desk must go on. */
const port = parentPort;
if (port === null) throw new Error("a recording is replayed in a worker thread only");

const say = (said: ThreadSays): void => port.postMessage(said);
try {
  const { recordings, detectors, params, off, settings } = workerData as ReplayWork;
  const view = await viewRecording(recordings, {
    detectors,
    params,
    desk: await replayDesk("all", settings, off),
    onProgress: (events, at) => say({ type: "progress", events, at }),
  });
  const [hits, plans] = [view.hits.length + view.left.hits, view.plans.length + view.left.plans];
  const outcome = `${view.events} events, ${hits === 0 ? "no" : hits} hits, ${plans === 0 ? "no" : plans} lines of plans`;
  say({ type: "view", json: JSON.stringify(view), outcome });
} catch (error) {
  say({ type: "failed", reason: messageOf(error) });
}
