import type { DeskFile } from "../../config.ts";
import { messageOf } from "../../kernel/errors.ts";
import { startThread } from "../../kernel/thread.ts";
import type { StartThread, ThreadSays } from "../../replay/view/library.ts";
import { chosenDetectors } from "../../sources/feeds/settings.ts";
import { settingsOf } from "./desk.ts";
import type { ReplayWork } from "./worker.ts";

/** A recording that needs more is one for the command line. */
const MOST_MEGABYTES = 1_024;

/** Replays in threads beside the desk, by the desk's own settings: its detectors, its intake's rules, its playbooks. */
export function replayThreads(file: DeskFile): StartThread {
  const { detectors, params } = chosenDetectors(file.detectors);
  const off = Object.entries(file.playbooks).flatMap(([name, { enabled }]) => (enabled ? [] : [name]));
  return (recordings, onSaid) => {
    const work: ReplayWork = {
      recordings,
      detectors: detectors.map((one) => one.name),
      params,
      off,
      settings: settingsOf(file),
    };
    const thread = startThread(import.meta.url, "./worker", {
      workerData: work,
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES },
    });
    thread.on("message", (said: ThreadSays) => onSaid(said));
    thread.on("error", (error) => onSaid({ type: "failed", reason: messageOf(error) }));
    thread.on("exit", () => onSaid({ type: "failed", reason: "the replay ended before its end" }));
    return { stop: async () => void (await thread.terminate()) };
  };
}
